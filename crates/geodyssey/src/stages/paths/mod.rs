//! The paths stage: samples paths along the geodesic and writes them.

mod arrival;
mod atoms;
mod batches;
mod files;
mod free_energy;
mod kept;
mod lag;
mod lift;
mod meaning;
mod moments;
mod on_landscape;
mod path_summary;
mod sampled;
mod shooting;
mod statistics;
mod streams;
mod transition;
mod unsampled;

use geodyssey_dynamics::{TetherPoint, Walls};
use geodyssey_run::{Fingerprint, Ingredients};

use super::{geodesic, landscape};
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::free_energy::FILE as FREE_ENERGY_FILE;
use crate::artifacts::json::json;
use crate::artifacts::landscape::{LandscapeResult, PosteriorData};
use crate::artifacts::paths::{PathsRecord, RECORD_FILE};
use crate::config::{SamplingMethod, Space};
use crate::error::Error;
use crate::problem::{EnergySource, Problem};
use crate::run_context::{Made, Run, Stage};
use batches::BatchStore;

pub(crate) use crate::artifacts::paths::STAGE;
pub(crate) use shooting::CHAINS;

/// Why rows of a table may be no landscape for dynamics.
const NO_SURFACE: &str = "the dynamics need a smooth surface, but these rows do not form a regular grid: run only `geodyssey \
                          geodesic`";

/// Brings the paths up to date.
pub(crate) fn run(
    run: &mut Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
) -> Result<PathsRecord, Error> {
    run.bring_up_to_date(&PathsStage { landscape, geodesic })
}

/// The stage.
struct PathsStage<'s> {
    landscape: &'s LandscapeResult,
    geodesic: &'s GeodesicResult,
}

impl Stage for PathsStage<'_> {
    const NAME: &'static str = STAGE;
    const REVISION: u32 = 3;
    type Output = PathsRecord;

    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error> {
        let problem = run.problem;
        problem.states()?;
        Ok(ingredients
            .upstream(landscape::STAGE, &run.directory.output_fingerprint(landscape::STAGE))
            .upstream(geodesic::STAGE, &run.directory.output_fingerprint(geodesic::STAGE))
            .settings("variables", &problem.config.variables)
            .settings("thermal energy", &problem.thermal_energy)
            .settings("states", &problem.states_made_from())
            .settings("scales", &problem.scales.each())
            .settings("constraints", &problem.config.constraints)
            .settings("sampling", &problem.config.sampling)
            .settings("seed", &problem.config.seed)
            .settings("inputs", &problem.inputs_of_landscape()))
    }

    fn make(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Made, Error> {
        let Self { landscape, geodesic } = *self;
        let problem = run.problem;
        let curve: Vec<TetherPoint> = geodesic
            .curve
            .points
            .iter()
            .map(|point| TetherPoint { log_snr: point.log_snr, center: point.y.clone() })
            .collect();
        let store = BatchStore { directory: &run.directory, executor: run.executor.as_ref(), made_from };
        let mut sampled = match (problem.config.space(), &problem.molecule, &landscape.landscape) {
            (Space::Atoms, Some(molecule), _) => {
                let surface = landscape.landscape.as_deref();
                atoms::sample(problem, molecule, surface, store, &curve)?
            }
            (_, _, Some(surface)) if problem.config.sampling.method == SamplingMethod::TwoWayShooting => {
                let walls = walls(problem, landscape)?;
                shooting::sample(problem, surface.as_ref(), store, walls, &curve)?
            }
            (_, _, Some(surface)) => {
                let walls = walls(problem, landscape)?;
                on_landscape::sample(problem, surface.as_ref(), store, walls, &curve)?
            }
            _ => return Err(problem.config.error("landscape.file", NO_SURFACE).into()),
        };
        if let Some(failure) = sampled.all_failed() {
            return Err(Error::Failed(format!(
                "{}, the first with: {failure}; a shorter time step or a longer equilibration may help",
                sampled.broken_down()
            )));
        }
        if let (Space::Variables, Some(molecule)) = (problem.config.space(), &problem.molecule) {
            let scan = landscape.record.relaxed_scan.as_ref();
            let lowest = scan.map(|scan| scan.lowest_potential_energy_kj_mol);
            lift::lift(
                problem,
                molecule,
                landscape.landscape.as_deref(),
                lowest,
                &run.directory,
                &mut sampled,
            )?;
        }
        let divide = lag::divide(problem, landscape)?;
        let lag = match &divide {
            Some(divide) => lag::lag(problem, divide, &curve, &sampled)?,
            None => None,
        };
        let free_energy = free_energy::free_energy(problem, divide.as_ref(), &curve, &sampled)?;
        let structure_match = arrival::look(problem, &mut sampled)?;
        if sampled.shooting.is_none() {
            sampled.warnings.extend(meaning::warnings(problem, &curve));
        }
        let transitions = transition::of_all(problem, &sampled)?;
        let mut record = statistics::record(
            problem,
            landscape,
            &geodesic.record,
            &sampled,
            &transitions,
            lag,
            structure_match,
        )?;
        let mut outputs = files::write(run, landscape, geodesic, &sampled, &transitions)?;
        if let Some(found) = free_energy {
            run.directory.write(FREE_ENERGY_FILE, found.table.as_bytes())?;
            outputs.push(FREE_ENERGY_FILE.to_owned());
            record.free_energy = Some(found.summary);
        }
        run.directory.write(RECORD_FILE, &json(&record)?)?;
        outputs.push(RECORD_FILE.to_owned());
        Ok(Made { outputs, energy_evaluations: sampled.energy_evaluations })
    }

    fn load(&self, run: &Run<'_>) -> Result<PathsRecord, Error> {
        serde_json::from_slice(&run.directory.read(RECORD_FILE)?)
            .map_err(|error| Error::file("understand", &run.directory.file(RECORD_FILE), error))
    }
}

