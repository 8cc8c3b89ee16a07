//! Metadynamics of the molecule's variables, with a checkpoint every few seconds.

use geodyssey_dynamics::Engine;
use geodyssey_landscape::{
    EndRegion, FreeEnergy, LandscapeError, Metadynamics, MetadynamicsState, MetadynamicsVariable,
    metadynamics::{self, EndsEstimate},
};
use geodyssey_report::{MetadynamicsSummary, Warning, decimals};
use geodyssey_run::{Checkpoints, Fingerprint, Ingredients};

use super::method::{Landscape, LandscapeMethod, atoms, grid_points, starting_structures};
use crate::artifacts::landscape::{LandscapeRecord, MetadynamicsRecord, STAGE};
use crate::config::MetadynamicsConfig;
use crate::error::Error;
use crate::problem::engine::ActsOn;
use crate::problem::variables::scaled;
use crate::problem::{FEWEST_GRID_POINTS, Problem, grid_axes};
use crate::progress::Progress;
use crate::run_context::Run;
use crate::stages::need::{NUMBER, NUMBER_AS_TEXT, Need, VECTORS_OF_A_WALKER};

/// The one checkpoint's name.
const CHECKPOINT: &str = "metadynamics";
/// Most grid points a variable that are chosen where the configuration gives none, by the number of variables.
const MOST_GRID_POINTS: [usize; 3] = [1000, 180, 90];
/// How much wider than the narrowest starting basin hills may be before a warning is given.
const TOLERATED_WIDTH: f64 = 1.2;

/// The landscape of metadynamics.
pub(super) struct Method<'s> {
    /// Its settings.
    pub(super) settings: &'s MetadynamicsConfig,
}

impl LandscapeMethod for Method<'_> {
    fn check(&self, problem: &Problem) -> Result<(), Error> {
        check(problem, self.settings)
    }

    fn ingredients(&self, problem: &Problem, ingredients: Ingredients) -> Ingredients {
        ingredients
            .settings("metadynamics", self.settings)
            .settings("states", &problem.regions_made_from())
            .settings("seed", &problem.config.seed)
    }

    fn compute(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Landscape, Error> {
        compute(run, self.settings, made_from)
    }

    fn evaluations(&self, _problem: &Problem) -> Option<f64> {
        let times = &self.settings.parameters;
        let time = times.filling_time_ps + times.equilibration_time_ps + times.sampling_time_ps;
        Some(time / times.time_step_ps * times.walkers as f64)
    }

    fn time_step_ps(&self, _problem: &Problem) -> Option<f64> {
        Some(self.settings.parameters.time_step_ps)
    }

    fn needs(&self, problem: &Problem) -> Vec<Need> {
        let (atoms, walkers) = (atoms(problem), self.settings.parameters.walkers as f64);
        let nodes = grid_points(problem, problem.config.landscape.grid_points().unwrap_or(0));
        let copies = walkers * atoms * 3.0 * (VECTORS_OF_A_WALKER * NUMBER + 2.0 * NUMBER_AS_TEXT);
        // Counts by the end that a walker was at last, in four bytes each, and their copy.
        let groups = metadynamics::group_count(self.settings.parameters.walkers, 2) as f64;
        let counts = groups * nodes * 2.0 * 4.0 * 2.0;
        let need = |key, what, bytes| Need { key, what, bytes };
        vec![
            need("landscape.walkers", format!("{walkers} walkers of {atoms} atoms"), copies),
            need(
                "landscape.grid_points",
                format!("the counts of {walkers} walkers on {nodes} grid points"),
                counts,
            ),
        ]
    }

    fn describe(&self, _problem: &Problem) -> Result<String, Error> {
        let times = &self.settings.parameters;
        let least = times.filling_time_ps + times.equilibration_time_ps + times.sampling_time_ps;
        let most = times.filling_limit_ps().max(times.filling_time_ps)
            + times.equilibration_time_ps
            + times.sampling_limit_ps().max(times.sampling_time_ps);
        let evaluations = |time: f64| time / times.time_step_ps * times.walkers as f64;
        Ok(format!(
            "metadynamics: {} walkers for {least} ps each, {:.2e} energy evaluations; if they do not recross, up to {most} ps and \
             {:.2e}",
            times.walkers,
            evaluations(least),
            evaluations(most)
        ))
    }
}

