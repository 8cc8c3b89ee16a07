//! The network's inputs at a spacetime point, with derivatives.

use std::f64::consts::FRAC_PI_2;

use super::NeuralSettings;
use crate::{Preconditioning, SpacetimePoint};

/// One feature's value and its derivatives; every feature depends on `λ` and at most one variable.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Jet {
    /// The variable it depends on.
    pub(super) axis: Option<usize>,
    pub(super) value: f64,
    pub(super) by_level: f64,
    pub(super) by_y: f64,
    by_level_level: f64,
    by_level_y: f64,
    by_y_y: f64,
}

impl Jet {
    /// Derivative along a direction `(δλ, δy)`.
    pub(super) fn along(&self, direction: &[f64]) -> f64 {
        let y = self.axis.map_or(0.0, |axis| self.by_y * direction[1 + axis]);
        self.by_level * direction[0] + y
    }

    /// Derivatives by `λ` and by the variable of the derivative along a direction.
    fn bend(&self, direction: &[f64]) -> (f64, f64) {
        let y = self.axis.map_or(0.0, |axis| direction[1 + axis]);
        (
            self.by_level_level * direction[0] + self.by_level_y * y,
            self.by_level_y * direction[0] + self.by_y_y * y,
        )
    }
}

/// The features of `(λ, y)`: of the level's position `t` in [-1, 1], `t, sin πkt/2, cos πkt/2`; of a periodic variable
/// with the angle `θ = 2πy/P`, `sin kθ, cos kθ`; of any other, `u = (y - m)/σ/sqrt(1 + s²/σ²)` (`c_in` of Karras et al.,
/// arXiv 2206.00364, Table 1) and `sin ku, cos ku`.
#[derive(Clone, Copy, Debug)]
pub(super) struct FeatureMap<'m> {
    pub(super) settings: &'m NeuralSettings,
    pub(super) preconditioning: &'m Preconditioning,
}

impl FeatureMap<'_> {
    /// Number of features.
    pub(super) fn count(&self) -> usize {
        let of_variable = |period: &Option<f64>| match period {
            Some(_) => 2 * self.settings.harmonics,
            None => 1 + 2 * self.settings.standardised_harmonics,
        };
        1 + 2 * self.settings.level_frequencies
            + self.preconditioning.periods.iter().map(of_variable).sum::<usize>()
    }

    /// All features of a point.
    pub(super) fn at(&self, point: &SpacetimePoint) -> Vec<Jet> {
        let preconditioning = self.preconditioning;
        let mut jets = Vec::with_capacity(self.count());
        let t = preconditioning.position(point.log_snr);
        let slope = 2.0 / (preconditioning.log_snr.1 - preconditioning.log_snr.0);
        let level = Jet { value: t, by_level: slope, ..Jet::default() };
        jets.push(level);
        for k in 1..=self.settings.level_frequencies {
            jets.extend(waves(&level, FRAC_PI_2 * k as f64));
        }
        for (axis, (&y, period)) in point.y.iter().zip(&preconditioning.periods).enumerate() {
            let (base, harmonics) = match period {
                Some(period) => {
                    let frequency = std::f64::consts::TAU / period;
                    // The angle is reduced first, so that y and y + P have the same features within rounding.
                    let angle = frequency * (y - period * (y / period).round());
                    let base = Jet { axis: Some(axis), value: angle, by_y: frequency, ..Jet::default() };
                    (base, self.settings.harmonics)
                }
                None => {
                    let standard = self.standardised(axis, point.log_snr, y);
                    jets.push(standard);
                    (standard, self.settings.standardised_harmonics)
                }
            };
            for k in 1..=harmonics {
                jets.extend(waves(&base, k as f64));
            }
        }
        jets
    }

    fn standardised(&self, axis: usize, log_snr: f64, y: f64) -> Jet {
        let deviation = self.preconditioning.deviation[axis];
        let ratio = (-log_snr).exp() / (deviation * deviation);
        let by_y = 1.0 / (deviation * (1.0 + ratio).sqrt());
        // d log(by_y)/dλ = ½ ratio/(1 + ratio), and its own derivative.
        let growth = 0.5 * ratio / (1.0 + ratio);
        let growth_slope = -growth / (1.0 + ratio);
        let value = (y - self.preconditioning.centre[axis]) * by_y;
        Jet {
            axis: Some(axis),
            value,
            by_level: value * growth,
            by_y,
            by_level_level: value * (growth * growth + growth_slope),
            by_level_y: by_y * growth,
            by_y_y: 0.0,
        }
    }
}

