//! The denoiser, its divergence and their derivatives, in closed form.

use nalgebra::{DMatrix, DVector};

use super::RandomFeatureSettings;
use super::cosines::CosineFeatures;
use crate::denoiser::{for_each_point, products_with_metric};
use crate::{Denoiser, DenoiserError, PosteriorMoments, Preconditioning, SpacetimePoint};

/// A denoiser that adds random features to a baseline: `D = D_0 + c(λ) A ψ(λ, y)`, with [`Preconditioning`]'s `D_0` and `c`.
///
/// The features are a constant and random cosines (A. Rahimi and B. Recht, *NIPS* 20, 2007),
/// `ψ_m = √2 exp(-½ η Σ_j k_mj² g_j) cos(Σ_j k_mj u_j + ω_m t + b_m)`. A periodic variable enters through its angle
/// `u_j = 2πy_j/P_j` with whole wave numbers `k_mj`, so that `D(λ, y + P) = D(λ, y) + P` but for rounding; any other
/// standardised at its noise level, `u_j = (y_j - m_j)/√(σ_j² + s²)`. `t` in [-1, 1] is the position of `λ` in its range,
/// and `g_j = (∂u_j/∂y_j)² s²`: the amplitude is that of a cosine under the heat kernel of variance `η s²`, so that each noise
/// level has the frequencies that matter there. Frequencies are `k_j ~ N(0, 2a²/d)` with `log a` uniform over a range,
/// rounded where periodic; `ω` is normal, `b` uniform.
///
/// Everything is exact to double precision: `D`, `div D`, `μ = (D, |D|² + s² div D)` and `∂μ/∂η`.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomFeatureDenoiser {
    pub(super) settings: RandomFeatureSettings,
    pub(super) features: CosineFeatures,
    /// `A`, variables × features.
    pub(super) coefficients: DMatrix<f64>,
    /// `A(∞)`, where `A` is that of a training stopped earlier.
    pub(super) equilibrium: Option<DMatrix<f64>>,
}

/// What the features add to the baseline at a point, `R = c A ψ`, with its derivatives.
struct Correction {
    /// `R`.
    value: DVector<f64>,
    /// `∂R/∂λ`.
    by_level: DVector<f64>,
    /// `∂R/∂y`.
    by_y: DMatrix<f64>,
    /// `s² div R`.
    spread: f64,
    spread_by_level: f64,
    spread_by_y: DVector<f64>,
}

impl RandomFeatureDenoiser {
    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &RandomFeatureSettings {
        &self.settings
    }

    /// The scale of its task.
    #[must_use]
    pub fn preconditioning(&self) -> &Preconditioning {
        &self.features.preconditioning
    }

    /// The same features after all training, `τ = ∞`; none if this is it. What remains of the error is the features' own
    /// (architectural bias); the difference of the two denoisers is the optimisation error.
    #[must_use]
    pub fn at_equilibrium(&self) -> Option<Self> {
        let coefficients = self.equilibrium.clone()?;
        let settings = RandomFeatureSettings { training_time: None, ..self.settings.clone() };
        Some(Self { settings, features: self.features.clone(), coefficients, equilibrium: None })
    }

    /// `N = A ψ` at a point.
    pub(super) fn normalised(&self, point: &SpacetimePoint, values: &mut [f64]) -> DVector<f64> {
        self.features.values(point, values);
        &self.coefficients * DVector::from_column_slice(values)
    }

    fn check(&self, points: &[SpacetimePoint]) -> Result<(), DenoiserError> {
        let (low, high) = self.log_snr_range();
        let slack = 1e-9 * (high - low);
        let outside = |point: &SpacetimePoint| point.log_snr < low - slack || point.log_snr > high + slack;
        match points.iter().position(outside) {
            None => Ok(()),
            Some(index) => {
                let log_snr = points[index].log_snr;
                let reason = format!("logSNR {log_snr} lies outside the trained range {low} to {high}");
                Err(DenoiserError::Point { index, reason })
            }
        }
    }

