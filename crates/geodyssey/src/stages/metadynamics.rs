//! Metadynamics of the molecule's variables, with a checkpoint every few seconds.

use std::time::{Duration, Instant};

use geodyssey_landscape::{LandscapeError, Metadynamics, MetadynamicsState, MetadynamicsVariable};
use geodyssey_sampling::MolecularSystem;

use super::Run;
use super::landscape::{self, LandscapeRecord, STAGE, axes};
use super::system::{Molecule, Problem};
use super::variables::scaled;
use crate::config::{InputError, LandscapeConfig, Measure, MetadynamicsConfig};
use crate::error::Error;
use crate::interrupt;
use crate::pace::Pace;
use crate::progress::Progress;
use crate::run_directory::Fingerprint;

/// The one checkpoint's name.
const CHECKPOINT: &str = "metadynamics";
/// Between two checkpoints.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(1);
/// Width of a hill by default: radian for torsions, a share of the range otherwise.
const TORSION_HILL_WIDTH: f64 = 0.25;
const HILL_WIDTH_SHARE: f64 = 1.0 / 30.0;

/// The free energy as text of `landscape.csv`, and how it came about.
pub(super) fn run(run: &mut Run<'_>, made_from: &Fingerprint) -> Result<(String, LandscapeRecord), Error> {
    let problem = run.problem;
    let failed = |error: LandscapeError| Error::failed("metadynamics", error);
    let (LandscapeConfig::Metadynamics(settings), Some(molecule)) =
        (&problem.config.landscape, &problem.molecule)
    else {
        return Err(Error::Failed("metadynamics needs a molecule".to_owned()));
    };
    let system = MolecularSystem::new(&molecule.force_field, &molecule.variables)
        .map_err(|error| Error::failed("metadynamics", error))?;
    let metadynamics = make(problem, settings, system)?;
    let structures = starting_structures(problem, molecule)?;
    let kept = run.directory.read_checkpoint(STAGE, CHECKPOINT, made_from);
    let mut state: MetadynamicsState = match kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        Some(state) => state,
        None => metadynamics.start(structures).map_err(failed)?,
    };
    let mut progress = Progress::start(STAGE, metadynamics.rounds(), state.rounds);
    let (mut written, mut pace) = (Instant::now(), Pace::new());
    while !metadynamics.is_finished(&state) {
        state = metadynamics.advance(state, pace.next_block()).map_err(failed)?;
        progress.set(state.rounds, "");
        let stop = interrupt::check();
        if stop.is_err() || written.elapsed() > CHECKPOINT_INTERVAL {
            let bytes =
                serde_json::to_vec(&state).map_err(|error| Error::failed("writing a checkpoint", error))?;
            run.directory.write_checkpoint(STAGE, CHECKPOINT, made_from, &bytes)?;
            written = Instant::now();
        }
        stop?;
    }
    let free_energy = metadynamics.free_energy(&state).map_err(failed)?;
    let error = free_energy.root_mean_square_error_kj_mol;
    progress.finish(&format!(
        "free energy done, root mean square error {error:.2} kJ/mol where it lies below 40 kJ/mol"
    ));
    let record = landscape::LandscapeRecord {
        method: "metadynamics".to_owned(),
        energy_evaluations: state.energy_evaluations,
        rms_block_error_kj_mol: Some(error),
        relaxed_scan: None,
        samples: None,
        warnings: Vec::new(),
    };
    Ok((free_energy.to_csv(), record))
}

/// Refuses settings that cannot be used.
pub(super) fn check(problem: &Problem) -> Result<(), Error> {
    let (LandscapeConfig::Metadynamics(settings), Some(molecule)) =
        (&problem.config.landscape, &problem.molecule)
    else {
        return Ok(());
    };
    let (times, config) = (&settings.parameters, &problem.config);
    for (key, time) in
        [("filling_time_ps", times.filling_time_ps), ("sampling_time_ps", times.sampling_time_ps)]
    {
        // The times are made of whole intervals, of which there is at least one.
        if times.deposition_interval_ps > time {
            let message = format!(
                "`deposition_interval_ps` = {} is longer than `{key}` = {time}",
                times.deposition_interval_ps
            );
            return Err(config.error("landscape.deposition_interval_ps", message).into());
        }
    }
    starting_structures(problem, molecule)?;
    let system = MolecularSystem::new(&molecule.force_field, &molecule.variables)
        .map_err(|error| config.error("system.force_field", error.to_string()))?;
    make(problem, settings, system).map(|_| ())
}

fn starting_structures<'p>(
    problem: &Problem,
    molecule: &'p Molecule,
) -> Result<&'p [Vec<[f64; 3]>; 2], InputError> {
    molecule.structures.as_ref().ok_or_else(|| {
        problem.config.error(
            "states",
            "metadynamics starts from the states' structures: [states.start] and [states.end] are needed",
        )
    })
}

fn make<'m>(
    problem: &Problem,
    settings: &MetadynamicsConfig,
    system: MolecularSystem<'m>,
) -> Result<Metadynamics<'m>, Error> {
    let config = &problem.config;
    let widths = match &settings.hill_width {
        Some(width) => scaled(width, &problem.variables).ok_or_else(|| {
            config.error(
                "landscape.hill_width",
                format!("expected one number or {}, one per variable", problem.variables.len()),
            )
        })?,
        None => problem
            .variables
            .iter()
            .map(|variable| match (variable.measure, variable.range) {
                (Measure::Torsion, _) | (_, None) => TORSION_HILL_WIDTH,
                (_, Some((low, high))) => HILL_WIDTH_SHARE * (high - low),
            })
            .collect(),
    };
    let variables = axes(problem)?
        .into_iter()
        .zip(widths)
        .map(|(axis, hill_width)| MetadynamicsVariable { axis, hill_width });
    Metadynamics::new(
        system,
        variables.collect(),
        settings.parameters.clone(),
        problem.thermal_energy,
        config.seed,
    )
    .map_err(|error| config.error("landscape", error.to_string()).into())
}
