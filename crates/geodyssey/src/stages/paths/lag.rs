//! How far paths lag behind the posterior whose tether leads them.

use geodyssey_landscape::{Divide, LandscapeError};
use geodyssey_report::Direction;
use geodyssey_sampling::TetherPoint;
use rayon::prelude::*;

use super::sampled::{Sampled, SampledPath};
use crate::error::Error;
use crate::stages::landscape::LandscapeResult;
use crate::stages::system::Problem;

/// Most variables of a divide.
const MOST_VARIABLES: usize = 3;

/// The largest difference along the curve between the share of forward paths past the divide of the two states and the exact
/// posterior's share; none without an energy of at most three variables, or for paths that no tether leads.
pub(super) fn lag(
    problem: &Problem,
    landscape: &LandscapeResult,
    curve: &[TetherPoint],
    sampled: &Sampled,
) -> Result<Option<f64>, Error> {
    let (Some(surface), None) = (&landscape.landscape, &sampled.shooting) else { return Ok(None) };
    let whole: Vec<&SampledPath> =
        sampled.of(Direction::Forward).filter(|path| path.failure.is_none()).collect();
    if problem.variables.len() > MOST_VARIABLES || whole.is_empty() {
        return Ok(None);
    }
    let failed = |error: LandscapeError| Error::failed("the lag of the paths", error);
    let [start, end] = problem.states()?;
    let scales = &problem.scales;
    let (from, to) = (problem.scaled_center(start), problem.scaled_center(end));
    let ranges = scales.scaled_ranges(&landscape.ranges);
    let divide = Divide::new(&scales.landscape(surface.as_ref()), &ranges, &from, &to).map_err(failed)?;
    let exact: Vec<f64> = curve
        .par_iter()
        .map(|point| divide.posterior_share(point.log_snr, &point.center, problem.thermal_energy))
        .collect();
    let mut beyond = vec![0_usize; curve.len()];
    for point in whole.iter().flat_map(|path| &path.points) {
        beyond[point.curve_point] += usize::from(divide.is_beyond(&scales.scaled(&point.variables)));
    }
    let shares = beyond.iter().map(|count| *count as f64 / whole.len() as f64);
    Ok(shares.zip(exact).map(|(share, exact)| (share - exact).abs()).reduce(f64::max))
}
