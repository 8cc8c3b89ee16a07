//! Whether the *paths* satisfy the constraints that the curve was made to satisfy. The curve's points are averages over posteriors; atoms
//! fluctuate about them, and lag behind where a posterior has two modes.

use geodyssey_constraints::{ConstraintSettings, LowVarianceSettings};
use geodyssey_paths::{Direction, PathPoint};
use geodyssey_report::{ConstraintSummary, SampledConstraint};

use super::sampled::Sampled;
use crate::artifacts::landscape::LandscapeResult;
use crate::config::ConstraintConfig;
use crate::error::Error;
use crate::problem::Problem;
use crate::stages::constraints::ball;

/// Largest share of the paths that may enter an avoided region. A posterior that keeps the default distance, two standard deviations
/// of its tether beyond the radius, lets few in.
const LARGEST_SHARE_INSIDE: f64 = 0.1;
/// Fewest paths from which a variance at one point means something.
const FEWEST_PATHS: usize = 8;
/// Standard errors by which a sampled variance may exceed its ceiling.
const STANDARD_ERRORS: f64 = 3.0;

/// How well the forward paths satisfy every constraint, in the order of the curve's record: those that bend the curve, then those that
/// are only reported.
pub(super) fn measure(
    problem: &Problem,
    landscape: &LandscapeResult,
    constraints: &[ConstraintSummary],
    sampled: &Sampled<'_>,
) -> Result<Vec<Option<SampledConstraint>>, Error> {
    let all = &problem.config.constraints;
    let ordered = all
        .iter()
        .filter(|constraint| !constraint.report_only)
        .chain(all.iter().filter(|constraint| constraint.report_only));
    if sampled.whole(Direction::Forward) == 0 {
        return Ok(vec![None; constraints.len()]);
    }
    ordered
        .zip(constraints)
        .map(|(constraint, summary)| one(problem, landscape, constraint, summary, sampled))
        .collect()
}

fn one(
    problem: &Problem,
    landscape: &LandscapeResult,
    constraint: &ConstraintConfig,
    summary: &ConstraintSummary,
    sampled: &Sampled<'_>,
) -> Result<Option<SampledConstraint>, Error> {
    let paths = sampled.whole(Direction::Forward);
    Ok(match &constraint.settings {
        ConstraintSettings::RegionAvoidance(settings) => {
            let Some(region) = ball(problem, settings) else { return Ok(None) };
            let (mut points, mut inside, mut entered) = (0_usize, 0_usize, 0_usize);
            for path in sampled.each_whole(Direction::Forward) {
                let path = path?;
                let within = |point: &&PathPoint| region.contains(&problem.variables, &point.variables);
                let count = path.points.iter().filter(within).count();
                points += path.points.len();
                inside += count;
                entered += usize::from(count > 0);
            }
            let value = entered as f64 / paths as f64;
            Some(SampledConstraint {
                definition: format!(
                    "share of the forward paths that are inside the region at any point of the curve; satisfied if at most \
                     {LARGEST_SHARE_INSIDE}"
                ),
                unit: String::new(),
                value,
                limit: LARGEST_SHARE_INSIDE,
                share_of_points_inside: Some(inside as f64 / points.max(1) as f64),
                kept: value <= LARGEST_SHARE_INSIDE,
            })
        }
        ConstraintSettings::EnergyCeiling(_) => {
            let Some(surface) = &landscape.landscape else { return Ok(None) };
            let sums = inner_sums(sampled, |_, point| surface.energy(&point.variables))?;
            let highest = sums.into_iter().map(|sum| sum / paths as f64).reduce(f64::max);
            let (Some(highest), Some(threshold)) = (highest, summary.threshold) else { return Ok(None) };
            let value = highest - landscape.minimum;
            // An average of `n` paths fluctuates by kT/√n; one kT is beyond that, and little beside a barrier.
            let limit = threshold - landscape.minimum + problem.thermal_energy;
            Some(SampledConstraint {
                definition: "largest mean energy of the forward paths at one point of the curve, on the landscape above its \
                             minimum; satisfied if not more than one kT above the ceiling"
                    .to_owned(),
                unit: "kJ/mol".to_owned(),
                value,
                limit,
                share_of_points_inside: None,
                kept: value <= limit,
            })
        }
        ConstraintSettings::LowVariance(LowVarianceSettings { variance_ceiling: Some(_), .. })
            if paths >= FEWEST_PATHS =>
        {
            let value = variances(problem, sampled)?.into_iter().reduce(f64::max);
            let (Some(value), Some(threshold)) = (value, summary.threshold) else { return Ok(None) };
            let error = (2.0 / (paths - 1) as f64).sqrt();
            let limit = threshold * (1.0 + STANDARD_ERRORS * error);
            Some(SampledConstraint {
                definition: format!(
                    "largest variance of the variables over the forward paths at one point of the curve; satisfied if not more than \
                     {STANDARD_ERRORS} standard errors above the ceiling"
                ),
                unit: summary.unit.clone(),
                value,
                limit,
                share_of_points_inside: None,
                kept: value <= limit,
            })
        }
        ConstraintSettings::LowVariance(_) => None,
    })
}

/// For every inner point of the curve the sum over the forward paths of `value` at the path's point; its first argument is the number
/// of inner points before.
fn inner_sums(
    sampled: &Sampled<'_>,
    mut value: impl FnMut(usize, &PathPoint) -> f64,
) -> Result<Vec<f64>, Error> {
    let whole = sampled.of(Direction::Forward).filter(|path| path.is_whole());
    let points = whole.map(|path| path.points).min().unwrap_or(0);
    let mut sums = vec![0.0; points.saturating_sub(2)];
    for path in sampled.each_whole(Direction::Forward) {
        let path = path?;
        for (index, sum) in sums.iter_mut().enumerate() {
            *sum += value(index, &path.points[index + 1]);
        }
    }
    Ok(sums)
}

/// Traces of the covariance in the spacetime's units at every inner point of the curve, periodic variables about the first path's value.
fn variances(problem: &Problem, sampled: &Sampled<'_>) -> Result<Vec<f64>, Error> {
    let Some(first) = sampled.each_whole(Direction::Forward).next().transpose()? else {
        return Ok(Vec::new());
    };
    let count = sampled.whole(Direction::Forward) as f64;
    let mut traces: Option<Vec<f64>> = None;
    for (axis, (variable, scale)) in problem.variables.iter().zip(problem.scales.each()).enumerate() {
        let offset = |index: usize, point: &PathPoint| {
            variable.difference(point.variables[axis], first.points[index + 1].variables[axis]) / scale
        };
        let means: Vec<f64> = inner_sums(sampled, offset)?.into_iter().map(|sum| sum / count).collect();
        let squares = inner_sums(sampled, |index, point| (offset(index, point) - means[index]).powi(2))?;
        let of_axis = squares.into_iter().map(|sum| sum / (count - 1.0));
        traces = Some(match traces {
            Some(traces) => traces.into_iter().zip(of_axis).map(|(sum, one)| sum + one).collect(),
            None => of_axis.collect(),
        });
    }
    Ok(traces.unwrap_or_default())
}
