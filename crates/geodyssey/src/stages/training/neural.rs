//! Training of a network, with checkpoints.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use geodyssey_denoiser::{
    ComputeDevice, Denoiser as _, NeuralDenoiser, NeuralIdentity, Training, TrainingProgress,
};

use super::data::TrainingData;
use super::record::{TrainingOutcome, TrainingRecord};
use super::{STAGE, failed, names};
use crate::config::NeuralConfig;
use crate::error::Error;
use crate::interrupt;
use crate::pace::Pace;
use crate::progress::Progress;
use crate::run_context::Run;
use crate::run_directory::Fingerprint;

/// Longest time between two checkpoints, however few steps were taken in it.
const CHECKPOINT_TIME: Duration = Duration::from_secs(10);
/// The one checkpoint's name.
const CHECKPOINT: &str = "training";

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
    let mut training = match run.directory.read_checkpoint(STAGE, CHECKPOINT, made_from) {
        Some(bytes) => Training::resume(&bytes, settings, &source, identity(), device),
        None => Training::start(settings, &source, identity(), device),
    }
    .map_err(failed)?;
    let done = training.advance(&source, 0).map_err(failed)?.step;
    let mut progress = Progress::start(STAGE, settings.steps as u64, done as u64);
    let (mut written, mut pace, mut kept) = (done, Pace::new(), Instant::now());
    let interval = config.checkpoint_interval.get();
    let last = loop {
        let state = training.advance(&source, pace.next_block() as usize).map_err(failed)?;
        progress.set(state.step as u64, &losses(&state));
        let stop = interrupt::check();
        let due = state.step >= written + interval || kept.elapsed() > CHECKPOINT_TIME;
        if (stop.is_err() || due) && !state.finished {
            let bytes = training.checkpoint().map_err(failed)?;
            run.directory.write_checkpoint(STAGE, CHECKPOINT, made_from, &bytes)?;
            (written, kept) = (state.step, Instant::now());
        }
        if state.finished {
            break state;
        }
        stop?;
    };
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
