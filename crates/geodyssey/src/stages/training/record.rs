//! What is known of a trained denoiser.

use geodyssey_denoiser::Targets;
use serde::{Deserialize, Serialize};

/// How a learned denoiser was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrainingRecord {
    /// `neural` or `random-features`.
    pub(crate) kind: String,
    /// Least and largest logSNR that it was trained on.
    pub(crate) log_snr_range: (f64, f64),
    /// Numbers that were fitted.
    pub(crate) parameters: usize,
    /// Whether it is the gradient of a potential.
    pub(crate) conservative: bool,
    /// Fingerprint of what it was trained on.
    pub(crate) data_hash: String,
    /// `cpu` or `gpu`.
    pub(crate) device: String,
    /// How it was trained; none for the weights of another run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) training: Option<TrainingOutcome>,
}

/// A training in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrainingOutcome {
    /// The targets of the noisy points.
    pub(crate) targets: Targets,
    /// Samples from which the noisy points were made.
    pub(crate) samples: usize,
    /// Kish's effective number of them by the weights that lead to the landscape's temperature.
    pub(crate) effective_samples: f64,
    /// How many times hotter than the landscape they were drawn; none for given samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) broadening: Option<f64>,
    /// Steps of the optimiser that were taken; none for a fit in closed form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) steps: Option<usize>,
    /// Step whose weights were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) best_step: Option<usize>,
    /// Noisy points that it learned from.
    pub(crate) pairs: usize,
    /// Loss of the pairs of training at the end; 1 is that of one that has learned nothing.
    pub(crate) training_loss: f64,
    /// Loss of pairs that were not trained on, of the weights that were kept.
    pub(crate) held_out_loss: f64,
    /// Of a fit in closed form: condition number of the normal equations' matrix with its ridge, from below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) condition: Option<f64>,
}
