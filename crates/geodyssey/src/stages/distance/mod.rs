//! `distance`: Diffusion Edit Distances between conformations, and for two of them the edits themselves.

mod clusters;
mod edits;
mod figures;
mod pairs;
mod request;
mod tables;

use geodyssey_denoiser::Denoiser;
use geodyssey_report::{Configuration, Distances, PairDistance};
use geodyssey_run::{Fingerprint, Ingredients};
use geodyssey_spacetime::SolverSettings;

use super::{landscape, training};
use crate::artifacts::distances::RECORD_FILE;
use crate::config::LARGEST_LOG_SNR;
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::{Made, Run, Stage};
use crate::stages::denoiser::{Points, exact_denoiser};

pub(crate) use crate::artifacts::distances::STAGE;
pub(crate) use request::{Frames, Request, read_subjects};

/// As for the geodesic of a run: relative excess of the energy, and most iterations, with a learned denoiser.
const LEARNED_TOLERANCE: f64 = 1e-4;
const LEARNED_ITERATIONS: usize = 100;

/// Brings the distances up to date, with the landscape and the denoiser before them.
pub(crate) fn run(run: &mut Run<'_>, request: &Request) -> Result<Distances, Error> {
    check_range((-LARGEST_LOG_SNR, LARGEST_LOG_SNR), request.log_snr)?;
    let landscape = landscape::run(run)?;
    let learned = training::run(run, &landscape)?;
    let exact = exact_denoiser(run.problem, &landscape, Points::OnGrid)?;
    let denoiser = learned.as_ref().map_or(exact.as_ref(), |learned| learned.denoiser.as_ref());
    check_range(denoiser.log_snr_range(), request.log_snr)?;
    let settings = settings(run.problem, denoiser, learned.is_some(), request.points);
    run.bring_up_to_date(&DistanceStage { request, settings: &settings, denoiser })
}

/// The stage.
struct DistanceStage<'s> {
    request: &'s Request,
    settings: &'s SolverSettings,
    denoiser: &'s dyn Denoiser,
}

impl Stage for DistanceStage<'_> {
    const NAME: &'static str = STAGE;
    const REVISION: u32 = 2;
    type Output = Distances;

    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error> {
        let (config, request) = (&run.problem.config, self.request);
        let subjects: Vec<(&str, &[f64])> = request
            .subjects
            .iter()
            .map(|subject| (subject.name.as_str(), subject.values.as_slice()))
            .collect();
        // Positions count for the trajectory of a pair only.
        let positions: Vec<_> = match request.subjects.as_slice() {
            [first, second] => vec![&first.positions, &second.positions],
            _ => Vec::new(),
        };
        let stages = [landscape::STAGE, training::STAGE];
        let ingredients = stages
            .iter()
            .fold(ingredients, |sum, stage| sum.upstream(stage, &run.directory.output_fingerprint(stage)));
        Ok(ingredients
            .settings("denoiser", &config.denoiser)
            .settings("variables", &config.variables)
            .settings("thermal energy", &run.problem.thermal_energy)
            .settings("scales", &run.problem.scales.each())
            .settings("configurations", &subjects)
            .settings("positions", &positions)
            .settings("log_snr", &request.log_snr)
            .settings("solver", self.settings)
            .settings("inputs", &run.problem.inputs))
    }

    fn make(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Made, Error> {
        let Self { request, settings, denoiser } = *self;
        let (pairs, edits) = match request.subjects.as_slice() {
            [_, _] => {
                let (pair, edits) = pairs::measure(run.problem, denoiser, request, settings, (0, 1))?;
                (vec![pair], Some(edits))
            }
            _ => {
                let (problem, directory) = (run.problem, &run.directory);
                let pairs = pairs::measure_all(problem, denoiser, request, settings, directory, made_from)?;
                (pairs, None)
            }
        };
        let distances = gather(run, request, settings, pairs);
        let mut outputs = tables::write(run.problem, &distances)?;
        outputs.extend(figures::draw(&distances, request)?);
        if let Some(edits) = &edits {
            outputs.extend(edits::write(run.problem, request, &edits.geodesic, &run.directory)?);
        }
        let text = distances.to_json().map_err(|error| Error::failed("the distances", error))?;
        outputs.push((RECORD_FILE.to_owned(), text.into_bytes()));
        Ok(Made::files(run.write_all(outputs)?))
    }

    fn load(&self, run: &Run<'_>) -> Result<Distances, Error> {
        Distances::from_json(&run.directory.read_text(RECORD_FILE)?)
            .map_err(|error| Error::file("understand", &run.directory.file(RECORD_FILE), error))
    }
}

/// The configuration's own numbers; a learned denoiser is asked neither outside its range nor to more digits than it has.
fn settings(problem: &Problem, denoiser: &dyn Denoiser, is_learned: bool, points: usize) -> SolverSettings {
    let geodesic = &problem.config.geodesic;
    let (low, high) = denoiser.log_snr_range();
    let default = SolverSettings::default();
    SolverSettings {
        points,
        coarse_points: points.min(default.coarse_points),
        log_snr_min: geodesic.log_snr_min.get().max(low),
        log_snr_max: default.log_snr_max.min(high),
        constant_speed_tolerance: geodesic.tolerance.get(),
        max_iterations: if is_learned { LEARNED_ITERATIONS } else { geodesic.iterations.get() },
        tolerance: if is_learned { LEARNED_TOLERANCE } else { default.tolerance },
        ..default
    }
}

fn check_range((low, high): (f64, f64), log_snr: f64) -> Result<(), Error> {
    if (low..=high).contains(&log_snr) {
        return Ok(());
    }
    Err(Error::input(format!("--log-snr {log_snr} lies outside the denoiser's range, {low} to {high}")))
}

fn gather(
    run: &Run<'_>,
    request: &Request,
    settings: &SolverSettings,
    pairs: Vec<PairDistance>,
) -> Distances {
    let count = request.subjects.len();
    let mut matrix = vec![vec![0.0; count]; count];
    for pair in &pairs {
        matrix[pair.first][pair.second] = pair.distance;
        matrix[pair.second][pair.first] = pair.distance;
    }
    let configurations = request.subjects.iter();
    Distances {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        denoiser: run.problem.config.denoiser.kind().to_owned(),
        log_snr: request.log_snr,
        curve_points: settings.points,
        configurations: configurations
            .map(|subject| Configuration { name: subject.name.clone(), variables: subject.values.clone() })
            .collect(),
        embedding: clusters::embed(&matrix),
        distances: matrix,
        pairs,
    }
}
