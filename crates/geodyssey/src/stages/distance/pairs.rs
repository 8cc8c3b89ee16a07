//! The geodesics of all pairs.

use geodyssey_denoiser::Denoiser;
use geodyssey_report::PairDistance;
use geodyssey_run::{Checkpoints, Fingerprint, RunDirectory};
use geodyssey_spacetime::{EditGeodesic, SolverSettings, SpacetimeError, edit_geodesic};
use rayon::prelude::*;

use super::request::Request;
use crate::artifacts::distances::STAGE;
use crate::error::Error;
use crate::problem::Problem;
use crate::progress::Progress;

/// Below this length two configurations are identical to all digits that a curve has, and its energy is rounding error, which no
/// solver can reduce.
const ONE_PLACE: f64 = 1e-6;

/// The distance of one pair.
pub(super) fn measure(
    problem: &Problem,
    denoiser: &dyn Denoiser,
    request: &Request,
    settings: &SolverSettings,
    (first, second): (usize, usize),
) -> Result<(PairDistance, EditGeodesic), Error> {
    let [a, b] = [first, second].map(|index| &request.subjects[index]);
    let [from, to] = [a, b].map(|subject| problem.scales.scaled(&subject.values));
    let named =
        |error: SpacetimeError| Error::failed(format!("the distance of {} and {}", a.name, b.name), error);
    let edits = edit_geodesic(denoiser, &from, &to, request.log_snr, settings).map_err(named)?;
    let geodesic = &edits.geodesic;
    let distance = PairDistance {
        first,
        second,
        distance: geodesic.measures.length,
        least_log_snr: geodesic.nodes.iter().map(|node| node.point.log_snr).fold(f64::INFINITY, f64::min),
        winding: edits.winding.clone(),
        negative_share: geodesic.measures.negative_share,
        converged: geodesic.converged || geodesic.measures.length < ONE_PLACE,
    };
    Ok((distance, edits))
}

/// The distances of all pairs, in parallel, resuming where an interrupted run stopped.
pub(super) fn measure_all(
    problem: &Problem,
    denoiser: &dyn Denoiser,
    request: &Request,
    settings: &SolverSettings,
    directory: &RunDirectory,
    made_from: &Fingerprint,
) -> Result<Vec<PairDistance>, Error> {
    let count = request.subjects.len();
    let all: Vec<(usize, usize)> =
        (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second))).collect();
    let checkpoints = Checkpoints { directory, stage: STAGE, made_from };
    let done: Vec<PairDistance> = checkpoints.read("pairs").unwrap_or_default();
    let mut progress = Progress::start(STAGE, all.len() as u64, done.len() as u64);
    let done = checkpoints.advance(
        "pairs",
        done,
        |done| done.len() >= all.len(),
        |mut done, pairs| -> Result<_, Error> {
            let block = pairs as usize * rayon::current_num_threads();
            let next = &all[done.len()..all.len().min(done.len() + block)];
            let solved: Vec<PairDistance> = next
                .par_iter()
                .map(|&pair| Ok(measure(problem, denoiser, request, settings, pair)?.0))
                .collect::<Result<_, Error>>()?;
            done.extend(solved);
            progress.set(done.len() as u64, "");
            Ok(done)
        },
    )?;
    progress.finish(&format!("{} pairs solved", all.len()));
    Ok(done)
}
