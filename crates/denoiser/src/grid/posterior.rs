//! Raw moments of the posterior on a grid: tiles are visited from the one that matters most on, until the rest cannot
//! change the sums.

use nalgebra::{DMatrix, DVector};

use super::GridDenoiser;
use super::axis::COLLAPSED;
use super::contraction::contract_tile;
use super::tether::{AxisTether, FoldedPowers};
use super::tiles::{MOST_DIMENSIONS, TileKey};
use crate::cumulants::Cumulants;
use crate::{DenoiserError, SpacetimePoint};

/// The tiles left out hold less than `exp(-NEGLECTED)` of the weight.
const NEGLECTED: f64 = 42.0;

/// A tile in which both the tether's exponent and `βF` range over more than this could lose its largest terms to
/// underflow.
const SAFE_RANGE: f64 = 325.0;

/// Most tiles along one axis, or altogether, that one point may need.
const MOST_TILES: u64 = 1 << 20;

/// Moments are taken again about the posterior mean where its squared distance from the first centre exceeds this many
/// variances.
const RECENTRE: f64 = 1e4;

/// `Σ w Π_i u_i^(k_i)` and the same times `βF`, up to total order `ORDERS - 1`, `u = x - c`.
pub(super) struct RawMoments<const ORDERS: usize> {
    dimension: usize,
    /// The centre `c`, relative to `y`.
    pub(super) centre: Vec<f64>,
    /// What was taken out of the exponents.
    exponent: f64,
    weights: Vec<f64>,
    energies: Option<Vec<f64>>,
}

impl GridDenoiser {
    /// Raw moments about the posterior mean, or about `y` where that is near enough for the cancellation to be harmless.
    pub(super) fn raw_moments<const ORDERS: usize>(
        &self,
        index: usize,
        point: &SpacetimePoint,
        with_energies: bool,
    ) -> Result<RawMoments<ORDERS>, DenoiserError> {
        let first = self.accumulate::<ORDERS>(index, point, vec![0.0; self.rules.len()], with_energies)?;
        let mean = first.mean_offset();
        let is_far = (0..mean.len()).any(|axis| {
            let square = mean[axis] * mean[axis];
            square > RECENTRE * (first.expectation(&[Factor::Offset(axis), Factor::Offset(axis)]) - square)
        });
        if is_far { self.accumulate::<ORDERS>(index, point, mean, with_energies) } else { Ok(first) }
    }

    fn accumulate<const ORDERS: usize>(
        &self,
        index: usize,
        point: &SpacetimePoint,
        centre: Vec<f64>,
        with_energies: bool,
    ) -> Result<RawMoments<ORDERS>, DenoiserError> {
        let variance = (-point.log_snr).exp();
        let y: Vec<f64> = self.rules.iter().zip(&point.y).map(|(rule, &y)| rule.reduce(y)).collect();
        let collapsed = self.rules.iter().zip(&y).all(|(rule, &y)| rule.can_collapse(y, variance));
        let tethers: Vec<AxisTether> = self
            .rules
            .iter()
            .enumerate()
            .map(|(axis, rule)| AxisTether {
                rule,
                level: if collapsed { COLLAPSED } else { rule.level(y[axis], variance) },
                y: y[axis],
                centre: centre[axis],
                precision: point.log_snr.exp(),
            })
            .collect();
        let mut sum = TileSum::<ORDERS>::new(self, index, &tethers, centre, with_energies);
        let nearest: Vec<u64> =
            tethers.iter().map(|tether| tether.rule.nearest_tile(tether.level, tether.y)).collect();
        sum.folded = nearest
            .iter()
            .zip(&tethers)
            .map(|(&tile, tether)| vec![(tile, Some(tether.fold(tile)))])
            .collect();
        sum.add_tile(&vec![0; nearest.len()])?;

        // A tile's weight is at most exp(-(bounds of its tether + floor of βF)) × log_measure's measure.
        let log_measure: f64 =
            tethers.iter().map(|tether| tether.rule.measure().ln() + tether.log_images()).sum();
        let limit = NEGLECTED + log_measure;
        let too_many =
            || DenoiserError::Point { index, reason: "its posterior spreads over too many tiles".into() };
        let reach = limit - sum.log_weight() - self.floor.least;
        let mut axes = Vec::with_capacity(tethers.len());
        for tether in &tethers {
            let radius = (2.0 * reach.max(0.0) / tether.precision).sqrt();
            let tiles =
                tether.rule.tiles_within(tether.level, tether.y, radius, MOST_TILES).ok_or_else(too_many)?;
            let bounds: Vec<(u64, f64)> = tiles
                .into_iter()
                .map(|tile| (tile, tether.bound(tile)))
                .filter(|(_, bound)| *bound <= reach)
                .collect();
            axes.push(bounds);
        }
        for (axis, tiles) in axes.iter().enumerate() {
            let mut first = sum.folded[axis].pop();
            sum.folded[axis] = tiles
                .iter()
                .map(|&(tile, _)| {
                    (tile, first.take_if(|(done, _)| *done == tile).and_then(|(_, folded)| folded))
                })
                .collect();
        }
        for (bound, places) in self.candidates(&tethers, &axes, reach).ok_or_else(too_many)? {
            if bound > limit - sum.log_weight() {
                break;
            }
            let places = &places[..axes.len()];
            if places
                .iter()
                .zip(&nearest)
                .enumerate()
                .any(|(axis, (&place, tile))| axes[axis][place as usize].0 != *tile)
            {
                sum.add_tile(places)?;
            }
        }
        sum.finish()
    }

