//! Tangent and normal space of the density at a point.

use nalgebra::{DMatrix, DMatrixView, DVector, SVD, SymmetricEigen};

use super::analysis::RidgeAnalysis;
use crate::{Denoiser as _, DenoiserError, SpacetimePoint};

/// Steps per variable after which eigenvalues and singular values are given up; two or three are enough.
const MAX_STEPS: usize = 1000;

/// The posterior's principal axes at one point.
#[derive(Clone, Debug)]
pub struct RidgeFrame {
    /// Dimension `d` of the ridge.
    pub dimension: usize,
    /// `m*`, on the cover, in the variables' units.
    pub posterior_mean: DVector<f64>,
    /// Eigenvalues of `C/s²`, the posterior variances in units of the noise's, in descending order.
    pub eigenvalues: Vec<f64>,
    /// Eigenvectors as columns, in the same order: first the tangent space, then the normal space.
    pub axes: DMatrix<f64>,
}

impl RidgeFrame {
    /// Orthonormal basis of the tangent space, one column per dimension of the ridge.
    #[must_use]
    pub fn tangent_basis(&self) -> DMatrixView<'_, f64> {
        self.axes.columns(0, self.dimension)
    }

    /// Orthonormal basis of the normal space.
    #[must_use]
    pub fn normal_basis(&self) -> DMatrixView<'_, f64> {
        self.axes.columns(self.dimension, self.axes.ncols() - self.dimension)
    }

    /// `P_T v`.
    #[must_use]
    pub fn tangential(&self, vector: &DVector<f64>) -> DVector<f64> {
        let basis = self.tangent_basis();
        basis * basis.tr_mul(vector)
    }

    /// `P_N v`.
    #[must_use]
    pub fn normal(&self, vector: &DVector<f64>) -> DVector<f64> {
        let basis = self.normal_basis();
        basis * basis.tr_mul(vector)
    }

    /// Gap between the smallest tangential and the largest normal eigenvalue; where it vanishes the two spaces mean nothing.
    #[must_use]
    pub fn eigengap(&self) -> f64 {
        self.eigenvalues[self.dimension - 1] - self.eigenvalues[self.dimension]
    }

    /// Whether the density falls in every normal direction: the `(d + 1)`-th posterior variance is below `s²`.
    #[must_use]
    pub fn is_ridge_like(&self) -> bool {
        self.eigenvalues[self.dimension] < 1.0
    }

    /// Largest principal angle (radian) between this tangent space and another: 0 where they agree; a right angle if it is not
    /// found.
    #[must_use]
    pub fn angle_to(&self, other: &Self) -> f64 {
        // The sines are the singular values of the part of one basis outside the other space; exact for small angles.
        let outside = self.normal_basis().tr_mul(&other.tangent_basis());
        let steps = MAX_STEPS * outside.len();
        let found = outside.iter().all(|entry| entry.is_finite()).then_some(outside);
        let found = found.and_then(|outside| SVD::try_new(outside, false, false, 5.0 * f64::EPSILON, steps));
        found.map_or(std::f64::consts::FRAC_PI_2, |found| found.singular_values.max().min(1.0).asin())
    }
}

impl RidgeAnalysis<'_> {
    /// Frames at a batch of points, whether or not they lie on a ridge.
    ///
    /// # Errors
    /// As [`crate::Denoiser::expectation_parameters`]; [`DenoiserError::Point`] where the posterior covariance is not finite.
    pub fn frames(&self, points: &[SpacetimePoint]) -> Result<Vec<RidgeFrame>, DenoiserError> {
        let variables = self.empirical.dimension();
        let moments = self.empirical.moments(points)?;
        let frames = moments.iter().zip(points).enumerate().map(|(index, (moments, point))| {
            let covariance = moments.metric.view((0, 0), (variables, variables)) * point.log_snr.exp();
            // Eigenvalues of a matrix with NaN are NaN without a word.
            let finite = covariance.iter().all(|entry| entry.is_finite()).then_some(covariance);
            let eigen = finite
                .and_then(|matrix| SymmetricEigen::try_new(matrix, f64::EPSILON, MAX_STEPS * variables))
                .ok_or_else(|| DenoiserError::Point {
                    index,
                    reason: "its posterior covariance has no eigenvalues".to_owned(),
                })?;
            let mut order: Vec<usize> = (0..variables).collect();
            order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
            Ok(RidgeFrame {
                dimension: self.settings.dimension,
                posterior_mean: DVector::from_column_slice(moments.mean()),
                eigenvalues: order.iter().map(|&k| eigen.eigenvalues[k]).collect(),
                axes: eigen.eigenvectors.select_columns(&order),
            })
        });
        frames.collect()
    }

    /// Angle (radian) by which the tangent space turns over the distance `s`: the largest between the frame at a point and those at
    /// `y ± s t` for each vector `t` of its tangent basis. [`super::RidgeSettings::curvature_angle`] says what is much.
    ///
    /// # Errors
    /// As [`RidgeAnalysis::frames`].
    pub fn turning_angles(
        &self,
        points: &[SpacetimePoint],
        frames: &[RidgeFrame],
    ) -> Result<Vec<f64>, DenoiserError> {
        let per_point = 2 * self.settings.dimension;
        let mut shifted = Vec::with_capacity(points.len() * per_point);
        for (point, frame) in points.iter().zip(frames) {
            let noise = (-0.5 * point.log_snr).exp();
            for tangent in frame.tangent_basis().column_iter() {
                for step in [-noise, noise] {
                    let y = point.y.iter().zip(tangent.iter()).map(|(y, t)| y + step * t).collect();
                    shifted.push(SpacetimePoint { log_snr: point.log_snr, y });
                }
            }
        }
        let neighbours = self.frames(&shifted)?;
        Ok(frames
            .iter()
            .zip(neighbours.chunks(per_point))
            .map(|(frame, neighbours)| {
                neighbours.iter().map(|neighbour| frame.angle_to(neighbour)).fold(0.0, f64::max)
            })
            .collect())
    }
}
