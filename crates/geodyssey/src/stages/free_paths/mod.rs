//! The stage of free paths: ensembles of unbiased transition paths, and rates.

mod channels;
mod dynamics;
mod exact_committor;
mod files;
mod interfaces;
mod led;
mod moves;
mod places;
mod populations;
mod rates;
mod seeds;
mod statistics;
mod transitions;
mod units;

use geodyssey_run::{Fingerprint, Ingredients};

use crate::artifacts::curve::{self, GeodesicResult};
use crate::artifacts::free_paths::{FreePathsRecord, INTERFACES_FILE, KeptFreePath, RECORD_FILE};
use crate::artifacts::json::json;
use crate::artifacts::landscape::{self, LandscapeResult};
use crate::artifacts::paths::{self, PathsRecord};
use crate::artifacts::rows::csv_of;
use crate::config::{PathsMethod, ShootFrom};
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::state::overlap;
use crate::run_context::{Made, Run, Stage};

pub(crate) use crate::artifacts::free_paths::STAGE;
pub(crate) use dynamics::{moves_atoms, positions_of_values, with_dynamics};
pub(crate) use exact_committor::exact_committor;
pub(crate) use places::{Order, StatePlaces, curve_points, nearest_place};
pub(crate) use statistics::interval_ps;
pub(crate) use units::{UnitStore, Units, grouped};

/// Brings free paths up to date; none where the configuration wants none.
pub(crate) fn run(
    run: &mut Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    led: &PathsRecord,
) -> Result<Option<FreePathsRecord>, Error> {
    if run.problem.config.paths.is_off() {
        run.discard(STAGE)?;
        return Ok(None);
    }
    run.bring_up_to_date(&FreePathsStage { landscape, geodesic, led }).map(Some)
}

/// Refuses what is known to be impossible before anything is computed.
pub(crate) fn check(problem: &Problem) -> Result<(), Error> {
    let settings = &problem.config.paths;
    if settings.is_off() {
        return Ok(());
    }
    let [start, end] = problem.states()?;
    if overlap(start, end, &problem.variables) {
        let message = "the start and end states overlap: free paths need states that have no point in common";
        return Err(problem.config.error("states.end", message).into());
    }
    if let Some(seed) = &settings.seed
        && let Err(error) = std::fs::File::open(seed)
    {
        let message = format!("cannot read {}: {error}", seed.display());
        return Err(problem.config.error("paths.seed", message).into());
    }
    if settings.shoot_from == ShootFrom::Committor && problem.variables.len() > 3 {
        let message =
            "the committor of a landscape is known for at most three variables; use `shoot_from = \"arc\"`";
        return Err(problem.config.error("paths.shoot_from", message).into());
    }
    if let Some(name) = &settings.along
        && name != "arc"
        && !problem.variables.iter().any(|variable| variable.name == *name)
    {
        let names: Vec<&str> = problem.variables.iter().map(|variable| variable.name.as_str()).collect();
        let message = format!("there is no variable `{name}`: expected one of {}, or arc", names.join(", "));
        return Err(problem.config.error("paths.along", message).into());
    }
    interfaces::check(problem)
}

/// The stage.
struct FreePathsStage<'s> {
    landscape: &'s LandscapeResult,
    geodesic: &'s GeodesicResult,
    led: &'s PathsRecord,
}