/// The free energy as text of `landscape.csv`, and how it was made.
fn compute(
    run: &Run<'_>,
    settings: &MetadynamicsConfig,
    made_from: &Fingerprint,
) -> Result<Landscape, Error> {
    let problem = run.problem;
    let failed = |error: LandscapeError| Error::failed("metadynamics", error);
    let Some(molecule) = &problem.molecule else {
        return Err(Error::Failed("metadynamics needs a molecule".to_owned()));
    };
    let engine = molecule.engine(ActsOn::Variables).map_err(|error| Error::failed("metadynamics", error))?;
    let structures = starting_structures(problem, molecule, "metadynamics")?;
    let hills = Hills::choose(problem, settings, engine.as_ref(), structures)?;
    let metadynamics = make(problem, settings, engine.as_ref(), &hills)?;
    let checkpoints = Checkpoints { directory: &run.directory, stage: STAGE, made_from };
    let state: MetadynamicsState =
        checkpoints.resume(CHECKPOINT, || metadynamics.start(structures).map_err(failed))?;
    let mut progress = Progress::start(STAGE, metadynamics.rounds(&state), state.rounds);
    let state = checkpoints.advance(
        CHECKPOINT,
        state,
        |state| metadynamics.is_finished(state),
        |state, rounds| -> Result<_, Error> {
            let state = metadynamics.advance(state, rounds).map_err(failed)?;
            progress.set_total(metadynamics.rounds(&state));
            progress.set(state.rounds, phase(&state));
            Ok(state)
        },
    )?;
    let free_energy = metadynamics.free_energy(&state).map_err(failed)?;
    let error = free_energy.root_mean_square_error_kj_mol;
    let ends = free_energy
        .ends
        .ok_or_else(|| Error::Failed("metadynamics: the two ends are not known".to_owned()))?;
    progress.finish(&format!(
        "free energy done, root mean square error {error:.2} kJ/mol where it was sampled and lies below 40 kJ/mol"
    ));
    visited(&ends)?;
    let summary = summary(&metadynamics, settings, &state, &hills, &free_energy, &ends);
    let record = LandscapeRecord {
        method: "metadynamics".to_owned(),
        energy_evaluations: state.energy_evaluations + hills.energy_evaluations,
        rms_block_error_kj_mol: Some(error),
        relaxed_scan: None,
        samples: None,
        warnings: warnings(&metadynamics, settings, &state, &summary, hills.warnings),
        metadynamics: Some(MetadynamicsRecord { summary, walkers: state.crossings }),
    };
    Ok((free_energy.to_csv(), record))
}

/// Refuses settings that cannot be used.
fn check(problem: &Problem, settings: &MetadynamicsConfig) -> Result<(), Error> {
    let Some(molecule) = &problem.molecule else { return Ok(()) };
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
    check_grid(problem, settings)?;
    let structures = starting_structures(problem, molecule, "metadynamics")?;
    let engine = molecule
        .engine(ActsOn::Variables)
        .map_err(|error| config.error("system.force_field", error.to_string()))?;
    settings.parameters.check().map_err(|error| config.error("landscape", error.to_string()))?;
    if settings.hill_width.is_some() {
        let hills = Hills::choose(problem, settings, engine.as_ref(), structures)?;
        make(problem, settings, engine.as_ref(), &hills)?;
    }
    Ok(())
}

/// A grid that is given must have room for the hills: the narrowest that its spacing allows are not to be wider than the widest that the
/// variable's range does.
fn check_grid(problem: &Problem, settings: &MetadynamicsConfig) -> Result<(), Error> {
    let Some(points) = settings.grid_points.filter(|_| settings.hill_width.is_none()) else { return Ok(()) };
    for (axis, variable) in grid_axes(problem)?.iter().zip(&problem.variables) {
        let extent = axis.end() - axis.start;
        let least = metadynamics::fewest_grid_points(axis.period.is_some()).max(FEWEST_GRID_POINTS);
        if points.get() < least {
            let message = format!(
                "{} points make a grid along `{}` with a spacing of {}, too coarse for any hill on its range of {}: at least \
                 {least} are needed",
                points.get(),
                variable.name,
                variable.display(axis.spacing),
                variable.display(extent)
            );
            return Err(problem.config.error("landscape.grid_points", message).into());
        }
    }
    Ok(())
}

/// What walkers are doing.
fn phase(state: &MetadynamicsState) -> &'static str {
    if state.filling_rounds.is_none() { "filling" } else { "counting" }
}

