//! Geodesics to the images of a target on a torus.

use geodyssey_denoiser::SpacetimePoint;
use rayon::prelude::*;

use crate::error::{SpacetimeError, unless_interrupted};
use crate::problem::{Geodesic, GeodesicProblem};
use crate::solver::{default_starts, solve_from_starts};
use crate::starts::{windings, wound};

/// A curve to start from, to one image of the target.
#[derive(Clone, Debug, PartialEq)]
pub struct WindingStart {
    /// Turns of each variable by which the image is away from the target as given.
    pub winding: Vec<i32>,
    /// The curve, from the start to that image.
    pub curve: Vec<SpacetimePoint>,
}

/// The geodesic to one image of the target.
#[derive(Debug)]
pub struct WindingGeodesic {
    /// Turns of each variable by which the image is away from the target as given.
    pub winding: Vec<i32>,
    /// The geodesic, or why there is none.
    pub geodesic: Result<Geodesic, SpacetimeError>,
}

/// The geodesics to all images of the target within `max_winding` turns, the direct one first.
///
/// Each is solved from the straight line, the tents of the settings and the given curves to that image, and the best is kept.
///
/// # Errors
/// [`SpacetimeError::Problem`] where the problem makes no sense, or where the denoiser was told to stop
/// ([`SpacetimeError::is_interrupted`]); what else happens to a single winding stands in its result.
pub fn solve_windings(
    problem: &GeodesicProblem,
    starts: &[WindingStart],
) -> Result<Vec<WindingGeodesic>, SpacetimeError> {
    problem.check()?;
    let periods = problem.denoiser.periods();
    windings(periods, problem.settings.max_winding)
        .into_par_iter()
        .map(|winding| {
            let own = GeodesicProblem {
                end: wound(&problem.end, periods, &winding),
                start: problem.start.clone(),
                settings: problem.settings.clone(),
                ..*problem
            };
            let mut curves = default_starts(&own);
            curves.extend(
                starts.iter().filter(|start| start.winding == winding).map(|start| start.curve.clone()),
            );
            let geodesic = unless_interrupted(solve_from_starts(&own, &curves))?;
            Ok(WindingGeodesic { geodesic, winding })
        })
        .collect()
}

/// Index of the shortest geodesic among those that keep their constraints; of all, where none does.
pub fn shortest(windings: &[WindingGeodesic]) -> Option<usize> {
    best_by(windings, |geodesic| Some(geodesic.measures.length))
}

/// Index of the geodesic whose highest posterior mean energy is lowest, among those that keep their constraints; of all, where
/// none does. `None` where the denoiser does not know the energy.
pub fn lowest_mean_energy_barrier(windings: &[WindingGeodesic]) -> Option<usize> {
    best_by(windings, Geodesic::highest_mean_energy)
}

fn best_by(windings: &[WindingGeodesic], score: impl Fn(&Geodesic) -> Option<f64>) -> Option<usize> {
    windings
        .iter()
        .enumerate()
        .filter_map(|(index, candidate)| {
            let geodesic = candidate.geodesic.as_ref().ok()?;
            let violated = geodesic.constraints.iter().any(|report| !report.satisfied);
            Some((index, violated, score(geodesic)?))
        })
        .min_by(|a, b| a.1.cmp(&b.1).then(a.2.total_cmp(&b.2)))
        .map(|(index, ..)| index)
}
