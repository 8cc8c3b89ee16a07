//! Samples of the variables with weights, in place of an energy: read from files or made by replica exchange, and kept as
//! `samples.csv`. They serve any number of variables.

mod denoiser;
mod replica_exchange;
mod trajectory;

use geodyssey_report::{SamplesSummary, Warning};

use crate::artifacts::landscape::{LandscapeRecord, SamplesRecord};
use crate::config::{LandscapeConfig, ReplicaExchangeConfig, SamplesSource};
use crate::error::Error;
use crate::problem::{EnergySource, Problem};
use crate::run_context::Run;
use crate::run_directory::Fingerprint;

pub(crate) use denoiser::kernel_denoiser;

/// The samples as text of [`SAMPLES_FILE`] and the record, where they lie in files; `None` where they must be made first.
pub(crate) fn known(problem: &Problem) -> Result<Option<(String, LandscapeRecord)>, Error> {
    let (LandscapeConfig::Samples(settings), EnergySource::Samples(table)) =
        (&problem.config.landscape, &problem.source)
    else {
        return Ok(None);
    };
    let read;
    let (table, without_positions) = match (settings.source(), table, &problem.molecule) {
        (_, Some(table), _) => (table, 0),
        (SamplesSource::Trajectory(files), None, Some(molecule)) => {
            read = trajectory::read(problem, settings, files, molecule)?;
            (&read.0, read.1)
        }
        _ => return Ok(None),
    };
    let frames_without_positions = (without_positions > 0).then_some(without_positions);
    let summary = SamplesSummary { frames_without_positions, ..table.summary() };
    let samples = SamplesRecord { summary, replica_exchange: None };
    Ok(Some((table.to_csv(&problem.variables), record(samples, 0, Vec::new()))))
}

/// Refuses settings that cannot be used.
pub(crate) fn check(problem: &Problem) -> Result<(), Error> {
    match replica_exchange_of(problem) {
        Some(settings) => replica_exchange::check(problem, settings),
        // Trajectories are read, since what is wrong with them is known then.
        None => known(problem).map(|_| ()),
    }
}

fn replica_exchange_of(problem: &Problem) -> Option<&ReplicaExchangeConfig> {
    let LandscapeConfig::Samples(settings) = &problem.config.landscape else { return None };
    match settings.source() {
        SamplesSource::ReplicaExchange(settings) => Some(settings),
        SamplesSource::Trajectory(_) | SamplesSource::Table(_) => None,
    }
}

/// Energy evaluations of replica exchange.
pub(crate) fn evaluations(problem: &Problem) -> Option<f64> {
    replica_exchange::size(problem, replica_exchange_of(problem)?).map(|(_, _, evaluations)| evaluations)
}

/// Replicas and frames of replica exchange.
pub(crate) fn size(problem: &Problem) -> Option<(f64, f64)> {
    replica_exchange::size(problem, replica_exchange_of(problem)?)
        .map(|(replicas, frames, _)| (replicas, frames))
}

/// Samples that the run makes.
pub(crate) fn make(run: &mut Run<'_>, made_from: &Fingerprint) -> Result<(String, LandscapeRecord), Error> {
    replica_exchange::run(run, made_from)
}

/// What `check` says: where the samples come from and how many they are.
pub(crate) fn describe(problem: &Problem) -> Result<String, Error> {
    let LandscapeConfig::Samples(settings) = &problem.config.landscape else { return Ok(String::new()) };
    if let SamplesSource::ReplicaExchange(settings) = settings.source() {
        return replica_exchange::describe(problem, settings);
    }
    let Some(samples) = known(problem)?.and_then(|(_, record)| record.samples) else {
        return Ok("samples from files".to_owned());
    };
    let SamplesSummary { frames, frames_without_positions, .. } = samples.summary;
    let skipped =
        frames_without_positions.map_or_else(String::new, |count| format!("; {}", without_positions(count)));
    Ok(format!("{frames} samples from files{skipped}"))
}

/// What is said of frames that have no positions.
pub(crate) fn without_positions(count: usize) -> String {
    let (frames, hold) = if count == 1 { ("frame", "holds") } else { ("frames", "hold") };
    format!("{count} {frames} left out, which {hold} velocities or forces but no positions")
}

fn record(samples: SamplesRecord, energy_evaluations: u64, warnings: Vec<Warning>) -> LandscapeRecord {
    LandscapeRecord {
        method: "samples".to_owned(),
        energy_evaluations,
        rms_block_error_kj_mol: None,
        relaxed_scan: None,
        metadynamics: None,
        samples: Some(samples),
        warnings,
    }
}
