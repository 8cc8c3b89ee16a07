//! The lowest barriers between the two states on the landscape.

use geodyssey_landscape::{Bottleneck, BottleneckSearch, Landscape, TableLandscape};
use geodyssey_report::{Warning, decimals};
use geodyssey_run::interrupt;
use geodyssey_spacetime::windings;
use rayon::prelude::*;

use super::constraints;
use crate::artifacts::landscape::LandscapeResult;
use crate::error::Error;
use crate::problem::Problem;

/// Largest number of variables for which bottlenecks are sought.
const MOST_VARIABLES: usize = 3;

/// How much lower than the barrier a route through unsampled regions may be before it is reported, kJ/mol.
const TELLING_DIFFERENCE_KJ_MOL: f64 = 1.0;

/// The bottleneck of every winding, counted from the image of the end that is nearest to the start; none where blocked regions
/// leave no way, or the landscape is no grid.
///
/// Ways over ground that was not sampled count only where no winding has another, as high as [`LandscapeResult::landscape`] has
/// them.
pub(crate) fn bottlenecks(
    problem: &Problem,
    landscape: &LandscapeResult,
    all: &[Vec<i32>],
    blocked: bool,
) -> Result<Vec<Option<Bottleneck>>, Error> {
    let Some(surface) = landscape.landscape.as_deref() else { return Ok(vec![None; all.len()]) };
    if problem.variables.len() > MOST_VARIABLES {
        return Ok(vec![None; all.len()]);
    }
    let mut found = vec![None; all.len()];
    if sampled_ends(problem, landscape)? {
        found = search(problem, landscape, surface, all, blocked, true)?;
    }
    if found.iter().all(Option::is_none) {
        found = search(problem, landscape, surface, all, blocked, false)?;
    }
    Ok(found)
}

/// Whether both states lie where the landscape was sampled, and whether that is known at all.
fn sampled_ends(problem: &Problem, landscape: &LandscapeResult) -> Result<bool, Error> {
    let Some(ground) = &landscape.ground else { return Ok(false) };
    Ok(problem.states()?.iter().all(|state| ground.contains(&state.center)))
}

/// The bottlenecks on one surface, nothing but sampled ground being open if asked.
fn search(
    problem: &Problem,
    landscape: &LandscapeResult,
    surface: &dyn Landscape,
    all: &[Vec<i32>],
    blocked: bool,
    only_sampled: bool,
) -> Result<Vec<Option<Bottleneck>>, Error> {
    let variables = &problem.variables;
    let regions = constraints::regions(problem);
    let [start, end] = problem.ends()?;
    let unsampled =
        |x: &[f64]| only_sampled && landscape.ground.as_ref().is_some_and(|ground| !ground.contains(x));
    let inside = |x: &[f64]| {
        unsampled(x)
            || (blocked && regions.iter().any(|region| region.active && region.contains(variables, x)))
    };
    let failed = |error| Error::failed("the barrier between the states", error);
    let search = BottleneckSearch::new(surface, &landscape.ranges, inside).map_err(failed)?;
    // One winding takes up to some seconds where there are three variables.
    let bottleneck = |winding: &Vec<i32>| {
        interrupt::check()?;
        search.bottleneck(&start, &end, winding).map_err(failed)
    };
    all.par_iter().map(bottleneck).collect()
}

/// The lowest barrier, nothing blocked: a property of the landscape, whatever is followed.
#[derive(Clone, Debug)]
pub(crate) struct LowestBarrier {
    /// Its energy on the landscape's own zero, kJ/mol.
    pub(crate) energy_kj_mol: f64,
    /// Standard error of the landscape there, kJ/mol, if one is known.
    pub(crate) standard_error_kj_mol: Option<f64>,
    /// Whether its whole route was sampled; true if nothing is known about sampling.
    pub(crate) sampled: bool,
    /// Lower bound of all routes, including those through unsampled regions, kJ/mol, if it is lower than the barrier.
    pub(crate) least_kj_mol: Option<f64>,
}

