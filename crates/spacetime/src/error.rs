//! What can go wrong on the way to a geodesic.

use geodyssey_denoiser::DenoiserError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum SpacetimeError {
    /// The denoiser could not be evaluated.
    #[error("on the curve: {0}")]
    Denoiser(#[from] DenoiserError),
    /// A setting of the solver, or the problem itself, makes no sense.
    #[error("{0}")]
    Problem(String),
    /// A constraint could not be evaluated.
    #[error("the constraint `{kind}` cannot be evaluated: {reason}")]
    Constraint {
        /// Which constraint.
        kind: &'static str,
        /// Why.
        reason: String,
    },
    /// An end of the curve, which is fixed, violates a constraint, so that no curve can keep it.
    #[error(
        "the {end} of the path violates `{description}` by {violation:.4} {unit}: move it, raise its logSNR or loosen the constraint"
    )]
    EndViolates {
        /// `start` or `end`.
        end: &'static str,
        /// What the constraint asks.
        description: String,
        /// By how much it is violated.
        violation: f64,
        /// Unit of the violation.
        unit: &'static str,
    },
    /// The curve has a value that is not finite.
    #[error("the curve is not finite at node {node}: {quantity}")]
    NotFinite {
        /// Which node.
        node: usize,
        /// Which quantity.
        quantity: &'static str,
    },
}

impl SpacetimeError {
    /// Whether nothing failed but the computation was stopped on request, through an
    /// [`InterruptibleDenoiser`](geodyssey_denoiser::InterruptibleDenoiser). Searches that go on after a failure stop at this one.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Denoiser(DenoiserError::Interrupted))
    }
}

/// The result as a value, for searches that go on where one of several attempts fails; an error only where they were stopped.
pub(crate) fn unless_interrupted<T>(
    result: Result<T, SpacetimeError>,
) -> Result<Result<T, SpacetimeError>, SpacetimeError> {
    match result {
        Err(error) if error.is_interrupted() => Err(error),
        result => Ok(result),
    }
}
