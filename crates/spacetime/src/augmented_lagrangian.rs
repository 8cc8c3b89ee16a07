//! Constraints of a curve, met by updating multipliers between minimisations.

use geodyssey_denoiser::PosteriorMoments;
use nalgebra::DVector;

use crate::constraint::{ConstraintReport, CurveNode, NodeConstraintValue, PathConstraint};
use crate::error::SpacetimeError;
use crate::newton::{Minimum, NewtonEnd, NewtonSettings, minimise};
use crate::objective::{Evaluation, Objective};
use crate::parametrisation::Parametrisation;
use crate::problem::SolverProgress;

/// How far and how long constraints are pursued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MultiplierSettings {
    pub(crate) newton: NewtonSettings,
    pub(crate) max_updates: usize,
    /// Violations up to this many tolerances are accepted.
    pub(crate) slack: f64,
}

/// Energies, in units of the unconstrained curve's, that a violation of one scale costs at first.
const FIRST_PENALTY: f64 = 10.0;
/// The penalty grows by this factor when a minimisation did not shrink the violation to [`SHRINKAGE`] of what it was.
const PENALTY_GROWTH: f64 = 10.0;
const SHRINKAGE: f64 = 0.25;
/// After this many updates in a row that hardly shrink the violation the constraints are taken to be impossible.
const IDLE_UPDATES: usize = 4;

/// Minimises `E` under the objective's constraints: first-order updates `m ← max(0, m + ρc)` after ever sharper minimisations.
///
/// The largest number of Newton steps counts for all minimisations together. Ends when all inequalities and their complementarity, `max(c, -m/ρ) = 0`, hold within tolerance.
pub(crate) fn minimise_constrained(
    objective: &mut Objective,
    parametrisation: &Parametrisation,
    mut unknowns: Vec<DVector<f64>>,
    settings: &MultiplierSettings,
    progress: Option<&(dyn Fn(SolverProgress) + Sync)>,
) -> Result<Minimum, SpacetimeError> {
    let report = |iteration: usize, evaluation: &Evaluation| {
        if let Some(progress) = progress {
            progress(SolverProgress { points: evaluation.nodes.len(), iteration, energy: evaluation.energy });
        }
    };
    if objective.constraints.is_empty() {
        return minimise(objective, parametrisation, unknowns, &settings.newton, report);
    }
    if objective.multipliers.is_empty() {
        let initial = objective.evaluate(parametrisation.nodes(&unknowns))?;
        objective.penalty = FIRST_PENALTY * initial.energy.max(f64::MIN_POSITIVE);
        objective.multipliers = initial.inequalities.iter().map(|own| vec![0.0; own.len()]).collect();
    }
    let mut idle_updates = 0;
    let mut previous_violation = f64::INFINITY;
    let mut iterations = 0;
    let mut tolerance = settings.newton.tolerance.max(1e-4);
    let mut update = 0;
    loop {
        let max_iterations = settings.newton.max_iterations - iterations;
        let newton = NewtonSettings { tolerance, max_iterations, ..settings.newton };
        let mut minimum = minimise(objective, parametrisation, unknowns, &newton, report)?;
        iterations += minimum.iterations;
        minimum.iterations = iterations;
        let violation = update_multipliers(objective, &minimum.evaluation);
        let sharp = tolerance <= settings.newton.tolerance;
        update += 1;
        if sharp && violation <= settings.slack {
            return Ok(minimum);
        }
        let idle = violation > settings.slack && violation > 0.9 * previous_violation;
        idle_updates = if idle { idle_updates + 1 } else { 0 };
        if idle_updates >= IDLE_UPDATES
            || update >= settings.max_updates
            || iterations >= settings.newton.max_iterations
        {
            minimum.end = if violation <= settings.slack { minimum.end } else { NewtonEnd::IterationLimit };
            return Ok(minimum);
        }
        if violation > settings.slack && violation > SHRINKAGE * previous_violation {
            objective.penalty *= PENALTY_GROWTH;
        }
        previous_violation = violation;
        tolerance = (tolerance * 0.1).max(settings.newton.tolerance);
        unknowns = minimum.unknowns;
    }
}

