//! `energy-ceiling`: the posterior mean of the energy stays low.

use geodyssey_spacetime::{CurveNode, NodeConstraintValue, PathConstraint};
use serde::{Deserialize, Serialize};

use crate::context::{ConstraintContext, finite};
use crate::error::ConstraintError;

const KIND: &str = "energy-ceiling";

/// Settings of `energy-ceiling`; exactly one of the two is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyCeilingSettings {
    /// Largest posterior mean of `F`, on the landscape's zero, in kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling_kj_mol: Option<f64>,
    /// The same, above the lowest barrier between the two states, in kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_bottleneck_kj_mol: Option<f64>,
}

/// `E[F] ≤ ceiling` at every inner node.
#[derive(Clone, Debug)]
pub struct EnergyCeiling {
    ceiling: f64,
}

impl EnergyCeiling {
    /// The constraint for one problem.
    ///
    /// # Errors
    /// Both or none of the settings, a number that is not finite, no bottleneck known, a denoiser without energies.
    pub fn new(
        settings: &EnergyCeilingSettings,
        context: &ConstraintContext,
    ) -> Result<Self, ConstraintError> {
        let fail = |reason: &str| Err(ConstraintError::Settings { kind: KIND, reason: reason.into() });
        let ceiling =
            match (settings.ceiling_kj_mol, settings.above_bottleneck_kj_mol, context.bottleneck_kj_mol) {
                (Some(ceiling), None, _) => finite(KIND, "ceiling_kj_mol", ceiling)?,
                (None, Some(above), Some(bottleneck)) => {
                    bottleneck + finite(KIND, "above_bottleneck_kj_mol", above)?
                }
                (None, Some(_), None) => {
                    return fail(
                        "the bottleneck of this landscape is not known; give `ceiling_kj_mol` instead",
                    );
                }
                _ => return fail("give either `ceiling_kj_mol` or `above_bottleneck_kj_mol`"),
            };
        let known = context
            .denoiser
            .energy_moments(&[context.ends[0].clone()])
            .map_err(|source| ConstraintError::Denoiser { kind: KIND, source })?;
        if known.is_none() {
            return Err(ConstraintError::Unknown {
                kind: KIND,
                quantity: "the posterior mean of the energy",
            });
        }
        Ok(Self { ceiling })
    }
}

impl PathConstraint for EnergyCeiling {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn description(&self) -> String {
        format!("posterior mean energy ≤ {:.2} kJ/mol", self.ceiling)
    }

    fn unit(&self) -> &'static str {
        "kJ/mol"
    }

    fn threshold(&self) -> Option<f64> {
        Some(self.ceiling)
    }

    fn tolerance(&self) -> f64 {
        0.01
    }

    fn scale(&self) -> f64 {
        self.ceiling.abs().max(1.0)
    }

    fn needs_energy(&self) -> bool {
        true
    }

    fn evaluate(&self, node: &CurveNode) -> Result<Vec<NodeConstraintValue>, String> {
        let energy = node.energy.as_ref().ok_or("the posterior mean of the energy is not known here")?;
        Ok(vec![NodeConstraintValue {
            value: energy.mean - self.ceiling,
            gradient: energy.covariance.clone(),
            hessian: None,
        }])
    }
}