/// Rejects a landscape on which no walker was counted at one of the ends.
fn visited(ends: &EndsEstimate) -> Result<(), Error> {
    for (name, count) in ["start", "end"].iter().zip(ends.counts) {
        if count == 0 {
            return Err(Error::Failed(format!(
                "no walker was counted within the radius of the {name} state, so the landscape has no data on it: the walkers that \
                 started there left and none came back. Raise `landscape.filling_limit_ps` and `landscape.sampling_limit_ps`, or \
                 widen `states.{name}.radius` if the state's basin is wider"
            )));
        }
    }
    Ok(())
}

fn summary(
    metadynamics: &Metadynamics<'_>,
    settings: &MetadynamicsConfig,
    state: &MetadynamicsState,
    hills: &Hills,
    free_energy: &FreeEnergy,
    ends: &EndsEstimate,
) -> MetadynamicsSummary {
    let parameters = &settings.parameters;
    let filling = state.filling_rounds.unwrap_or(state.rounds);
    let filling_time_ps = filling as f64 * metadynamics.round_ps();
    let arrivals =
        |end: usize| state.crossings.iter().map(|walker| u64::from(walker.sampling[end])).sum::<u64>();
    let crossed = state.crossings.iter().filter(|walker| walker.sampling.iter().sum::<u32>() > 0).count();
    MetadynamicsSummary {
        walkers: parameters.walkers,
        filling_time_ps,
        // In whole rounds, as everything is counted.
        sampling_time_ps: (state.rounds.saturating_sub(filling) as f64
            - (parameters.equilibration_time_ps / metadynamics.round_ps()).round())
            * metadynamics.round_ps(),
        hill_widths: hills.variables.iter().map(|variable| variable.hill_width).collect(),
        hill_height_kj_mol: metadynamics.hill_height_kj_mol(),
        bias_factor: state.bias_factor,
        recrossed_share: metadynamics.recrossed_share(state),
        arrivals_at_start: arrivals(0),
        arrivals_at_end: arrivals(1),
        crossed_share: crossed as f64 / parameters.walkers as f64,
        sampled_share: free_energy.sampled.iter().filter(|sampled| **sampled).count() as f64
            / free_energy.sampled.len() as f64,
        delta_f_kj_mol: ends.delta_f_kj_mol,
        delta_f_error_kj_mol: ends.delta_f_error_kj_mol,
    }
}

fn warnings(
    metadynamics: &Metadynamics<'_>,
    settings: &MetadynamicsConfig,
    state: &MetadynamicsState,
    summary: &MetadynamicsSummary,
    of_hills: Vec<String>,
) -> Vec<Warning> {
    let parameters = &settings.parameters;
    let mut list = of_hills;
    if metadynamics.filling_stopped_at_limit(state) {
        list.push(format!(
            "Hills were deposited for {} ps, the limit, and of the walkers that started at one of the ends only {} % had reached \
             the other one and come back, whereas {} % are required: the barrier and ΔF between the ends rest on few crossings. \
             Raise `landscape.filling_limit_ps`.",
            decimals(summary.filling_time_ps, 0),
            decimals(100.0 * summary.recrossed_share, 0),
            decimals(100.0 * parameters.recrossing_share, 0)
        ));
    }
    if metadynamics.sampling_stopped_at_limit(state) {
        list.push(format!(
            "While walkers were counted they arrived {} times at the start and {} times at the end from the other state, whereas {} \
             times are required: ΔF between them ({} ± {} kJ/mol) and the barrier are as uncertain as their errors indicate, or \
             more if there is no crossing. Raise `landscape.sampling_limit_ps` or `landscape.filling_limit_ps`.",
            summary.arrivals_at_start,
            summary.arrivals_at_end,
            parameters.crossings,
            decimals(summary.delta_f_kj_mol, 1),
            decimals(summary.delta_f_error_kj_mol, 1)
        ));
    }
    list.into_iter().map(|message| Warning::new(STAGE, message)).collect()
}

/// The hills along each variable and the grid that holds them.
struct Hills {
    variables: Vec<MetadynamicsVariable>,
    /// What it took to choose them.
    energy_evaluations: u64,
    warnings: Vec<String>,
}

