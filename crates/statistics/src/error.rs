//! Errors of estimates.

use thiserror::Error;

use crate::wrong_input::WrongInput;

/// Wrong input to an estimate, or one that does not converge.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum StatisticsError {
    /// Wrong numbers, or too few.
    #[error(transparent)]
    Input(#[from] WrongInput),
    /// An iteration did not converge.
    #[error("{what} did not converge: {residual:.1e} after {iterations} iterations")]
    NotConverged {
        /// What was sought.
        what: &'static str,
        /// The remaining error.
        residual: f64,
        /// Iterations done.
        iterations: usize,
    },
}