    /// Products of the axes' tiles with the lower bounds of their exponents, least first.
    fn candidates(
        &self,
        tethers: &[AxisTether],
        axes: &[Vec<(u64, f64)>],
        reach: f64,
    ) -> Option<Vec<(f64, [u32; MOST_DIMENSIONS])>> {
        let mut products = vec![(0.0, [0_u32; MOST_DIMENSIONS])];
        for (axis, tiles) in axes.iter().enumerate() {
            if products.len() as u64 * tiles.len() as u64 > MOST_TILES {
                return None;
            }
            let mut next = Vec::with_capacity(products.len() * tiles.len());
            for (before, places) in &products {
                for (place, (_, bound)) in tiles.iter().enumerate() {
                    if before + bound <= reach {
                        let mut places = *places;
                        places[axis] = place as u32;
                        next.push((before + bound, places));
                    }
                }
            }
            products = next;
        }
        let levels = levels(tethers);
        for (bound, places) in &mut products {
            let mut key = TileKey { levels, ..TileKey::default() };
            for (axis, tiles) in axes.iter().enumerate() {
                key.tiles[axis] = tiles[places[axis] as usize].0;
            }
            *bound += self.floor.of_tile(&self.rules, &key);
        }
        products.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Some(products)
    }
}

fn levels(tethers: &[AxisTether]) -> [i32; MOST_DIMENSIONS] {
    let mut levels = [0; MOST_DIMENSIONS];
    for (level, tether) in levels.iter_mut().zip(tethers) {
        *level = tether.level;
    }
    levels
}

/// The tiles of one axis that a point may need, with their folded powers once they were needed.
type AxisTiles<const ORDERS: usize> = Vec<(u64, Option<FoldedPowers<ORDERS>>)>;

/// The running sum over tiles.
struct TileSum<'a, const ORDERS: usize> {
    denoiser: &'a GridDenoiser,
    index: usize,
    tethers: &'a [AxisTether<'a>],
    folded: Vec<AxisTiles<ORDERS>>,
    sum: RawMoments<ORDERS>,
    scratch: Vec<Vec<f64>>,
    moments: Vec<f64>,
    excess: Vec<f64>,
}

