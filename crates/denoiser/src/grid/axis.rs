//! Axes of a grid, and the quadrature nodes that lie on them at each level of refinement.

use super::collapse;
use crate::DenoiserError;

/// One axis of a regular grid: nodes `start + i spacing`, `i < count`.
///
/// A periodic axis has `count spacing = period` and does not repeat its first node at the end.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct QuadratureAxis {
    /// First node, in the variable's unit.
    pub start: f64,
    /// Distance between nodes, positive.
    pub spacing: f64,
    /// Number of nodes, at least two.
    pub count: usize,
    /// Period of the variable; `None` where it is not periodic.
    pub period: Option<f64>,
}

impl QuadratureAxis {
    pub(super) fn validate(&self, index: usize) -> Result<(), DenoiserError> {
        let fail = |what: String| Err(DenoiserError::Data(format!("axis {index}: {what}")));
        if !self.start.is_finite() || !self.spacing.is_finite() || self.spacing <= 0.0 {
            return fail(format!(
                "start {} and spacing {} must be finite, spacing positive",
                self.start, self.spacing
            ));
        }
        if self.count < 2 {
            return fail(format!("{} nodes, at least 2 are needed", self.count));
        }
        if let Some(period) = self.period {
            let length = self.count as f64 * self.spacing;
            if !period.is_finite() || (length - period).abs() > 1e-6 * period.abs() {
                return fail(format!("count × spacing = {length} differs from the period {period}"));
            }
        }
        Ok(())
    }
}

/// A quadrature rule on [0, 1] and how wide a cell it integrates a tethered density to about 1e-11.
///
/// Cells, unlike the trapezoid rule's nodes, may meet at kinks of an interpolated energy and at the ends of a box.
#[derive(Debug)]
struct CellRule {
    offsets: &'static [f64],
    weights: &'static [f64],
    /// Widest cell in units of the tether's standard deviation.
    width: f64,
    /// Widest cell in units of the decay length of an exponential that ends at the cell's border.
    decay: f64,
}

/// One point of weight one per cell.
static POINT: CellRule =
    CellRule { offsets: &[0.0], weights: &[1.0], width: f64::INFINITY, decay: f64::INFINITY };

/// Gauss–Legendre with four nodes (Abramowitz and Stegun, table 25.4): for three variables, to save memory.
static FOUR_NODES: CellRule = CellRule {
    offsets: &[
        0.069_431_844_202_973_71,
        0.330_009_478_207_571_87,
        0.669_990_521_792_428_1,
        0.930_568_155_797_026_3,
    ],
    weights: &[
        0.173_927_422_568_726_92,
        0.326_072_577_431_273_05,
        0.326_072_577_431_273_05,
        0.173_927_422_568_726_92,
    ],
    width: 1.0,
    decay: 0.7,
};

/// Gauss–Legendre with six nodes (Abramowitz and Stegun, table 25.4).
static SIX_NODES: CellRule = CellRule {
    offsets: &[
        0.033_765_242_898_423_99,
        0.169_395_306_766_867_73,
        0.380_690_406_958_401_56,
        0.619_309_593_041_598_5,
        0.830_604_693_233_132_2,
        0.966_234_757_101_576,
    ],
    weights: &[
        0.085_662_246_189_585_18,
        0.180_380_786_524_069_3,
        0.233_956_967_286_345_52,
        0.233_956_967_286_345_52,
        0.180_380_786_524_069_3,
        0.085_662_246_189_585_18,
    ],
    width: 1.25,
    decay: 2.5,
};

/// The level at which a tile's measure is gathered on a few nodes; see [`super::collapse`].
pub(super) const COLLAPSED: i32 = -1;

/// Cells of level 0 in a collapsed tile.
const COLLAPSED_CELLS: u64 = 10;

/// Most halvings of a cell.
const FINEST: f64 = 36.0;

