//! Names of the files that the training of a denoiser writes.

/// Name of the stage.
pub(crate) const STAGE: &str = "denoiser";
/// The weights.
pub(crate) const WEIGHTS_FILE: &str = "denoiser/weights.safetensors";
/// The loss during the training.
pub(crate) const HISTORY_FILE: &str = "denoiser/training.csv";
/// The error of a closed-form fit by noise level.
pub(crate) const HELD_OUT_FILE: &str = "denoiser/held-out.csv";
/// How the denoiser was trained.
pub(crate) const RECORD_FILE: &str = "denoiser/record.json";