impl Stage for FreePathsStage<'_> {
    const NAME: &'static str = STAGE;
    const REVISION: u32 = 1;
    type Output = FreePathsRecord;

    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error> {
        let problem = run.problem;
        let upstream = [landscape::STAGE, curve::STAGE, paths::STAGE];
        let ingredients = upstream
            .into_iter()
            .fold(ingredients, |sum, stage| sum.upstream(stage, &run.directory.output_fingerprint(stage)));
        let mut settings = problem.config.paths.clone();
        // By its content, wherever it lies.
        let seed = settings.seed.take().map(|file| {
            let content = std::fs::File::open(&file).and_then(Fingerprint::of_reader);
            content.map_err(|error| {
                problem.config.error("paths.seed", format!("cannot read {}: {error}", file.display()))
            })
        });
        let seed = seed.transpose()?;
        Ok(ingredients
            .settings("variables", &problem.config.variables)
            .settings("thermal energy", &problem.thermal_energy)
            .settings("states", &problem.states_made_from())
            .settings("scales", &problem.scales.each())
            .settings("space", &problem.config.space())
            .settings("paths", &settings)
            .settings("seed trajectory", &seed)
            .settings("seed", &problem.config.seed)
            .settings("inputs", &problem.inputs_of_landscape()))
    }

    fn make(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Made, Error> {
        let Self { landscape, geodesic, led } = *self;
        let problem = run.problem;
        let store =
            UnitStore { directory: &run.directory, executor: run.executor.as_ref(), stage: STAGE, made_from };
        let mut outputs = Vec::new();
        let record =
            with_dynamics(problem, landscape, STAGE, |dynamics| match problem.config.paths.method {
                PathsMethod::Retis => {
                    let sampled = rates::sample(run, landscape, geodesic, store, dynamics)?;
                    let header = [
                        "direction",
                        "simulation",
                        "cycle",
                        "ensemble",
                        "length_ps",
                        "highest_interface",
                        "weight",
                    ];
                    let header = header.map(str::to_owned).to_vec();
                    let table =
                        csv_of("the table of interfaces", std::iter::once(header).chain(sampled.rows))?;
                    run.directory.write(INTERFACES_FILE, &table)?;
                    outputs.push(INTERFACES_FILE.to_owned());
                    let interval = interval_ps(&problem.config.paths);
                    let channels = channels::Channels::of(problem)?;
                    let mut kept = Vec::new();
                    for (simulation, path) in sampled.paths.iter().take(problem.config.paths.kept_paths.get())
                    {
                        let name = format!("free-{:04}", kept.len());
                        outputs.extend(files::write_path(run, landscape, &name, path, interval)?);
                        let values: Vec<Vec<f64>> =
                            path.frames.iter().map(|frame| frame.values.clone()).collect();
                        kept.push(KeptFreePath {
                            name,
                            chain: *simulation,
                            trial: problem.config.paths.trials.get() as u64 - 1,
                            weight: 1.0,
                            length_ps: (path.frames.len() - 1) as f64 * interval,
                            winding: channels.winding(&values),
                        });
                    }
                    let record = FreePathsRecord {
                        free_paths: None,
                        rate: Some(sampled.summary),
                        kept,
                        warnings: sampled.warnings,
                    };
                    Ok((record, sampled.energy_evaluations))
                }
                _ => {
                    let mut sampled = transitions::sample(run, landscape, geodesic, store, dynamics)?;
                    sampled.summary.led = led::against_free(run, landscape, led, &sampled)?;
                    outputs.push(files::write_table(run, &sampled)?);
                    let (kept, names) = files::write_kept(run, landscape, &sampled)?;
                    outputs.extend(names);
                    let evaluations = sampled.summary.energy_evaluations;
                    let record = FreePathsRecord {
                        free_paths: Some(sampled.summary),
                        rate: None,
                        kept,
                        warnings: sampled.warnings,
                    };
                    Ok((record, evaluations))
                }
            })?;
        let (record, energy_evaluations) = record;
        run.directory.write(RECORD_FILE, &json(&record)?)?;
        outputs.push(RECORD_FILE.to_owned());
        Ok(Made { outputs, energy_evaluations })
    }

    fn load(&self, run: &Run<'_>) -> Result<FreePathsRecord, Error> {
        serde_json::from_slice(&run.directory.read(RECORD_FILE)?)
            .map_err(|error| Error::file("understand", &run.directory.file(RECORD_FILE), error))
    }
}
