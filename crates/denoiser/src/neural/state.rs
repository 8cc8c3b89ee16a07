//! Progress and identity of a training, which its files store in addition to the weights.

use serde::{Deserialize, Serialize};

use super::schedule::LevelImportance;

/// The data on which a network is trained, for the header of its files.
#[derive(Clone, Debug, PartialEq)]
pub struct NeuralIdentity {
    /// Name of each variable.
    pub variables: Vec<String>,
    /// Fingerprint of the data, as the caller computes it.
    pub data_hash: String,
}

/// Progress of a training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingProgress {
    /// Steps done.
    pub step: usize,
    /// Steps planned.
    pub of: usize,
    /// Mean loss of the training pairs since the last measurement; 1 is that of a network whose output is zero.
    pub training_loss: f64,
    /// Loss of the averaged weights on the held-out pairs, at the last measurement.
    pub held_out_loss: f64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Whether all steps are done, or the held-out loss has not improved for as long as the settings allow.
    pub finished: bool,
}

/// What a checkpoint stores in addition to the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) seed: u64,
    pub(super) step: usize,
    pub(super) levels: LevelImportance,
    /// Sum and count of the losses since the last measurement.
    pub(super) recent: (f64, u64),
    pub(super) history: Vec<TrainingProgress>,
    /// Step and held-out loss of the best averaged weights.
    pub(super) best: (usize, f64),
}
