//! The settings of a neural denoiser and its training.

use serde::{Deserialize, Serialize};

use super::Activation;
use crate::DenoiserError;

/// All settings of a neural denoiser; every field has a usable default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NeuralSettings {
    /// The network is a scalar potential and the denoiser its gradient: the metric is symmetric exactly and `log Z` is known.
    pub conservative: bool,
    /// Largest number of Gaussians of the baseline, whose exact denoiser the network corrects.
    pub clusters: usize,
    /// Neurons of each hidden layer.
    pub width: usize,
    /// Number of hidden layers.
    pub hidden_layers: usize,
    /// Adds each hidden layer's input to its output, from the second on.
    pub residual: bool,
    /// Activation function.
    pub activation: Activation,
    /// Harmonics `sin kθ, cos kθ`, `k = 1..`, of each periodic variable.
    pub harmonics: usize,
    /// Harmonics of each other variable's standardised value, in addition to the value itself.
    pub standardised_harmonics: usize,
    /// Frequencies `sin πkt/2, cos πkt/2` of the noise level `t` in [-1, 1], in addition to `t` itself.
    pub level_frequencies: usize,
    /// Largest number of variables for which the divergence is exact; above, it is estimated with `divergence_probes`.
    pub exact_divergence_up_to: usize,
    /// Rademacher vectors of Hutchinson's estimate of the divergence, the same for all points and calls.
    pub divergence_probes: usize,

    /// Optimiser steps.
    pub steps: usize,
    /// Training pairs of one step.
    pub batch: usize,
    /// Pairs drawn at a time.
    pub pairs_per_round: usize,
    /// Number of passes through the pairs of a round, each in a different order.
    pub passes_per_round: usize,
    /// Pairs that are excluded from training; their loss selects the weights and ends the training.
    pub held_out_pairs: usize,
    /// Largest learning rate; it follows a half cosine to zero.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises linearly at the start.
    pub warm_up_steps: usize,
    /// Decay rates of Adam's first and second moments (D. Kingma and J. Ba, arXiv 1412.6980).
    pub adam_decay: (f64, f64),
    /// Largest norm of the gradient; a longer gradient is scaled down.
    pub gradient_clip: f64,
    /// Decay of the exponential moving average of the weights.
    pub average_decay: f64,
    /// Steps between two measurements of the held-out loss.
    pub evaluate_every: usize,
    /// The training ends after this number of consecutive measurements without a new lowest held-out loss.
    pub patience: usize,
    /// Number of equal parts of the range of `λ` whose losses determine which noise levels are drawn.
    pub level_parts: usize,
    /// Fraction of the pairs drawn uniformly from all noise levels; the rest are drawn in proportion to each part's loss.
    pub uniform_share: f64,
    /// Weight of the loss of the posterior variance relative to that of the mean; plain variant only.
    pub divergence_weight: f64,
    /// Weight of the loss of `E|x - y|²` relative to that of the mean; conservative variant only.
    pub displacement_weight: f64,
}

impl Default for NeuralSettings {
    fn default() -> Self {
        Self {
            conservative: false,
            clusters: 256,
            width: 128,
            hidden_layers: 3,
            residual: false,
            activation: Activation::default(),
            harmonics: 4,
            standardised_harmonics: 3,
            level_frequencies: 4,
            exact_divergence_up_to: 20,
            divergence_probes: 8,
            steps: 20_000,
            batch: 256,
            pairs_per_round: 65_536,
            passes_per_round: 16,
            held_out_pairs: 8192,
            learning_rate: 2e-3,
            warm_up_steps: 200,
            adam_decay: (0.9, 0.99),
            gradient_clip: 1.0,
            average_decay: 0.999,
            evaluate_every: 250,
            patience: 40,
            level_parts: 16,
            uniform_share: 0.5,
            divergence_weight: 0.0,
            displacement_weight: 1.0,
        }
    }
}

impl NeuralSettings {
    /// Checks every number.
    ///
    /// # Errors
    /// [`DenoiserError::Settings`], which names the field and what it must be.
    pub fn check(&self) -> Result<(), DenoiserError> {
        let fail = |field: &str, must: &str| {
            Err(DenoiserError::Settings(format!("`{field}` of the neural denoiser must {must}")))
        };
        let counts = [
            ("clusters", self.clusters),
            ("width", self.width),
            ("hidden_layers", self.hidden_layers),
            ("harmonics", self.harmonics),
            ("divergence_probes", self.divergence_probes),
            ("steps", self.steps),
            ("batch", self.batch),
            ("passes_per_round", self.passes_per_round),
            ("held_out_pairs", self.held_out_pairs),
            ("evaluate_every", self.evaluate_every),
            ("patience", self.patience),
            ("level_parts", self.level_parts),
        ];
        for (field, count) in counts {
            if count == 0 {
                return fail(field, "be at least 1");
            }
        }
        // Far beyond what is useful, but still within what can be counted and stored.
        let most = [
            ("clusters", self.clusters, 1 << 20),
            ("width", self.width, 1 << 16),
            ("hidden_layers", self.hidden_layers, 1 << 8),
            ("harmonics", self.harmonics, 1 << 12),
            ("standardised_harmonics", self.standardised_harmonics, 1 << 12),
            ("level_frequencies", self.level_frequencies, 1 << 12),
            ("divergence_probes", self.divergence_probes, 1 << 12),
            ("level_parts", self.level_parts, 1 << 16),
            ("steps", self.steps, 1 << 40),
            ("batch", self.batch, 1 << 24),
            ("pairs_per_round", self.pairs_per_round, 1 << 24),
            ("held_out_pairs", self.held_out_pairs, 1 << 24),
        ];
        for (field, count, most) in most {
            if count > most {
                return fail(field, &format!("be at most {most}"));
            }
        }
        if self.pairs_per_round < self.batch {
            return fail("pairs_per_round", "be at least `batch`");
        }
        for (field, value) in [("learning_rate", self.learning_rate), ("gradient_clip", self.gradient_clip)] {
            if !(value > 0.0 && value.is_finite()) {
                return fail(field, "be a positive number");
            }
        }
        let (first, second) = self.adam_decay;
        for (field, value) in
            [("adam_decay", first), ("adam_decay", second), ("average_decay", self.average_decay)]
        {
            if !(0.0..1.0).contains(&value) {
                return fail(field, "be at least 0 and less than 1");
            }
        }
        if !(self.uniform_share > 0.0 && self.uniform_share <= 1.0) {
            return fail("uniform_share", "be more than 0 and at most 1");
        }
        for (field, value) in
            [("divergence_weight", self.divergence_weight), ("displacement_weight", self.displacement_weight)]
        {
            if !(value >= 0.0 && value.is_finite()) {
                return fail(field, "be a number of at least 0");
            }
        }
        Ok(())
    }
}
