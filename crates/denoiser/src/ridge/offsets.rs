//! Normal and tangential parts of a denoiser's error.

use nalgebra::DVector;

use super::analysis::RidgeAnalysis;
use crate::{Denoiser, DenoiserError, SpacetimePoint};

/// How a point lies to the ridge, and how a denoiser's error `e = D - m*` lies there. Lengths are in units of the noise `s`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RidgeOffsets {
    /// `|P_N (m* - y)|/s`: how far off the ridge the point is.
    pub normal_offset: f64,
    /// `|P_N e|/s`: sets the distance from the ridge at which samples settle.
    pub normal_error: f64,
    /// `|P_T e|/s`: moves samples along the ridge.
    pub tangential_error: f64,
    /// `λ_d - λ_{d+1}` of `C/s²`.
    pub eigengap: f64,
    /// Whether `λ_{d+1} < 1`.
    pub is_ridge_like: bool,
    /// Angle (radian) by which the tangent space turns over the distance `s`.
    pub turning_angle: f64,
    /// Whether that exceeds [`super::RidgeSettings::curvature_angle`]: normal and tangential then mix within the noise.
    pub is_curved: bool,
    /// `1/Σγ²` over the posterior probabilities `γ` of the samples.
    pub effective_samples: f64,
    /// Whether `effective_samples > d`: fewer samples span no ridge, and the numbers mean nothing.
    pub is_trustworthy: bool,
}

impl RidgeAnalysis<'_> {
    /// Offsets at a batch of points, such as those that reverse-time sampling with `denoiser` passes.
    ///
    /// # Errors
    /// As [`Denoiser::expectation_parameters`], of either denoiser; [`DenoiserError::Data`] if `denoiser` has other variables.
    pub fn offsets(
        &self,
        denoiser: &dyn Denoiser,
        points: &[SpacetimePoint],
    ) -> Result<Vec<RidgeOffsets>, DenoiserError> {
        if denoiser.periods() != self.empirical.periods() {
            let (found, expected) = (denoiser.periods(), self.empirical.periods());
            let message =
                format!("the denoiser has variables of periods {found:?}, the samples {expected:?}");
            return Err(DenoiserError::Data(message));
        }
        let frames = self.frames(points)?;
        let turning_angles = self.turning_angles(points, &frames)?;
        let effective_samples = self.empirical.effective_samples(points)?;
        let means = denoiser.expectation_parameters(points)?;
        let variables = self.empirical.dimension();
        Ok((0..points.len())
            .map(|index| {
                let (point, frame) = (&points[index], &frames[index]);
                let precision = (0.5 * point.log_snr).exp();
                let offset = &frame.posterior_mean - DVector::from_column_slice(&point.y);
                let error = means[index].rows(0, variables) - &frame.posterior_mean;
                RidgeOffsets {
                    normal_offset: precision * frame.normal(&offset).norm(),
                    normal_error: precision * frame.normal(&error).norm(),
                    tangential_error: precision * frame.tangential(&error).norm(),
                    eigengap: frame.eigengap(),
                    is_ridge_like: frame.is_ridge_like(),
                    turning_angle: turning_angles[index],
                    is_curved: turning_angles[index] > self.settings.curvature_angle,
                    effective_samples: effective_samples[index],
                    is_trustworthy: effective_samples[index] > self.settings.dimension as f64,
                }
            })
            .collect())
    }
}