/// The lowest barrier, and how well it is known.
pub(crate) fn lowest_barrier(
    problem: &Problem,
    landscape: &LandscapeResult,
) -> Result<Option<LowestBarrier>, Error> {
    // Beyond three variables the windings are too many to list, and none has a known bottleneck.
    if landscape.landscape.is_none() || problem.variables.len() > MOST_VARIABLES {
        return Ok(None);
    }
    let all = windings(&problem.periods(), 1);
    let lowest = |found: Vec<Option<Bottleneck>>| {
        found.into_iter().flatten().min_by(|a, b| a.energy_kj_mol.total_cmp(&b.energy_kj_mol))
    };
    let Some(found) = lowest(bottlenecks(problem, landscape, &all, false)?) else { return Ok(None) };
    let mut barrier = LowestBarrier {
        energy_kj_mol: found.energy_kj_mol,
        standard_error_kj_mol: None,
        sampled: true,
        least_kj_mol: None,
    };
    let Some(ground) = &landscape.ground else { return Ok(Some(barrier)) };
    barrier.sampled = found.path.iter().all(|x| ground.contains(x));
    barrier.standard_error_kj_mol = ground.standard_error(&found.position).filter(|_| barrier.sampled);
    let telling = found.energy_kj_mol
        - TELLING_DIFFERENCE_KJ_MOL.max(2.0 * barrier.standard_error_kj_mol.unwrap_or(0.0));
    if ground.lowest_unsampled().is_some_and(|energy| energy < telling) {
        let estimate = TableLandscape::new(ground.estimate().clone())
            .map_err(|error| Error::failed("the barrier between the states", error))?;
        let least = lowest(search(problem, landscape, &estimate, &all, false, false)?);
        barrier.least_kj_mol = least.map(|least| least.energy_kj_mol).filter(|least| *least < telling);
    }
    Ok(Some(barrier))
}

/// The lowest barrier's energy on the landscape's own zero, kJ/mol.
pub(crate) fn lowest(problem: &Problem, landscape: &LandscapeResult) -> Result<Option<f64>, Error> {
    Ok(lowest_barrier(problem, landscape)?.map(|barrier| barrier.energy_kj_mol))
}

/// What must be known about a barrier in unsampled regions, and about a curve that passes through them; `along` are the curve's points.
pub(crate) fn warnings(
    landscape: &LandscapeResult,
    barrier: Option<&LowestBarrier>,
    along: &[&[f64]],
) -> Vec<Warning> {
    let Some(ground) = &landscape.ground else { return Vec::new() };
    let above = |energy: f64| decimals(energy - landscape.minimum, 1);
    let help = match landscape.record.metadynamics {
        Some(_) => {
            " A larger `landscape.filling_limit_ps`, `landscape.filling_time_ps` or `landscape.sampling_time_ps` may help."
        }
        None => "",
    };
    let mut list = Vec::new();
    if let Some(barrier) = barrier {
        let least = barrier.least_kj_mol.map(above);
        if !barrier.sampled {
            list.push(format!(
                "Every route between the states passes through unsampled regions: the lowest barrier is not known, only that it \
                 lies above about {} kJ/mol, if unsampled regions can be estimated from their surroundings at all.{help}",
                least.unwrap_or_else(|| above(barrier.energy_kj_mol))
            ));
        } else if let Some(least) = least {
            list.push(format!(
                "The lowest barrier, {} kJ/mol, is that of the routes through sampled regions; a route through unsampled regions \
                 may be lower, down to {least} kJ/mol.{help}",
                above(barrier.energy_kj_mol)
            ));
        }
    }
    let off = along.iter().filter(|x| !ground.contains(x)).count();
    if off > 0 {
        list.push(format!(
            "{off} of the curve's {} points lie in unsampled regions, whose energy is only assumed to be high: its energies there, \
             its length and the choice of its winding depend on this assumption.{help}",
            along.len()
        ));
    }
    list.into_iter().map(|message| Warning::new("geodesic", message)).collect()
}
