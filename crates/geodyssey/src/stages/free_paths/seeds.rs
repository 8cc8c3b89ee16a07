//! First paths of the chains.

use geodyssey_molecule::superposition::align_frames;
use geodyssey_paths::ensembles::AtomsPoint;
use geodyssey_paths::ensembles::{
    EngineVelocities, FreePath, Lanes, Places as _, Seeding, SeedingProtocol, ShotCounts, State,
};
use geodyssey_trajectory::{TrajectoryReader, read_frames};

use super::dynamics::{FreeDynamics, moves_atoms, positions_of_values};
use super::places::StatePlaces;
use super::units::{CHAINS_PER_UNIT, UnitStore, Units, grouped};
use crate::artifacts::all_paths::{self, read_paths};
use crate::artifacts::path_table::{FOLDER, read_path, table_of};
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::Run;

/// Shots after which a chain has no first path.
const MOST_SHOTS: u64 = 400;
/// Led paths whose frames are used.
const MOST_LED_PATHS: usize = 64;

/// The first paths of a chain: a transition path, and one inside the start state where that is wanted.
pub(super) type FirstPaths = (FreePath<AtomsPoint>, Option<FreePath<AtomsPoint>>);

/// The first paths, and the shots that led to none.
pub(super) struct Seeds {
    /// One for each chain.
    pub(super) first: Vec<FirstPaths>,
    /// Shots that failed, of all chains.
    pub(super) failed_shots: ShotCounts,
    /// Chains that had no path of their own and begin with another's.
    pub(super) without_own: usize,
}

/// Points between the states, from the start to the end, one list for each source path.
pub(super) fn candidates(run: &Run<'_>, places: &StatePlaces<'_>) -> Result<Vec<Vec<Vec<[f64; 3]>>>, Error> {
    let problem = run.problem;
    if let Some(file) = &problem.config.paths.seed {
        return of_trajectory(problem, file, places);
    }
    let text = run.directory.read_text(all_paths::FILE)?;
    let file = run.directory.file(all_paths::FILE);
    let rows = read_paths(&text).map_err(|error| Error::file("understand", &file, error))?;
    let mut all = Vec::new();
    for row in rows.iter().filter(|row| row.failure.is_none()).take(2 * MOST_LED_PATHS) {
        let Ok(id) = row.path.parse() else { continue };
        let text = run.directory.read_text(&table_of(id))?;
        let table = read_path(&problem.variables, &text)
            .map_err(|error| Error::file("understand", &run.directory.file(&table_of(id)), error))?;
        let mut frames: Vec<Vec<[f64; 3]>> = match (moves_atoms(problem), &problem.molecule) {
            (true, Some(molecule)) => {
                let name = run.directory.file(&format!("{FOLDER}{id}.xtc"));
                read_frames(&name, Some(&molecule.topology))
                    .map_err(|error| Error::file("read", &name, error))?
            }
            _ => table.points.iter().map(|values| positions_of_values(values)).collect(),
        };
        let mut values = table.points;
        if row.direction == geodyssey_paths::Direction::Backward {
            frames.reverse();
            values.reverse();
        }
        all.extend(between(places, &values).map(|between| frames[between].to_vec()));
    }
    if all.is_empty() {
        return Err(Error::Failed(
            "free paths: no led path leaves the start state and reaches the end state, so that there is nothing to shoot from; \
             sample more led paths, or give a trajectory as `paths.seed`"
                .to_owned(),
        ));
    }
    Ok(all)
}

/// The piece of a path between leaving the start state and reaching the end state for the first time.
fn between(places: &StatePlaces<'_>, values: &[Vec<f64>]) -> Option<std::ops::Range<usize>> {
    let states: Vec<Option<State>> = values.iter().map(|values| places.place(values).state).collect();
    let entry = states.iter().position(|state| *state == Some(State::B))?;
    let exit = states[..entry].iter().rposition(|state| *state == Some(State::A))?;
    (exit + 1 < entry).then_some(exit + 1..entry)
}