/// `m ← max(0, m + ρc)`; returns the largest `|max(c, -m/ρ)|` in tolerances.
fn update_multipliers(objective: &mut Objective, evaluation: &Evaluation) -> f64 {
    let mut violation: f64 = 0.0;
    for (multipliers, inequalities) in objective.multipliers.iter_mut().zip(&evaluation.inequalities) {
        for (multiplier, inequality) in multipliers.iter_mut().zip(inequalities) {
            let residual = inequality.value.max(-*multiplier / objective.penalty);
            violation = violation.max(residual.abs() / inequality.tolerance);
            *multiplier = (*multiplier + objective.penalty * inequality.value).max(0.0);
        }
    }
    violation
}

/// The largest of a constraint's values at one node.
fn largest_value(constraint: &dyn PathConstraint, node: &CurveNode) -> Result<f64, SpacetimeError> {
    let values = constraint
        .evaluate(node)
        .map_err(|reason| SpacetimeError::Constraint { kind: constraint.kind(), reason })?;
    Ok(values.iter().map(|inequality| inequality.value).fold(f64::NEG_INFINITY, f64::max))
}

/// Checks that the fixed ends of a curve keep a constraint; no curve can otherwise.
pub(crate) fn check_ends(
    constraint: &dyn PathConstraint,
    first: &CurveNode,
    last: &CurveNode,
) -> Result<(), SpacetimeError> {
    for (end, node) in [("start", first), ("end", last)] {
        let violation = largest_value(constraint, node)?;
        if violation > constraint.tolerance() {
            let (description, unit) = (constraint.description(), constraint.unit());
            return Err(SpacetimeError::EndViolates { end, description, violation, unit });
        }
    }
    Ok(())
}

/// How well a finished curve keeps a constraint.
pub(crate) fn report(
    constraint: &dyn PathConstraint,
    nodes: &[CurveNode],
) -> Result<ConstraintReport, SpacetimeError> {
    let worst = |node: &CurveNode| largest_value(constraint, node);
    let last = nodes.len() - 1;
    let (mut highest, mut at_node) = (f64::NEG_INFINITY, 1);
    for (index, node) in nodes.iter().enumerate().take(last).skip(1) {
        let value = worst(node)?;
        if value > highest {
            (highest, at_node) = (value, index);
        }
    }
    let violation_at_ends = worst(&nodes[0])?.max(worst(&nodes[last])?).max(0.0);
    Ok(ConstraintReport {
        kind: constraint.kind(),
        description: constraint.description(),
        unit: constraint.unit(),
        tolerance: constraint.tolerance(),
        largest_violation: highest.max(0.0),
        satisfied: highest <= constraint.tolerance(),
        least_margin: -highest,
        at_node,
        violation_at_ends,
    })
}

/// Bounds on logSNR as inequalities, for curves whose unknowns are not their nodes.
pub(crate) struct LogSnrBounds {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

impl PathConstraint for LogSnrBounds {
    fn kind(&self) -> &'static str {
        "log-snr-bounds"
    }

    fn description(&self) -> String {
        format!("{} ≤ logSNR ≤ {}", self.lower, self.upper)
    }

    fn unit(&self) -> &'static str {
        "1"
    }

    fn tolerance(&self) -> f64 {
        1e-3
    }

    fn scale(&self) -> f64 {
        1.0
    }

    fn evaluate(&self, node: &CurveNode) -> Result<Vec<NodeConstraintValue>, String> {
        let log_snr = node.point.log_snr;
        let slope = log_snr_gradient(log_snr, &node.moments);
        Ok(vec![
            NodeConstraintValue { value: self.lower - log_snr, gradient: -&slope, hessian: None },
            NodeConstraintValue { value: log_snr - self.upper, gradient: slope, hessian: None },
        ])
    }
}

/// `∂λ/∂η`: `λ = log(-2 η_{d+1})`.
fn log_snr_gradient(log_snr: f64, moments: &PosteriorMoments) -> DVector<f64> {
    let mut gradient = DVector::zeros(moments.expectation_parameter.len());
    let last = gradient.len() - 1;
    gradient[last] = -2.0 * (-log_snr).exp();
    gradient
}
