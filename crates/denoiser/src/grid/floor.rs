//! Lower bounds of `βF` over tiles, so that tiles that cannot matter are never made.

use super::axis::{AxisRule, COLLAPSED};
use super::tiles::{EnergyFunction, MOST_DIMENSIONS, TileKey, evaluate, row_major};
use crate::DenoiserError;

/// How far below its sampled minimum `βF` may fall inside a cell, in units of its sampled variation there.
const MARGIN: f64 = 0.5;

/// Bounds over tiles of level 0 and collapsed tiles and, for continuous energies, over cells of level 0.
pub(super) struct EnergyFloor {
    /// Least of all.
    pub(super) least: f64,
    tiles: Vec<f64>,
    collapsed: Vec<f64>,
    cells: Vec<f64>,
}

impl EnergyFloor {
    /// Exact bounds of tiles that are known.
    pub(super) fn of_tiles(tiles: Vec<f64>) -> Self {
        Self {
            least: tiles.iter().copied().fold(f64::INFINITY, f64::min),
            tiles,
            collapsed: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Bounds from the energy at the corners, edges' middles and centre of every cell.
    pub(super) fn sampled(
        rules: &[AxisRule],
        thermal_energy: f64,
        energy: &EnergyFunction,
    ) -> Result<Self, DenoiserError> {
        let axes: Vec<Vec<f64>> = rules
            .iter()
            .map(|rule| {
                (0..=2 * rule.cells).map(|half| rule.start + 0.5 * half as f64 * rule.spacing).collect()
            })
            .collect();
        let samples = evaluate(&axes, energy)?;
        let shape: Vec<usize> = rules.iter().map(|rule| rule.cells).collect();
        let cells = (0..shape.iter().product())
            .map(|cell| {
                let corner = unravel(cell, &shape);
                let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
                for neighbour in 0..3usize.pow(rules.len() as u32) {
                    let offset = unravel(neighbour, &vec![3; rules.len()]);
                    let sample = (0..rules.len())
                        .fold(0, |number, axis| number * axes[axis].len() + 2 * corner[axis] + offset[axis]);
                    low = low.min(samples[sample]);
                    high = high.max(samples[sample]);
                }
                (low - MARGIN * (high - low)) / thermal_energy
            })
            .collect();
        let mut floor = Self { least: f64::INFINITY, tiles: Vec::new(), collapsed: Vec::new(), cells };
        let of_level = |level: i32| -> Vec<f64> {
            let shape: Vec<usize> = rules.iter().map(|rule| rule.tile_count(level) as usize).collect();
            (0..shape.iter().product())
                .map(|number| {
                    let tiles = unravel(number, &shape).map(|tile| tile as u64);
                    floor.over_cells(rules, &TileKey { levels: [level; MOST_DIMENSIONS], tiles })
                })
                .collect()
        };
        let (tiles, collapsed) = (of_level(0), of_level(COLLAPSED));
        floor.least = tiles.iter().copied().fold(f64::INFINITY, f64::min);
        (floor.tiles, floor.collapsed) = (tiles, collapsed);
        Ok(floor)
    }

    /// Lower bound of `βF` over a tile.
    pub(super) fn of_tile(&self, rules: &[AxisRule], key: &TileKey) -> f64 {
        let levels = &key.levels[..rules.len()];
        if levels.iter().all(|level| *level == 0) {
            self.tiles[row_major(rules, 0, &key.tiles)]
        } else if levels.iter().all(|level| *level == COLLAPSED) {
            self.collapsed[row_major(rules, COLLAPSED, &key.tiles)]
        } else {
            self.over_cells(rules, key)
        }
    }

    fn over_cells(&self, rules: &[AxisRule], key: &TileKey) -> f64 {
        let mut first = [0; MOST_DIMENSIONS];
        let mut counts = [1; MOST_DIMENSIONS];
        for (axis, rule) in rules.iter().enumerate() {
            let level = key.levels[axis];
            let (start, end) = rule.tile_cells(level, key.tiles[axis]);
            first[axis] = (start >> level.max(0)) as usize;
            counts[axis] = ((end - 1) >> level.max(0)) as usize + 1 - first[axis];
        }
        let mut least = f64::INFINITY;
        for number in 0..counts.iter().product() {
            let offset = unravel(number, &counts);
            let cell =
                (0..rules.len()).fold(0, |cell, axis| cell * rules[axis].cells + first[axis] + offset[axis]);
            least = least.min(self.cells[cell]);
        }
        least
    }
}

/// Indices along each dimension of entry `number` of an array of this shape, last fastest.
pub(super) fn unravel(number: usize, shape: &[usize]) -> [usize; MOST_DIMENSIONS] {
    let mut indices = [0; MOST_DIMENSIONS];
    let mut rest = number;
    for (axis, length) in shape.iter().enumerate().rev() {
        indices[axis] = rest % length;
        rest /= length;
    }
    indices
}
