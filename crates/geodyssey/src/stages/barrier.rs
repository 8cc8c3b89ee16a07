//! The lowest barriers between the two states on the landscape.

use geodyssey_landscape::{Bottleneck, BottleneckSearch};
use geodyssey_spacetime::windings;
use rayon::prelude::*;

use super::constraints;
use super::landscape::LandscapeResult;
use super::system::Problem;
use crate::error::Error;
use crate::interrupt;

/// Most variables among which bottlenecks are looked for.
const MOST_VARIABLES: usize = 3;

/// The bottleneck of every winding, counted from the image of the end that is nearest to the start; none where blocked regions leave no way, or the landscape is no grid.
pub(crate) fn bottlenecks(
    problem: &Problem,
    landscape: &LandscapeResult,
    all: &[Vec<i32>],
    blocked: bool,
) -> Result<Vec<Option<Bottleneck>>, Error> {
    let Some(surface) = &landscape.landscape else { return Ok(vec![None; all.len()]) };
    let variables = &problem.variables;
    if variables.len() > MOST_VARIABLES {
        return Ok(vec![None; all.len()]);
    }
    let regions = constraints::regions(problem);
    let inside =
        |x: &[f64]| blocked && regions.iter().any(|region| region.active && region.contains(variables, x));
    let [start, end] = problem.ends()?;
    let failed = |error| Error::failed("the barrier between the states", error);
    let search = BottleneckSearch::new(surface.as_ref(), &landscape.ranges, inside).map_err(failed)?;
    // One winding takes up to some seconds where there are three variables.
    let bottleneck = |winding: &Vec<i32>| {
        interrupt::check()?;
        search.bottleneck(&start, &end, winding).map_err(failed)
    };
    all.par_iter().map(bottleneck).collect()
}

/// The lowest of them, nothing blocked, on the landscape's own zero, kJ/mol: a property of the landscape, whatever is followed.
pub(crate) fn lowest(problem: &Problem, landscape: &LandscapeResult) -> Result<Option<f64>, Error> {
    // Beyond three variables the windings are too many to list, and none has a known bottleneck.
    if landscape.landscape.is_none() || problem.variables.len() > MOST_VARIABLES {
        return Ok(None);
    }
    let all = windings(&problem.periods(), 1);
    let found = bottlenecks(problem, landscape, &all, false)?;
    Ok(found.into_iter().flatten().map(|bottleneck| bottleneck.energy_kj_mol).reduce(f64::min))
}
