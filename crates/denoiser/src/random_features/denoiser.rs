//! The denoiser, its divergence and their derivatives, in closed form.

use nalgebra::{DMatrix, DVector};

use super::RandomFeatureSettings;
use super::cosines::CosineFeatures;
use crate::denoiser::{check_vectors, for_each_point};
use crate::{Denoiser, DenoiserError, PosteriorMoments, Preconditioning, SpacetimePoint};

/// A denoiser that is linear in random features: `D = skip + c(λ) A ψ(λ, y)`, with [`Preconditioning`]'s `skip` and `c`.
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

/// `μ` and its derivatives by `λ` and `y`.
struct Evaluation {
    expectation_parameter: DVector<f64>,
    /// `∂μ/∂λ`.
    by_level: DVector<f64>,
    /// `∂μ/∂y`, `(d + 1) × d`.
    by_y: DMatrix<f64>,
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

    fn evaluate(&self, point: &SpacetimePoint) -> Evaluation {
        let (features, scaling) = (&self.features, &self.features.preconditioning);
        let (size, log_snr) = (features.dimension(), point.log_snr);
        let coordinates = features.coordinates(point);
        let position_slope = 2.0 / (scaling.log_snr.1 - scaling.log_snr.0);
        let position = scaling.position(log_snr);
        let log_scales: Vec<(f64, f64)> = (0..size).map(|axis| scaling.log_scale(axis, log_snr)).collect();
        let scales: Vec<f64> = log_scales.iter().map(|(log_scale, _)| log_scale.exp()).collect();

        // Sums over the features, then the skip.
        let mut mean = DVector::from_fn(size, |axis, _| scales[axis] * self.coefficients[(axis, 0)]);
        let mut mean_by_level = DVector::from_fn(size, |axis, _| mean[axis] * log_scales[axis].1);
        let mut mean_by_y = DMatrix::zeros(size, size);
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
                mean[axis] += coefficient * feature.value;
                mean_by_level[axis] += coefficient * (growth * feature.value + value_by_level);
                let slope = coefficient * feature.by_phase;
                for (column, gradient) in gradient.iter().enumerate() {
                    mean_by_y[(axis, column)] += slope * gradient;
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
        for axis in 0..size {
            let (skip, by_level, by_y) = scaling.skip(axis, log_snr, point.y[axis]);
            mean[axis] += skip;
            mean_by_level[axis] += by_level;
            mean_by_y[(axis, axis)] += by_y;
            divergence += by_y;
            // The skip's slope is 1 where periodic, else σ²/(σ² + s²).
            divergence_by_level += by_y * (1.0 - by_y);
        }

        let noise = (-log_snr).exp();
        let second_moment = mean.norm_squared() + noise * divergence;
        let second_by_level = 2.0 * mean.dot(&mean_by_level) + noise * (divergence_by_level - divergence);
        let second_by_y = 2.0 * mean_by_y.tr_mul(&mean) + noise * divergence_by_y;
        let mut by_y = mean_by_y.insert_row(size, 0.0);
        by_y.set_row(size, &second_by_y.transpose());
        Evaluation {
            expectation_parameter: mean.push(second_moment),
            by_level: mean_by_level.push(second_by_level),
            by_y,
        }
    }
}

/// `wᵀ ∂μ/∂η` of `wᵀ ∂μ/∂λ` and `wᵀ ∂μ/∂y`: with `P = e^λ`, `∂/∂η_j = P⁻¹ ∂/∂y_j` and `∂/∂η_{d+1} = 2P⁻¹ (y·∂/∂y - ∂/∂λ)`.
fn by_natural_parameter(point: &SpacetimePoint, by_level: f64, by_y: &DVector<f64>) -> DVector<f64> {
    let noise = (-point.log_snr).exp();
    let radial: f64 = by_y.iter().zip(&point.y).map(|(slope, y)| slope * y).sum();
    (noise * by_y).push(2.0 * noise * (radial - by_level))
}

fn finite<'v>(index: usize, mut values: impl Iterator<Item = &'v f64>) -> Result<(), DenoiserError> {
    match values.find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => {
            let reason = format!("the random features' answer there is {value}");
            Err(DenoiserError::Point { index, reason })
        }
    }
}

impl Denoiser for RandomFeatureDenoiser {
    fn periods(&self) -> &[Option<f64>] {
        &self.features.preconditioning.periods
    }

    fn log_snr_range(&self) -> (f64, f64) {
        self.features.preconditioning.log_snr
    }

    fn expectation_parameters(&self, points: &[SpacetimePoint]) -> Result<Vec<DVector<f64>>, DenoiserError> {
        self.check(points)?;
        for_each_point(points, self.dimension(), |index, point| {
            let answer = self.evaluate(point).expectation_parameter;
            finite(index, answer.iter())?;
            Ok(answer)
        })
    }

    fn vector_jacobian_products(
        &self,
        points: &[SpacetimePoint],
        cotangents: &[DVector<f64>],
    ) -> Result<Vec<DVector<f64>>, DenoiserError> {
        self.check(points)?;
        check_vectors(points, cotangents, self.dimension() + 1)?;
        for_each_point(points, self.dimension(), |index, point| {
            let evaluation = self.evaluate(point);
            let cotangent = &cotangents[index];
            let by_y = evaluation.by_y.tr_mul(cotangent);
            let product = by_natural_parameter(point, evaluation.by_level.dot(cotangent), &by_y);
            finite(index, product.iter())?;
            Ok(product)
        })
    }

    fn moments(&self, points: &[SpacetimePoint]) -> Result<Vec<PosteriorMoments>, DenoiserError> {
        self.check(points)?;
        for_each_point(points, self.dimension(), |index, point| {
            let evaluation = self.evaluate(point);
            let size = self.dimension() + 1;
            let mut metric = DMatrix::zeros(size, size);
            for row in 0..size {
                let by_y = evaluation.by_y.row(row).transpose();
                let slopes = by_natural_parameter(point, evaluation.by_level[row], &by_y);
                metric.set_row(row, &slopes.transpose());
            }
            finite(index, evaluation.expectation_parameter.iter().chain(&metric))?;
            Ok(PosteriorMoments {
                expectation_parameter: evaluation.expectation_parameter,
                metric,
                log_normaliser: None,
            })
        })
    }
}
