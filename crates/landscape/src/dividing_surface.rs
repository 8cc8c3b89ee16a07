//! The dividing surface between two states: which points belong to which, and what share of a posterior lies beyond.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use geodyssey_dynamics::MAX_DIMENSION;

use crate::basin::nearest_point;
use crate::{Grid, GridAxis, Landscape, LandscapeError};

/// Nodes along each variable, by the number of variables.
const NODES: [usize; MAX_DIMENSION] = [4000, 400, 64];
/// Exponents this far below the largest add nothing.
const NEGLIGIBLE: f64 = 40.0;
/// A tether with `e^λ P²` below this is flat, summed over its images: its first Fourier coefficient is `2 exp(-2π²/0.5)`, some 1e-17.
const FLAT: f64 = 0.5;
/// A cell narrower than this, in standard deviations of the tether, has one value of it: that in its middle, to `(width · r)²/24` at `r`
/// standard deviations.
const NARROW: f64 = 0.01;

/// The watershed between two states: every point belongs to the state from which rising water reaches it first (F. Meyer,
/// Signal Process. 38, 113 (1994)). Its line goes through the lowest saddle between the two, along the ridges on either side.
#[derive(Clone, Debug)]
pub struct DividingSurface {
    grid: Grid,
    beyond: Vec<bool>,
}

/// A node that water is about to reach.
struct Shore {
    energy: f64,
    order: usize,
    node: usize,
    beyond: bool,
}

impl Ord for Shore {
    /// The lowest comes first, then the one that was met first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.energy.total_cmp(&self.energy).then(other.order.cmp(&self.order))
    }
}

impl PartialOrd for Shore {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Shore {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Shore {}

impl DividingSurface {
    /// Between `start` and `end`, on nodes between the `ranges` (lower and upper end of each variable; of a periodic one only
    /// the lower counts).
    ///
    /// # Errors
    /// More than three variables, an empty range, or an energy that is not finite.
    pub fn new(
        landscape: &dyn Landscape,
        ranges: &[(f64, f64)],
        start: &[f64],
        end: &[f64],
    ) -> Result<Self, LandscapeError> {
        let dimension = landscape.dimension();
        let Some(&count) = dimension.checked_sub(1).and_then(|index| NODES.get(index)) else {
            return Err(LandscapeError::Grid(format!(
                "it has {dimension} variables, not 1 to {MAX_DIMENSION}"
            )));
        };
        let axes = ranges.iter().zip(landscape.periods()).map(|(&(lower, upper), &period)| match period {
            Some(period) => GridAxis::periodic("", lower, period, count),
            None => GridAxis::bounded("", lower, upper, count),
        });
        let grid = Grid::from_function(axes.collect(), |x| landscape.energy(x))?;
        let mut side: Vec<Option<bool>> = vec![None; grid.len()];
        let mut waiting = BinaryHeap::new();
        let mut order = 0;
        for (state, beyond) in [(start, false), (end, true)] {
            let node = nearest_point(&grid, state);
            waiting.push(Shore { energy: f64::NEG_INFINITY, order, node, beyond });
            order += 1;
        }
        while let Some(Shore { node, beyond, .. }) = waiting.pop() {
            if side[node].is_some() {
                continue;
            }
            side[node] = Some(beyond);
            for neighbour in grid.neighbours(node) {
                if side[neighbour].is_none() {
                    waiting.push(Shore { energy: grid.values[neighbour], order, node: neighbour, beyond });
                    order += 1;
                }
            }
        }
        Ok(Self { beyond: side.into_iter().map(|side| side == Some(true)).collect(), grid })
    }

    /// Whether a point belongs to the end state.
    pub fn is_beyond(&self, x: &[f64]) -> bool {
        self.beyond[nearest_point(&self.grid, x)]
    }

    /// What `p(x) ∝ exp(-F(x)/kT - ½ e^λ |x - y|²)` weighs, and its share that belongs to the end state; the tether of a periodic
    /// variable is summed over its images. The energy is taken as constant over the cell of each node, over which the tether is
    /// integrated, however narrow it is.
    pub fn posterior(&self, log_snr: f64, y: &[f64], thermal_energy_kj_mol: f64) -> TetheredWeight {
        let precision = log_snr.exp();
        let tethers: Vec<Vec<f64>> =
            self.grid.axes.iter().zip(y).map(|(axis, &y)| log_tether(axis, precision, y)).collect();
        let mut exponents = Vec::with_capacity(self.grid.len());
        let mut largest = f64::NEG_INFINITY;
        for (node, energy) in self.grid.values.iter().enumerate() {
            let mut exponent = -energy / thermal_energy_kj_mol;
            let mut remainder = node;
            for tether in tethers.iter().rev() {
                exponent += tether[remainder % tether.len()];
                remainder /= tether.len();
            }
            largest = largest.max(exponent);
            exponents.push(exponent);
        }
        let (mut all, mut beyond) = (0.0, 0.0);
        for (exponent, side) in exponents.into_iter().zip(&self.beyond) {
            if exponent > largest - NEGLIGIBLE {
                let weight = (exponent - largest).exp();
                all += weight;
                beyond += if *side { weight } else { 0.0 };
            }
        }
        TetheredWeight { log_normaliser: largest + all.ln(), share_beyond: beyond / all }
    }

