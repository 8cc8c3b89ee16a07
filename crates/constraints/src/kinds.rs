//! The kinds of constraints, by name.

use geodyssey_spacetime::PathConstraint;
use serde::{Deserialize, Serialize};

use crate::context::ConstraintContext;
use crate::energy_ceiling::{EnergyCeiling, EnergyCeilingSettings};
use crate::error::ConstraintError;
use crate::low_variance::{self, LowVarianceSettings};
use crate::region_avoidance::{RegionAvoidance, RegionAvoidanceSettings};

/// One `[[constraint]]` of a configuration; `kind` says which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ConstraintSettings {
    /// Bounds the posterior's variance.
    LowVariance(LowVarianceSettings),
    /// Keeps the path out of a region.
    RegionAvoidance(RegionAvoidanceSettings),
    /// Bounds the posterior's mean energy.
    EnergyCeiling(EnergyCeilingSettings),
}

impl ConstraintSettings {
    /// The constraint that the settings describe.
    ///
    /// # Errors
    /// [`ConstraintError`] says which number is wrong, or what the denoiser lacks.
    pub fn build(&self, context: &ConstraintContext) -> Result<Box<dyn PathConstraint>, ConstraintError> {
        match self {
            Self::LowVariance(settings) => low_variance::build(settings, context),
            Self::RegionAvoidance(settings) => Ok(Box::new(RegionAvoidance::new(settings, context)?)),
            Self::EnergyCeiling(settings) => Ok(Box::new(EnergyCeiling::new(settings, context)?)),
        }
    }
}
