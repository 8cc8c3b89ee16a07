//! Training of a network, with checkpoints.

use std::fmt::Write as _;
use std::time::Duration;

use geodyssey_denoiser::{
    ComputeDevice, Denoiser as _, NeuralDenoiser, NeuralIdentity, Training, TrainingProgress,
};
use geodyssey_run::{Checkpoints, Fingerprint, Keeping, RunError};

use super::data::TrainingData;
use super::failure::{FAILED, failed};
use super::record::{TrainingOutcome, TrainingRecord};
use super::weights::names;
use crate::artifacts::denoiser::STAGE;
use crate::config::NeuralConfig;
use crate::error::Error;
use crate::progress::Progress;
use crate::run_context::Run;

/// Longest time between two checkpoints, however few steps were taken in it.
const CHECKPOINT_TIME: Duration = Duration::from_secs(10);
/// The one checkpoint's name.
const CHECKPOINT: &str = "training";

/// A training that goes on.
struct Underway {
    training: Training,
    /// How far it is.
    reached: TrainingProgress,
}

/// Keeps a training in its own format: after so many steps, or a long time with fewer.
struct EverySteps {
    interval: usize,
    /// The step at which it was kept.
    kept: usize,
}

impl Keeping<Underway> for EverySteps {
    fn is_due(&self, underway: &Underway, since: Duration) -> bool {
        let is_far = underway.reached.step >= self.kept + self.interval;
        !underway.reached.finished && (is_far || since > CHECKPOINT_TIME)
    }

    fn content(&self, underway: &Underway) -> Result<Vec<u8>, RunError> {
        underway.training.checkpoint().map_err(|error| RunError::failed(FAILED, error))
    }

    fn note(&mut self, underway: &Underway, _took: Duration) {
        self.kept = underway.reached.step;
    }
}

/// Trains, or resumes where an interrupted run stopped. Nothing in the result depends on interruptions.
pub(super) fn train(
    run: &Run<'_>,
    config: &NeuralConfig,
    data: &TrainingData,
    data_hash: &str,
    device: &ComputeDevice,
    made_from: &Fingerprint,
) -> Result<(NeuralDenoiser, Vec<TrainingProgress>, TrainingOutcome), Error> {
    let (settings, source) = (&config.settings, data.pairs(run.problem, &config.data));
    let identity = || NeuralIdentity { variables: names(run.problem), data_hash: data_hash.to_owned() };
    let checkpoints = Checkpoints { directory: &run.directory, stage: STAGE, made_from };
    let mut training = match checkpoints.read_bytes(CHECKPOINT) {
        Some(bytes) => Training::resume(&bytes, settings, &source, identity(), device),
        None => Training::start(settings, &source, identity(), device),
    }
    .map_err(failed)?;
    let reached = training.advance(&source, 0).map_err(failed)?;
    let mut progress = Progress::start(STAGE, settings.steps as u64, reached.step as u64);
    let keeping = EverySteps { interval: config.checkpoint_interval.get(), kept: reached.step };
    let Underway { training, reached: last } = checkpoints.advance_keeping(
        CHECKPOINT,
        Underway { training, reached },
        keeping,
        |underway| underway.reached.finished,
        |mut underway, steps| -> Result<_, Error> {
            underway.reached = underway.training.advance(&source, steps as usize).map_err(failed)?;
            progress.set(underway.reached.step as u64, &losses(&underway.reached));
            Ok(underway)
        },
    )?;
    let history = training.history().to_vec();
    let best =
        history.iter().min_by(|a, b| a.held_out_loss.total_cmp(&b.held_out_loss)).ok_or_else(|| {
            Error::Failed("the training ended without a measurement of the held-out loss".to_owned())
        })?;
    progress.finish(&format!("{} steps, held-out loss {:.2e}", last.step, best.held_out_loss));
    let outcome = TrainingOutcome {
        targets: config.data.targets,
        samples: data.samples.len(),
        effective_samples: data.samples.effective_size(),
        broadening: data.broadening,
        steps: Some(last.step),
        best_step: Some(best.step),
        pairs: last.step * settings.batch,
        training_loss: last.training_loss,
        held_out_loss: best.held_out_loss,
        condition: None,
    };
    Ok((training.denoiser(), history, outcome))
}

fn losses(state: &TrainingProgress) -> String {
    format!("loss {:.2e}, held out {:.2e}", state.training_loss, state.held_out_loss)
}

/// What is kept of a network.
pub(super) fn record(
    denoiser: &NeuralDenoiser,
    device: &ComputeDevice,
    training: Option<TrainingOutcome>,
) -> TrainingRecord {
    TrainingRecord {
        kind: NeuralDenoiser::KIND.to_owned(),
        log_snr_range: denoiser.log_snr_range(),
        parameters: denoiser.parameter_count(),
        conservative: denoiser.settings().conservative,
        data_hash: denoiser.identity().data_hash.clone(),
        device: if device.is_cpu() { "cpu" } else { "gpu" }.to_owned(),
        training,
    }
}

/// The loss during a training.
pub(super) fn history_csv(history: &[TrainingProgress]) -> String {
    let mut text = String::from("step,learning_rate,training_loss,held_out_loss\n");
    for row in history {
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "{},{},{},{}", row.step, row.learning_rate, row.training_loss, row.held_out_loss);
    }
    text
}