    /// `-kT log ∫ exp(-F(x)/kT) dx` over a part of the grid, kJ/mol: infinite where it is empty. `inside` is told where a node is and
    /// whether it belongs to the end state.
    pub fn free_energy(&self, thermal_energy_kj_mol: f64, inside: impl Fn(&[f64], bool) -> bool) -> f64 {
        let nodes = self.grid.values.iter().zip(&self.beyond).enumerate();
        let part: Vec<f64> = nodes
            .filter_map(|(node, (energy, &beyond))| {
                let x = self.grid.point(node);
                let volume: f64 = self
                    .grid
                    .axes
                    .iter()
                    .zip(&x)
                    .map(|(axis, &x)| cell(axis, x))
                    .map(|(low, high)| high - low)
                    .product();
                inside(&x, beyond).then(|| volume.ln() - energy / thermal_energy_kj_mol)
            })
            .collect();
        let largest = part.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if part.is_empty() {
            return f64::INFINITY;
        }
        -thermal_energy_kj_mol * (largest + part.iter().map(|one| (one - largest).exp()).sum::<f64>().ln())
    }
}

/// The weight of a density under a tether, and how it is divided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TetheredWeight {
    /// `log ∫ exp(-F(x)/kT) Σ_n exp(-½ e^λ |x + nP - y|²) dx`.
    pub log_normaliser: f64,
    /// The share that belongs to the end state.
    pub share_beyond: f64,
}

/// The cell about a value of an axis: half a spacing either way, but not beyond the ends of an axis without a period.
fn cell(axis: &GridAxis, x: f64) -> (f64, f64) {
    let (low, high) = (x - 0.5 * axis.spacing, x + 0.5 * axis.spacing);
    match axis.period {
        Some(_) => (low, high),
        None => (low.max(axis.start), high.min(axis.end())),
    }
}

/// `log ∫ Σ_n exp(-½ e^λ (x + P n - y)²) dx` over the cell of each node of an axis. The sum over the images of a wide tether is
/// `√(2π e^{-λ})/P` everywhere, by Poisson's formula.
fn log_tether(axis: &GridAxis, precision: f64, y: f64) -> Vec<f64> {
    let nodes = (0..axis.count).map(|index| axis.coordinate(index));
    let root = precision.sqrt();
    let over_cell = |x: f64, shift: f64| {
        let (low, high) = cell(axis, x);
        let (from, to) = (root * (low - x + shift), root * (high - x + shift));
        if to - from < NARROW {
            return (high - low).ln() - 0.125 * (from + to).powi(2);
        }
        log_normal_integral(from, to) - root.ln()
    };
    let Some(period) = axis.period else {
        return nodes.map(|x| over_cell(x, x - y)).collect();
    };
    if precision * period * period < FLAT {
        let mean = 0.5 * (std::f64::consts::TAU / precision).ln() - period.ln();
        return nodes
            .map(|x| {
                let (low, high) = cell(axis, x);
                (high - low).ln() + mean
            })
            .collect();
    }
    let images = ((2.0 * NEGLIGIBLE / precision).sqrt() / period).ceil() as i64 + 1;
    let of_node = |x: f64| {
        let nearest = x - y - period * ((x - y) / period).round();
        let image = |turns: i64| over_cell(x, nearest + period * turns as f64);
        let own = image(0);
        own + (-images..=images).map(|turns| (image(turns) - own).exp()).sum::<f64>().ln()
    };
    nodes.map(of_node).collect()
}

/// `log ∫ exp(-½t²) dt` from `low` to `high`, also where that is far out in a tail.
fn log_normal_integral(low: f64, high: f64) -> f64 {
    if high <= 0.0 {
        return log_normal_integral(-high, -low);
    }
    let beyond = |z: f64| (-0.5 * z * z).exp() * mills_ratio(z);
    if low >= 0.0 {
        let fall = (-0.5 * (high - low) * (high + low)).exp();
        return -0.5 * low * low + (mills_ratio(low) - fall * mills_ratio(high)).ln();
    }
    (std::f64::consts::TAU.sqrt() - beyond(-low) - beyond(high)).ln()
}

/// `exp(½z²) ∫ exp(-½t²) dt` from `z ≥ 0` to infinity, by its series or its continued fraction (Abramowitz and Stegun 26.2.11 and
/// 26.2.14).
fn mills_ratio(z: f64) -> f64 {
    if z < 3.0 {
        let (mut term, mut sum, mut n) = (z, z, 1.0);
        while term > 1e-17 * sum {
            term *= z * z / (2.0 * n + 1.0);
            sum += term;
            n += 1.0;
        }
        return (0.25 * std::f64::consts::TAU).sqrt() * (0.5 * z * z).exp() - sum;
    }
    1.0 / (1..=80).rev().fold(z, |rest, n| z + f64::from(n) / rest)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    /// Two equal Gaussians of deviation `SPREAD` at ±1, as an energy with kT = 1: the dividing surface is x = 0.
    struct TwoGaussians;
    const SPREAD: f64 = 0.3;
    const NO_PERIOD: [Option<f64>; 1] = [None];

    impl Landscape for TwoGaussians {
        fn periods(&self) -> &[Option<f64>] {
            &NO_PERIOD
        }

        fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
            let of = |mean: f64| (-0.5 * ((x[0] - mean) / SPREAD).powi(2)).exp();
            let (left, right) = (of(-1.0), of(1.0));
            gradient[0] = ((x[0] + 1.0) * left + (x[0] - 1.0) * right) / (SPREAD * SPREAD * (left + right));
            -(left + right).ln()
        }
    }

