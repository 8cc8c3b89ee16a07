//! The trait behind which every constraint on a path stands.

use geodyssey_denoiser::{ObservableMoments, PosteriorMoments, SpacetimePoint};
use nalgebra::DVector;

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

    /// Largest violation, in its unit, that still counts as satisfied.
    fn tolerance(&self) -> f64;

    /// A typical size of its values, in its unit, by which the solver scales them.
    fn scale(&self) -> f64;

    /// Whether it reads [`CurveNode::energy`].
    fn needs_energy(&self) -> bool {
        false
    }

    /// Its inequalities at one node; their number is the same for every node.
    ///
    /// # Errors
    /// Where the denoiser does not give what it needs; the text says what.
    fn evaluate(&self, node: &CurveNode) -> Result<Vec<NodeConstraintValue>, String>;
}
