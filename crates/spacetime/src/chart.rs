//! The coordinates in which a curve is moved.

use geodyssey_denoiser::SpacetimePoint;
use nalgebra::{DMatrix, DVector};

/// Coordinates `u = (λ, θ)` of spacetime with `θ_j = y_j e^λ / (e^λ + κ_j)`.
///
/// For a periodic variable `κ_j = 0`, so that `θ = y`. For others `κ_j` is about the precision of the data: `θ` is then `y` at
/// high logSNR and the natural parameter up to a factor at low logSNR, where `y` itself runs off to infinity. `θ` would be the
/// denoiser if the data were Gaussian of precision `κ` around 0. In these coordinates `η = ((e^λ + κ) θ, -½ e^λ)`.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) reference_precision: Vec<f64>,
}

impl Chart {
    /// `u` of a point.
    pub(crate) fn coordinates(&self, point: &SpacetimePoint) -> DVector<f64> {
        let shrink = |kappa: f64| 1.0 / (1.0 + kappa * (-point.log_snr).exp());
        DVector::from_iterator(
            point.y.len() + 1,
            std::iter::once(point.log_snr)
                .chain(point.y.iter().zip(&self.reference_precision).map(|(y, kappa)| y * shrink(*kappa))),
        )
    }

    /// The point at `u`.
    pub(crate) fn point(&self, coordinates: &DVector<f64>) -> SpacetimePoint {
        let noise = (-coordinates[0]).exp();
        let y = coordinates.iter().skip(1).zip(&self.reference_precision);
        SpacetimePoint {
            log_snr: coordinates[0],
            y: y.map(|(theta, kappa)| theta * (1.0 + kappa * noise)).collect(),
        }
    }

    /// `J = ∂η/∂u`.
    pub(crate) fn jacobian(&self, coordinates: &DVector<f64>) -> DMatrix<f64> {
        let dimension = self.reference_precision.len();
        let precision = coordinates[0].exp();
        let mut jacobian = DMatrix::zeros(dimension + 1, dimension + 1);
        for (row, kappa) in self.reference_precision.iter().enumerate() {
            jacobian[(row, 0)] = precision * coordinates[row + 1];
            jacobian[(row, row + 1)] = precision + kappa;
        }
        jacobian[(dimension, 0)] = -0.5 * precision;
        jacobian
    }

    /// `Σ_k g_k ∂²η_k/∂u²` for a gradient `g = ∂/∂η`.
    pub(crate) fn curvature(&self, coordinates: &DVector<f64>, gradient: &DVector<f64>) -> DMatrix<f64> {
        let dimension = self.reference_precision.len();
        let precision = coordinates[0].exp();
        let mut curvature = DMatrix::zeros(dimension + 1, dimension + 1);
        curvature[(0, 0)] = -0.5 * precision * gradient[dimension];
        for row in 0..dimension {
            curvature[(0, 0)] += precision * coordinates[row + 1] * gradient[row];
            curvature[(0, row + 1)] = precision * gradient[row];
            curvature[(row + 1, 0)] = precision * gradient[row];
        }
        curvature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_match_finite_differences() {
        let chart = Chart { reference_precision: vec![0.0, 0.7] };
        let u = DVector::from_vec(vec![-0.4, 1.3, -2.1]);
        let gradient = DVector::from_vec(vec![0.3, -1.1, 0.8]);
        let back = chart.coordinates(&chart.point(&u));
        assert!((back - &u).norm() < 1e-14);
        let step = 1e-5;
        let moved = |axis: usize, sign: f64| {
            let mut other = u.clone();
            other[axis] += sign * step;
            other
        };
        for axis in 0..3 {
            let (plus, minus) = (moved(axis, 1.0), moved(axis, -1.0));
            let slope = (chart.point(&plus).natural_parameter() - chart.point(&minus).natural_parameter())
                / (2.0 * step);
            assert!((slope - chart.jacobian(&u).column(axis)).norm() < 1e-9);
            let change = (chart.jacobian(&plus) - chart.jacobian(&minus)).tr_mul(&gradient) / (2.0 * step);
            assert!((change - chart.curvature(&u, &gradient).column(axis)).norm() < 1e-9);
        }
    }
}