impl Hills {
    /// As the configuration has them, or as wide as the narrowest of the two states' basins by short unbiased runs. The grid
    /// is made fine enough for them, unless its points are given.
    fn choose(
        problem: &Problem,
        settings: &MetadynamicsConfig,
        engine: &dyn Engine,
        structures: &[Vec<[f64; 3]>],
    ) -> Result<Self, Error> {
        let config = &problem.config;
        let given = settings.hill_width.as_ref().map(|width| {
            scaled(width, &problem.variables).ok_or_else(|| {
                config.error(
                    "landscape.hill_width",
                    format!("expected one number or {}, one per variable", problem.variables.len()),
                )
            })
        });
        let given = given.transpose()?;
        let (narrowest, energy_evaluations) = match &given {
            Some(_) => (None, 0),
            None => {
                let (narrowest, evaluations) = narrowest_basins(problem, settings, engine, structures)?;
                (Some(narrowest), evaluations)
            }
        };
        let most = MOST_GRID_POINTS[problem.variables.len().clamp(1, 3) - 1];
        let mut hills = Self { variables: Vec::new(), energy_evaluations, warnings: Vec::new() };
        for (index, axis) in grid_axes(problem)?.into_iter().enumerate() {
            let variable = &problem.variables[index];
            let extent = axis.end() - axis.start;
            let basin = narrowest.as_ref().map(|deviations| deviations[index]);
            let width = match (&given, basin) {
                (Some(given), _) => given[index],
                (None, basin) => {
                    metadynamics::hill_width(basin.unwrap_or(extent), extent, axis.period.is_some())
                }
            };
            let needed = metadynamics::grid_points_for(width, extent);
            let axis = match settings.grid_points {
                None if needed > axis.count as f64 => axis.with_count((needed as usize).min(most)),
                _ => axis,
            };
            // Given widths are checked against the grid, chosen ones fitted to it.
            let hill_width =
                if given.is_some() { width } else { width.max(metadynamics::NARROWEST_HILL * axis.spacing) };
            if let Some(basin) = basin.filter(|basin| hill_width > TOLERATED_WIDTH * basin) {
                hills.warnings.push(format!(
                    "Hills along `{}` are {} wide, as narrow as the grid allows, but the variable fluctuates by only {} in the \
                     narrower of the two states: its free energy is smeared out there. A smaller `range` or `landscape.grid_points \
                     = {}` would suffice.",
                    variable.name,
                    variable.display(hill_width),
                    variable.display(basin),
                    metadynamics::grid_points_for(basin, extent)
                ));
            }
            hills.variables.push(MetadynamicsVariable { axis, hill_width });
        }
        Ok(hills)
    }
}

/// The smaller of the standard deviations of each variable about the two structures, and the energy evaluations that it took.
fn narrowest_basins(
    problem: &Problem,
    settings: &MetadynamicsConfig,
    engine: &dyn Engine,
    structures: &[Vec<[f64; 3]>],
) -> Result<(Vec<f64>, u64), Error> {
    let found = metadynamics::fluctuations(
        engine,
        structures,
        &settings.parameters,
        problem.thermal_energy,
        problem.config.seed,
    );
    let found = found.map_err(|error| match error {
        LandscapeError::Parameters(_) => problem.config.error("landscape", error.to_string()).into(),
        error => Error::failed("metadynamics", error),
    })?;
    let of_states = |variable: usize| found.deviations.iter().map(move |state| state[variable]);
    let narrowest = (0..problem.variables.len())
        .map(|variable| of_states(variable).fold(f64::INFINITY, f64::min))
        .collect();
    Ok((narrowest, found.energy_evaluations))
}

fn make<'m>(
    problem: &Problem,
    settings: &MetadynamicsConfig,
    engine: &'m dyn Engine,
    hills: &Hills,
) -> Result<Metadynamics<'m>, Error> {
    let config = &problem.config;
    let ends = problem
        .states()?
        .each_ref()
        .map(|state| EndRegion { center: state.center.clone(), radius: state.radius.clone() });
    Metadynamics::new(
        engine,
        hills.variables.clone(),
        settings.parameters.clone(),
        problem.thermal_energy,
        config.seed,
    )
    .and_then(|metadynamics| metadynamics.between(ends))
    .map_err(|error| config.error("landscape", error.to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_in_which_no_walker_was_counted_is_an_error_that_names_the_keys() {
        let ends = |counts| EndsEstimate { counts, delta_f_kj_mol: 190.0, delta_f_error_kj_mol: 0.015 };
        assert!(visited(&ends([5, 1])).is_ok());
        let message = visited(&ends([5, 0])).unwrap_err().to_string();
        for words in ["the end state", "landscape.filling_limit_ps", "states.end.radius"] {
            assert!(message.contains(words), "{message}");
        }
        assert!(visited(&ends([0, 5])).unwrap_err().to_string().contains("the start state"));
    }
}
