//! Lower bounds of `βF` over tiles, so that tiles that cannot matter are never made.

use super::axis::AxisRule;
use super::tiles::{EnergyFunction, MOST_DIMENSIONS, TileKey, evaluate, row_major};
use crate::DenoiserError;

/// How far below its sampled minimum `βF` may fall inside a cell, in units of its sampled variation there.
const MARGIN: f64 = 0.5;

/// Bounds over tiles of level 0 and, for continuous energies, over cells of level 0.
pub(super) struct EnergyFloor {
    /// Least of all.
    pub(super) least: f64,
    tiles: Vec<f64>,
    cells: Vec<f64>,
}

impl EnergyFloor {
    /// Exact bounds of tiles that are known.
    pub(super) fn of_tiles(tiles: Vec<f64>) -> Self {
        Self { least: tiles.iter().copied().fold(f64::INFINITY, f64::min), tiles, cells: Vec::new() }
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
        let mut floor = Self { least: f64::INFINITY, tiles: Vec::new(), cells };
        let tile_shape: Vec<usize> = rules.iter().map(|rule| rule.tile_count(0) as usize).collect();
        floor.tiles = (0..tile_shape.iter().product())
            .map(|number| {
                let tiles = unravel(number, &tile_shape).map(|tile| tile as u64);
                floor.over_cells(rules, &TileKey { levels: [0; MOST_DIMENSIONS], tiles })
            })
            .collect();
        floor.least = floor.tiles.iter().copied().fold(f64::INFINITY, f64::min);
        Ok(floor)
    }

    /// Lower bound of `βF` over a tile.
    pub(super) fn of_tile(&self, rules: &[AxisRule], key: &TileKey) -> f64 {
        if key.levels == [0; MOST_DIMENSIONS] {
            self.tiles[row_major(rules, &key.tiles)]
        } else {
            self.over_cells(rules, key)
        }
    }

    fn over_cells(&self, rules: &[AxisRule], key: &TileKey) -> f64 {
        let mut numbers = vec![0];
        for (axis, rule) in rules.iter().enumerate() {
            let level = key.levels[axis];
            let (first, end) = rule.tile_cells(level, key.tiles[axis]);
            let (first, last) = ((first >> level) as usize, ((end - 1) >> level) as usize);
            numbers = numbers
                .iter()
                .flat_map(|number| (first..=last).map(move |cell| number * rule.cells + cell))
                .collect();
        }
        numbers.into_iter().map(|number| self.cells[number]).fold(f64::INFINITY, f64::min)
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