/// How quadrature nodes lie along one axis. Cells are halved `level` times; a tile is a fixed number of cells.
#[derive(Clone, Debug)]
pub(super) struct AxisRule {
    pub(super) start: f64,
    pub(super) spacing: f64,
    /// Cells at level 0.
    pub(super) cells: usize,
    pub(super) period: Option<f64>,
    rule: &'static CellRule,
    /// Whether weights are lengths (a density) or counts (point masses).
    continuous: bool,
    pub(super) cells_per_tile: usize,
}

impl AxisRule {
    /// Every node a point of weight one.
    pub(super) fn points(axis: &QuadratureAxis, cells_per_tile: usize) -> Self {
        Self {
            start: axis.start,
            spacing: axis.spacing,
            cells: axis.count,
            period: axis.period,
            rule: &POINT,
            continuous: false,
            cells_per_tile,
        }
    }

    /// Gauss–Legendre nodes in every cell between the axis's nodes, fewer where there are three dimensions.
    pub(super) fn continuous(axis: &QuadratureAxis, dimension: usize) -> Self {
        let (rule, cells_per_tile) = [(&SIX_NODES, 10), (&SIX_NODES, 5), (&FOUR_NODES, 4)][dimension - 1];
        Self {
            start: axis.start,
            spacing: axis.period.map_or(axis.spacing, |period| period / axis.count as f64),
            cells: if axis.period.is_some() { axis.count } else { axis.count - 1 },
            period: axis.period,
            rule,
            continuous: true,
            cells_per_tile,
        }
    }

    fn end(&self) -> f64 {
        self.start + self.cells as f64 * self.spacing
    }

    /// The coarsest level whose cells are narrow enough for the tether's variance at `y` (reduced). Where `y` lies
    /// outside a box, at a distance `D`, the tether ends at the border as `exp(-D u/s²)`.
    pub(super) fn level(&self, y: f64, variance: f64) -> i32 {
        let outside = match self.period {
            Some(_) => 0.0,
            None => (self.start - y).max(y - self.end()).max(0.0),
        };
        let width = (self.rule.width * variance.sqrt()).min(self.rule.decay * variance / outside);
        (self.spacing / width).log2().ceil().clamp(0.0, FINEST) as i32
    }

    /// Whether the tether is so smooth over a collapsed tile that interpolation from its nodes is exact to about 1e-11.
    ///
    /// With `h` half a tile and `r` the largest distance the tether is `exp(-(r/s²) u) exp(-½u²/s²)`, `|u| ≤ h`;
    /// interpolation of `exp(at)`, `|t| ≤ 1`, on `n` Chebyshev nodes errs by `aⁿ/(2ⁿ⁻¹ n!)`.
    pub(super) fn can_collapse(&self, y: f64, variance: f64) -> bool {
        let half = 0.5 * self.tile_width(COLLAPSED);
        let distance = match self.period {
            Some(period) => 0.5 * period,
            None => (y - self.start).abs().max((self.end() - y).abs()),
        };
        self.continuous && 4.0 * half * half <= variance && half * distance <= 2.5 * variance
    }

    fn cells_at(&self, level: i32) -> u64 {
        (self.cells as u64) << level.max(0)
    }

    fn cells_in_tile(&self, level: i32) -> u64 {
        if level == COLLAPSED { COLLAPSED_CELLS } else { self.cells_per_tile as u64 }
    }

    fn cell_width(&self, level: i32) -> f64 {
        self.spacing / 2f64.powi(level.max(0))
    }

    fn tile_width(&self, level: i32) -> f64 {
        self.cell_width(level) * self.cells_in_tile(level) as f64
    }

    pub(super) fn tile_count(&self, level: i32) -> u64 {
        self.cells_at(level).div_ceil(self.cells_in_tile(level))
    }

    /// First cell and the cell after the last of a tile.
    pub(super) fn tile_cells(&self, level: i32, tile: u64) -> (u64, u64) {
        let first = tile * self.cells_in_tile(level);
        (first, (first + self.cells_in_tile(level)).min(self.cells_at(level)))
    }

