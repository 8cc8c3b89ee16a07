//! Geodesics in the spacetime of a diffusion model.

mod constraint;

pub use constraint::{CurveNode, NodeConstraintValue, PathConstraint};
