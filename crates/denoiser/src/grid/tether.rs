//! The tether along one axis of a tile: `weight × Σ_n exp(-½ e^λ u_n²) (u_n - c)^k`, `u_n = x + nP - y`.

use super::axis::AxisRule;

/// Images whose weight is below `exp(-NEGLECTED)` of the nearest one's are left out.
const NEGLECTED: f64 = 50.0;

/// From this ratio of the tether's standard deviation to the period on, the folded tether is uniform in double precision.
const UNIFORM_RATIO: f64 = 1.75;

/// The tether along one axis at one spacetime point.
#[derive(Clone, Copy, Debug)]
pub(super) struct AxisTether<'a> {
    pub(super) rule: &'a AxisRule,
    pub(super) level: i32,
    /// `y`, brought into the fundamental cell.
    pub(super) y: f64,
    /// Centre of the moments relative to `y`.
    pub(super) centre: f64,
    /// `e^λ`.
    pub(super) precision: f64,
}

/// Folded powers for the nodes of one tile.
#[derive(Clone, Debug)]
pub(super) struct FoldedPowers<const ORDERS: usize> {
    /// Least exponent `½ e^λ u²` over the nodes; taken out of `factors`.
    pub(super) exponent: f64,
    /// Largest exponent minus the least.
    pub(super) exponent_range: f64,
    /// One row per node.
    pub(super) factors: Vec<[f64; ORDERS]>,
}

impl AxisTether<'_> {
    fn uniform_period(&self) -> Option<f64> {
        self.rule.period.filter(|period| UNIFORM_RATIO * period <= self.precision.sqrt().recip())
    }

    /// Lower bound of the exponent over a tile.
    pub(super) fn bound(&self, tile: u64) -> f64 {
        if self.uniform_period().is_some() {
            return 0.0;
        }
        0.5 * self.precision * self.rule.distance(self.level, tile, self.y).powi(2)
    }

    /// Upper bound of `log Σ_n exp(-½ e^λ u_n²)` relative to its largest term.
    pub(super) fn log_images(&self) -> f64 {
        self.rule
            .period
            .map_or(0.0, |period| (2.0 + (std::f64::consts::TAU / self.precision).sqrt() / period).ln())
    }

    /// Powers of one tile's nodes, folded over the lattice images.
    pub(super) fn fold<const ORDERS: usize>(&self, tile: u64) -> FoldedPowers<ORDERS> {
        let nodes = self.rule.nodes(self.level, tile);
        if let Some(period) = self.uniform_period() {
            let moments = self.gaussian_moments(period);
            let factors = nodes.iter().map(|(_, weight)| moments.map(|moment| weight * moment)).collect();
            return FoldedPowers { exponent: 0.0, exponent_range: 0.0, factors };
        }
        let wrap = |u: f64| self.rule.period.map_or(u, |period| u - period * (u / period).round());
        let (offsets, weights): (Vec<f64>, Vec<f64>) =
            nodes.into_iter().map(|(x, weight)| (wrap(x - self.y), weight)).unzip();
        let exponents: Vec<f64> = offsets.iter().map(|u| 0.5 * self.precision * u * u).collect();
        let least = exponents.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = exponents.iter().copied().fold(0.0, f64::max);
        let scaled: Vec<f64> = exponents
            .iter()
            .zip(&weights)
            .map(|(exponent, weight)| weight * (least - exponent).exp())
            .collect();
        let mut factors = vec![[0.0; ORDERS]; offsets.len()];
        add_powers(&mut factors, &offsets, &scaled, -self.centre);
        if let Some(period) = self.rule.period {
            self.add_images(period, &offsets, &scaled, &mut factors);
        }
        FoldedPowers { exponent: least, exponent_range: largest - least, factors }
    }

    /// Adds the images other than the nearest. Going outwards each Gaussian weight is the last one times a ratio that
    /// itself shrinks by `exp(-e^λ P²)`, so no exponential is taken per image.
    fn add_images<const ORDERS: usize>(
        &self,
        period: f64,
        offsets: &[f64],
        nearest: &[f64],
        factors: &mut [[f64; ORDERS]],
    ) {
        let farthest = offsets.iter().fold(0.0, |farthest: f64, u| farthest.max(u.abs()));
        let reach = (farthest * farthest + 2.0 * NEGLECTED / self.precision).sqrt();
        let images = ((reach + farthest) / period).floor() as i64;
        let shrink = (-self.precision * period * period).exp();
        for side in [1.0, -1.0] {
            if images == 0 {
                return;
            }
            let mut weights = nearest.to_vec();
            let mut ratios: Vec<f64> = offsets
                .iter()
                .map(|u| (-self.precision * period * (side * u + 0.5 * period)).exp())
                .collect();
            for image in 1..=images {
                for (weight, ratio) in weights.iter_mut().zip(&mut ratios) {
                    *weight *= *ratio;
                    *ratio *= shrink;
                }
                add_powers(factors, offsets, &weights, side * image as f64 * period - self.centre);
            }
        }
    }

    /// `∫ exp(-½ e^λ u²) (u - c)^k du / P`, what the folded sum becomes when the tether is wider than the period.
    fn gaussian_moments<const ORDERS: usize>(&self, period: f64) -> [f64; ORDERS] {
        let variance = self.precision.recip();
        let mut moments = [0.0; ORDERS];
        moments[0] = (std::f64::consts::TAU * variance).sqrt() / period;
        for order in 1..ORDERS {
            let before = if order > 1 { (order - 1) as f64 * variance * moments[order - 2] } else { 0.0 };
            moments[order] = before - self.centre * moments[order - 1];
        }
        moments
    }
}

/// `factors[i][k] += weights[i] (offsets[i] + shift)^k`.
fn add_powers<const ORDERS: usize>(
    factors: &mut [[f64; ORDERS]],
    offsets: &[f64],
    weights: &[f64],
    shift: f64,
) {
    for ((factor, offset), weight) in factors.iter_mut().zip(offsets).zip(weights) {
        let mut power = *weight;
        for entry in factor {
            *entry += power;
            power *= offset + shift;
        }
    }
}
