//! The stage of committors: free trajectories from structures held at the saddle, from led frames, or from structures that are given.

mod explained;
mod held;
mod structure;

use geodyssey_paths::ensembles::{CommittorPoint, CommittorProtocol, Lanes};
use geodyssey_report::{CommittorSummary, Warning};
use geodyssey_run::{Fingerprint, Ingredients};
use geodyssey_statistics::{binomial_error, binomial_spread};
use geodyssey_trajectory::{TrajectoryFormat, write_pdb_structure};

use crate::artifacts::committor::{
    CommittorRecord, CommittorRow, GIVEN_FOLDER, STAGE_OF_STRUCTURES, TRANSITION_STATES, committor_csv,
};
use crate::artifacts::curve::{self, GeodesicResult};
use crate::artifacts::json::json;
use crate::artifacts::landscape::{self, LandscapeResult};
use crate::artifacts::paths;
use crate::artifacts::trajectories::write_trajectory;
use crate::error::Error;
use crate::run_context::{Made, Run, Stage};
use crate::stages::free_paths::{
    Order, StatePlaces, UnitStore, Units, curve_points, exact_committor, grouped, moves_atoms, nearest_place,
    with_dynamics,
};

pub(crate) use crate::artifacts::committor::STAGE;
pub(crate) use structure::CommittorStructure;

/// Structures in the lanes of one batch.
const STRUCTURES_PER_UNIT: usize = 16;
/// Committors of the transition-state ensemble.
const TRANSITION: std::ops::RangeInclusive<f64> = 0.4..=0.6;

/// Brings committors up to date: of the structures that are given, by default of those held at the saddle and of the led paths' frames.
pub(crate) fn run(
    run: &mut Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    given: Option<&[CommittorStructure]>,
) -> Result<CommittorRecord, Error> {
    match given {
        None => run.bring_up_to_date(&CommittorStage::<false> { landscape, geodesic, given }),
        Some(_) => run.bring_up_to_date(&CommittorStage::<true> { landscape, geodesic, given }),
    }
}

/// The stage: that of a run, or that of structures that are given, which has files of its own.
struct CommittorStage<'s, const GIVEN: bool> {
    landscape: &'s LandscapeResult,
    geodesic: &'s GeodesicResult,
    given: Option<&'s [CommittorStructure]>,
}

impl<const GIVEN: bool> Stage for CommittorStage<'_, GIVEN> {
    const NAME: &'static str = if GIVEN { STAGE_OF_STRUCTURES } else { STAGE };
    const REVISION: u32 = 1;
    type Output = CommittorRecord;

    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error> {
        let problem = run.problem;
        let upstream = [landscape::STAGE, curve::STAGE, paths::STAGE];
        let ingredients = upstream
            .into_iter()
            .fold(ingredients, |sum, stage| sum.upstream(stage, &run.directory.output_fingerprint(stage)));
        let given: Option<Vec<_>> = self
            .given
            .map(|given| given.iter().map(|one| (one.name.as_str(), one.positions.as_slice())).collect());
        let settings = &problem.config.paths;
        Ok(ingredients
            .settings("variables", &problem.config.variables)
            .settings("thermal energy", &problem.thermal_energy)
            .settings("states", &problem.states_made_from())
            .settings("scales", &problem.scales.each())
            .settings("space", &problem.config.space())
            .settings("dynamics", &(settings.time_step_ps, settings.friction_per_ps, settings.mass))
            .settings("frames", &(settings.check_every, settings.longest_ps))
            .settings("committor", &problem.config.committor)
            .settings("structures", &given)
            .settings("seed", &problem.config.seed)
            .settings("inputs", &problem.inputs_of_landscape()))
    }

    fn make(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Made, Error> {
        let Self { landscape, geodesic, given } = *self;
        let structures = match given {
            Some(given) => given.to_vec(),
            None => held::structures(run, landscape, geodesic)?,
        };
        let store = UnitStore {
            directory: &run.directory,
            executor: run.executor.as_ref(),
            stage: Self::NAME,
            made_from,
        };
        let (record, energy_evaluations) = measured(run, landscape, geodesic, store, &structures)?;
        let (table, file) = (format!("{}.csv", Self::NAME), format!("{}.json", Self::NAME));
        run.directory.write(&table, &committor_csv(&run.problem.variables, &record.structures)?)?;
        run.directory.write(&file, &json(&record)?)?;
        let mut outputs = vec![table, file];
        outputs.extend(write_transition_states(
            run,
            &structures,
            &record,
            if GIVEN { GIVEN_FOLDER } else { "" },
        )?);
        Ok(Made { outputs, energy_evaluations })
    }

    fn load(&self, run: &Run<'_>) -> Result<CommittorRecord, Error> {
        let file = format!("{}.json", Self::NAME);
        serde_json::from_slice(&run.directory.read(&file)?)
            .map_err(|error| Error::file("understand", &run.directory.file(&file), error))
    }
}

