//! The numbers of a random-feature denoiser.

use serde::{Deserialize, Serialize};

use crate::DenoiserError;

/// Everything that can be chosen about a random-feature denoiser; every field has a default that works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomFeatureSettings {
    /// Number of cosines, in addition to the constant.
    pub features: usize,
    /// Largest number of Gaussians of the baseline, a coarse model of where the samples lie.
    pub clusters: usize,
    /// Pairs that the coefficients are fitted to.
    pub pairs: usize,
    /// Pairs that are excluded from the fit; they measure the error.
    pub held_out_pairs: usize,
    /// Largest wave number of a periodic variable, per period; largest frequency of any other, per standard deviation.
    pub largest_harmonic: f64,
    /// Range of the frequencies' scale, whose logarithm is uniform; see [`RandomFeatureDenoiser`](crate::RandomFeatureDenoiser).
    pub frequency_scale: (f64, f64),
    /// Standard deviation of the frequencies of the noise level `t` in [-1, 1].
    pub level_frequency: f64,
    /// `η` of the features' amplitude `exp(-½ η |∇phase|² s²)`: what varies fast in `y` is damped at high noise.
    pub damping: f64,
    /// `ρ` of the ridge `ρ tr(U)/M` that is added to the diagonal of the normal equations' matrix `U`.
    pub ridge: f64,
    /// Time `τ` of the gradient flow that trains the coefficients from zero; by default training is complete, `τ = ∞`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_time: Option<f64>,
}

/// Far more than is useful for any count.
const MOST: usize = 1 << 24;

impl Default for RandomFeatureSettings {
    fn default() -> Self {
        Self {
            features: 1000,
            clusters: 256,
            pairs: 30_000,
            held_out_pairs: 4000,
            largest_harmonic: 24.0,
            frequency_scale: (1.5, 8.0),
            level_frequency: 2.0,
            damping: 0.2,
            ridge: 1e-8,
            training_time: None,
        }
    }
}

impl RandomFeatureSettings {
    /// Rejects invalid settings.
    ///
    /// # Errors
    /// [`DenoiserError::Settings`] that names the setting.
    pub fn check(&self) -> Result<(), DenoiserError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let (low, high) = self.frequency_scale;
        let wrong = if self.features == 0 {
            "`features` must be at least 1".to_owned()
        } else if self.clusters == 0 {
            "`clusters` must be at least 1".to_owned()
        } else if self.pairs <= self.features {
            format!("`pairs` ({}) must be more than `features` ({})", self.pairs, self.features)
        } else if self.held_out_pairs == 0 {
            "`held_out_pairs` must be at least 1".to_owned()
        } else if !(self.largest_harmonic >= 1.0 && self.largest_harmonic.is_finite()) {
            format!("`largest_harmonic` is {}, expected at least 1", self.largest_harmonic)
        } else if !(positive(low) && low <= high && high <= self.largest_harmonic) {
            format!("`frequency_scale` is {:?}, expected 0 < low ≤ high ≤ `largest_harmonic`", (low, high))
        } else if !(self.level_frequency >= 0.0 && self.level_frequency.is_finite()) {
            format!("`level_frequency` is {}, expected at least 0", self.level_frequency)
        } else if !(self.damping >= 0.0 && self.damping.is_finite()) {
            format!("`damping` is {}, expected at least 0", self.damping)
        } else if !positive(self.ridge) {
            format!("`ridge` is {}, expected more than 0", self.ridge)
        } else if let Some(time) = self.training_time.filter(|time| !(*time >= 0.0 && time.is_finite())) {
            format!("`training_time` is {time}, expected at least 0")
        } else if let Some((key, _)) =
            [("features", self.features), ("pairs", self.pairs), ("held_out_pairs", self.held_out_pairs)]
                .into_iter()
                .find(|(_, count)| *count > MOST)
        {
            format!("`{key}` must be at most {MOST}")
        } else {
            return Ok(());
        };
        Err(DenoiserError::Settings(wrong))
    }
}
