//! What is reported where a training fails.

use geodyssey_denoiser::DenoiserError;

use crate::error::Error;

/// The error of the stage.
pub(super) fn failed(error: DenoiserError) -> Error {
    Error::failed("the training", error)
}
