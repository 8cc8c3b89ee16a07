//! A set of weighted samples.

use rand::RngExt as _;

use crate::DenoiserError;
use crate::random::stream;

/// Samples `x_i` with weights `w_i`, `q(x) ≈ Σ_i w_i δ(x - x_i) / Σ_i w_i`.
///
/// They need not be drawn from `q`: samples of a flatter density (a higher temperature, a biased run) with the weights
/// that lead back to `q` serve better, since they lie where paths go.
#[derive(Clone, Debug)]
pub struct SampleSet {
    coordinates: Vec<f64>,
    weights: Vec<f64>,
    periods: Vec<Option<f64>>,
}

impl SampleSet {
    /// Samples with their weights; `None` for equal ones. Weights are normalised to the sum 1. Periodic variables are
    /// brought into `[-P/2, P/2)`.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if there is no sample or variable, a sample has the wrong dimension, a number is not finite,
    /// a weight is negative, all are zero, or there are not as many weights as samples.
    pub fn new(
        points: &[Vec<f64>],
        weights: Option<&[f64]>,
        periods: Vec<Option<f64>>,
    ) -> Result<Self, DenoiserError> {
        let data = |message: String| Err(DenoiserError::Data(message));
        if periods.is_empty() || points.is_empty() {
            return data(format!("{} samples of {} variables", points.len(), periods.len()));
        }
        if let Some(period) = periods.iter().flatten().find(|period| !(**period > 0.0 && period.is_finite()))
        {
            return data(format!("period {period} is not a positive number"));
        }
        let equal;
        let weights = match weights {
            Some(weights) => weights,
            None => {
                equal = vec![1.0; points.len()];
                &equal
            }
        };
        if weights.len() != points.len() {
            return data(format!("{} samples but {} weights", points.len(), weights.len()));
        }
        if let Some(index) = weights.iter().position(|weight| !(*weight >= 0.0 && weight.is_finite())) {
            return data(format!("weight {index} is {}, not a number of at least 0", weights[index]));
        }
        let sum: f64 = weights.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return data(format!("the weights sum to {sum}"));
        }
        let mut coordinates = Vec::with_capacity(points.len() * periods.len());
        for (index, point) in points.iter().enumerate() {
            if point.len() != periods.len() {
                return data(format!(
                    "sample {index} has {} variables, expected {}",
                    point.len(),
                    periods.len()
                ));
            }
            for (x, period) in point.iter().zip(&periods) {
                if !x.is_finite() {
                    return data(format!("sample {index} is {point:?}, which is not finite"));
                }
                coordinates.push(period.map_or(*x, |period| x - period * (x / period + 0.5).floor()));
            }
        }
        let weights = weights.iter().map(|weight| weight / sum).collect();
        Ok(Self { coordinates, weights, periods })
    }

    /// Number of samples.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a set is never empty")]
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Number of variables.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.periods.len()
    }

    /// Period of each variable.
    #[must_use]
    pub fn periods(&self) -> &[Option<f64>] {
        &self.periods
    }

    /// Sample `index`.
    #[must_use]
    pub fn point(&self, index: usize) -> &[f64] {
        &self.coordinates[index * self.dimension()..][..self.dimension()]
    }

    /// All samples, `[sample][variable]`.
    #[must_use]
    pub fn coordinates(&self) -> &[f64] {
        &self.coordinates
    }

    /// Weights; their sum is 1.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Kish's effective number of samples, `(Σw)² / Σw²` (L. Kish, *Survey Sampling*, 1965).
    #[must_use]
    pub fn effective_size(&self) -> f64 {
        1.0 / self.weights.iter().map(|weight| weight * weight).sum::<f64>()
    }

    /// Two parts, the second with about `share` of the samples, chosen at random by `seed`; each keeps at least one.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if there are fewer than two samples, the share is not between 0 and 1, or a part has no weight.
    pub fn split(&self, share: f64, seed: u64) -> Result<(Self, Self), DenoiserError> {
        if self.len() < 2 || !(share > 0.0 && share < 1.0) {
            let message = format!("{} samples cannot be split with a share of {share}", self.len());
            return Err(DenoiserError::Data(message));
        }
        let mut order: Vec<usize> = (0..self.len()).collect();
        let mut random = stream(seed, "split", 0);
        for last in (1..order.len()).rev() {
            order.swap(last, random.random_range(0..=last));
        }
        let second = ((share * self.len() as f64).round() as usize).clamp(1, self.len() - 1);
        let (held_out, kept) = order.split_at(second);
        Ok((self.subset(kept)?, self.subset(held_out)?))
    }

    /// The samples with these indices.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if there is none or their weights are all zero.
    pub fn subset(&self, indices: &[usize]) -> Result<Self, DenoiserError> {
        let points: Vec<Vec<f64>> = indices.iter().map(|&index| self.point(index).to_vec()).collect();
        let weights: Vec<f64> = indices.iter().map(|&index| self.weights[index]).collect();
        Self::new(&points, Some(&weights), self.periods.clone())
    }
}
