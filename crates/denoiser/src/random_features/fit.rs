//! Fits the coefficients to training pairs.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::cosines::CosineFeatures;
use super::{GradientFlow, NormalEquations, RandomFeatureDenoiser, RandomFeatureSettings};
use crate::{DenoiserError, PairSource, Preconditioning, TrainingPairs};

/// Equal parts of the range of `λ` whose errors are reported.
const LEVEL_PARTS: usize = 16;
/// Eigenvalues below this share of the largest count as zero in the pseudo-inverse of the gradient flow.
const LEAST_EIGENVALUE: f64 = 1e-14;

/// How a fit went. Errors are root mean squares of `N - target` over those of the target, so that 1 is the error of the
/// baseline alone.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FitReport {
    /// Number of coefficients.
    pub coefficients: usize,
    /// Error on the pairs that were fitted to.
    pub training_error: f64,
    /// Error on pairs that were not.
    pub held_out_error: f64,
    /// The held-out error in equal parts of the range of `λ`.
    pub held_out_error_by_level: Vec<LevelError>,
    /// A lower bound of the condition number of the normal equations' matrix with its ridge; exact if the training was stopped
    /// at a finite time.
    pub condition: f64,
}

/// The error at one part of the range of `λ`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LevelError {
    /// Middle of the part.
    pub log_snr: f64,
    /// Root mean square of `N - target` over that of the target.
    pub error: f64,
}

impl RandomFeatureDenoiser {
    /// Draws features by `seed` and fits their coefficients to pairs of the source: minimises
    /// `E|N - (target - D_0)/c|² + ρ tr(U)/M |A|²`, or follows the gradient flow of this loss from `A = 0` up to the setting
    /// `training_time`. The result does not depend on the number of threads.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if a setting makes no sense or the normal equations cannot be solved; as [`PairSource::draw`].
    pub fn fit(
        settings: &RandomFeatureSettings,
        source: &PairSource<'_>,
        seed: u64,
    ) -> Result<(Self, FitReport), DenoiserError> {
        settings.check()?;
        let pairs = source.draw("random features: training", 0, settings.pairs, &[])?;
        let preconditioning =
            Preconditioning::fit(source.samples, &pairs, source.log_snr, settings.clusters, seed)?;
        let features = CosineFeatures::draw(settings, preconditioning, seed)?;
        let equations = normal_equations(&features, &pairs)?;
        let regular = equations.clone().with_ridge(settings.ridge);
        let (coefficients, equilibrium, condition) = match settings.training_time {
            None => {
                let (coefficients, condition) = regular.solve()?;
                (coefficients, None, condition)
            }
            Some(time) => {
                let start = DMatrix::zeros(features.dimension(), features.count());
                let flow = GradientFlow::new(&regular, &start, LEAST_EIGENVALUE)?;
                let values = flow.eigenvalues();
                (flow.coefficients(time), Some(flow.equilibrium()), values.max() / values.min())
            }
        };
        // The mean square error comes out of sums that cancel; below rounding it is zero.
        let loss = equations.loss(&coefficients).sum().max(0.0);
        let training_error = (loss / equations.target_square.sum()).sqrt();
        let fitted = Self { settings: settings.clone(), features, coefficients, equilibrium };
        let held_out = source.draw("random features: held out", 0, settings.held_out_pairs, &[])?;
        let (held_out_error, held_out_error_by_level) = fitted.errors(&held_out)?;
        let coefficients = fitted.coefficients.len();
        let report =
            FitReport { coefficients, training_error, held_out_error, held_out_error_by_level, condition };
        if !(report.held_out_error.is_finite() && report.training_error.is_finite()) {
            let message =
                format!("random features: the fit has the errors {training_error} and {held_out_error}");
            return Err(DenoiserError::Data(message));
        }
        Ok((fitted, report))
    }

    /// Error over all pairs and by level, both relative.
    fn errors(&self, pairs: &TrainingPairs) -> Result<(f64, Vec<LevelError>), DenoiserError> {
        let scaling = &self.features.preconditioning;
        let answers = scaling.baseline.answers(&pairs.points)?;
        let squares: Vec<(f64, f64)> = pairs
            .points
            .par_iter()
            .zip(&pairs.means)
            .zip(&answers)
            .map(|((point, mean), (base, _))| {
                let target = DVector::from_vec(scaling.normalised(point.log_snr, mean, base));
                let mut values = vec![0.0; self.features.count()];
                let normalised = self.normalised(point, &mut values);
                ((normalised - &target).norm_squared(), target.norm_squared())
            })
            .collect();
        let relative = |chosen: &dyn Fn(usize) -> bool| {
            let sums = squares.iter().enumerate().filter(|(index, _)| chosen(*index));
            let (error, scale) =
                sums.fold((0.0, 0.0), |(error, scale), (_, square)| (error + square.0, scale + square.1));
            (scale > 0.0).then(|| (error / scale).sqrt())
        };
        let part = |index: usize| {
            let share = 0.5 * (scaling.position(pairs.points[index].log_snr) + 1.0);
            ((share * LEVEL_PARTS as f64) as usize).min(LEVEL_PARTS - 1)
        };
        let (low, high) = scaling.log_snr;
        let by_level = (0..LEVEL_PARTS).filter_map(|wanted| {
            let error = relative(&|index| part(index) == wanted)?;
            let log_snr = low + (high - low) * (wanted as f64 + 0.5) / LEVEL_PARTS as f64;
            Some(LevelError { log_snr, error })
        });
        Ok((relative(&|_| true).unwrap_or(0.0), by_level.collect()))
    }
}

/// The mean over the pairs of `ψψᵀ` and `N`'s targets times `ψᵀ`.
fn normal_equations(
    features: &CosineFeatures,
    pairs: &TrainingPairs,
) -> Result<NormalEquations, DenoiserError> {
    let weight = 1.0 / pairs.points.len() as f64;
    let scaling = &features.preconditioning;
    let answers = scaling.baseline.answers(&pairs.points)?;
    NormalEquations::accumulate(features.count(), features.dimension(), pairs.points.len(), |index, row| {
        let point = &pairs.points[index];
        features.values(point, row.features);
        let target = scaling.normalised(point.log_snr, &pairs.means[index], &answers[index].0);
        row.targets.copy_from_slice(&target);
        *row.weight = weight;
    })
}
