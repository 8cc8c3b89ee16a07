//! Samples that the run makes by replica exchange, with a checkpoint every few seconds.

use geodyssey_dynamics::{DynamicsError, Engine};
use geodyssey_landscape::{ReplicaExchange, replica_exchange::ReplicaExchangeState};
use geodyssey_report::{SamplesSummary, Warning};
use geodyssey_run::{Checkpoints, Fingerprint};
use geodyssey_statistics::reweight_temperatures;

use super::super::method::{Landscape, starting_structures};
use crate::artifacts::landscape::{LandscapeRecord, ReplicaExchangeRecord, STAGE, SamplesRecord};
use crate::config::ReplicaExchangeConfig;
use crate::error::Error;
use crate::problem::engine::ActsOn;
use crate::problem::{Molecule, Problem, SampleTable};
use crate::progress::Progress;
use crate::run_context::Run;

/// The one checkpoint's name.
const CHECKPOINT: &str = "replica-exchange";
/// Exchange rate below which replicas hardly exchange.
const LOW_EXCHANGE_RATE: f64 = 0.05;

/// The samples as text of `samples.csv`, and how they were made.
pub(super) fn run(
    run: &Run<'_>,
    settings: &ReplicaExchangeConfig,
    made_from: &Fingerprint,
) -> Result<Landscape, Error> {
    let problem = run.problem;
    let failed = |error: DynamicsError| Error::failed("replica exchange", error);
    let Some(molecule) = &problem.molecule else {
        return Err(Error::Failed("replica exchange needs a molecule".to_owned()));
    };
    let engine = engine(molecule)?;
    let exchange = make(problem, settings, engine.as_ref())?;
    let structures = starting_structures(problem, molecule, "replica exchange")?;
    let checkpoints = Checkpoints { directory: &run.directory, stage: STAGE, made_from };
    let state: ReplicaExchangeState =
        checkpoints.resume(CHECKPOINT, || exchange.start(structures).map_err(failed))?;
    let mut progress = Progress::start(STAGE, exchange.rounds(), state.rounds);
    let state = checkpoints.advance(
        CHECKPOINT,
        state,
        |state| exchange.is_finished(state),
        |state, rounds| -> Result<_, Error> {
            let state = exchange.advance(state, rounds).map_err(failed)?;
            progress.set(state.rounds, "");
            Ok(state)
        },
    )?;
    let (table, samples) = finish(problem, settings, &exchange, &state).map_err(failed)?;
    progress.finish(&in_words(&samples));
    let warnings = warnings(&samples);
    let record = LandscapeRecord::of_samples(samples, state.energy_evaluations, warnings);
    Ok((table.to_csv(&problem.variables), record))
}

/// Refuses settings that cannot be used.
pub(super) fn check(problem: &Problem, settings: &ReplicaExchangeConfig) -> Result<(), Error> {
    let Some(molecule) = &problem.molecule else { return Ok(()) };
    starting_structures(problem, molecule, "replica exchange")?;
    let engine = engine(molecule)?;
    make(problem, settings, engine.as_ref()).map(|_| ())
}

/// Replicas, frames of all temperatures, and energy evaluations.
pub(super) fn size(problem: &Problem, settings: &ReplicaExchangeConfig) -> Option<(f64, f64, f64)> {
    let engine = engine(problem.molecule.as_ref()?).ok()?;
    let exchange = make(problem, settings, engine.as_ref()).ok()?;
    let [replicas, frames, evaluations] =
        [exchange.replica_count() as u64, exchange.frame_count(), exchange.energy_evaluations()];
    Some((replicas as f64, frames as f64, evaluations as f64))
}

/// What `check` reports.
pub(super) fn describe(problem: &Problem, settings: &ReplicaExchangeConfig) -> Result<String, Error> {
    let Some(molecule) = &problem.molecule else { return Ok("replica exchange".to_owned()) };
    let engine = engine(molecule)?;
    let exchange = make(problem, settings, engine.as_ref())?;
    let temperatures = exchange.temperatures_k();
    let last = temperatures.last().copied().unwrap_or_default();
    let parameters = &settings.parameters;
    let time = parameters.equilibration_time_ps + parameters.sampling_time_ps;
    Ok(format!(
        "samples by replica exchange: {} temperatures from {} to {last:.0} K, {} replicas for {time} ps each, {} frames, {:.2e} energy evaluations",
        temperatures.len(),
        temperatures[0],
        exchange.replica_count(),
        exchange.frame_count(),
        exchange.energy_evaluations() as f64
    ))
}