    /// Smallest interval that holds a tile's nodes.
    pub(super) fn tile_interval(&self, level: i32, tile: u64) -> (f64, f64) {
        let (first, end) = self.tile_cells(level, tile);
        let width = self.cell_width(level);
        let last = if self.continuous { end as f64 } else { end as f64 - 1.0 };
        (self.start + first as f64 * width, self.start + last * width)
    }

    /// Nodes at which a tile's tether is taken, with the weights that its measure does not hold already.
    pub(super) fn nodes(&self, level: i32, tile: u64) -> Vec<(f64, f64)> {
        if level != COLLAPSED {
            return self.quadrature(level, tile);
        }
        let (low, high) = self.tile_interval(level, tile);
        collapse::NODES.iter().map(|offset| (low + offset * (high - low), 1.0)).collect()
    }

    /// Quadrature nodes of a tile with their weights.
    pub(super) fn quadrature(&self, level: i32, tile: u64) -> Vec<(f64, f64)> {
        let (first, end) = self.tile_cells(level, tile);
        let width = self.cell_width(level);
        let unit = if self.continuous { width } else { 1.0 };
        let CellRule { offsets, weights, .. } = self.rule;
        (first..end)
            .flat_map(|cell| {
                let nodes = offsets.iter().zip(*weights);
                nodes
                    .map(move |(offset, weight)| (self.start + (cell as f64 + offset) * width, weight * unit))
            })
            .collect()
    }

    /// Number of nodes at level 0.
    pub(super) fn node_count(&self) -> usize {
        self.cells * self.rule.offsets.len()
    }

    /// Sum of all weights.
    pub(super) fn measure(&self) -> f64 {
        self.cells as f64 * if self.continuous { self.spacing } else { 1.0 }
    }

    /// The image of `y` that lies in the cell that starts at `start`; `y` itself where there is no period.
    pub(super) fn reduce(&self, y: f64) -> f64 {
        self.period.map_or(y, |period| y - period * ((y - self.start) / period - 0.5).round())
    }

    /// Tile whose cells hold `y` or, outside, the one nearest to it.
    pub(super) fn nearest_tile(&self, level: i32, y: f64) -> u64 {
        let tile = ((y - self.start) / self.tile_width(level)).floor().max(0.0);
        (tile as u64).min(self.tile_count(level) - 1)
    }

    /// Distance from `y` (reduced) to the nearest image of a tile.
    pub(super) fn distance(&self, level: i32, tile: u64, y: f64) -> f64 {
        let (low, high) = self.tile_interval(level, tile);
        let Some(period) = self.period else {
            return (low - y).max(y - high).max(0.0);
        };
        if (y - low).rem_euclid(period) <= high - low {
            return 0.0;
        }
        (low - y).rem_euclid(period).min((y - high).rem_euclid(period))
    }

    /// Tiles with a node within `radius` of `y` (reduced) or of an image of it, in increasing order; `None` where
    /// there are more than `most`.
    pub(super) fn tiles_within(&self, level: i32, y: f64, radius: f64, most: u64) -> Option<Vec<u64>> {
        let count = self.tile_count(level);
        let end = self.end();
        let whole = match self.period {
            Some(period) => 2.0 * radius >= period,
            None => y - radius <= self.start && y + radius >= end,
        };
        let mut tiles = Vec::new();
        if whole {
            if count > most {
                return None;
            }
            tiles.extend(0..count);
            return Some(tiles);
        }
        for image in -1..=1 {
            let shift = match self.period {
                Some(period) => f64::from(image) * period,
                None if image == 0 => 0.0,
                None => continue,
            };
            let (low, high) = (y - radius + shift, y + radius + shift);
            if high < self.start || low > end {
                continue;
            }
            let (first, last) = (self.nearest_tile(level, low), self.nearest_tile(level, high));
            if last - first >= most {
                return None;
            }
            tiles.extend(first..=last);
        }
        tiles.sort_unstable();
        tiles.dedup();
        Some(tiles)
    }
}
