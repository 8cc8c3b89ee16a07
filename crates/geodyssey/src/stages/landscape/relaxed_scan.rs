//! The relaxed scan of the molecule's variables, with a checkpoint every few seconds.

use geodyssey_dynamics::{DynamicsError, Engine};
use geodyssey_landscape::{
    LandscapeError, RelaxedScan, RelaxedScanState, relaxed_scan::SameMolecule, table_file::write_grid,
};
use geodyssey_molecule::{Structure, states::compare_states};
use geodyssey_run::{Checkpoints, Fingerprint, Ingredients};

use super::method::{Landscape, LandscapeMethod, atoms, grid_points, starting_structures};
use crate::artifacts::landscape::{LandscapeRecord, RelaxedScanRecord, STAGE};
use crate::config::RelaxedScanConfig;
use crate::error::Error;
use crate::problem::engine::ActsOn;
use crate::problem::{Molecule, Problem, grid_axes};
use crate::progress::Progress;
use crate::run_context::Run;
use crate::stages::need::{NUMBER, NUMBER_AS_TEXT, Need};

/// The one checkpoint's name.
const CHECKPOINT: &str = "relaxed-scan";
/// Minimisations that keep a thread's lanes full.
const MINIMISATIONS_AT_ONCE: usize = 48;

/// The landscape of a relaxed scan.
pub(super) struct Method<'s> {
    /// Its settings.
    pub(super) settings: &'s RelaxedScanConfig,
}

impl LandscapeMethod for Method<'_> {
    fn check(&self, problem: &Problem) -> Result<(), Error> {
        check(problem, self.settings)
    }

    fn ingredients(&self, problem: &Problem, ingredients: Ingredients) -> Ingredients {
        ingredients.settings("relaxed scan", self.settings).settings("states", &problem.regions_made_from())
    }

    fn compute(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Landscape, Error> {
        compute(run, self.settings, made_from)
    }

    fn needs(&self, problem: &Problem) -> Vec<Need> {
        let (atoms, nodes) = (atoms(problem), grid_points(problem, self.settings.grid_points.get()));
        vec![Need {
            key: "landscape.grid_points",
            what: format!("structures of {atoms} atoms at {nodes} grid points"),
            bytes: nodes * atoms * 3.0 * (NUMBER + NUMBER_AS_TEXT),
        }]
    }

    fn describe(&self, problem: &Problem) -> Result<String, Error> {
        let points = self.settings.grid_points.get().pow(problem.variables.len() as u32);
        Ok(format!("relaxed scan: {points} grid points"))
    }
}

/// The relaxed energies as text of `landscape.csv`, and how they were made.
fn compute(run: &Run<'_>, settings: &RelaxedScanConfig, made_from: &Fingerprint) -> Result<Landscape, Error> {
    let problem = run.problem;
    let failed = |error: LandscapeError| Error::failed("the landscape", error);
    let Some(molecule) = &problem.molecule else {
        return Err(Error::Failed("a relaxed scan needs a molecule".to_owned()));
    };
    let start = start(problem, molecule)?;
    let same_molecule = |positions: &[[f64; 3]]| is_same(molecule, &start, positions);
    let engine = engine(problem, molecule)?;
    let scan = make(problem, settings, engine.as_ref(), &same_molecule)?;
    let structures = starting_structures(problem, molecule, "a relaxed scan")?;
    let checkpoints = Checkpoints { directory: &run.directory, stage: STAGE, made_from };
    let state: RelaxedScanState = checkpoints.resume(CHECKPOINT, || {
        let structures =
            structures.each_ref().map(|positions| (positions.clone(), molecule.values(positions)));
        scan.start(&structures).map_err(failed)
    })?;
    let mut progress = Progress::start(STAGE, state.points.len() as u64, state.known() as u64);
    let state = checkpoints.advance(
        CHECKPOINT,
        state,
        RelaxedScanState::is_finished,
        |mut state, blocks| -> Result<_, Error> {
            let most = blocks as usize * MINIMISATIONS_AT_ONCE * rayon::current_num_threads();
            scan.advance_by(&mut state, most).map_err(failed)?;
            let message =
                format!("{} minimisations, {} points improved", state.minimisations, state.active.len());
            progress.set(state.known() as u64, &message);
            Ok(state)
        },
    )?;
    let (grid, lowest) = scan.energies(&state).map_err(failed)?;
    progress.finish(&format!(
        "relaxed scan of {} grid points done by {} minimisations",
        state.points.len(),
        state.minimisations
    ));
    let record = LandscapeRecord {
        method: "relaxed-scan".to_owned(),
        energy_evaluations: state.energy_evaluations,
        rms_block_error_kj_mol: None,
        relaxed_scan: Some(RelaxedScanRecord {
            lowest_potential_energy_kj_mol: lowest,
            rounds: state.rounds,
            minimisations: state.minimisations,
            unfinished: state.unfinished,
            refused: state.refused,
        }),
        metadynamics: None,
        samples: None,
        warnings: Vec::new(),
    };
    Ok((write_grid(&grid, &[]), record))
}

/// Refuses settings that cannot be used.
fn check(problem: &Problem, settings: &RelaxedScanConfig) -> Result<(), Error> {
    let Some(molecule) = &problem.molecule else { return Ok(()) };
    let start = start(problem, molecule)?;
    let same_molecule = |positions: &[[f64; 3]]| is_same(molecule, &start, positions);
    let engine = engine(problem, molecule)?;
    make(problem, settings, engine.as_ref(), &same_molecule).map(|_| ())
}

/// The start's structure, whose chirality all others must have.
fn start(problem: &Problem, molecule: &Molecule) -> Result<Structure, Error> {
    let [start, _] = starting_structures(problem, molecule, "a relaxed scan")?;
    Structure::new(molecule.topology.clone(), start.clone())
        .map_err(|error| Error::failed("the landscape", error))
}

fn engine<'m>(problem: &Problem, molecule: &'m Molecule) -> Result<Box<dyn Engine + 'm>, Error> {
    let failed = |error: DynamicsError| problem.config.error("system.force_field", error.to_string());
    Ok(molecule.engine(ActsOn::Variables).map_err(failed)?)
}

fn make<'m>(
    problem: &Problem,
    settings: &RelaxedScanConfig,
    engine: &'m dyn Engine,
    same_molecule: &'m SameMolecule<'m>,
) -> Result<RelaxedScan<'m>, Error> {
    RelaxedScan::new(engine, grid_axes(problem)?, &settings.parameters, same_molecule)
        .map_err(|error| problem.config.error("landscape", error.to_string()).into())
}

/// Whether a structure has the chirality and the stiff bonds' sides of the start's.
fn is_same(molecule: &Molecule, start: &Structure, positions: &[[f64; 3]]) -> bool {
    let structure = Structure::new(molecule.topology.clone(), positions.to_vec());
    structure.is_ok_and(|structure| {
        compare_states(&molecule.topology, start, &structure, &molecule.turned_bonds()).is_ok()
    })
}