/// `sin ku` and `cos ku` of a jet `u`.
fn waves(u: &Jet, k: f64) -> [Jet; 2] {
    let (sin, cos) = (k * u.value).sin_cos();
    [(sin, k * cos, -k * k * sin), (cos, -k * sin, -k * k * cos)].map(|(value, first, second)| Jet {
        axis: u.axis,
        value,
        by_level: first * u.by_level,
        by_y: first * u.by_y,
        by_level_level: first * u.by_level_level + second * u.by_level * u.by_level,
        by_level_y: first * u.by_level_y + second * u.by_level * u.by_y,
        by_y_y: first * u.by_y_y + second * u.by_y * u.by_y,
    })
}

/// Adds the contribution of the cotangents of features, and of their tangents along directions, to the cotangent of `(λ, y)`.
pub(super) fn pull_back<'c>(
    jets: &[Jet],
    of_values: &[f64],
    of_tangents: impl Iterator<Item = (&'c [f64], &'c [f64])>,
    cotangent: &mut [f64],
) {
    for (jet, bar) in jets.iter().zip(of_values) {
        cotangent[0] += bar * jet.by_level;
        if let Some(axis) = jet.axis {
            cotangent[1 + axis] += bar * jet.by_y;
        }
    }
    for (direction, bars) in of_tangents {
        for (jet, bar) in jets.iter().zip(bars) {
            let (level, y) = jet.bend(direction);
            cotangent[0] += bar * level;
            if let Some(axis) = jet.axis {
                cotangent[1 + axis] += bar * y;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClusterMixture, SampleSet};

    #[test]
    fn derivatives_of_features_match_central_differences() {
        let settings = NeuralSettings::default();
        let samples = SampleSet::new(&[vec![0.1, 0.2], vec![0.9, 1.4]], None, vec![Some(2.5), None]).unwrap();
        let preconditioning = Preconditioning {
            periods: vec![Some(2.5), None],
            centre: vec![0.0, 0.7],
            deviation: vec![1.0, 1.8],
            log_snr: (-3.0, 5.0),
            log_scale: vec![vec![0.0], vec![0.0]],
            baseline: ClusterMixture::fit(&samples, 1, 1).unwrap(),
        };
        let map = FeatureMap { settings: &settings, preconditioning: &preconditioning };
        let at = |x: [f64; 3]| map.at(&SpacetimePoint { log_snr: x[0], y: vec![x[1], x[2]] });
        let (origin, h) = ([0.4, 0.3, 1.9], 1e-5);
        let jets = at(origin);
        assert_eq!(jets.len(), map.count());
        for axis in 0..3 {
            let mut direction = [0.0; 3];
            direction[axis] = 1.0;
            let shifted = |step: f64| {
                let mut x = origin;
                x[axis] += step;
                at(x)
            };
            let (plus, minus) = (shifted(h), shifted(-h));
            for (index, jet) in jets.iter().enumerate() {
                let along = (plus[index].value - minus[index].value) / (2.0 * h);
                assert!((jet.along(&direction) - along).abs() < 1e-7, "feature {index} along {axis}");
                let (level, y) = jet.bend(&direction);
                let by_level = (plus[index].by_level - minus[index].by_level) / (2.0 * h);
                let by_y = (plus[index].by_y - minus[index].by_y) / (2.0 * h);
                assert!(
                    (level - by_level).abs() < 1e-6 && (y - by_y).abs() < 1e-6,
                    "feature {index}, {axis}"
                );
            }
        }
        // A whole period changes nothing.
        let moved = at([0.4, 0.3 + 5.0, 1.9]);
        for (a, b) in jets.iter().zip(&moved) {
            assert!((a.value - b.value).abs() < 1e-14);
        }
    }
}