fn engine(molecule: &Molecule) -> Result<Box<dyn Engine + '_>, Error> {
    molecule.engine(ActsOn::Variables).map_err(|error| Error::failed("replica exchange", error))
}

fn make<'m>(
    problem: &Problem,
    settings: &ReplicaExchangeConfig,
    engine: &'m dyn Engine,
) -> Result<ReplicaExchange<'m>, Error> {
    let config = &problem.config;
    let lowest = problem.temperature_k.unwrap_or_default();
    let wrong =
        |key: &str, message: String| config.error(&format!("landscape.replica_exchange{key}"), message);
    let temperatures =
        settings.temperatures_k(lowest).map_err(|(key, message)| wrong(&format!(".{key}"), message))?;
    ReplicaExchange::new(engine, temperatures, settings.parameters.clone(), config.seed)
        .map_err(|error| wrong("", error.to_string()).into())
}

/// All frames with their weights at the run's temperature.
fn finish(
    problem: &Problem,
    settings: &ReplicaExchangeConfig,
    exchange: &ReplicaExchange<'_>,
    state: &ReplicaExchangeState,
) -> Result<(SampleTable, SamplesRecord), DynamicsError> {
    let temperatures = exchange.temperatures_k();
    let energies = &state.frames.potential_energies_kj_mol;
    let counts = vec![energies.len() / temperatures.len(); temperatures.len()];
    let reweighted =
        reweight_temperatures(energies, exchange.thermal_energies_kj_mol(), &counts, problem.thermal_energy)?;
    let origin = energies.iter().enumerate();
    let table = SampleTable {
        points: state.frames.variables.chunks_exact(problem.variables.len()).map(<[f64]>::to_vec).collect(),
        weights: reweighted.weights,
        origin: Some(
            origin.map(|(index, &energy)| (temperatures[index % temperatures.len()], energy)).collect(),
        ),
    };
    let exchange_rates = state.exchanges.rates();
    let summary = SamplesSummary {
        independent: exchange.effective_sample_size(&state.frames),
        lowest_exchange_rate: exchange_rates.iter().flatten().copied().reduce(f64::min),
        round_trips: Some(state.exchanges.round_trips()),
        ..table.summary()
    };
    let replica_exchange = Some(ReplicaExchangeRecord {
        temperatures_k: temperatures.to_vec(),
        ladders: settings.parameters.ladders,
        exchange_rates,
        free_energies: reweighted.free_energies,
    });
    Ok((table, SamplesRecord { summary, replica_exchange }))
}

fn in_words(samples: &SamplesRecord) -> String {
    let summary = &samples.summary;
    let (lowest, count) = samples
        .replica_exchange
        .as_ref()
        .map_or((0.0, 0), |record| (record.temperatures_k[0], record.temperatures_k.len()));
    let independent = summary.independent.map_or_else(
        || "too few frames to say how many are independent".to_owned(),
        |size| format!("{size:.0} independent ones at {lowest:.0} K"),
    );
    format!(
        "{} frames at {count} temperatures, {independent}, effective size {:.0} with their weights; exchange rates of at least \
         {:.2}, {} round trips",
        summary.frames,
        summary.effective_size,
        summary.lowest_exchange_rate.unwrap_or(0.0),
        summary.round_trips.unwrap_or(0)
    )
}

fn warnings(samples: &SamplesRecord) -> Vec<Warning> {
    let rate = samples.summary.lowest_exchange_rate.unwrap_or(0.0);
    let message = if rate < LOW_EXCHANGE_RATE {
        format!(
            "Only {:.0} % of the exchanges between one pair of temperatures were accepted; more temperatures are needed.",
            100.0 * rate
        )
    } else if samples.summary.round_trips == Some(0) {
        format!(
            "No replica went up the ladder and came back: the samples at {} K reflect only the barriers crossed at that \
             temperature; sample longer.",
            samples.replica_exchange.as_ref().map_or(0.0, |record| record.temperatures_k[0])
        )
    } else {
        return Vec::new();
    };
    vec![Warning::new(STAGE, message)]
}