impl<'a, const ORDERS: usize> TileSum<'a, ORDERS> {
    fn new(
        denoiser: &'a GridDenoiser,
        index: usize,
        tethers: &'a [AxisTether<'a>],
        centre: Vec<f64>,
        with_energies: bool,
    ) -> Self {
        let dimension = tethers.len();
        let zeros = vec![0.0; ORDERS.pow(dimension as u32)];
        let sum = RawMoments {
            dimension,
            centre,
            exponent: f64::INFINITY,
            weights: zeros.clone(),
            energies: with_energies.then(|| zeros.clone()),
        };
        Self {
            denoiser,
            index,
            tethers,
            folded: Vec::new(),
            sum,
            scratch: Vec::new(),
            excess: zeros.clone(),
            moments: zeros,
        }
    }

    /// Logarithm of the weight so far.
    fn log_weight(&self) -> f64 {
        self.sum.log_normaliser()
    }

    /// Adds the tile at these places of the axes' lists.
    fn add_tile(&mut self, places: &[u32]) -> Result<(), DenoiserError> {
        let mut key = TileKey { levels: levels(self.tethers), ..TileKey::default() };
        for (axis, &place) in places.iter().enumerate() {
            let (tile, folded) = &mut self.folded[axis][place as usize];
            key.tiles[axis] = *tile;
            folded.get_or_insert_with(|| self.tethers[axis].fold(*tile));
        }
        let powers: Vec<&FoldedPowers<ORDERS>> = places
            .iter()
            .zip(&self.folded)
            .filter_map(|(&place, tiles)| tiles[place as usize].1.as_ref())
            .collect();
        let denoiser = self.denoiser;
        let tile = denoiser.source.tile(&denoiser.rules, denoiser.thermal_energy, &key)?;
        if tile.range > SAFE_RANGE
            && powers.iter().map(|powers| powers.exponent_range).sum::<f64>() > SAFE_RANGE
        {
            let reason = format!(
                "the energy changes by {:.0} kT within one block of the grid, finer axes are needed",
                tile.range
            );
            return Err(DenoiserError::Point { index: self.index, reason });
        }
        let factors: Vec<&[[f64; ORDERS]]> = powers.iter().map(|powers| powers.factors.as_slice()).collect();
        contract_tile(&tile.weights, &factors, &mut self.scratch, &mut self.moments);

        let exponent = tile.minimum + powers.iter().map(|powers| powers.exponent).sum::<f64>();
        let sum = &mut self.sum;
        if exponent < sum.exponent {
            let factor = (exponent - sum.exponent).exp();
            sum.weights
                .iter_mut()
                .chain(sum.energies.iter_mut().flatten())
                .for_each(|entry| *entry *= factor);
            sum.exponent = exponent;
        }
        let factor = (sum.exponent - exponent).exp();
        for (entry, moment) in sum.weights.iter_mut().zip(&self.moments) {
            *entry += factor * moment;
        }
        if let Some(energies) = &mut sum.energies {
            contract_tile(tile.excess(), &factors, &mut self.scratch, &mut self.excess);
            for ((entry, moment), excess) in energies.iter_mut().zip(&self.moments).zip(&self.excess) {
                *entry += factor * (excess + tile.minimum * moment);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<RawMoments<ORDERS>, DenoiserError> {
        let total = self.sum.weights[0];
        if !(total.is_finite() && total > 0.0) {
            let reason = "the posterior cannot be represented".into();
            return Err(DenoiserError::Point { index: self.index, reason });
        }
        Ok(self.sum)
    }
}

/// An entry of `z = (u, |u|²)`.
#[derive(Clone, Copy)]
enum Factor {
    Offset(usize),
    Square,
}

impl<const ORDERS: usize> RawMoments<ORDERS> {
    pub(super) fn log_normaliser(&self) -> f64 {
        self.weights[0].ln() - self.exponent
    }

    /// `E[Π factors]`.
    fn expectation(&self, factors: &[Factor]) -> f64 {
        self.contract(&self.weights, factors, 0) / self.weights[0]
    }

    /// Expands `|u|²` into its terms; `place` gathers the exponents.
    fn contract(&self, moments: &[f64], factors: &[Factor], place: usize) -> f64 {
        let stride = |axis: usize| ORDERS.pow((self.dimension - 1 - axis) as u32);
        match factors {
            [] => moments[place],
            [Factor::Offset(axis), rest @ ..] => self.contract(moments, rest, place + stride(*axis)),
            [Factor::Square, rest @ ..] => {
                (0..self.dimension).map(|axis| self.contract(moments, rest, place + 2 * stride(axis))).sum()
            }
        }
    }

    fn factor(&self, entry: usize) -> Factor {
        if entry < self.dimension { Factor::Offset(entry) } else { Factor::Square }
    }

    /// `E[x] - y`.
    fn mean_offset(&self) -> Vec<f64> {
        (0..self.dimension)
            .map(|axis| self.centre[axis] + self.expectation(&[Factor::Offset(axis)]))
            .collect()
    }

    /// `E[z]`; needs `ORDERS ≥ 3`.
    pub(super) fn mean(&self) -> DVector<f64> {
        DVector::from_fn(self.dimension + 1, |entry, _| self.expectation(&[self.factor(entry)]))
    }

    /// Mean and covariance of `z` (`ORDERS ≥ 5`) and, along `direction`, its third cumulant (`ORDERS ≥ 7`).
    pub(super) fn cumulants(&self, direction: Option<&DVector<f64>>) -> Cumulants {
        let size = self.dimension + 1;
        let mean = self.mean();
        let second = DMatrix::from_fn(size, size, |a, b| self.expectation(&[self.factor(a), self.factor(b)]));
        let third = direction.map(|direction| {
            let along = &second * direction;
            let mean_along = mean.dot(direction);
            DMatrix::from_fn(size, size, |a, b| {
                let raw: f64 = (0..size)
                    .map(|c| {
                        direction[c] * self.expectation(&[self.factor(a), self.factor(b), self.factor(c)])
                    })
                    .sum();
                raw - second[(a, b)] * mean_along - along[a] * mean[b] - along[b] * mean[a]
                    + 2.0 * mean[a] * mean[b] * mean_along
            })
        });
        Cumulants { covariance: second - &mean * mean.transpose(), mean, third }
    }

    /// `E[βF]` and `Cov(βF, z)`, where the energies were summed (`ORDERS ≥ 3`).
    pub(super) fn reduced_energy(&self) -> Option<(f64, DVector<f64>)> {
        let energies = self.energies.as_ref()?;
        let total = self.weights[0];
        let mean = energies[0] / total;
        let covariance = self.mean().map_with_location(|entry, _, z| {
            self.contract(energies, &[self.factor(entry)], 0) / total - mean * z
        });
        Some((mean, covariance))
    }
}
