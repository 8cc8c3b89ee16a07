//! Divergences of denoising posteriors and the metric in other coordinates.
//!
//! `p(x | λ, y) ∝ q(x) exp(η·T(x))` with `T = (x, |x|²)` and `η = (e^λ y, -½ e^λ)` (arXiv 2505.17517, Eq. 16–18).

use geodyssey_denoiser::{PosteriorMoments, SpacetimePoint};
use nalgebra::DMatrix;

/// `∂η/∂(λ, y)`, rows in the order of `η`, columns `(λ, y_1, …, y_d)`.
pub fn natural_parameter_jacobian(point: &SpacetimePoint) -> DMatrix<f64> {
    let dimension = point.y.len();
    let precision = point.log_snr.exp();
    let mut jacobian = DMatrix::zeros(dimension + 1, dimension + 1);
    for (row, y) in point.y.iter().enumerate() {
        jacobian[(row, 0)] = precision * y;
        jacobian[(row, row + 1)] = precision;
    }
    jacobian[(dimension, 0)] = -0.5 * precision;
    jacobian
}

/// The Fisher–Rao metric in the coordinates `(λ, y_1, …, y_d)`: `Jᵀ G J` with `J = ∂η/∂(λ, y)`.
pub fn metric_in_log_snr_and_y(point: &SpacetimePoint, moments: &PosteriorMoments) -> DMatrix<f64> {
    let jacobian = natural_parameter_jacobian(point);
    jacobian.transpose() * &moments.metric * jacobian
}

/// `ψ(η) = log ∫ q(x) exp(η·T(x)) dx = log_normaliser + ½ e^λ |y|²`, where the denoiser knows its normaliser.
pub fn log_partition(point: &SpacetimePoint, moments: &PosteriorMoments) -> Option<f64> {
    let square: f64 = point.y.iter().map(|y| y * y).sum();
    moments.log_normaliser.map(|log_normaliser| log_normaliser + 0.5 * point.log_snr.exp() * square)
}

/// `KL(p_a ‖ p_b) = (η_a - η_b)·μ_a - ψ(η_a) + ψ(η_b)` in nats; `None` without normalisers.
pub fn kullback_leibler(
    a: (&SpacetimePoint, &PosteriorMoments),
    b: (&SpacetimePoint, &PosteriorMoments),
) -> Option<f64> {
    let difference = a.0.natural_parameter() - b.0.natural_parameter();
    Some(difference.dot(&a.1.expectation_parameter) - log_partition(a.0, a.1)? + log_partition(b.0, b.1)?)
}

/// A variance-preserving schedule whose logSNR is linear in the diffusion time, `λ(t) = at_zero + slope · t`.
///
/// Nothing but comparisons with the literature needs a schedule: `(λ, y)` covers all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearLogSnrSchedule {
    /// `λ(0)`.
    pub at_zero: f64,
    /// `dλ/dt`.
    pub slope: f64,
}

impl LinearLogSnrSchedule {
    /// `λ(t) = 10 - 20 t` of arXiv 2505.17517.
    pub const PAPER: Self = Self { at_zero: 10.0, slope: -20.0 };

    /// `λ(t)`.
    pub fn log_snr(&self, time: f64) -> f64 {
        self.at_zero + self.slope * time
    }

    /// The diffusion time at which logSNR is `λ`.
    pub fn time(&self, log_snr: f64) -> f64 {
        (log_snr - self.at_zero) / self.slope
    }

    /// The spacetime point of a noisy sample `x_t = α_t y` at diffusion time `t`, with `α² = 1/(1 + e^{-λ})`.
    pub fn point(&self, time: f64, noisy_sample: &[f64]) -> SpacetimePoint {
        let log_snr = self.log_snr(time);
        let alpha = signal_fraction(log_snr).sqrt();
        SpacetimePoint { log_snr, y: noisy_sample.iter().map(|x| x / alpha).collect() }
    }

    /// The Fisher–Rao metric in the coordinates `(t, x_t)`.
    pub fn metric(&self, point: &SpacetimePoint, moments: &PosteriorMoments) -> DMatrix<f64> {
        let size = point.y.len() + 1;
        let alpha = signal_fraction(point.log_snr).sqrt();
        let mut jacobian = DMatrix::zeros(size, size);
        jacobian[(0, 0)] = self.slope;
        for (row, y) in point.y.iter().enumerate() {
            // d ln α / dλ = ½ (1 - α²)
            jacobian[(row + 1, 0)] = -0.5 * y * signal_fraction(-point.log_snr) * self.slope;
            jacobian[(row + 1, row + 1)] = 1.0 / alpha;
        }
        jacobian.transpose() * metric_in_log_snr_and_y(point, moments) * jacobian
    }
}

/// `α² = 1/(1 + e^{-λ})` of a variance-preserving schedule.
fn signal_fraction(log_snr: f64) -> f64 {
    1.0 / (1.0 + (-log_snr).exp())
}
