//! What can go wrong when a constraint is made.

use geodyssey_denoiser::DenoiserError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum ConstraintError {
    /// A number of the settings is missing, superfluous or out of range.
    #[error("constraint `{kind}`: {reason}")]
    Settings {
        /// Which kind.
        kind: &'static str,
        /// What is wrong, and what was expected.
        reason: String,
    },
    /// The denoiser does not know what the constraint is about.
    #[error("constraint `{kind}` needs {quantity}, which this denoiser does not provide")]
    Unknown {
        /// Which kind.
        kind: &'static str,
        /// What is missing.
        quantity: &'static str,
    },
    /// The denoiser failed.
    #[error("constraint `{kind}`: {source}")]
    Denoiser {
        /// Which kind.
        kind: &'static str,
        /// Why.
        source: DenoiserError,
    },
}
