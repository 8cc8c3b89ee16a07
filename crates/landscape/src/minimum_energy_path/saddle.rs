//! The saddle near a point.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::string::distance;
use crate::Landscape;

/// Steps until the search is given up; from the top of a relaxed string five are enough.
const MAX_STEPS: usize = 50;
/// Steps after which the eigenvalues of a Hessian are given up; a few are enough.
const MAX_EIGEN_STEPS: usize = 1000;
/// The search ends at a step of this share of its reach.
const SMALLEST_STEP: f64 = 1e-9;

/// `∂²F/∂x∂x` by central differences of the gradient over `±step`.
pub(super) fn hessian(landscape: &dyn Landscape, x: &[f64], step: f64) -> DMatrix<f64> {
    let dimension = x.len();
    let mut hessian = DMatrix::zeros(dimension, dimension);
    let (mut moved, mut above, mut below) = (x.to_vec(), vec![0.0; dimension], vec![0.0; dimension]);
    for axis in 0..dimension {
        moved[axis] = x[axis] + step;
        landscape.energy_gradient(&moved, &mut above);
        moved[axis] = x[axis] - step;
        landscape.energy_gradient(&moved, &mut below);
        moved[axis] = x[axis];
        for row in 0..dimension {
            hessian[(row, axis)] = (above[row] - below[row]) / (2.0 * step);
        }
    }
    0.5 * (&hessian + hessian.transpose())
}

/// The stationary point with one direction of negative curvature that is found from `start` within `reach`; none if there is
/// none, or where the landscape's derivatives are not finite.
pub(super) fn saddle_near(landscape: &dyn Landscape, start: &[f64], reach: f64) -> Option<Vec<f64>> {
    let mut x = start.to_vec();
    for _ in 0..MAX_STEPS {
        let mut gradient = vec![0.0; x.len()];
        landscape.energy_gradient(&x, &mut gradient);
        let hessian = hessian(landscape, &x, 1e-4 * reach);
        // Eigenvalues of a matrix with NaN are NaN without a word.
        if hessian.iter().any(|entry| !entry.is_finite()) {
            return None;
        }
        let eigen = SymmetricEigen::try_new(hessian, f64::EPSILON, MAX_EIGEN_STEPS)?;
        let lowest = eigen.eigenvalues.imin();
        let along = eigen.eigenvectors.transpose() * DVector::from_vec(gradient);
        let mut step = DVector::zeros(x.len());
        for mode in 0..x.len() {
            let curvature = eigen.eigenvalues[mode].abs().max(f64::MIN_POSITIVE);
            let uphill = if mode == lowest { 1.0 } else { -1.0 };
            step += uphill * along[mode] / curvature * eigen.eigenvectors.column(mode);
        }
        let length = step.norm();
        if !length.is_finite() {
            return None;
        }
        step *= (0.5 * reach / length).min(1.0);
        for (x, step) in x.iter_mut().zip(step.iter()) {
            *x += step;
        }
        if distance(&x, start) > reach {
            return None;
        }
        if length < SMALLEST_STEP * reach {
            let negative = eigen.eigenvalues.iter().filter(|curvature| **curvature < 0.0).count();
            return (negative == 1).then_some(x);
        }
    }
    None
}