/// Runs the trajectories and draws the conclusions.
fn measured(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    store: UnitStore<'_>,
    structures: &[CommittorStructure],
) -> Result<(CommittorRecord, u64), Error> {
    let problem = run.problem;
    let (settings, paths) = (&problem.config.committor, &problem.config.paths);
    let first = settings.trajectories.get() as u64;
    let protocol = CommittorProtocol {
        trajectories: first,
        trajectories_if_undecided: first.max(settings.trajectories_if_undecided.get() as u64),
        most_frames: paths.longest_frames(),
    };
    let places = StatePlaces::new(problem, problem.states()?, Order::None, false);
    let (points, lane_use) = with_dynamics(problem, landscape, STAGE, |dynamics| {
        let lanes = Lanes {
            engine: dynamics.engine,
            law: dynamics.law,
            random: dynamics.random.substream("trajectories"),
            check_every: paths.check_every.get() as u64,
            places: &places,
        };
        let units = Units {
            kind: "trajectories",
            lanes: &lanes,
            protocol: &protocol,
            legs_at_once: first as usize,
            counted: "trajectories",
        };
        let fresh = structures.iter().zip(0..);
        let fresh = fresh.map(|(one, number)| CommittorPoint::new(number, one.positions.clone(), &protocol));
        store.carry_out(&units, grouped(fresh, STRUCTURES_PER_UNIT))
    })?;
    let curve: Vec<geodyssey_dynamics::TetherPoint> = geodesic
        .curve
        .points
        .iter()
        .map(|point| geodyssey_dynamics::TetherPoint { log_snr: point.log_snr, center: point.y.clone() })
        .collect();
    let curve = curve_points(problem, &curve);
    let exact = match landscape.landscape {
        // Only for comparison: without it the column is empty.
        Some(_) if problem.variables.len() <= 3 => exact_committor(problem, landscape).ok(),
        _ => None,
    };
    let rows: Vec<CommittorRow> = structures
        .iter()
        .zip(&points)
        .map(|(structure, point)| CommittorRow {
            name: structure.name.clone(),
            source: structure.source.to_owned(),
            arc_place: nearest_place(&problem.periods(), problem.scales.each(), &curve, &structure.values),
            values: structure.values.clone(),
            in_start: point.in_a,
            in_end: point.in_b,
            unfinished: point.in_none + point.blew_up,
            committor: point.committor(),
            committor_error: binomial_error(point.in_b as usize, (point.in_a + point.in_b) as usize),
            landscape_committor: exact.as_ref().map(|exact| exact.at(&structure.values)),
        })
        .collect();
    let trajectories: u64 = points.iter().map(CommittorPoint::done).sum();
    let unfinished: u64 = rows.iter().map(|row| row.unfinished).sum();
    // Structures at one place of the variables where there are such; of others the spread is that of the places too.
    let held = rows.iter().any(|row| row.source == "saddle");
    let counts_here = |row: &CommittorRow| !held || row.source == "saddle";
    let decided = |row: &CommittorRow| row.in_start + row.in_end > 1;
    let chosen: Vec<usize> =
        (0..rows.len()).filter(|&index| counts_here(&rows[index]) && decided(&rows[index])).collect();
    let counts: Vec<(usize, usize)> = chosen
        .iter()
        .map(|&index| (rows[index].in_end as usize, (rows[index].in_start + rows[index].in_end) as usize))
        .collect();
    let spread = binomial_spread(&counts).ok();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let committors: Vec<f64> = chosen.iter().filter_map(|&index| rows[index].committor).collect();
    let (explained_by, words) = explained::explained(problem, structures, &chosen, &counts, held);
    let mut warnings = Vec::new();
    if unfinished * 50 > trajectories {
        warnings.push(Warning::new(
            STAGE,
            format!(
                "{unfinished} of {trajectories} trajectories reached no state within `paths.longest_ps`; committors are those of the others. A larger \
                 `longest_ps`, or states that include where the molecule waits, are needed."
            ),
        ));
    }
    let transition = rows.iter().filter(|row| row.committor.is_some_and(|p| TRANSITION.contains(&p))).count();
    let energy_evaluations = lane_use.lane_steps + lane_use.legs;
    let summary = CommittorSummary {
        structures: rows.len(),
        trajectories,
        unfinished,
        mean: spread.as_ref().map_or_else(|| mean(&committors), |spread| spread.mean),
        std: spread.as_ref().map_or(0.0, |spread| spread.observed_variance.sqrt()),
        std_without_binomial: spread.as_ref().map_or(0.0, |spread| spread.standard_deviation),
        same_committor_p_value: spread.as_ref().and_then(|spread| spread.p_value),
        transition_states: transition,
        explained_by,
        words,
        energy_evaluations,
    };
    Ok((CommittorRecord { summary, structures: rows, warnings }, energy_evaluations))
}

/// The transition-state ensemble: the first structure as PDB, all as XTC.
fn write_transition_states(
    run: &Run<'_>,
    structures: &[CommittorStructure],
    record: &CommittorRecord,
    folder: &str,
) -> Result<Vec<String>, Error> {
    let (true, Some(molecule)) = (moves_atoms(run.problem), &run.problem.molecule) else {
        return Ok(Vec::new());
    };
    let chosen = structures.iter().zip(&record.structures);
    let chosen = chosen.filter(|(_, row)| row.committor.is_some_and(|p| TRANSITION.contains(&p)));
    let frames: Vec<Vec<[f64; 3]>> = chosen.map(|(one, _)| one.positions.clone()).collect();
    if frames.is_empty() {
        return Ok(Vec::new());
    }
    let failed = |error| Error::failed("aligning transition states", error);
    let frames = molecule.aligned(frames).map_err(failed)?;
    let (pdb, xtc) = (format!("{folder}{TRANSITION_STATES}.pdb"), format!("{folder}{TRANSITION_STATES}.xtc"));
    let file = run.directory.claim(&pdb)?;
    write_pdb_structure(&file, &molecule.topology, &frames[0])
        .map_err(|error| Error::file("write", &file, error))?;
    write_trajectory(TrajectoryFormat::Xtc, &run.directory.claim(&xtc)?, &molecule.topology, &frames)?;
    Ok(vec![pdb, xtc])
}
