//! The geodesics of all pairs.

use std::time::{Duration, Instant};

use geodyssey_denoiser::Denoiser;
use geodyssey_report::PairDistance;
use geodyssey_spacetime::{EditGeodesic, SolverSettings, SpacetimeError, edit_geodesic};
use rayon::prelude::*;

use super::STAGE;
use super::request::Request;
use crate::error::Error;
use crate::interrupt;
use crate::progress::Progress;
use crate::run_directory::{Fingerprint, RunDirectory};
use crate::stages::system::Problem;

/// Between two checkpoints.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(2);
/// Below this length two configurations are one to all digits that a curve has, and its energy is rounding, whose share no solver can
/// bring down.
const ONE_PLACE: f64 = 1e-6;
/// Pairs that are solved side by side, for each thread.
const PAIRS_PER_THREAD: usize = 2;

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

/// The distances of all pairs, in parallel, going on where an interrupted run stopped.
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
    let kept = directory.read_checkpoint(STAGE, "pairs", made_from);
    let mut done: Vec<PairDistance> =
        kept.and_then(|state| serde_json::from_slice(&state).ok()).unwrap_or_default();
    let mut progress = Progress::start(STAGE, all.len() as u64, done.len() as u64);
    let mut written = Instant::now();
    while done.len() < all.len() {
        let block = PAIRS_PER_THREAD * rayon::current_num_threads();
        let next = &all[done.len()..all.len().min(done.len() + block)];
        let solved: Vec<PairDistance> = next
            .par_iter()
            .map(|&pair| Ok(measure(problem, denoiser, request, settings, pair)?.0))
            .collect::<Result<_, Error>>()?;
        done.extend(solved);
        progress.set(done.len() as u64, "");
        let interrupted = interrupt::check();
        if interrupted.is_err() || written.elapsed() > CHECKPOINT_INTERVAL {
            let state = serde_json::to_vec(&done).map_err(|error| Error::failed("the distances", error))?;
            directory.write_checkpoint(STAGE, "pairs", made_from, &state)?;
            written = Instant::now();
        }
        interrupted?;
    }
    progress.finish(&format!("{} pairs solved", all.len()));
    Ok(done)
}
