//! Smooth functions of the noise level, fitted to training pairs.

use serde::{Deserialize, Serialize};

use crate::{DenoiserError, polynomial};

/// Number of equal parts of the range of `λ` in which means are taken.
const PARTS: usize = 32;
/// Degree of the polynomials.
const DEGREE: usize = 6;

/// A polynomial of `t = (2λ - λ_min - λ_max)/(λ_max - λ_min)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LevelPolynomial {
    log_snr: (f64, f64),
    /// Coefficients, constant first.
    coefficients: Vec<f64>,
}

impl LevelPolynomial {
    /// Least squares through `transform` of the mean values in equal parts of the range; `values` are `(λ, value)`.
    pub(super) fn fit(
        log_snr: (f64, f64),
        values: impl Iterator<Item = (f64, f64)>,
        transform: impl Fn(f64, f64) -> f64,
    ) -> Result<Self, DenoiserError> {
        let mut sums = [(0.0, 0usize); PARTS];
        for (level, value) in values {
            if !value.is_finite() {
                return Err(DenoiserError::Data(format!("a training target at logSNR {level} is {value}")));
            }
            let part = (level - log_snr.0) / (log_snr.1 - log_snr.0) * PARTS as f64;
            let (sum, count) = &mut sums[(part as usize).min(PARTS - 1)];
            *sum += value;
            *count += 1;
        }
        let measured: Vec<(f64, f64)> = (0..PARTS)
            .filter(|&part| sums[part].1 > 0)
            .map(|part| {
                let t = (2.0 * part as f64 + 1.0) / PARTS as f64 - 1.0;
                let level = 0.5 * (log_snr.0 + log_snr.1 + t * (log_snr.1 - log_snr.0));
                (t, transform(level, sums[part].0 / sums[part].1 as f64))
            })
            .collect();
        if measured.len() < PARTS / 2 {
            return Err(DenoiserError::Data(
                "the training pairs cover too little of the noise levels".into(),
            ));
        }
        let coefficients = polynomial::least_squares(DEGREE, &measured)?;
        Ok(Self { log_snr, coefficients })
    }

    /// `∫ p dλ`, zero in the middle of the range.
    pub(super) fn integral(&self) -> Self {
        let half = 0.5 * (self.log_snr.1 - self.log_snr.0);
        let raised = self.coefficients.iter().enumerate();
        let coefficients =
            std::iter::once(0.0).chain(raised.map(|(power, c)| half * c / (power + 1) as f64)).collect();
        Self { log_snr: self.log_snr, coefficients }
    }

    /// Value and first and second derivative by `λ`.
    pub(super) fn at(&self, log_snr: f64) -> [f64; 3] {
        let half = 0.5 * (self.log_snr.1 - self.log_snr.0);
        let t = (log_snr - 0.5 * (self.log_snr.0 + self.log_snr.1)) / half;
        let (mut value, mut first, mut second) = (0.0, 0.0, 0.0);
        for coefficient in self.coefficients.iter().rev() {
            second = second * t + 2.0 * first;
            first = first * t + value;
            value = value * t + coefficient;
        }
        [value, first / half, second / (half * half)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_is_recovered_with_its_derivatives_and_integral() {
        let range = (-3.0, 5.0);
        let truth = |x: f64| 1.0 - 0.5 * x + 0.25 * x * x;
        let values = (0..32_000).map(|i| {
            let level = range.0 + 8.0 * (f64::from(i) + 0.5) / 32_000.0;
            (level, truth(level))
        });
        let fitted = LevelPolynomial::fit(range, values, |_, mean| mean).unwrap();
        // A part's mean is the value at its middle plus half the curvature times its variance, 0.25 × 0.25²/12.
        let bias = 0.25 * 0.25 * 0.25 / 12.0;
        for level in [-2.5, 0.0, 3.7] {
            let [value, first, second] = fitted.at(level);
            assert!((value - truth(level) - bias).abs() < 1e-6);
            assert!((first - (-0.5 + 0.5 * level)).abs() < 1e-5);
            assert!((second - 0.5).abs() < 1e-4);
            let [_, slope, curvature] = fitted.integral().at(level);
            assert!((slope - value).abs() < 1e-12 && (curvature - first).abs() < 1e-12);
        }
    }
}
