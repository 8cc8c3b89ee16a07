//! The paths stage: samples paths along the geodesic and writes them.

mod atoms;
mod batches;
mod files;
mod lag;
mod lift;
mod meaning;
mod on_landscape;
mod sampled;
mod shooting;
mod statistics;
mod transition;

use std::time::Instant;

use geodyssey_sampling::TetherPoint;

use super::geodesic::{self, GeodesicResult};
use super::landscape::{self, LandscapeResult, json};
use super::system::{EnergySource, Problem};
use super::{Run, variables};
use crate::config::{SamplingMethod, Space};
use crate::error::Error;
use crate::run_directory::{Fingerprint, Ingredients};

pub(crate) use statistics::PathsRecord;

/// Name of the stage.
pub(crate) const STAGE: &str = "paths";
/// Raised whenever the stage computes something else from the same settings and inputs, so that files of before are made again.
const REVISION: u32 = 2;
/// One row a path.
pub(crate) const TABLE_FILE: &str = "paths.csv";
/// Atoms and bonds for the trajectories.
pub(crate) const TOPOLOGY_FILE: &str = "topology.pdb";
/// What the paths say together.
pub(crate) const RECORD_FILE: &str = "paths.json";

/// Why rows of a table may be no landscape for dynamics.
const NO_SURFACE: &str = "the dynamics need a smooth surface, and these rows lie on no regular grid: go as far as `geodyssey geodesic`";

/// Brings the paths up to date.
pub(crate) fn run(
    run: &mut Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
) -> Result<PathsRecord, Error> {
    let made_from = fingerprint(run)?;
    if !run.is_up_to_date(STAGE, REVISION, &made_from)? {
        let started = Instant::now();
        let problem = run.problem;
        let curve: Vec<TetherPoint> = geodesic
            .points
            .iter()
            .map(|point| TetherPoint { log_snr: point.log_snr, center: point.y.clone() })
            .collect();
        let mut sampled = match (problem.config.space(), &problem.molecule, &landscape.landscape) {
            (Space::Atoms, Some(molecule), _) => {
                let surface = landscape.landscape.as_deref();
                atoms::sample(problem, molecule, surface, &run.directory, &made_from, &curve)?
            }
            (_, _, Some(surface)) if problem.config.sampling.method == SamplingMethod::TwoWayShooting => {
                shooting::sample(problem, surface.as_ref(), &run.directory, &made_from, &curve)?
            }
            (_, _, Some(surface)) => {
                on_landscape::sample(problem, surface.as_ref(), &run.directory, &made_from, &curve)?
            }
            _ => return Err(problem.config.error("landscape.file", NO_SURFACE).into()),
        };
        if let Some(failure) = sampled.all_failed() {
            return Err(Error::Failed(format!(
                "all paths broke down, the first with: {failure}; a shorter time step or a longer equilibration may help"
            )));
        }
        if let (Space::Variables, Some(molecule)) = (problem.config.space(), &problem.molecule) {
            let scan = landscape.record.relaxed_scan.as_ref();
            let lowest = scan.map(|scan| scan.lowest_potential_energy_kj_mol);
            lift::lift(problem, molecule, landscape.landscape.as_deref(), lowest, &mut sampled)?;
        }
        let lag = lag::lag(problem, landscape, &curve, &sampled)?;
        if sampled.shooting.is_none() {
            sampled.warnings.extend(meaning::warnings(problem, &curve));
        }
        let record = statistics::record(problem, landscape, &geodesic.record, &sampled, lag)?;
        let mut outputs = files::write(run, landscape, geodesic, &sampled)?;
        run.directory.write(RECORD_FILE, &json(&record)?)?;
        outputs.push(RECORD_FILE.to_owned());
        run.finish(STAGE, REVISION, made_from, &outputs)?;
        run.record_time(STAGE, started, sampled.energy_evaluations);
    }
    serde_json::from_slice(&run.directory.read(RECORD_FILE)?)
        .map_err(|error| Error::file("understand", &run.directory.file(RECORD_FILE), error))
}

/// Whether there is something for paths to run on, which is known before anything is computed.
pub(crate) fn check(problem: &Problem) -> Result<(), Error> {
    if problem.config.space() == Space::Variables
        && !matches!(problem.source, EnergySource::Samples(_))
        && !landscape::has_surface(problem)
    {
        return Err(problem.config.error("landscape.file", NO_SURFACE).into());
    }
    if problem.config.space() == Space::Variables
        && let EnergySource::Samples(_) = problem.source
    {
        let message = "samples have no energy surface for paths of the variables: go as far as `geodyssey geodesic`, or give a [system] and sample paths of its atoms";
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

fn fingerprint(run: &Run<'_>) -> Result<Fingerprint, Error> {
    let problem = run.problem;
    let states: Vec<(&[f64], &[f64])> = problem
        .states()?
        .iter()
        .map(|state: &variables::State| (state.center.as_slice(), state.radius.as_slice()))
        .collect();
    Ok(Ingredients::of_stage(STAGE, REVISION)
        .upstream(landscape::STAGE, &run.directory.output_fingerprint(landscape::STAGE))
        .upstream(geodesic::STAGE, &run.directory.output_fingerprint(geodesic::STAGE))
        .settings("variables", &problem.config.variables)
        .settings("thermal energy", &problem.thermal_energy)
        .settings("states", &states)
        .settings("constraints", &problem.config.constraints)
        .settings("sampling", &problem.config.sampling)
        .settings("seed", &problem.config.seed)
        .settings("inputs", &problem.inputs_of_landscape())
        .fingerprint())
}
