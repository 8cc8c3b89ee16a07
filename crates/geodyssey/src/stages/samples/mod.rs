//! Samples of the variables with weights, in place of an energy: read from files or made by replica exchange, and kept as
//! `samples.csv`. They serve any number of variables.

mod denoiser;
mod replica_exchange;
mod table;
mod trajectory;

use geodyssey_denoiser::SampleSet;
use geodyssey_report::{SamplesSummary, Warning};
use serde::{Deserialize, Serialize};

use super::Run;
use super::landscape::{LandscapeRecord, LandscapeResult, PosteriorData, ranges};
use super::system::{EnergySource, Problem};
use crate::config::{LandscapeConfig, ReplicaExchangeConfig, SamplesSource};
use crate::error::Error;
use crate::run_directory::Fingerprint;

pub(crate) use denoiser::kernel_denoiser;
pub(crate) use table::{SampleTable, read_table};

/// The samples.
pub(crate) const SAMPLES_FILE: &str = "samples.csv";

/// How samples came about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SamplesRecord {
    /// How many, and what they are worth.
    pub(crate) summary: SamplesSummary,
    /// Of samples that the run made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replica_exchange: Option<ReplicaExchangeRecord>,
}

/// How replica exchange went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReplicaExchangeRecord {
    /// Temperatures, lowest first, K.
    pub(crate) temperatures_k: Vec<f64>,
    /// Ladders side by side.
    pub(crate) ladders: usize,
    /// Share of accepted exchanges for each pair of neighbours.
    pub(crate) exchange_rates: Vec<Option<f64>>,
    /// `-log ∫ exp(-β_k U)` of every temperature by MBAR, the first one's being 0.
    pub(crate) free_energies: Vec<f64>,
}

/// The samples as text of [`SAMPLES_FILE`] and the record, where they lie in files; `None` where they must be made first.
pub(super) fn known(problem: &Problem) -> Result<Option<(String, LandscapeRecord)>, Error> {
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
    Ok(Some((table.to_csv(problem), record(samples, 0, Vec::new()))))
}

/// Refuses settings that cannot be used.
pub(super) fn check(problem: &Problem) -> Result<(), Error> {
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
pub(super) fn evaluations(problem: &Problem) -> Option<f64> {
    replica_exchange::size(problem, replica_exchange_of(problem)?).map(|(_, _, evaluations)| evaluations)
}

/// Replicas and frames of replica exchange.
pub(super) fn size(problem: &Problem) -> Option<(f64, f64)> {
    replica_exchange::size(problem, replica_exchange_of(problem)?)
        .map(|(replicas, frames, _)| (replicas, frames))
}

/// Samples that the run makes.
pub(super) fn make(run: &mut Run<'_>, made_from: &Fingerprint) -> Result<(String, LandscapeRecord), Error> {
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

/// A landscape of samples from its artifacts.
pub(super) fn load(problem: &Problem, text: &str, record: LandscapeRecord) -> Result<LandscapeResult, Error> {
    let table = read_table(text, &problem.variables).map_err(|why| Error::failed(SAMPLES_FILE, why))?;
    let scaled: Vec<Vec<f64>> = table.points.iter().map(|point| problem.scales.scaled(point)).collect();
    let set = SampleSet::new(&scaled, Some(&table.weights), problem.periods())
        .map_err(|error| Error::failed(SAMPLES_FILE, error))?;
    let points: Vec<Vec<f64>> = (0..set.len()).map(|index| problem.scales.own(set.point(index))).collect();
    Ok(LandscapeResult {
        record,
        landscape: None,
        ranges: ranges(points.iter().map(Vec::as_slice), &problem.periods()),
        data: PosteriorData::Samples(set),
        grid: None,
        ground: None,
        minimum: 0.0,
    })
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
