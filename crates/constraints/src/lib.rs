//! Inequalities that a path must keep.
//!
//! Every kind is one file with its settings, which a configuration writes as `[[constraint]]` with `kind = "…"`, and its
//! [`PathConstraint`](geodyssey_spacetime::PathConstraint). A new kind is one more file and one line in [`ConstraintSettings`] and its
//! `build`.

mod context;
mod energy_ceiling;
mod error;
mod kinds;
mod low_variance;
mod region_avoidance;

pub use context::{ConstraintContext, UserUnit};
pub use energy_ceiling::{EnergyCeiling, EnergyCeilingSettings};
pub use error::ConstraintError;
pub use kinds::ConstraintSettings;
pub use low_variance::{LogSnrFloor, LowVarianceSettings, VarianceCeiling};
pub use region_avoidance::{RegionAvoidance, RegionAvoidanceSettings};
