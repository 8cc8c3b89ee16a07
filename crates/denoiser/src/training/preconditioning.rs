//! The scale of a learned denoiser's task at every noise level.

use serde::{Deserialize, Serialize};

use super::{ClusterMixture, TrainingPairs};
use crate::{DenoiserError, SampleSet, polynomial};

/// Equal parts of the range of `λ` in which the spread of the targets is measured.
const BINS: usize = 32;
/// Degree of the polynomial of `log c(λ)`.
const DEGREE: usize = 6;
/// Smallest scale that a target is stretched from, relative to the noise `s = e^{-λ/2}` or the data's spread, whichever is less.
const LEAST_SCALE: f64 = 1e-4;

/// `D(λ, y) = D_0(λ, y) + c(λ) N(λ, y)` per variable, with `N` of unit scale at every `λ`.
///
/// The form of Karras et al. (arXiv 2206.00364, Eq. 7), with two changes. Their skip connection, `y σ²/(σ² + s²)`, is the
/// exact denoiser of one Gaussian; here it is that of a mixture of Gaussians, a [`ClusterMixture`], which knows periods and
/// several basins: under much noise, where the posterior is far narrower than the noise, little is left to learn.
/// And their `c` is the scale of single noisy targets; here `log c` is a polynomial of `λ` fitted to the root mean square of
/// what the targets leave to learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preconditioning {
    /// Period of each variable.
    pub periods: Vec<Option<f64>>,
    /// `m` of each variable; 0 for a periodic one.
    pub centre: Vec<f64>,
    /// `σ` of each variable; 1 for a periodic one.
    pub deviation: Vec<f64>,
    /// Least and largest `λ`.
    pub log_snr: (f64, f64),
    /// Of each variable, the coefficients of `log c` in powers of `t = (2λ - λ_min - λ_max)/(λ_max - λ_min)`, constant first.
    pub log_scale: Vec<Vec<f64>>,
    /// `D_0`.
    pub baseline: ClusterMixture,
}

impl Preconditioning {
    /// Measures the samples and the targets of some pairs; the baseline has up to `clusters` Gaussians.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if there are too few pairs, the range of `λ` is empty, a target is not finite or no cluster is
    /// asked for.
    pub fn fit(
        samples: &SampleSet,
        pairs: &TrainingPairs,
        log_snr: (f64, f64),
        clusters: usize,
        seed: u64,
    ) -> Result<Self, DenoiserError> {
        let periods = samples.periods().to_vec();
        if log_snr.0.partial_cmp(&log_snr.1) != Some(std::cmp::Ordering::Less) {
            return Err(DenoiserError::Data(format!("the range of logSNR {log_snr:?} is empty")));
        }
        let (centre, deviation) = standardisation(samples);
        let baseline = ClusterMixture::fit(samples, clusters, seed)?;
        let answers = baseline.answers(&pairs.points)?;
        let mut fitted = Self { periods, centre, deviation, log_snr, log_scale: Vec::new(), baseline };
        for axis in 0..samples.dimension() {
            let left = pairs.means.iter().zip(&answers).map(|(mean, (base, _))| mean[axis] - base[axis]);
            let coefficients = fitted.fit_axis(axis, pairs, left)?;
            fitted.log_scale.push(coefficients);
        }
        Ok(fitted)
    }

    fn fit_axis(
        &self,
        axis: usize,
        pairs: &TrainingPairs,
        left: impl Iterator<Item = f64>,
    ) -> Result<Vec<f64>, DenoiserError> {
        let mut sums = vec![(0.0, 0usize); BINS];
        for (point, target) in pairs.points.iter().zip(left) {
            if !target.is_finite() {
                return Err(DenoiserError::Data(format!("the target at {point:?} is {target}")));
            }
            let bin = (0.5 * (self.position(point.log_snr) + 1.0) * BINS as f64) as usize;
            let (sum, count) = &mut sums[bin.min(BINS - 1)];
            *sum += target * target;
            *count += 1;
        }
        let measured: Vec<(f64, f64)> = (0..BINS)
            .filter(|&bin| sums[bin].1 > 0)
            .map(|bin| {
                let t = (2.0 * bin as f64 + 1.0) / BINS as f64 - 1.0;
                let log_snr = 0.5 * (self.log_snr.0 + self.log_snr.1 + t * (self.log_snr.1 - self.log_snr.0));
                let floor = LEAST_SCALE * (-0.5 * log_snr).exp().min(self.deviation[axis]);
                (t, (sums[bin].0 / sums[bin].1 as f64).sqrt().max(floor).ln())
            })
            .collect();
        if measured.len() < BINS / 2 {
            let message =
                format!("{} training pairs cover too little of the noise levels", pairs.points.len());
            return Err(DenoiserError::Data(message));
        }
        polynomial::least_squares(DEGREE, &measured)
    }