    /// Φ by its series (Abramowitz and Stegun 26.2.11).
    fn normal_cumulative(x: f64) -> f64 {
        if x.abs() > 6.0 {
            return if x > 0.0 { 1.0 } else { 0.0 };
        }
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= x * x / f64::from(2 * n + 1);
            sum += term;
        }
        0.5 + sum * (-0.5 * x * x).exp() / TAU.sqrt()
    }

    /// The posterior of a mixture of Gaussians is one of Gaussians again, whose share beyond 0 is known.
    #[test]
    fn shares_of_gaussian_posteriors_are_exact() {
        let surface = DividingSurface::new(&TwoGaussians, &[(-4.0, 4.0)], &[-1.0], &[1.0]).unwrap();
        for log_snr in [-2.0_f64, 0.0, 2.0, 4.0, 6.0] {
            let noise = (-log_snr).exp();
            for y in [-1.2, -0.3, 0.0, 0.1, 0.9] {
                let variance = 1.0 / (1.0 / noise + 1.0 / (SPREAD * SPREAD));
                let of = |mean: f64| {
                    let weight = (-0.5 * (y - mean).powi(2) / (noise + SPREAD * SPREAD)).exp();
                    let center = variance * (y / noise + mean / (SPREAD * SPREAD));
                    (weight, weight * normal_cumulative(center / variance.sqrt()))
                };
                let (left, right) = (of(-1.0), of(1.0));
                let expected = (left.1 + right.1) / (left.0 + right.0);
                let share = surface.posterior(log_snr, &[y], 1.0).share_beyond;
                assert!(
                    (share - expected).abs() < 2e-3,
                    "logSNR {log_snr}, y {y}: {share}, exactly {expected}"
                );
            }
        }
    }

    /// `-cos x + ½ cos 2x …` on the torus has two ways over; the dividing surface goes through both saddles,
    /// whatever image is asked for.
    #[test]
    fn a_torus_is_divided_at_both_ridges() {
        struct Torus([Option<f64>; 2]);
        impl Landscape for Torus {
            fn periods(&self) -> &[Option<f64>] {
                &self.0
            }
            fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
                gradient.copy_from_slice(&[4.0 * (2.0 * x[0]).sin(), x[1].sin()]);
                -2.0 * (2.0 * x[0]).cos() - x[1].cos()
            }
        }
        let torus = Torus([Some(TAU); 2]);
        let wells = [[0.0, 0.0], [TAU / 2.0, 0.0]];
        let surface =
            DividingSurface::new(&torus, &[(-TAU / 2.0, TAU / 2.0); 2], &wells[0], &wells[1]).unwrap();
        for (x, beyond) in
            [(0.0, false), (1.5, false), (-1.5, false), (1.65, true), (-1.65, true), (3.1, true)]
        {
            for turns in [-1.0, 0.0, 2.0] {
                for y in [-3.0, 0.2, 2.0] {
                    assert_eq!(surface.is_beyond(&[x + turns * TAU, y]), beyond, "{x} {y}");
                }
            }
        }
        let share = |log_snr, x| surface.posterior(log_snr, &[x, 0.1], 1.0).share_beyond;
        // By symmetry half of everything, and of what a tether on the ridge holds.
        assert!((share(-20.0, 0.3) - 0.5).abs() < 0.01);
        assert!((share(5.0, TAU / 4.0) - 0.5).abs() < 0.06);
        assert!(share(5.0, TAU / 4.0 + 1.0 + TAU) > 0.999);
        // A tether much narrower than a cell: the energy is flat on the ridge, so that its share is that of a normal density.
        let (mut low, mut high) = (TAU / 4.0 - 0.1, TAU / 4.0 + 0.1);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if surface.is_beyond(&[middle, 0.1]) { high = middle } else { low = middle }
        }
        for log_snr in [10.0_f64, 12.0, 20.0] {
            for deviations in [-2.0, -0.5, 0.0, 1.0] {
                let share = share(log_snr, low + deviations * (-0.5 * log_snr).exp());
                let expected = normal_cumulative(deviations);
                assert!((share - expected).abs() < 0.01, "logSNR {log_snr}: {share}, exactly {expected}");
            }
        }
    }

    /// A harmonic well under a tether, and cut in two: `∫exp(-½kx² - ½p(x-y)²) = √(2π/(k+p)) exp(-½kp/(k+p) y²)`.
    #[test]
    fn weights_are_those_of_gaussians_and_of_halves() {
        struct Well;
        impl Landscape for Well {
            fn periods(&self) -> &[Option<f64>] {
                &NO_PERIOD
            }
            fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
                gradient[0] = 6.0 * x[0];
                3.0 * x[0] * x[0]
            }
        }
        let thermal_energy = 2.0;
        let surface = DividingSurface::new(&Well, &[(0.0, 5.0)], &[0.0], &[5.0]).unwrap();
        let half = surface.free_energy(thermal_energy, |_, _| true);
        assert!((half + thermal_energy * (0.5 * (TAU / 3.0).sqrt()).ln()).abs() < 1e-5, "{half}");
        assert_eq!(surface.free_energy(thermal_energy, |_, _| false), f64::INFINITY);
        let whole = DividingSurface::new(&Well, &[(-5.0, 5.0)], &[-5.0], &[5.0]).unwrap();
        for log_snr in [-3.0_f64, 0.0, 2.0] {
            for y in [0.0, 0.7] {
                let (stiffness, precision) = (3.0, log_snr.exp());
                let sum = stiffness + precision;
                let expected = 0.5 * (TAU / sum).ln() - 0.5 * stiffness * precision / sum * y * y;
                let found = whole.posterior(log_snr, &[y], thermal_energy).log_normaliser;
                assert!((found - expected).abs() < 1e-5, "{found} {expected}");
            }
        }
    }

    /// Over a period of flat ground the images of a tether add up to the whole Gaussian, however wide it is: `√(2π e^{-λ})`.
    #[test]
    fn images_of_wide_tethers_are_all_counted() {
        struct Flat([Option<f64>; 1]);
        impl Landscape for Flat {
            fn periods(&self) -> &[Option<f64>] {
                &self.0
            }
            fn energy_gradient(&self, _: &[f64], gradient: &mut [f64]) -> f64 {
                gradient[0] = 0.0;
                0.0
            }
        }
        let surface = DividingSurface::new(&Flat([Some(TAU)]), &[(0.0, TAU)], &[1.0], &[4.0]).unwrap();
        // On either side of the tether from which on they are taken together, logSNR -4.369, and far out.
        for log_snr in [-50.0_f64, -25.0, -4.38, -4.36, -2.0, 3.0] {
            let found = surface.posterior(log_snr, &[2.0], 1.0).log_normaliser;
            let expected = 0.5 * (TAU.ln() - log_snr);
            assert!((found - expected).abs() < 1e-12, "logSNR {log_snr}: {found}, exactly {expected}");
        }
    }

    #[test]
    fn integrals_of_the_normal_density_join_and_reach_far() {
        assert!((log_normal_integral(-9.0, 9.0).exp() - TAU.sqrt()).abs() < 1e-14);
        // Q(1), Q(5) and Q(10): Abramowitz and Stegun, tables 26.1 and 26.2.
        for (z, q) in [(1.0, 0.158_655_253_931_457), (5.0, 2.866_515_719e-7), (10.0, 7.619_853_024e-24)] {
            let found = log_normal_integral(z, f64::MAX.sqrt()).exp() / TAU.sqrt();
            assert!((found / q - 1.0).abs() < 1e-9, "{z}: {found}");
        }
        assert!((mills_ratio(3.0 - 1e-12) / mills_ratio(3.0) - 1.0).abs() < 1e-11);
        let narrow = log_normal_integral(30.0, 30.001) - (0.001_f64.ln() - 450.0);
        assert!((narrow + 0.015).abs() < 1e-4, "{narrow}");
    }
}
