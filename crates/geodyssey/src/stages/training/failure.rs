//! What is reported where a training fails.

use geodyssey_denoiser::DenoiserError;

use crate::error::Error;

/// What is named where it fails.
pub(super) const FAILED: &str = "the training";

/// The error of the stage.
pub(super) fn failed(error: DenoiserError) -> Error {
    Error::failed(FAILED, error)
}
