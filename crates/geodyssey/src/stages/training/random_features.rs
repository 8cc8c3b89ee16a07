//! Fit of random features.

use std::fmt::Write as _;

use geodyssey_denoiser::{Denoiser as _, FitReport, RandomFeatureDenoiser};

use super::data::TrainingData;
use super::failure::failed;
use super::record::{TrainingOutcome, TrainingRecord};
use crate::artifacts::denoiser::STAGE;
use crate::config::RandomFeaturesConfig;
use crate::error::Error;
use crate::progress::Activity;
use crate::run_context::Run;

/// Fits; takes seconds.
pub(super) fn fit(
    run: &Run<'_>,
    config: &RandomFeaturesConfig,
    data: &TrainingData,
) -> Result<(RandomFeatureDenoiser, FitReport, TrainingOutcome), Error> {
    let settings = &config.settings;
    let message = format!("fitting {} random features to {} pairs", settings.features, settings.pairs);
    let activity = Activity::start(STAGE, &message);
    let source = data.pairs(run.problem, &config.data);
    let (denoiser, report) =
        RandomFeatureDenoiser::fit(settings, &source, run.problem.config.seed).map_err(failed)?;
    activity.finish(&format!("fitted, relative error of held-out pairs {:.2e}", report.held_out_error));
    let outcome = TrainingOutcome {
        targets: config.data.targets,
        samples: data.samples.len(),
        effective_samples: data.samples.effective_size(),
        broadening: data.broadening,
        steps: None,
        best_step: None,
        pairs: settings.pairs,
        // As for networks: the mean square, 1 for one that has learned nothing.
        training_loss: report.training_error.powi(2),
        held_out_loss: report.held_out_error.powi(2),
        condition: Some(report.condition),
    };
    Ok((denoiser, report, outcome))
}

/// What is kept of a fit.
pub(super) fn record(
    denoiser: &RandomFeatureDenoiser,
    data_hash: &str,
    training: Option<TrainingOutcome>,
) -> TrainingRecord {
    TrainingRecord {
        kind: RandomFeatureDenoiser::KIND.to_owned(),
        log_snr_range: denoiser.log_snr_range(),
        parameters: denoiser.dimension() * (denoiser.settings().features + 1),
        conservative: false,
        data_hash: data_hash.to_owned(),
        device: "cpu".to_owned(),
        training,
    }
}

/// The error of held-out pairs by noise level.
pub(super) fn levels_csv(report: &FitReport) -> String {
    let mut text = String::from("log_snr,relative_error\n");
    for level in &report.held_out_error_by_level {
        let _ = writeln!(text, "{},{}", level.log_snr, level.error); // writing to a string cannot fail
    }
    text
}