/// The box that paths of the variables live in: that over which the exact posterior is integrated. A mixture of Gaussians, whose
/// posterior is known in closed form, has none.
fn walls(problem: &Problem, landscape: &LandscapeResult) -> Result<Walls, Error> {
    let everywhere = matches!(landscape.data, PosteriorData::Gaussians(_));
    let periods = landscape.landscape.iter().flat_map(|surface| surface.periods());
    let scaled = problem.scales.scaled_ranges(&landscape.ranges);
    let ranges = scaled.iter().zip(periods);
    let ranges = ranges.map(|(&range, period)| (period.is_none() && !everywhere).then_some(range));
    Walls::new(ranges.collect()).map_err(|error| Error::failed("the box of the variables", error))
}

/// Whether there is something for paths to run on, which is known before anything is computed.
pub(crate) fn check(problem: &Problem) -> Result<(), Error> {
    if problem.config.space() == Space::Variables
        && !matches!(problem.source, EnergySource::Samples(_))
        && !landscape::method(problem).has_surface(problem)
    {
        return Err(problem.config.error("landscape.file", NO_SURFACE).into());
    }
    if problem.config.space() == Space::Variables
        && let EnergySource::Samples(_) = problem.source
    {
        let message = "samples have no energy surface for paths of the variables: run only `geodyssey geodesic`, or give a [system] \
                       and sample paths of its atoms";
        return Err(problem.config.error("landscape.method", message).into());
    }
    Ok(())
}

/// Steps of one path, equilibration left out.
pub(crate) fn steps_of_a_path(problem: &Problem, points: usize) -> u64 {
    if problem.config.sampling.method == SamplingMethod::TwoWayShooting {
        return shooting::path_steps(&problem.config.sampling);
    }
    let per_point = match problem.config.space() {
        Space::Atoms => atoms::steps_per_point(problem, points),
        Space::Variables => on_landscape::steps_per_point(problem),
    };
    per_point.saturating_mul(points as u64)
}
