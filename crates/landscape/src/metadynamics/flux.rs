//! Counts by the end that a walker visited last, and the weights that balance the flux between the two ends.

use serde::{Deserialize, Serialize};

/// Added to numbers of crossings, so that the logarithm of zero crossings is finite.
const LEAST_CROSSINGS: f64 = 0.5;
/// Smoothed counts far below one carry no information on the end that a walker visited last.
const FAINT: f64 = 0.01;

/// The counts of a group of walkers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCounts {
    /// Counts of every grid point, by the end that the walker visited last.
    pub by_last_end: [Vec<u32>; 2],
    /// Arrivals at each end from the other one.
    pub arrivals: [u32; 2],
}

impl GroupCounts {
    pub(super) fn new(nodes: usize) -> Self {
        Self { by_last_end: [vec![0; nodes], vec![0; nodes]], arrivals: [0; 2] }
    }
}

/// Smoothed counts of one or several groups.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) by_last_end: [Vec<f64>; 2],
    pub(super) arrivals: [f64; 2],
}

impl Counts {
    pub(super) fn zero(nodes: usize) -> Self {
        Self { by_last_end: [vec![0.0; nodes], vec![0.0; nodes]], arrivals: [0.0; 2] }
    }

    /// Adds `factor` times other counts; negative results are set to zero.
    pub(super) fn add(&mut self, factor: f64, other: &Self) {
        for (own, other) in self.by_last_end.iter_mut().zip(&other.by_last_end) {
            own.iter_mut().zip(other).for_each(|(own, other)| *own = (*own + factor * other).max(0.0));
        }
        for (own, other) in self.arrivals.iter_mut().zip(other.arrivals) {
            *own = (*own + factor * other).max(0.0);
        }
    }

    pub(super) fn scaled(&self, factor: f64) -> Self {
        let mut scaled = Self::zero(self.by_last_end[0].len());
        scaled.add(factor, self);
        scaled
    }

    /// All counts, regardless of the last end.
    pub(super) fn total(&self) -> Vec<f64> {
        let [first, second] = &self.by_last_end;
        first.iter().zip(second).map(|(first, second)| first + second).collect()
    }

    /// The counts of a stationary ensemble: those of each last end are weighted so that as many walkers cross in one direction as in the
    /// other, `w₁ N₁₂ = w₂ N₂₁`.
    ///
    /// Walkers that start at the ends in given numbers forget these numbers only after many crossings; the crossing rates, and the
    /// distribution of the walkers that came from one end, only require equilibrium around the end that was visited last (E. Vanden-Eijnden
    /// and M. Venturoli, J. Chem. Phys. 131, 044120 (2009)).
    pub(super) fn balanced(&self) -> Vec<f64> {
        let [of_first, of_second] = self.weights();
        let [first, second] = &self.by_last_end;
        first.iter().zip(second).map(|(first, second)| of_first * first + of_second * second).collect()
    }

    /// `w₁` and `w₂`.
    pub(super) fn weights(&self) -> [f64; 2] {
        let [at_first, at_second] = self.arrivals.map(|arrivals| arrivals + LEAST_CROSSINGS);
        let weight = (at_first / at_second).sqrt();
        [weight, 1.0 / weight]
    }

    /// The weight that one more count at each grid point would have among the [`Self::balanced`] ones: that of the existing counts, or the
    /// larger of the two weights where there are none, since the last end of such a walker is unknown.
    pub(super) fn weight_of_one(&self) -> Vec<f64> {
        let [of_first, of_second] = self.weights();
        let most = of_first.max(of_second);
        let mean = |(balanced, total): (f64, f64)| (balanced + FAINT * most) / (total + FAINT);
        self.balanced().into_iter().zip(self.total()).map(mean).collect()
    }

    /// Variance of `log(w₁/w₂)²`, the logarithm of the ratio of the two rates: of either rate it is `ψ₁(n + ½)` with its n arrivals and the
    /// trigamma function, by the posterior of a Poisson rate under Jeffreys' prior. If one direction was never observed, no resampling of
    /// the observations can estimate it.
    pub(super) fn variance_of_ratio(&self) -> f64 {
        self.arrivals.iter().map(|arrivals| trigamma(arrivals + LEAST_CROSSINGS)).sum()
    }
}

/// `ψ₁(x) = Σ 1/(x + k)²` for x > 0: by its recurrence, and by the asymptotic series from 10 on (Abramowitz and Stegun 6.4.12).
fn trigamma(x: f64) -> f64 {
    let below = (10.0 - x).ceil().max(0.0);
    let recurrence: f64 = (0..below as u32).map(|k| (x + f64::from(k)).powi(-2)).sum();
    let inverse = 1.0 / (x + below);
    let square = inverse * inverse;
    let series = 1.0 + square * (1.0 / 6.0 - square * (1.0 / 30.0 - square * (1.0 / 42.0 - square / 30.0)));
    recurrence + inverse * series + 0.5 * square
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abramowitz and Stegun, table 6.1, and ψ₁(½) = π²/2, ψ₁(1) = π²/6.
    #[test]
    fn the_trigamma_function_is_that_of_the_tables() {
        let square = std::f64::consts::PI.powi(2);
        for (x, value) in
            [(0.5, square / 2.0), (1.0, square / 6.0), (1.5, square / 2.0 - 4.0), (2.0, square / 6.0 - 1.0)]
        {
            assert!((trigamma(x) - value).abs() < 1e-12, "{x}: {}", trigamma(x));
        }
        let sum: f64 = (0..10_000_000).map(|k| (25.5 + f64::from(k)).powi(-2)).sum();
        assert!((trigamma(25.5) - sum).abs() < 2e-7);
    }

    /// Two boxes with known rates: walkers that begin in equal numbers and are stopped long before they are distributed as
    /// they ought to be still give the ratio of the rates.
    #[test]
    fn balanced_counts_do_not_depend_on_where_walkers_began() {
        // Rates 0.02 and 0.004 a step: in equilibrium five times as many are in the second box.
        let rates = [0.02, 0.004];
        let (mut shares, mut counts) = ([0.5, 0.5], Counts::zero(2));
        for _ in 0..20 {
            let across = [shares[0] * rates[0], shares[1] * rates[1]];
            for (end, share) in shares.iter().enumerate() {
                counts.by_last_end[end][end] += 1e4 * share;
                counts.arrivals[1 - end] += 1e4 * across[end];
            }
            shares = [shares[0] - across[0] + across[1], shares[1] + across[0] - across[1]];
        }
        let ratio = |counts: &[f64]| counts[1] / counts[0];
        assert!((ratio(&counts.balanced()) - 5.0).abs() < 0.01, "{}", ratio(&counts.balanced()));
        assert!(ratio(&counts.total()) < 2.0);
    }
}
