//! Polynomials through measured values.

use nalgebra::{DMatrix, DVector, SVD};

use crate::DenoiserError;

/// Steps after which the singular values are given up; a few dozen are enough.
const MAX_STEPS: usize = 1000;
/// Singular values below this, relative to 1, count as zero.
const LEAST_SINGULAR_VALUE: f64 = 1e-12;

/// Coefficients, constant first, of the polynomial that is nearest to `(t, value)` in the least-squares sense; `t` within ±1.
///
/// # Errors
/// [`DenoiserError::Data`] for a number that is not finite, or where the singular values are not found.
pub(crate) fn least_squares(degree: usize, measured: &[(f64, f64)]) -> Result<Vec<f64>, DenoiserError> {
    // Singular values of a matrix with NaN are NaN without a word, and their search need not end.
    if let Some((t, value)) = measured.iter().find(|(t, value)| !t.is_finite() || !value.is_finite()) {
        return Err(DenoiserError::Data(format!("a polynomial cannot go through {value} at {t}")));
    }
    let powers =
        DMatrix::from_fn(measured.len(), degree + 1, |row, power| measured[row].0.powi(power as i32));
    let values = DVector::from_iterator(measured.len(), measured.iter().map(|(_, value)| *value));
    let found = SVD::try_new(powers, true, true, 5.0 * f64::EPSILON, MAX_STEPS).ok_or_else(|| {
        DenoiserError::Data("the singular values of a polynomial fit were not found".into())
    })?;
    let solution = found.solve(&values, LEAST_SINGULAR_VALUE);
    Ok(solution.map_err(|reason| DenoiserError::Data(reason.to_owned()))?.as_slice().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_is_found_and_what_is_not_finite_refused() {
        let truth = |t: f64| 1.0 - 2.0 * t + 0.5 * t.powi(3);
        let mut measured: Vec<(f64, f64)> =
            (0..16).map(|i| -1.0 + f64::from(i) / 7.5).map(|t| (t, truth(t))).collect();
        let found = least_squares(3, &measured).unwrap();
        for (found, expected) in found.iter().zip([1.0, -2.0, 0.0, 0.5]) {
            assert!((found - expected).abs() < 1e-13, "{found}");
        }
        for wrong in [f64::NAN, f64::INFINITY] {
            measured[3].1 = wrong;
            assert!(matches!(least_squares(3, &measured), Err(DenoiserError::Data(_))));
        }
    }
}
