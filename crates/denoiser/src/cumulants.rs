//! Cumulants of the centred statistic `z = (u, |u|²)`, `u = x - c`, and how they mix and shift.
//!
//! With the centre `c` at the posterior mean nothing large cancels; the statistic of the exponential family is
//! `T = (x, |x|²) = const + A z` with `A = [[I, 0], [2cᵀ, 1]]`, so its cumulants follow exactly.

use nalgebra::{DMatrix, DVector};

use crate::PosteriorMoments;

/// Mean, covariance and (where a direction was given) third cumulant contracted with it, of `z`.
#[derive(Clone, Debug)]
pub(crate) struct Cumulants {
    pub(crate) mean: DVector<f64>,
    pub(crate) covariance: DMatrix<f64>,
    pub(crate) third: Option<DMatrix<f64>>,
}

impl Cumulants {
    pub(crate) fn zeros(size: usize, with_third: bool) -> Self {
        Self {
            mean: DVector::zeros(size),
            covariance: DMatrix::zeros(size, size),
            third: with_third.then(|| DMatrix::zeros(size, size)),
        }
    }

    /// Adds a part of a mixture by the law of total cumulance. `self.mean` must already be the mixture's mean.
    pub(crate) fn add_part(&mut self, probability: f64, part: &Cumulants, direction: Option<&DVector<f64>>) {
        let offset = &part.mean - &self.mean;
        self.covariance += probability * &part.covariance;
        self.covariance.ger(probability, &offset, &offset, 1.0);
        if let (Some(third), Some(part_third), Some(direction)) = (&mut self.third, &part.third, direction) {
            let along = offset.dot(direction);
            let contracted = &part.covariance * direction;
            *third += probability * part_third + (probability * along) * &part.covariance;
            third.ger(probability, &contracted, &offset, 1.0);
            third.ger(probability, &offset, &contracted, 1.0);
            third.ger(probability * along, &offset, &offset, 1.0);
        }
    }

    /// `μ` and `G` of `T` from the cumulants of `z` about `centre`.
    pub(crate) fn posterior_moments(&self, centre: &[f64], log_normaliser: f64) -> PosteriorMoments {
        PosteriorMoments {
            expectation_parameter: expectation_parameter(centre, &self.mean),
            metric: shift_matrix(&self.covariance, centre),
            log_normaliser: Some(log_normaliser),
        }
    }

    /// Third cumulant of `T` contracted with the direction that [`centred_direction`] was given.
    pub(crate) fn metric_derivative(&self, centre: &[f64]) -> Option<DMatrix<f64>> {
        self.third.as_ref().map(|third| shift_matrix(third, centre))
    }
}

/// `E[T]` from `E[z]`.
pub(crate) fn expectation_parameter(centre: &[f64], mean: &DVector<f64>) -> DVector<f64> {
    let dimension = centre.len();
    let mut result = mean.clone();
    for (axis, c) in centre.iter().enumerate() {
        result[axis] += c;
        result[dimension] += c * (c + 2.0 * mean[axis]);
    }
    result
}

/// `A v`: the covariance of something with `T` from its covariance with `z`.
pub(crate) fn shift_vector(vector: &DVector<f64>, centre: &[f64]) -> DVector<f64> {
    let mut result = vector.clone();
    result[centre.len()] += centre.iter().zip(vector.iter()).map(|(c, v)| 2.0 * c * v).sum::<f64>();
    result
}

/// `A M Aᵀ` for a symmetric `M`.
fn shift_matrix(matrix: &DMatrix<f64>, centre: &[f64]) -> DMatrix<f64> {
    let last = centre.len();
    let mut result = matrix.clone();
    let mut corner = 0.0;
    for row in 0..last {
        let shift: f64 = (0..last).map(|column| 2.0 * centre[column] * matrix[(row, column)]).sum();
        result[(row, last)] = matrix[(row, last)] + shift;
        result[(last, row)] = result[(row, last)];
        corner += 2.0 * centre[row] * (shift + 2.0 * matrix[(row, last)]);
    }
    result[(last, last)] += corner;
    result
}

/// `Aᵀ v`: a direction in natural parameters as the direction that contracts the cumulants of `z`.
pub(crate) fn centred_direction(direction: &DVector<f64>, centre: &[f64]) -> DVector<f64> {
    let mut result = direction.clone();
    let last = direction[centre.len()];
    for (axis, c) in centre.iter().enumerate() {
        result[axis] += 2.0 * c * last;
    }
    result
}
