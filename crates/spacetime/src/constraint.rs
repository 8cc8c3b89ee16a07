//! The trait behind which every constraint on a path stands.

use geodyssey_denoiser::{ObservableMoments, PosteriorMoments, SpacetimePoint};
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

/// A point of a curve with all that a constraint may ask of it.
#[derive(Clone, Debug)]
pub struct CurveNode {
    /// Where it is.
    pub point: SpacetimePoint,
    /// Moments of the posterior there.
    pub moments: PosteriorMoments,
    /// Moments of the energy (kJ/mol) there, where the denoiser knows it and a constraint asked for it.
    pub energy: Option<ObservableMoments>,
}

/// One inequality `value ≤ 0` at one node.
#[derive(Clone, Debug)]
pub struct NodeConstraintValue {
    /// By how much it is violated (positive) or kept (negative), in the constraint's unit.
    pub value: f64,
    /// `∂value/∂η`, length `d + 1`.
    pub gradient: DVector<f64>,
    /// `∂²value/∂η²` where it is known; it only speeds the solver up, which otherwise takes the inequality for linear.
    pub hessian: Option<DMatrix<f64>>,
}

/// Inequalities that every inner node of a curve must keep.
///
/// Each depends on one node, so that the solver's linear systems stay block-tridiagonal.
pub trait PathConstraint: Send + Sync {
    /// Its kind as the configuration names it, such as `low-variance`.
    fn kind(&self) -> &'static str;

    /// What it asks, in words with numbers and units, such as `logSNR ≥ 3`.
    fn description(&self) -> String;

    /// Unit of its values: `nat`, `kJ/mol`, `1` for logSNR.
    fn unit(&self) -> &'static str;

    /// What it asks for in its unit, the smallest or the largest value that is allowed; none where no number says it.
    fn threshold(&self) -> Option<f64> {
        None
    }

    /// Largest violation, in its unit, that still counts as satisfied.
    fn tolerance(&self) -> f64;

    /// A typical size of its values, in its unit, by which the solver scales them.
    fn scale(&self) -> f64;

    /// Whether it reads [`CurveNode::energy`].
    fn needs_energy(&self) -> bool {
        false
    }

    /// The floor `λ_0`, where the constraint is no more than `λ ≥ λ_0`: the solver then keeps it exactly, as a bound.
    fn log_snr_floor(&self) -> Option<f64> {
        None
    }

    /// A ceiling of logSNR that the constraint asks for beside its inequalities; the solver keeps it as a bound.
    fn log_snr_ceiling(&self) -> Option<f64> {
        None
    }

    /// Its inequalities at one node; their number is the same for every node.
    ///
    /// # Errors
    /// Where the denoiser does not give what it needs; the text says what.
    fn evaluate(&self, node: &CurveNode) -> Result<Vec<NodeConstraintValue>, String>;
}

/// How well a finished curve keeps one constraint.
#[derive(Clone, Debug, Serialize)]
pub struct ConstraintReport {
    /// [`PathConstraint::kind`].
    pub kind: &'static str,
    /// [`PathConstraint::description`].
    pub description: String,
    /// Unit of the numbers below.
    pub unit: &'static str,
    /// Largest violation that counts as satisfied.
    pub tolerance: f64,
    /// Largest violation over the inner nodes; 0 where there is none.
    pub largest_violation: f64,
    /// Whether `largest_violation ≤ tolerance`.
    pub satisfied: bool,
    /// Smallest distance from the limit over the inner nodes, negative where it is violated.
    pub least_margin: f64,
    /// Which node has the least margin, counted from 0 at the start.
    pub at_node: usize,
    /// Largest violation at the two ends, which the solver cannot move; 0 where there is none.
    pub violation_at_ends: f64,
}
