//! Tiles of `exp(-βF)`: blocks of quadrature nodes, filled when first needed and kept.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use super::axis::{AxisRule, COLLAPSED};
use super::collapse;
use super::contraction::{LANES, block_major};
use crate::DenoiserError;

/// Largest number of dimensions of a grid.
pub(super) const MOST_DIMENSIONS: usize = 3;

/// Memory of the tiles kept, in numbers of eight bytes (512 MiB): three variables with 100 grid points each.
pub(super) const KEPT_NUMBERS: usize = 1 << 26;

/// Energy (kJ/mol) at a position.
pub(super) type EnergyFunction = Arc<dyn Fn(&[f64]) -> f64 + Send + Sync>;

/// Which tile: refinement level and number along each axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct TileKey {
    pub(super) levels: [i32; MOST_DIMENSIONS],
    pub(super) tiles: [u64; MOST_DIMENSIONS],
}

/// `exp(-(βF - minimum))` on the nodes of a tile, or that measure gathered on fewer nodes; padded with zeros to whole
/// blocks, block after block.
#[derive(Debug)]
pub(super) struct Tile {
    /// Least `βF` of its quadrature nodes.
    pub(super) minimum: f64,
    /// Largest `βF` minus the least.
    pub(super) range: f64,
    pub(super) weights: Vec<f64>,
    excess: OnceLock<Vec<f64>>,
}

impl Tile {
    /// From `βF` on the nodes, last axis fastest; `lengths` are the numbers of nodes along each axis.
    pub(super) fn new(reduced_energies: &[f64], lengths: &[usize]) -> Self {
        let (minimum, maximum) = extremes(reduced_energies);
        let weights: Vec<f64> = reduced_energies.iter().map(|energy| (minimum - energy).exp()).collect();
        Self {
            minimum,
            range: maximum - minimum,
            weights: padded(&weights, lengths),
            excess: OnceLock::new(),
        }
    }

    /// The measure of quadrature nodes gathered on the nodes of [`collapse`]. Each axis has its nodes' positions in units
    /// of the tile and their weights.
    fn collapsed(reduced_energies: &[f64], positions: &[Vec<f64>], node_weights: &[Vec<f64>]) -> Self {
        let (minimum, maximum) = extremes(reduced_energies);
        let mut weights = vec![1.0];
        for axis in node_weights {
            weights =
                weights.iter().flat_map(|weight| axis.iter().map(move |factor| weight * factor)).collect();
        }
        for (weight, energy) in weights.iter_mut().zip(reduced_energies) {
            *weight *= (minimum - energy).exp();
        }
        let excess = weights
            .iter()
            .zip(reduced_energies)
            .map(|(weight, energy)| weight * (energy - minimum))
            .collect();
        let lengths = vec![collapse::NODES.len(); positions.len()];
        let gather = |values: Vec<f64>| padded(&collapse::gather(positions, values), &lengths);
        Self {
            minimum,
            range: maximum - minimum,
            weights: gather(weights),
            excess: OnceLock::from(gather(excess)),
        }
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

fn extremes(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
}

/// Rows along the last axis padded to whole blocks, and the whole brought into the order of the contraction.
fn padded(values: &[f64], lengths: &[usize]) -> Vec<f64> {
    let last = lengths[lengths.len() - 1];
    let padded = last.next_multiple_of(LANES);
    let mut rows = vec![0.0; values.len() / last * padded];
    for (target, row) in rows.chunks_exact_mut(padded).zip(values.chunks_exact(last)) {
        target[..last].copy_from_slice(row);
    }
    block_major(&rows, if lengths.len() == 1 { 1 } else { lengths[0] })
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
            Self::Rows(tiles) => Ok(Arc::clone(&tiles[row_major(rules, 0, &key.tiles)])),
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

/// Number of a tile among all of its level, last axis fastest.
pub(super) fn row_major(rules: &[AxisRule], level: i32, tiles: &[u64; MOST_DIMENSIONS]) -> usize {
    rules
        .iter()
        .zip(tiles)
        .fold(0, |number, (rule, &tile)| number * rule.tile_count(level) as usize + tile as usize)
}

fn fill(
    rules: &[AxisRule],
    thermal_energy: f64,
    energy: &EnergyFunction,
    key: &TileKey,
) -> Result<Tile, DenoiserError> {
    let quadrature =
        rules.iter().zip(key.levels).zip(key.tiles).map(|((rule, level), tile)| rule.quadrature(level, tile));
    let (axes, weights): (Vec<Vec<f64>>, Vec<Vec<f64>>) =
        quadrature.map(|nodes| nodes.into_iter().unzip()).unzip();
    let values = evaluate(&axes, energy)?;
    let reduced: Vec<f64> = values.iter().map(|value| value / thermal_energy).collect();
    if key.levels[0] == COLLAPSED {
        let positions: Vec<Vec<f64>> = rules
            .iter()
            .zip(&axes)
            .zip(key.tiles)
            .map(|((rule, axis), tile)| {
                let (low, high) = rule.tile_interval(COLLAPSED, tile);
                axis.iter().map(|x| (x - low) / (high - low)).collect()
            })
            .collect();
        return Ok(Tile::collapsed(&reduced, &positions, &weights));
    }
    let lengths: Vec<usize> = axes.iter().map(Vec::len).collect();
    Ok(Tile::new(&reduced, &lengths))
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
