//! Tiles of `exp(-βF)`: blocks of quadrature nodes, filled when first needed and kept.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use super::axis::AxisRule;
use super::contraction::LANES;
use crate::DenoiserError;

/// Largest number of dimensions of a grid.
pub(super) const MOST_DIMENSIONS: usize = 3;

/// Memory of the tiles kept, in numbers of eight bytes (256 MiB).
pub(super) const KEPT_NUMBERS: usize = 1 << 25;

/// Energy (kJ/mol) at a position.
pub(super) type EnergyFunction = Arc<dyn Fn(&[f64]) -> f64 + Send + Sync>;

/// Which tile: refinement level and number along each axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct TileKey {
    pub(super) levels: [u32; MOST_DIMENSIONS],
    pub(super) tiles: [u64; MOST_DIMENSIONS],
}

/// `exp(-(βF - minimum))` on the nodes of a tile, last axis fastest and padded with zeros to whole blocks.
#[derive(Debug)]
pub(super) struct Tile {
    /// Least `βF` of its nodes.
    pub(super) minimum: f64,
    /// Largest `βF` minus the least.
    pub(super) range: f64,
    pub(super) weights: Vec<f64>,
    excess: OnceLock<Vec<f64>>,
}

impl Tile {
    /// From `βF` on the nodes, last axis fastest, `last` nodes long.
    pub(super) fn new(reduced_energies: &[f64], last: usize) -> Self {
        let minimum = reduced_energies.iter().copied().fold(f64::INFINITY, f64::min);
        let maximum = reduced_energies.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let padded = last.next_multiple_of(LANES);
        let mut weights = vec![0.0; reduced_energies.len() / last * padded];
        for (row, energies) in weights.chunks_exact_mut(padded).zip(reduced_energies.chunks_exact(last)) {
            for (weight, energy) in row.iter_mut().zip(energies) {
                *weight = (minimum - energy).exp();
            }
        }
        Self { minimum, range: maximum - minimum, weights, excess: OnceLock::new() }
    }

    /// `(βF - minimum) exp(-(βF - minimum))`, laid out as the weights.
    pub(super) fn excess(&self) -> &[f64] {
        self.excess.get_or_init(|| {
            self.weights
                .iter()
                .map(|&weight| if weight > 0.0 { -weight * weight.ln() } else { 0.0 })
                .collect()
        })
    }
}

/// Where tiles come from.
pub(super) enum TileSource {
    /// All of them made beforehand, in order of their numbers, last axis fastest.
    Rows(Vec<Arc<Tile>>),
    /// Made from an energy function when first needed.
    Function { energy: EnergyFunction, kept: RwLock<KeptTiles> },
}

/// Tiles kept, with the count of their numbers.
#[derive(Default)]
pub(super) struct KeptTiles {
    tiles: HashMap<TileKey, Arc<Tile>>,
    numbers: usize,
}

impl TileSource {
    pub(super) fn function(energy: EnergyFunction) -> Self {
        Self::Function { energy, kept: RwLock::new(KeptTiles::default()) }
    }

    /// The tile; made if it is not there. What it holds never depends on what is kept.
    pub(super) fn tile(
        &self,
        rules: &[AxisRule],
        thermal_energy: f64,
        key: &TileKey,
    ) -> Result<Arc<Tile>, DenoiserError> {
        match self {
            Self::Rows(tiles) => Ok(Arc::clone(&tiles[row_major(rules, &key.tiles)])),
            Self::Function { energy, kept } => {
                let found =
                    kept.read().unwrap_or_else(|poisoned| poisoned.into_inner()).tiles.get(key).cloned();
                if let Some(tile) = found {
                    return Ok(tile);
                }
                let tile = Arc::new(fill(rules, thermal_energy, energy, key)?);
                let mut kept = kept.write().unwrap_or_else(|poisoned| poisoned.into_inner());
                if kept.numbers + tile.weights.len() > KEPT_NUMBERS {
                    *kept = KeptTiles::default();
                }
                if kept.tiles.insert(*key, Arc::clone(&tile)).is_none() {
                    kept.numbers += tile.weights.len();
                }
                Ok(tile)
            }
        }
    }
}

/// Number of a level-0 tile, last axis fastest.
pub(super) fn row_major(rules: &[AxisRule], tiles: &[u64; MOST_DIMENSIONS]) -> usize {
    rules
        .iter()
        .zip(tiles)
        .fold(0, |number, (rule, &tile)| number * rule.tile_count(0) as usize + tile as usize)
}

fn fill(
    rules: &[AxisRule],
    thermal_energy: f64,
    energy: &EnergyFunction,
    key: &TileKey,
) -> Result<Tile, DenoiserError> {
    let axes: Vec<Vec<f64>> = rules
        .iter()
        .enumerate()
        .map(|(axis, rule)| rule.nodes(key.levels[axis], key.tiles[axis]).map(|(x, _)| x).collect())
        .collect();
    let values = evaluate(&axes, energy)?;
    let reduced: Vec<f64> = values.iter().map(|value| value / thermal_energy).collect();
    Ok(Tile::new(&reduced, axes[axes.len() - 1].len()))
}

/// The energy on the product of the axes' positions, last fastest.
pub(super) fn evaluate(axes: &[Vec<f64>], energy: &EnergyFunction) -> Result<Vec<f64>, DenoiserError> {
    let count = axes.iter().map(Vec::len).product();
    let mut values = Vec::with_capacity(count);
    let mut position = vec![0.0; axes.len()];
    for number in 0..count {
        let mut rest = number;
        for (axis, nodes) in axes.iter().enumerate().rev() {
            position[axis] = nodes[rest % nodes.len()];
            rest /= nodes.len();
        }
        let value = energy(&position);
        if !value.is_finite() {
            return Err(DenoiserError::Energy { position, value });
        }
        values.push(value);
    }
    Ok(values)
}
