//! Whether the *paths* keep the constraints that the curve was made to keep. The curve's points are averages over posteriors; atoms
//! fluctuate about them, and lag behind where a posterior has two modes.

use geodyssey_constraints::{ConstraintSettings, LowVarianceSettings};
use geodyssey_report::{ConstraintSummary, Direction, SampledConstraint};

use super::sampled::{Sampled, SampledPath, SampledPoint};
use crate::artifacts::landscape::LandscapeResult;
use crate::config::ConstraintConfig;
use crate::problem::Problem;
use crate::stages::constraints::ball;

/// Largest share of the paths that may enter an avoided region. A posterior that keeps the default distance, two standard deviations
/// of its tether beyond the radius, lets few in.
const LARGEST_SHARE_INSIDE: f64 = 0.1;
/// Fewest paths from which a variance at one point means something.
const FEWEST_PATHS: usize = 8;
/// Standard errors by which a sampled variance may exceed its ceiling.
const STANDARD_ERRORS: f64 = 3.0;

/// What the forward paths make of every constraint, in the order of the curve's record: those that bend the curve, then those that
/// are only reported.
pub(super) fn measure(
    problem: &Problem,
    landscape: &LandscapeResult,
    constraints: &[ConstraintSummary],
    sampled: &Sampled,
) -> Vec<Option<SampledConstraint>> {
    let all = &problem.config.constraints;
    let ordered = all
        .iter()
        .filter(|constraint| !constraint.report_only)
        .chain(all.iter().filter(|constraint| constraint.report_only));
    let paths: Vec<&SampledPath> =
        sampled.of(Direction::Forward).filter(|path| path.failure.is_none()).collect();
    if paths.is_empty() {
        return vec![None; constraints.len()];
    }
    ordered
        .zip(constraints)
        .map(|(constraint, summary)| one(problem, landscape, constraint, summary, &paths))
        .collect()
}

fn one(
    problem: &Problem,
    landscape: &LandscapeResult,
    constraint: &ConstraintConfig,
    summary: &ConstraintSummary,
    paths: &[&SampledPath],
) -> Option<SampledConstraint> {
    match &constraint.settings {
        ConstraintSettings::RegionAvoidance(settings) => {
            let region = ball(problem, settings)?;
            let inside = |point: &&SampledPoint| region.contains(&problem.variables, &point.variables);
            let counts: Vec<usize> =
                paths.iter().map(|path| path.points.iter().filter(inside).count()).collect();
            let points: usize = paths.iter().map(|path| path.points.len()).sum();
            let value = counts.iter().filter(|&&count| count > 0).count() as f64 / paths.len() as f64;
            Some(SampledConstraint {
                definition: format!(
                    "share of the forward paths that are inside the region at any point of the curve; kept if at most {LARGEST_SHARE_INSIDE}"
                ),
                unit: String::new(),
                value,
                limit: LARGEST_SHARE_INSIDE,
                share_of_points_inside: Some(counts.iter().sum::<usize>() as f64 / points.max(1) as f64),
                kept: value <= LARGEST_SHARE_INSIDE,
            })
        }
        ConstraintSettings::EnergyCeiling(_) => {
            let surface = landscape.landscape.as_ref()?;
            let means = inner_points(paths).map(|points| {
                points.iter().map(|point| surface.energy(&point.variables)).sum::<f64>() / points.len() as f64
            });
            let value = means.reduce(f64::max)? - landscape.minimum;
            // An average of `n` paths fluctuates by kT/√n; one kT is beyond that, and little beside a barrier.
            let limit = summary.threshold? - landscape.minimum + problem.thermal_energy;
            Some(SampledConstraint {
                definition: "largest mean energy of the forward paths at one point of the curve, on the landscape above its minimum; \
                             kept if not more than one kT above the ceiling"
                    .to_owned(),
                unit: "kJ/mol".to_owned(),
                value,
                limit,
                share_of_points_inside: None,
                kept: value <= limit,
            })
        }
        ConstraintSettings::LowVariance(LowVarianceSettings { variance_ceiling: Some(_), .. })
            if paths.len() >= FEWEST_PATHS =>
        {
            let value = inner_points(paths).map(|points| variance(problem, &points)).reduce(f64::max)?;
            let error = (2.0 / (paths.len() - 1) as f64).sqrt();
            let limit = summary.threshold? * (1.0 + STANDARD_ERRORS * error);
            Some(SampledConstraint {
                definition: format!(
                    "largest variance of the variables over the forward paths at one point of the curve; kept if not more than {STANDARD_ERRORS} standard errors above the ceiling"
                ),
                unit: summary.unit.clone(),
                value,
                limit,
                share_of_points_inside: None,
                kept: value <= limit,
            })
        }
        ConstraintSettings::LowVariance(_) => None,
    }
}

/// The paths' points at every inner point of the curve.
fn inner_points<'p>(paths: &'p [&SampledPath]) -> impl Iterator<Item = Vec<&'p SampledPoint>> {
    let count = paths.iter().map(|path| path.points.len()).min().unwrap_or(0);
    (1..count.saturating_sub(1)).map(|index| paths.iter().map(|path| &path.points[index]).collect())
}

/// Trace of the covariance in the spacetime's units, periodic variables about the first path's value.
fn variance(problem: &Problem, points: &[&SampledPoint]) -> f64 {
    let Some(first) = points.first() else { return 0.0 };
    let axes = problem.variables.iter().zip(problem.scales.each()).enumerate();
    let of_axis = axes.map(|(axis, (variable, scale))| {
        let offsets: Vec<f64> = points
            .iter()
            .map(|point| variable.difference(point.variables[axis], first.variables[axis]) / scale)
            .collect();
        let count = offsets.len() as f64;
        let mean = offsets.iter().sum::<f64>() / count;
        offsets.iter().map(|offset| (offset - mean).powi(2)).sum::<f64>() / (count - 1.0)
    });
    of_axis.sum()
}
