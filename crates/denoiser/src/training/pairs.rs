//! Noisy points and what a denoiser should say there.

use rand::RngExt as _;
use rand_distr::{Distribution as _, StandardNormal};

use crate::random::stream;
use crate::{Denoiser, DenoiserError, SampleSet, SpacetimePoint};

/// Which target stands beside a noisy point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Targets {
    /// The posterior mean of the data. Denoising score matching has the same minimiser with this target as with single
    /// samples (P. Vincent, *Neural Computation* 23, 1661, 2011), but without its variance.
    #[default]
    PosteriorMean,
    /// The clean sample from which the noisy point was made: plain denoising score matching.
    Sample,
}

/// A batch of noisy points `(λ, y)` with the targets of `D = E[x]` and of `E|x - y|²`.
#[derive(Clone, Debug, Default)]
pub struct TrainingPairs {
    /// Points.
    pub points: Vec<SpacetimePoint>,
    /// Target of `D` at each point, on the cover, near `y`.
    pub means: Vec<Vec<f64>>,
    /// Target of `E|x - y|²` at each point.
    pub squared_displacements: Vec<f64>,
}

/// Where training pairs come from.
pub struct PairSource<'s> {
    /// Knows the posterior means; learned denoisers are compared with it too.
    pub reference: &'s dyn Denoiser,
    /// Noisy points are made of these samples: every one is as likely as every other for [`Targets::PosteriorMean`], and as likely
    /// as its weight says for [`Targets::Sample`].
    pub samples: &'s SampleSet,
    /// Least and largest `λ`.
    pub log_snr: (f64, f64),
    /// Which targets.
    pub targets: Targets,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl PairSource<'_> {
    /// `count` pairs of a round; a pure function of the source and `purpose`, `round`, `count`, `density`.
    ///
    /// `density` weights equal parts of the range of `λ` (empty: all alike), the importance of noise levels.
    ///
    /// # Errors
    /// As [`Denoiser::expectation_parameters`]; [`DenoiserError::Data`] if the density is not one.
    pub fn draw(
        &self,
        purpose: &str,
        round: u64,
        count: usize,
        density: &[f64],
    ) -> Result<TrainingPairs, DenoiserError> {
        let mut random = stream(self.seed, purpose, round);
        let parts = Cumulative::new(if density.is_empty() { &[1.0] } else { density })?;
        let by_weight = match self.targets {
            Targets::Sample => Some(Cumulative::new(self.samples.weights())?),
            Targets::PosteriorMean => None,
        };
        let mut points = Vec::with_capacity(count);
        let mut clean = Vec::with_capacity(count);
        for index in 0..count {
            // The level is stratified: one pair in each of `count` equal parts of the cumulative density.
            let share = (index as f64 + random.random::<f64>()) / count as f64;
            let position = parts.invert(share);
            let log_snr = self.log_snr.0 + (self.log_snr.1 - self.log_snr.0) * position;
            let sample = match &by_weight {
                Some(weights) => {
                    let at = weights.invert(random.random::<f64>()) * self.samples.len() as f64;
                    (at as usize).min(self.samples.len() - 1)
                }
                None => random.random_range(0..self.samples.len()),
            };
            let deviation = (-0.5 * log_snr).exp();
            let x = self.samples.point(sample);
            let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
            points.push(SpacetimePoint { log_snr, y: x.iter().map(|x| x + deviation * normal()).collect() });
            clean.push(sample);
        }
        match self.targets {
            Targets::PosteriorMean => {
                let moments = self.reference.expectation_parameters(&points)?;
                let dimension = self.samples.dimension();
                let means: Vec<Vec<f64>> =
                    moments.iter().map(|mu| mu.as_slice()[..dimension].to_vec()).collect();
                // E|x - y|² = E|x|² - |D|² + |D - y|², the first two taken together.
                let squared_displacements = moments
                    .iter()
                    .zip(&means)
                    .zip(&points)
                    .map(|((mu, mean), point)| {
                        let variance = mu[dimension] - mean.iter().map(|m| m * m).sum::<f64>();
                        variance + mean.iter().zip(&point.y).map(|(m, y)| (m - y).powi(2)).sum::<f64>()
                    })
                    .collect();
                Ok(TrainingPairs { points, means, squared_displacements })
            }
            Targets::Sample => {
                let means: Vec<Vec<f64>> =
                    clean.iter().map(|&sample| self.samples.point(sample).to_vec()).collect();
                let squared_displacements = means
                    .iter()
                    .zip(&points)
                    .map(|(x, point)| x.iter().zip(&point.y).map(|(x, y)| (x - y).powi(2)).sum())
                    .collect();
                Ok(TrainingPairs { points, means, squared_displacements })
            }
        }
    }
}

/// A piecewise constant density on equal parts of [0, 1], integrated.
struct Cumulative {
    sums: Vec<f64>,
}

impl Cumulative {
    fn new(density: &[f64]) -> Result<Self, DenoiserError> {
        let mut sums = Vec::with_capacity(density.len() + 1);
        sums.push(0.0);
        for value in density {
            sums.push(sums[sums.len() - 1] + value);
        }
        let total = sums[sums.len() - 1];
        if !(total > 0.0 && total.is_finite()) || density.iter().any(|value| *value < 0.0) {
            return Err(DenoiserError::Data("the weights do not form a density".into()));
        }
        sums.iter_mut().for_each(|sum| *sum /= total);
        Ok(Self { sums })
    }

    /// The position in [0, 1] below which `share` of the density lies.
    fn invert(&self, share: f64) -> f64 {
        let parts = self.sums.len() - 1;
        let part = (self.sums.partition_point(|sum| *sum <= share).max(1) - 1).min(parts - 1);
        let width = self.sums[part + 1] - self.sums[part];
        let inside = if width > 0.0 { ((share - self.sums[part]) / width).clamp(0.0, 1.0) } else { 0.5 };
        (part as f64 + inside) / parts as f64
    }
}
