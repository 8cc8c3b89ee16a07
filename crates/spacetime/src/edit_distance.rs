//! Diffusion Edit Distance: how far apart two clean configurations are for a diffusion model.

use geodyssey_denoiser::{Denoiser, SpacetimePoint};
use rayon::prelude::*;

use crate::error::{SpacetimeError, unless_interrupted};
use crate::problem::{Geodesic, GeodesicProblem, SolverSettings};
use crate::solver::{default_starts, solve, solve_from_starts};
use crate::starts::wound;

/// Largest number of images of the second point that are tried: all windings of four periodic variables; of more, the nearest.
const MOST_IMAGES: usize = 16;
/// Nodes of the coarse curves by which images are compared.
const COARSE_POINTS: usize = 17;
/// Coarse curves within this share of the shortest one's length are solved finely too: their own error is a hundredth.
const CLOSE_LENGTHS: f64 = 0.1;

/// The shortest sequence of edits from one configuration to another: noise is added while logSNR falls, and removed while it
/// rises.
#[derive(Clone, Debug)]
pub struct EditGeodesic {
    /// Turns of each variable by which the chosen image of the second configuration is away from it as given.
    pub winding: Vec<i32>,
    /// The geodesic to that image.
    pub geodesic: Geodesic,
}

/// Length of the shortest geodesic between `(λ_max, a)` and `(λ_max, b)`, in nat^½ (arXiv 2505.17517, section 4).
///
/// Symmetric in `a` and `b` up to the solver's tolerance; see [`edit_geodesic`] for what is shortest where variables are periodic.
///
/// # Errors
/// As [`edit_geodesic`].
pub fn diffusion_edit_distance(
    denoiser: &dyn Denoiser,
    a: &[f64],
    b: &[f64],
    log_snr: f64,
    settings: &SolverSettings,
) -> Result<f64, SpacetimeError> {
    Ok(edit_geodesic(denoiser, a, b, log_snr, settings)?.geodesic.measures.length)
}

/// The shortest geodesic between `(λ_max, a)` and `(λ_max, b)`.
///
/// A periodic variable can go either way round; all combinations of these ([`ways_round`]) are solved coarsely, and those that
/// come near to the shortest once more with all points. The settings' `max_winding` plays no part. What is returned does not
/// depend on which image of `a` or `b` is given.
///
/// # Errors
/// As [`solve`]; the failure of the nearest image where all fail.
pub fn edit_geodesic(
    denoiser: &dyn Denoiser,
    a: &[f64],
    b: &[f64],
    log_snr: f64,
    settings: &SolverSettings,
) -> Result<EditGeodesic, SpacetimeError> {
    let end = |y: &[f64]| SpacetimePoint { log_snr, y: y.to_vec() };
    let problem = |end: SpacetimePoint, points: usize| GeodesicProblem {
        denoiser,
        metric: None,
        start: SpacetimePoint { log_snr, y: a.to_vec() },
        end,
        constraints: &[],
        settings: SolverSettings {
            points,
            log_snr_max: settings.log_snr_max.max(log_snr),
            ..settings.clone()
        },
        progress: None,
    };
    problem(end(b), settings.points).check()?;
    let periods = denoiser.periods();
    let image = |winding: &Vec<i32>| wound(&end(b), periods, winding);
    let all = ways_round(a, b, periods);
    let coarse_points = settings.points.min(COARSE_POINTS);
    let coarse: Vec<Result<Geodesic, SpacetimeError>> = all
        .par_iter()
        .map(|winding| {
            let problem = problem(image(winding), coarse_points);
            unless_interrupted(solve_from_starts(&problem, &default_starts(&problem)))
        })
        .collect::<Result<_, _>>()?;
    let lengths = coarse.iter().flatten().map(|geodesic| geodesic.measures.length);
    let limit = lengths.fold(f64::INFINITY, f64::min) * (1.0 + CLOSE_LENGTHS);
    let fine: Vec<Result<EditGeodesic, SpacetimeError>> = all
        .into_par_iter()
        .zip(coarse)
        .filter(|(_, coarse)| coarse.as_ref().is_ok_and(|geodesic| geodesic.measures.length <= limit))
        .map(|(winding, coarse)| {
            let coarse = coarse?;
            let geodesic = if settings.points > coarse_points {
                solve(&problem(image(&winding), settings.points), &coarse.points())?
            } else {
                coarse
            };
            Ok(EditGeodesic { winding, geodesic })
        })
        .collect();
    let mut failure = None;
    let mut best: Option<EditGeodesic> = None;
    for one in fine {
        match one {
            Ok(one) => {
                let shorter =
                    |best: &EditGeodesic| one.geodesic.measures.length < best.geodesic.measures.length;
                if best.as_ref().is_none_or(shorter) {
                    best = Some(one);
                }
            }
            Err(error) if error.is_interrupted() => return Err(error),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match (best, failure) {
        (Some(best), _) => Ok(best),
        (None, Some(error)) => Err(error),
        // No coarse curve came through: the nearest image's failure is reported.
        (None, None) => {
            let problem = problem(end(b), coarse_points);
            let geodesic = solve_from_starts(&problem, &default_starts(&problem))?;
            Ok(EditGeodesic { winding: vec![0; b.len()], geodesic })
        }
    }
}

/// The images of `b` that lie nearest to `a` on either side, in every combination of the periodic variables, the nearest one
/// first: turns of each variable relative to `b` as given.
///
/// An image beyond these is more than a full turn away in some variable. Of more than 16 combinations the nearest 16 are taken.
#[must_use]
pub fn ways_round(a: &[f64], b: &[f64], periods: &[Option<f64>]) -> Vec<Vec<i32>> {
    let mut all = vec![(0.0, Vec::new())];
    for ((a, b), period) in a.iter().zip(b).zip(periods) {
        let difference = b - a;
        let turns = match period {
            None => vec![(0, difference)],
            Some(period) => {
                let nearest = -(difference / period).round();
                let left = difference + nearest * period;
                let other = nearest - if left >= 0.0 { 1.0 } else { -1.0 };
                // A number of turns beyond 32 bits is meaningless; the cast saturates.
                [nearest, other].map(|turns| (turns as i32, difference + turns * period)).to_vec()
            }
        };
        all = all
            .into_iter()
            .flat_map(|(squared, winding): (f64, Vec<i32>)| {
                turns.iter().map(move |(turn, offset)| {
                    let mut longer = winding.clone();
                    longer.push(*turn);
                    (squared + offset * offset, longer)
                })
            })
            .collect();
        all.sort_by(|one, other| one.0.total_cmp(&other.0));
        // Each further variable adds to all, so that what is far already stays so; ties are kept apart by their order.
        all.truncate(MOST_IMAGES);
    }
    all.into_iter().map(|(_, winding)| winding).collect()
}