    fn correction(&self, point: &SpacetimePoint) -> Correction {
        let (features, scaling) = (&self.features, &self.features.preconditioning);
        let (size, log_snr) = (features.dimension(), point.log_snr);
        let coordinates = features.coordinates(point);
        let position_slope = 2.0 / (scaling.log_snr.1 - scaling.log_snr.0);
        let position = scaling.position(log_snr);
        let log_scales: Vec<(f64, f64)> = (0..size).map(|axis| scaling.log_scale(axis, log_snr)).collect();
        let scales: Vec<f64> = log_scales.iter().map(|(log_scale, _)| log_scale.exp()).collect();

        let mut value = DVector::from_fn(size, |axis, _| scales[axis] * self.coefficients[(axis, 0)]);
        let mut by_level = DVector::from_fn(size, |axis, _| value[axis] * log_scales[axis].1);
        let mut by_y = DMatrix::zeros(size, size);
        let (mut divergence, mut divergence_by_level) = (0.0, 0.0);
        let mut divergence_by_y = DVector::zeros(size);
        let mut gradient = vec![0.0; size];
        for index in 1..features.count() {
            let feature = features.at_point(index, position, position_slope, &coordinates);
            let fading = feature.log_amplitude_by_level;
            let value_by_level = feature.value * fading + feature.by_phase * feature.phase_by_level;
            let by_phase_by_level = feature.by_phase * fading - feature.value * feature.phase_by_level;
            for ((gradient, k), coordinate) in gradient.iter_mut().zip(features.wave(index)).zip(&coordinates)
            {
                *gradient = k * coordinate.slope;
            }
            // Σ_i c_i A_i κ_i, and its derivative by λ.
            let (mut along, mut along_by_level) = (0.0, 0.0);
            for axis in 0..size {
                let coefficient = scales[axis] * self.coefficients[(axis, index)];
                let growth = log_scales[axis].1;
                value[axis] += coefficient * feature.value;
                by_level[axis] += coefficient * (growth * feature.value + value_by_level);
                let slope = coefficient * feature.by_phase;
                for (column, gradient) in gradient.iter().enumerate() {
                    by_y[(axis, column)] += slope * gradient;
                }
                along += coefficient * gradient[axis];
                along_by_level +=
                    coefficient * gradient[axis] * (growth + coordinates[axis].log_slope_by_level);
            }
            divergence += along * feature.by_phase;
            divergence_by_level += along * by_phase_by_level + along_by_level * feature.by_phase;
            for (sum, gradient) in divergence_by_y.iter_mut().zip(&gradient) {
                *sum -= along * feature.value * gradient;
            }
        }
        let noise = (-log_snr).exp();
        Correction {
            value,
            by_level,
            by_y,
            spread: noise * divergence,
            spread_by_level: noise * (divergence_by_level - divergence),
            spread_by_y: noise * divergence_by_y,
        }
    }

    /// `μ` and `∂μ/∂η`: with the baseline's `D_0`, `q_0 = E|x|²` and `D = D_0 + R`, the last entry of `μ` is
    /// `q_0 + 2 D_0·R + |R|² + s² div R`.
    fn corrected(&self, point: &SpacetimePoint, base: &PosteriorMoments) -> PosteriorMoments {
        let size = self.dimension();
        let correction = self.correction(point);
        let mut slopes = DMatrix::zeros(size, size + 1);
        for axis in 0..size {
            let by_y = correction.by_y.row(axis).transpose();
            let row = by_natural_parameter(point, correction.by_level[axis], &by_y);
            slopes.set_row(axis, &row.transpose());
        }
        let base_mean = base.expectation_parameter.rows(0, size);
        let mean = base_mean + &correction.value;
        let second =
            base.expectation_parameter[size] + correction.value.dot(&(base_mean + &mean)) + correction.spread;
        let last = 2.0 * (base.metric.rows(0, size).tr_mul(&correction.value) + slopes.tr_mul(&mean))
            + by_natural_parameter(point, correction.spread_by_level, &correction.spread_by_y);
        let mut metric = base.metric.clone();
        for axis in 0..size {
            let row = metric.row(axis) + slopes.row(axis);
            metric.set_row(axis, &row);
        }
        let row = metric.row(size) + last.transpose();
        metric.set_row(size, &row);
        PosteriorMoments { expectation_parameter: mean.push(second), metric, log_normaliser: None }
    }
}

/// `wᵀ ∂μ/∂η` of `wᵀ ∂μ/∂λ` and `wᵀ ∂μ/∂y`: with `P = e^λ`, `∂/∂η_j = P⁻¹ ∂/∂y_j` and `∂/∂η_{d+1} = 2P⁻¹ (y·∂/∂y - ∂/∂λ)`.
fn by_natural_parameter(point: &SpacetimePoint, by_level: f64, by_y: &DVector<f64>) -> DVector<f64> {
    let noise = (-point.log_snr).exp();
    let radial: f64 = by_y.iter().zip(&point.y).map(|(slope, y)| slope * y).sum();
    (noise * by_y).push(2.0 * noise * (radial - by_level))
}

impl Denoiser for RandomFeatureDenoiser {
    fn periods(&self) -> &[Option<f64>] {
        &self.features.preconditioning.periods
    }

    fn log_snr_range(&self) -> (f64, f64) {
        self.features.preconditioning.log_snr
    }

    fn expectation_parameters(&self, points: &[SpacetimePoint]) -> Result<Vec<DVector<f64>>, DenoiserError> {
        let moments = self.moments(points)?;
        Ok(moments.into_iter().map(|moments| moments.expectation_parameter).collect())
    }

    fn vector_jacobian_products(
        &self,
        points: &[SpacetimePoint],
        cotangents: &[DVector<f64>],
    ) -> Result<Vec<DVector<f64>>, DenoiserError> {
        products_with_metric(self, points, cotangents)
    }

    fn moments(&self, points: &[SpacetimePoint]) -> Result<Vec<PosteriorMoments>, DenoiserError> {
        self.check(points)?;
        let baseline = self.preconditioning().baseline.mixture().moments(points)?;
        for_each_point(points, self.dimension(), |index, point| {
            let moments = self.corrected(point, &baseline[index]);
            let mut numbers = moments.expectation_parameter.iter().chain(&moments.metric);
            if let Some(number) = numbers.find(|number| !number.is_finite()) {
                let reason = format!("the random features' answer there is {number}");
                return Err(DenoiserError::Point { index, reason });
            }
            Ok(moments)
        })
    }
}
