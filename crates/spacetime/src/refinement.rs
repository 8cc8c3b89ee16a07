//! From a solved curve to one of more nodes.

use nalgebra::DVector;

use crate::augmented_lagrangian::{MultiplierSettings, minimise_constrained};
use crate::error::SpacetimeError;
use crate::objective::Objective;
use crate::parametrisation::CurveFamily;
use crate::solver::{COARSE_SLACK, COARSE_TOLERANCE, COARSE_UPDATES, Setup, Stage};
use crate::spline::{
    apply, interpolate_cubically, interpolate_linearly, not_a_knot_spline, uniform_parameters,
};

/// Most nodes that a spline is laid through.
const MOST_KNOTS: usize = 128;

impl Setup<'_> {
    /// A coarse curve solved with `count` free nodes, to the tolerance of coarse curves.
    pub(crate) fn solve_finer(&self, stage: &Stage, count: usize) -> Result<Stage, SpacetimeError> {
        let mut objective = self.objective();
        let parameters = uniform_parameters(count);
        let unknowns = self.refined(stage, &parameters);
        self.continue_multipliers(&mut objective, stage, &parameters);
        let settings = MultiplierSettings {
            newton: self.newton(self.problem.settings.tolerance.max(COARSE_TOLERANCE)),
            max_updates: if stage.violation > 0.0 {
                1
            } else {
                COARSE_UPDATES.min(self.problem.settings.max_multiplier_updates)
            },
            slack: COARSE_SLACK,
        };
        let parametrisation = self.parametrisation(&parameters);
        let mut minimum = minimise_constrained(
            &mut objective,
            &parametrisation,
            unknowns,
            &settings,
            self.problem.progress,
        )?;
        minimum.iterations += stage.minimum.iterations;
        Ok(Stage {
            minimum,
            evaluations: objective.evaluations.get(),
            multipliers: objective.multipliers,
            penalty: objective.penalty,
            parameters,
            violation: stage.violation,
        })
    }

    /// The unknowns with which a finer curve begins.
    pub(crate) fn refined(&self, stage: &Stage, parameters: &[f64]) -> Vec<DVector<f64>> {
        if let CurveFamily::Spline { .. } = self.problem.settings.curve {
            return stage.minimum.unknowns.clone();
        }
        let (coarse, inner) = (self.with_ends(&stage.minimum.unknowns), &parameters[1..parameters.len() - 1]);
        // The spline's matrices are dense, and its cost grows with the cube of the knots.
        if coarse.len() <= MOST_KNOTS {
            apply(&not_a_knot_spline(coarse.len(), inner), &coarse)
        } else {
            interpolate_cubically(&coarse, inner)
        }
    }

    /// Begins with the multipliers of a coarser curve.
    pub(crate) fn continue_multipliers(
        &self,
        objective: &mut Objective<'_>,
        stage: &Stage,
        parameters: &[f64],
    ) {
        if stage.multipliers.is_empty() {
            return;
        }
        let coarse: Vec<_> = stage.multipliers.iter().map(|own| DVector::from_column_slice(own)).collect();
        let inner = &stage.parameters[1..stage.parameters.len() - 1];
        objective.multipliers = if coarse.len() > 1 {
            interpolate_linearly(inner, &coarse, &parameters[1..parameters.len() - 1])
                .into_iter()
                .map(|own| own.as_slice().to_vec())
                .collect()
        } else {
            vec![stage.multipliers[0].clone(); parameters.len() - 2]
        };
        objective.penalty = stage.penalty;
    }
}
