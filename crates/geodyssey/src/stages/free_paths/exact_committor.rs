//! The committor of overdamped dynamics on the landscape.

use geodyssey_landscape::{Committor, GridAxis, LandscapeError};

use crate::artifacts::landscape::LandscapeResult;
use crate::error::Error;
use crate::problem::Problem;

/// Points of its grid, a variable, by the number of variables.
const POINTS: [usize; 3] = [2001, 181, 24];

/// The committor, with equal diffusion in the spacetime's units.
///
/// # Errors
/// A landscape without a smooth surface of at most three variables, or states that contain no point of the grid.
pub(crate) fn exact_committor(problem: &Problem, landscape: &LandscapeResult) -> Result<Committor, Error> {
    let dimension = problem.variables.len();
    let (Some(surface), Some(&points)) = (landscape.landscape.as_deref(), POINTS.get(dimension - 1)) else {
        return Err(Error::Failed(
            "the committor of a landscape needs a smooth surface of one to three variables".to_owned(),
        ));
    };
    let axes = problem.variables.iter().zip(&landscape.ranges).map(|(variable, &(low, high))| match variable
        .period
    {
        Some(period) => GridAxis::periodic(&variable.name, low, period, points),
        None => GridAxis::bounded(&variable.name, low, high, points),
    });
    let diffusion: Vec<f64> = problem.scales.each().iter().map(|scale| scale * scale).collect();
    let [start, end] = problem.states()?;
    let inside = |state: &crate::problem::state::State, x: &[f64]| state.contains(&problem.variables, x);
    let (in_a, in_b) = (|x: &[f64]| inside(start, x), |x: &[f64]| inside(end, x));
    Committor::new(surface, axes.collect(), problem.thermal_energy, &diffusion, in_a, in_b)
        .map_err(|error: LandscapeError| Error::failed("the committor of the landscape", error))
}
