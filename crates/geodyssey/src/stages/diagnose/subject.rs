//! What is diagnosed, and what it is compared with.

use geodyssey_denoiser::Denoiser;
use geodyssey_run::Checkpoints;

use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::landscape::LandscapeResult;
use crate::config::TrainingDataConfig;
use crate::run_context::Run;
use crate::stages::training::{LearnedDenoiser, TrainingData};

/// Everything that is compared.
pub(super) struct Subject<'s> {
    pub(super) run: &'s Run<'s>,
    pub(super) landscape: &'s LandscapeResult,
    pub(super) geodesic: &'s GeodesicResult,
    /// What is diagnosed.
    pub(super) denoiser: &'s dyn Denoiser,
    /// Of random features whose training was stopped early: the same after complete training.
    pub(super) equilibrium: Option<&'s dyn Denoiser>,
    /// What is known of the training; none for an exact denoiser.
    pub(super) learned: Option<&'s LearnedDenoiser>,
    /// Knows the exact posteriors.
    pub(super) reference: &'s dyn Denoiser,
    /// What noisy points are made of.
    pub(super) data: &'s TrainingData,
    pub(super) settings: TrainingDataConfig,
    /// Where finished parts are kept.
    pub(super) checkpoints: Checkpoints<'s>,
}

impl Subject<'_> {
    /// Smallest and largest logSNR that are considered.
    pub(super) fn log_snr_range(&self) -> (f64, f64) {
        let (low, high) = self.settings.log_snr_range(&self.run.problem.config.geodesic);
        let known = self.denoiser.log_snr_range();
        (low.max(known.0), high.min(known.1))
    }
}
