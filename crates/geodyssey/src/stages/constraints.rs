//! The constraints of a configuration on one curve, and the regions that they are about.

use geodyssey_constraints::{
    ConstraintContext, ConstraintError, ConstraintSettings, RegionAvoidanceSettings, UserUnit,
};
use geodyssey_denoiser::{Denoiser, SpacetimePoint};
use geodyssey_molecule::variables::Unit;
use geodyssey_report::ConstraintSummary;
use geodyssey_spacetime::{CurveNode, PathConstraint};

use crate::error::Error;
use crate::problem::Problem;
use crate::problem::state::State;
use crate::problem::variables::Variable;

/// Constraints that bend the curve.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that bend the curve.
    Active,
    /// Those that are only reported.
    ReportOnly,
}

/// A region of the variables that a constraint keeps away from.
pub(crate) struct Region {
    ball: State,
    /// Whether the curve was kept away from it.
    pub(crate) active: bool,
}

impl Region {
    /// Its centre and semi-axes.
    pub(crate) fn ball(&self) -> &State {
        &self.ball
    }

    /// Whether a point of the variables lies in it, on any image.
    pub(crate) fn contains(&self, variables: &[Variable], x: &[f64]) -> bool {
        self.ball.contains(variables, x)
    }
}

/// The avoided regions of a configuration.
pub(crate) fn regions(problem: &Problem) -> Vec<Region> {
    let constraints = problem.config.constraints.iter();
    constraints
        .filter_map(|constraint| match &constraint.settings {
            ConstraintSettings::RegionAvoidance(settings) => {
                Some(Region { ball: ball(problem, settings)?, active: !constraint.report_only })
            }
            _ => None,
        })
        .collect()
}

/// Centre and semi-axes of an avoided region; none where the settings do not fit the variables.
pub(crate) fn ball(problem: &Problem, settings: &RegionAvoidanceSettings) -> Option<State> {
    if settings.center.len() != problem.variables.len() {
        return None;
    }
    let scales = || problem.variables.iter().map(|variable| variable.quantity.factor());
    let center = settings.center.iter().zip(scales()).map(|(value, scale)| value * scale).collect();
    // A tether's standard deviation is the radius of the region that it stands for.
    let radius = match (settings.radius, settings.log_snr) {
        (Some(radius), _) => scales().map(|scale| radius * scale).collect(),
        (None, Some(log_snr)) => problem.scales.tether_widths(log_snr),
        (None, None) => return None,
    };
    Some(State { center, radius, boxes: Vec::new() })
}

/// The constraints of a configuration for one pair of ends.
pub(crate) fn build(
    problem: &Problem,
    denoiser: &dyn Denoiser,
    ends: [&SpacetimePoint; 2],
    bottleneck: Option<f64>,
    which: Which,
) -> Result<Vec<Box<dyn PathConstraint>>, Error> {
    let units = units(problem);
    let context = ConstraintContext { denoiser, ends, units: &units, bottleneck_kj_mol: bottleneck };
    let wanted = |report_only: bool| report_only == (which == Which::ReportOnly);
    let numbered = problem
        .config
        .constraints
        .iter()
        .enumerate()
        .filter(|(_, constraint)| wanted(constraint.report_only));
    numbered
        .map(|(index, constraint)| {
            constraint.settings.build(&context).map_err(|error| match error {
                ConstraintError::Denoiser { .. } => Error::Failed(error.to_string()),
                _ => problem.config.error(&format!("constraint.{index}"), error.to_string()).into(),
            })
        })
        .collect()
}

/// The units in which the configuration has the variables, in terms of those of the spacetime.
pub(crate) fn units(problem: &Problem) -> Vec<UserUnit> {
    let variables = problem.variables.iter().zip(problem.scales.each());
    variables
        .map(|(variable, scale)| {
            let unit = match variable.quantity.unit {
                Unit::Radian => UserUnit::degree(),
                unit => UserUnit::internal(unit.display()),
            };
            UserUnit { factor: unit.factor / scale, ..unit }
        })
        .collect()
}

/// How well one constraint is satisfied by the inner nodes of a curve.
pub(crate) fn measure(
    constraint: &dyn PathConstraint,
    nodes: &[CurveNode],
) -> Result<ConstraintSummary, Error> {
    let mut largest = f64::NEG_INFINITY;
    for node in nodes.iter().skip(1).take(nodes.len().saturating_sub(2)) {
        let values = constraint
            .evaluate(node)
            .map_err(|error| Error::failed(format!("constraint `{}`", constraint.kind()), error))?;
        largest = values.iter().fold(largest, |largest, value| largest.max(value.value));
    }
    let largest_violation = largest.max(0.0);
    Ok(ConstraintSummary {
        kind: constraint.kind().to_owned(),
        description: constraint.description(),
        report_only: false,
        unit: constraint.unit().to_owned(),
        threshold: constraint.threshold(),
        tolerance: constraint.tolerance(),
        largest_violation,
        satisfied: largest_violation <= constraint.tolerance(),
        sampled: None,
    })
}
