//! Random cosines of a noisy point and its noise level, with their derivatives.

use rand::RngExt as _;
use rand_distr::{Distribution as _, StandardNormal};

use super::RandomFeatureSettings;
use crate::random::stream;
use crate::{DenoiserError, Preconditioning, SpacetimePoint};

/// Draws of one frequency vector before its scale is given up as too large for the largest harmonic.
const MOST_DRAWS: usize = 10_000;

/// `ψ_0 = 1` and `ψ_m = √2 exp(-½ η Σ_j k_mj² g_j) cos(Σ_j k_mj u_j + ω_m t + b_m)`.
///
/// `u_j` is the angle `2πy_j/P_j` of a periodic variable, with whole `k_mj`, and `(y_j - m_j)/√(σ_j² + s²)` of any other;
/// `g_j = (∂u_j/∂y_j)² s²`; `t` is the position of `λ` in its range.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CosineFeatures {
    pub(super) preconditioning: Preconditioning,
    /// `k`, `[feature][variable]`.
    pub(super) frequencies: Vec<f64>,
    /// `ω`.
    pub(super) level_frequencies: Vec<f64>,
    /// `b`.
    pub(super) phases: Vec<f64>,
    /// `η`.
    pub(super) damping: f64,
}

/// One variable at one point: `u`, `∂u/∂y`, their derivatives by `λ`, `g` and its.
#[derive(Clone, Copy)]
pub(super) struct Coordinate {
    value: f64,
    pub(super) slope: f64,
    value_by_level: f64,
    pub(super) log_slope_by_level: f64,
    fading: f64,
    fading_by_level: f64,
}

/// One feature at one point: its value, its derivative by the phase, and what its derivatives by `λ` are made of.
#[derive(Clone, Copy, Default)]
pub(super) struct FeatureAtPoint {
    /// `ψ`.
    pub(super) value: f64,
    /// `∂ψ/∂phase`.
    pub(super) by_phase: f64,
    /// `∂phase/∂λ`.
    pub(super) phase_by_level: f64,
    /// `∂ log amplitude/∂λ`.
    pub(super) log_amplitude_by_level: f64,
}

impl CosineFeatures {
    /// Draws the features: `log a` uniform over the frequency scale, `k_j ~ N(0, 2a²/d)`, rounded for a periodic variable and
    /// drawn anew where one is above the largest harmonic; `ω ~ N(0, level_frequency²)`; `b` uniform.
    pub(super) fn draw(
        settings: &RandomFeatureSettings,
        preconditioning: Preconditioning,
        seed: u64,
    ) -> Result<Self, DenoiserError> {
        let dimension = preconditioning.dimension();
        let mut random = stream(seed, "random features", 0);
        let (low, high) = settings.frequency_scale;
        let mut frequencies = Vec::with_capacity(settings.features * dimension);
        let mut level_frequencies = Vec::with_capacity(settings.features);
        let mut phases = Vec::with_capacity(settings.features);
        for _ in 0..settings.features {
            let scale = low * (high / low).powf(random.random()) * (2.0 / dimension as f64).sqrt();
            let wave = (0..MOST_DRAWS).find_map(|_| {
                let draw = preconditioning.periods.iter().map(|period| {
                    let normal: f64 = StandardNormal.sample(&mut random);
                    if period.is_some() { (scale * normal).round() } else { scale * normal }
                });
                let draw: Vec<f64> = draw.collect();
                draw.iter().all(|k| k.abs() <= settings.largest_harmonic).then_some(draw)
            });
            frequencies.extend(wave.ok_or_else(|| {
                let message =
                    format!("random features: no frequencies of scale {scale} below largest_harmonic");
                DenoiserError::Data(message)
            })?);
            let normal: f64 = StandardNormal.sample(&mut random);
            level_frequencies.push(settings.level_frequency * normal);
            phases.push(std::f64::consts::TAU * random.random::<f64>());
        }
        let damping = settings.damping;
        Ok(Self { preconditioning, frequencies, level_frequencies, phases, damping })
    }

    /// Number of features, the constant included.
    pub(super) fn count(&self) -> usize {
        self.phases.len() + 1
    }

    /// Number of variables.
    pub(super) fn dimension(&self) -> usize {
        self.preconditioning.dimension()
    }

    /// Frequencies of feature `index ≥ 1`.
    pub(super) fn wave(&self, index: usize) -> &[f64] {
        &self.frequencies[(index - 1) * self.dimension()..][..self.dimension()]
    }

    /// What the features need to know of each variable at a point.
    pub(super) fn coordinates(&self, point: &SpacetimePoint) -> Vec<Coordinate> {
        let noise = (-point.log_snr).exp();
        let coordinate = |axis: usize| {
            let y = point.y[axis];
            if let Some(period) = self.preconditioning.periods[axis] {
                let slope = std::f64::consts::TAU / period;
                let fading = slope * slope * noise;
                // The nearest image, so that a far one on the cover loses no digits.
                let nearest = y - period * (y / period).round();
                return Coordinate {
                    value: slope * nearest,
                    slope,
                    value_by_level: 0.0,
                    log_slope_by_level: 0.0,
                    fading,
                    fading_by_level: -fading,
                };
            }
            let variance = self.preconditioning.deviation[axis].powi(2);
            let total = variance + noise;
            let slope = 1.0 / total.sqrt();
            let value = (y - self.preconditioning.centre[axis]) * slope;
            let fading = noise / total;
            Coordinate {
                value,
                slope,
                value_by_level: 0.5 * value * fading,
                log_slope_by_level: 0.5 * fading,
                fading,
                fading_by_level: -fading * variance / total,
            }
        };
        (0..self.dimension()).map(coordinate).collect()
    }

    fn phase_and_exponent(&self, index: usize, position: f64, coordinates: &[Coordinate]) -> (f64, f64) {
        let mut phase = self.level_frequencies[index - 1] * position + self.phases[index - 1];
        let mut exponent = 0.0;
        for (k, coordinate) in self.wave(index).iter().zip(coordinates) {
            phase += k * coordinate.value;
            exponent += k * k * coordinate.fading;
        }
        (phase, -0.5 * self.damping * exponent)
    }

    /// All features at a point.
    pub(super) fn values(&self, point: &SpacetimePoint, values: &mut [f64]) {
        let coordinates = self.coordinates(point);
        let position = self.preconditioning.position(point.log_snr);
        values[0] = 1.0;
        for (index, value) in values.iter_mut().enumerate().skip(1) {
            let (phase, exponent) = self.phase_and_exponent(index, position, &coordinates);
            *value = std::f64::consts::SQRT_2 * exponent.exp() * phase.cos();
        }
    }

    /// Feature `index ≥ 1` at a point of these coordinates.
    pub(super) fn at_point(
        &self,
        index: usize,
        position: f64,
        position_slope: f64,
        coordinates: &[Coordinate],
    ) -> FeatureAtPoint {
        let (phase, exponent) = self.phase_and_exponent(index, position, coordinates);
        let amplitude = std::f64::consts::SQRT_2 * exponent.exp();
        let (sine, cosine) = phase.sin_cos();
        let mut phase_by_level = self.level_frequencies[index - 1] * position_slope;
        let mut exponent_by_level = 0.0;
        for (k, coordinate) in self.wave(index).iter().zip(coordinates) {
            phase_by_level += k * coordinate.value_by_level;
            exponent_by_level += k * k * coordinate.fading_by_level;
        }
        FeatureAtPoint {
            value: amplitude * cosine,
            by_phase: -amplitude * sine,
            phase_by_level,
            log_amplitude_by_level: -0.5 * self.damping * exponent_by_level,
        }
    }
}