/// Frames of a user's trajectory.
fn of_trajectory(
    problem: &Problem,
    file: &std::path::Path,
    places: &StatePlaces<'_>,
) -> Result<Vec<Vec<Vec<[f64; 3]>>>, Error> {
    let wrong = |message: String| Error::from(problem.config.error("paths.seed", message));
    let Some(molecule) = problem.molecule.as_ref().filter(|_| moves_atoms(problem)) else {
        return Err(wrong("a trajectory needs a molecule whose atoms move".to_owned()));
    };
    let reader = TrajectoryReader::open(file, Some(&molecule.topology))
        .map_err(|error| wrong(error.to_string()))?
        .made_whole(molecule.chains());
    let mut frames = Vec::new();
    for frame in reader {
        frames.push(frame.map_err(|error| wrong(error.to_string()))?.positions);
    }
    align_frames(&mut frames, &molecule.aligned_atoms()).map_err(|error| wrong(error.to_string()))?;
    let values: Vec<Vec<f64>> = frames.iter().map(|positions| molecule.values(positions)).collect();
    match between(places, &values) {
        Some(between) => Ok(vec![frames[between].to_vec()]),
        None => {
            let count = |state: State| {
                values.iter().filter(|values| places.place(values).state == Some(state)).count()
            };
            Err(wrong(format!(
                "no piece of it leads from the start state to the end state: of its {} frames {} lie in the start state and {} in \
                 the end state",
                values.len(),
                count(State::A),
                count(State::B)
            )))
        }
    }
}

/// What first paths are looked for with.
pub(super) struct Search<'s> {
    /// Where the units are kept.
    pub(super) store: UnitStore<'s>,
    /// Their kind.
    pub(super) kind: &'static str,
    /// The dynamics.
    pub(super) dynamics: &'s FreeDynamics<'s>,
    /// The same in lanes.
    pub(super) lanes: &'s Lanes<'s>,
    /// Whether a path inside the start state is wanted too.
    pub(super) wants_inside: bool,
}

/// Looks for the first paths of all chains.
pub(super) fn seeds(
    search: &Search<'_>,
    most_frames: usize,
    candidates: &[Vec<Vec<[f64; 3]>>],
    chains: usize,
) -> Result<Seeds, Error> {
    let Search { store, kind, dynamics, lanes, wants_inside } = *search;
    let velocities = EngineVelocities {
        engine: dynamics.engine,
        thermal_energy_kj_mol: dynamics.law.thermal_energy_kj_mol(),
    };
    let random = dynamics.random.substream(kind);
    let protocol = SeedingProtocol {
        points: candidates,
        most_frames,
        most_shots: MOST_SHOTS,
        velocities: &velocities,
        random,
    };
    let all = (0..chains as u32).map(|chain| Seeding::new(chain, wants_inside));
    let units = Units { kind, lanes, protocol: &protocol, legs_at_once: 1, counted: "first paths" };
    // Noise of its own, which no trial uses again.
    let lanes = Lanes { random: lanes.random.substream(kind), ..*lanes };
    let units = Units { lanes: &lanes, ..units };
    let (seedings, _) = store.carry_out(&units, grouped(all, CHAINS_PER_UNIT))?;
    let mut failed_shots = ShotCounts::default();
    seedings.iter().for_each(|seeding| failed_shots.add(&seeding.counts));
    let found: Vec<Option<FirstPaths>> =
        seedings
            .into_iter()
            .map(|seeding| {
                if seeding.is_given_up() { None } else { seeding.found.map(|found| (found, seeding.inside)) }
            })
            .collect();
    let known: Vec<FirstPaths> = found.iter().flatten().cloned().collect();
    if known.is_empty() {
        let counts = failed_shots;
        return Err(Error::Failed(format!(
            "free paths: none of {} shots from the led paths connects the states: both trajectories ended in the start state {} times, \
             both in the end state {} times, one reached no state within `longest_ps` {} times, {} were too short and {} blew up; wider \
             states, a larger `longest_ps`, or led paths that cross the barrier more slowly may help",
            counts.total(),
            counts.both_in_a,
            counts.both_in_b,
            counts.too_long,
            counts.too_short,
            counts.blew_up
        )));
    }
    let without_own = found.iter().filter(|path| path.is_none()).count();
    let first = found.into_iter().enumerate();
    let first = first.map(|(chain, path)| path.unwrap_or_else(|| known[chain % known.len()].clone()));
    Ok(Seeds { first: first.collect(), failed_shots, without_own })
}