    /// Number of variables.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.periods.len()
    }

    /// `t` in [-1, 1] over the range of `λ`.
    #[must_use]
    pub fn position(&self, log_snr: f64) -> f64 {
        (2.0 * log_snr - self.log_snr.0 - self.log_snr.1) / (self.log_snr.1 - self.log_snr.0)
    }

    /// `log c` of one variable and its derivative by `λ`.
    #[must_use]
    pub fn log_scale(&self, axis: usize, log_snr: f64) -> (f64, f64) {
        let t = self.position(log_snr);
        let (mut value, mut slope) = (0.0, 0.0);
        for coefficient in self.log_scale[axis].iter().rev() {
            slope = slope * t + value;
            value = value * t + coefficient;
        }
        (value, slope * 2.0 / (self.log_snr.1 - self.log_snr.0))
    }

    /// `N` that belongs to a denoiser's value: `(D - D_0)/c`, per variable, where the baseline says `base`.
    #[must_use]
    pub fn normalised(&self, log_snr: f64, mean: &[f64], base: &[f64]) -> Vec<f64> {
        let left = mean.iter().zip(base).enumerate();
        left.map(|(axis, (mean, base))| (mean - base) / self.log_scale(axis, log_snr).0.exp()).collect()
    }
}

/// Centre and standard deviation of each variable, by the weights; 0 and 1 where it is periodic or does not vary.
fn standardisation(samples: &SampleSet) -> (Vec<f64>, Vec<f64>) {
    let dimension = samples.dimension();
    (0..dimension)
        .map(|axis| {
            if samples.periods()[axis].is_some() {
                return (0.0, 1.0);
            }
            let weighted = |value: &dyn Fn(f64) -> f64| -> f64 {
                let terms = samples.weights().iter().enumerate();
                terms.map(|(index, weight)| weight * value(samples.point(index)[axis])).sum()
            };
            let mean = weighted(&|x| x);
            let deviation = weighted(&|x| (x - mean).powi(2)).sqrt();
            (mean, if deviation > 0.0 { deviation } else { 1.0 })
        })
        .unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Covariance, MixtureComponent, MixtureDenoiser, PairSource, Targets};

    #[test]
    fn targets_have_unit_scale_at_every_level_and_slopes_are_right() {
        let component = |mean: f64, x: f64| MixtureComponent {
            weight: 0.5,
            mean: vec![mean, x],
            covariance: Covariance::Isotropic(0.05),
        };
        let periods = vec![Some(std::f64::consts::TAU), None];
        let reference =
            MixtureDenoiser::new(vec![component(-1.0, 3.0), component(1.5, 4.0)], periods.clone()).unwrap();
        let points: Vec<Vec<f64>> = (0..200)
            .map(|i| {
                let offset = 0.2 * (f64::from(i) * 0.7).sin();
                if i % 2 == 0 { vec![-1.0 + offset, 3.0 - offset] } else { vec![1.5 - offset, 4.0 + offset] }
            })
            .collect();
        let samples = SampleSet::new(&points, None, periods).unwrap();
        let range = (-3.0, 6.0);
        let source = PairSource {
            reference: &reference,
            samples: &samples,
            log_snr: range,
            targets: Targets::PosteriorMean,
            seed: 3,
        };
        let fitted =
            Preconditioning::fit(&samples, &source.draw("fit", 0, 8192, &[]).unwrap(), range, 1, 1).unwrap();
        let test = source.draw("test", 0, 8192, &[]).unwrap();
        let answers = fitted.baseline.answers(&test.points).unwrap();
        for axis in 0..2 {
            for part in 0..9 {
                let low = -3.0 + f64::from(part);
                let values: Vec<f64> = test
                    .points
                    .iter()
                    .zip(test.means.iter().zip(&answers))
                    .filter(|(point, _)| (low..low + 1.0).contains(&point.log_snr))
                    .map(|(point, (mean, (base, _)))| {
                        fitted.normalised(point.log_snr, mean, base)[axis].powi(2)
                    })
                    .collect();
                let rms = (values.iter().sum::<f64>() / values.len() as f64).sqrt();
                assert!((0.7..1.4).contains(&rms), "axis {axis}, logSNR {low}: {rms}");
            }
            let h = 1e-5;
            for log_snr in [-2.0, 1.0, 5.0] {
                let difference = (fitted.log_scale(axis, log_snr + h).0
                    - fitted.log_scale(axis, log_snr - h).0)
                    / (2.0 * h);
                assert!((fitted.log_scale(axis, log_snr).1 - difference).abs() < 1e-7);
            }
        }
    }
}
