//! The trait behind which every denoiser stands.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use crate::DenoiserError;

/// A point of spacetime: a noise level and a noisy sample in data units.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SpacetimePoint {
    /// `λ`, the logarithm of the signal-to-noise ratio; the noise has variance `s² = exp(-λ)` in data units.
    pub log_snr: f64,
    /// `y = x_t/α_t`, one entry per variable. On a torus it lives on the universal cover.
    pub y: Vec<f64>,
}

impl SpacetimePoint {
    /// Natural parameter `η = (e^λ y, -½ e^λ)`, length `d + 1` (arXiv 2505.17517, Eq. 16).
    #[must_use]
    pub fn natural_parameter(&self) -> DVector<f64> {
        let precision = self.log_snr.exp();
        let mut eta =
            DVector::from_iterator(self.y.len() + 1, self.y.iter().map(|y| precision * y).chain([0.0]));
        eta[self.y.len()] = -0.5 * precision;
        eta
    }

    /// The point with natural parameter `η`; `None` unless `η` is finite, not empty and its last entry is negative.
    #[must_use]
    pub fn from_natural_parameter(eta: &DVector<f64>) -> Option<Self> {
        let (&last, spatial) = eta.as_slice().split_last()?;
        let precision = -2.0 * last;
        if last >= 0.0 || eta.iter().any(|value| !value.is_finite()) {
            return None;
        }
        Some(Self { log_snr: precision.ln(), y: spatial.iter().map(|value| value / precision).collect() })
    }
}

/// Moments of the denoising posterior `p(x | λ, y) ∝ q(x) exp(-½ e^λ |x - y|²)` at one point.
///
/// The exponential family has the statistic `T(x) = (x, |x|²)` and the natural parameter
/// `η = (e^λ y, -½ e^λ)` (arXiv 2505.17517, Eq. 16–18).
#[derive(Clone, Debug)]
pub struct PosteriorMoments {
    /// `μ = E[T]`, length `d + 1`; its first `d` entries are the denoiser `D = E[x]`.
    pub expectation_parameter: DVector<f64>,
    /// `G = ∂μ/∂η`, `(d + 1) × (d + 1)`; `Cov(T)` for an exact denoiser, not exactly symmetric for a learned one.
    pub metric: DMatrix<f64>,
    /// `log ∫ q(x) exp(-½ e^λ |x - y|²) dx` (a sum for weighted points), where the denoiser knows it.
    /// On a torus with data on the cover; `q` normalised as the denoiser documents.
    pub log_normaliser: Option<f64>,
}

impl PosteriorMoments {
    /// Denoiser `D = E[x]`, the first `d` entries of `μ`.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.expectation_parameter.as_slice()[..self.expectation_parameter.len() - 1]
    }

    /// Trace of the posterior variance, `E|x|² - |D|²`, in the variables' unit squared.
    #[must_use]
    pub fn variance_trace(&self) -> f64 {
        let second_moment = self.expectation_parameter[self.expectation_parameter.len() - 1];
        second_moment - self.mean().iter().map(|mean| mean * mean).sum::<f64>()
    }
}

/// Posterior mean and covariances of an observable `f(x)`, such as the energy.
#[derive(Clone, Debug)]
pub struct ObservableMoments {
    /// `E[f]`.
    pub mean: f64,
    /// `Cov(f, T)`, which is `∂E[f]/∂η`, length `d + 1`.
    pub covariance: DVector<f64>,
}

/// What is known of a data density `q` through its posteriors at every noise level.
///
/// Required: the dimension's periods, `μ`, and the derivative of `μ`; everything else follows.
pub trait Denoiser: Send + Sync {
    /// Period of each variable; `None` where it is not periodic. Its length is the dimension `d`.
    fn periods(&self) -> &[Option<f64>];

    /// Expectation parameters `μ(λ, y)` of a batch of points.
    ///
    /// # Errors
    /// A point that is not finite, or where the posterior cannot be represented.
    fn expectation_parameters(&self, points: &[SpacetimePoint]) -> Result<Vec<DVector<f64>>, DenoiserError>;

    /// Vector–Jacobian products `wᵀ ∂μ/∂η` for one cotangent `w` (length `d + 1`) per point.
    ///
    /// # Errors
    /// As [`Denoiser::expectation_parameters`].
    fn vector_jacobian_products(
        &self,
        points: &[SpacetimePoint],
        cotangents: &[DVector<f64>],
    ) -> Result<Vec<DVector<f64>>, DenoiserError>;

    /// `μ`, `G` and the normaliser at a batch of points.
    ///
    /// The default takes `d + 1` vector–Jacobian products; exact denoisers have all of it at hand.
    ///
    /// # Errors
    /// As [`Denoiser::expectation_parameters`].
    fn moments(&self, points: &[SpacetimePoint]) -> Result<Vec<PosteriorMoments>, DenoiserError> {
        let size = self.dimension() + 1;
        let mut moments: Vec<PosteriorMoments> = self
            .expectation_parameters(points)?
            .into_iter()
            .map(|expectation_parameter| PosteriorMoments {
                expectation_parameter,
                metric: DMatrix::zeros(size, size),
                log_normaliser: None,
            })
            .collect();
        for row in 0..size {
            let mut unit = DVector::zeros(size);
            unit[row] = 1.0;
            let products = self.vector_jacobian_products(points, &vec![unit; points.len()])?;
            for (moment, product) in moments.iter_mut().zip(products) {
                moment.metric.set_row(row, &product.transpose());
            }
        }
        Ok(moments)
    }

    /// Posterior mean of the energy `F` (kJ/mol) and its covariance with `T`, where the denoiser knows `F`.
    ///
    /// # Errors
    /// As [`Denoiser::expectation_parameters`].
    fn energy_moments(
        &self,
        points: &[SpacetimePoint],
    ) -> Result<Option<Vec<ObservableMoments>>, DenoiserError> {
        let _ = points;
        Ok(None)
    }

    /// Directional derivatives of the metric, `∂G/∂η · v`, one direction per point; the third cumulants of `T`
    /// contracted with `v`. `None` where the denoiser does not know them.
    ///
    /// # Errors
    /// As [`Denoiser::expectation_parameters`].
    fn metric_derivatives(
        &self,
        points: &[SpacetimePoint],
        directions: &[DVector<f64>],
    ) -> Result<Option<Vec<DMatrix<f64>>>, DenoiserError> {
        let _ = (points, directions);
        Ok(None)
    }

    /// Least and largest `λ` that the denoiser can be asked about; for a learned one, the range of its training.
    fn log_snr_range(&self) -> (f64, f64) {
        (-LOG_SNR_LIMIT, LOG_SNR_LIMIT)
    }

    /// Number of variables `d`.
    fn dimension(&self) -> usize {
        self.periods().len()
    }
}

/// Largest `|λ|` that an exact denoiser takes; beyond it squares and lattice sums leave double precision.
pub(crate) const LOG_SNR_LIMIT: f64 = 50.0;

/// Checks every point against `dimension`, then runs `compute` on each, in parallel, in order.
pub(crate) fn for_each_point<T: Send>(
    points: &[SpacetimePoint],
    dimension: usize,
    compute: impl Fn(usize, &SpacetimePoint) -> Result<T, DenoiserError> + Sync,
) -> Result<Vec<T>, DenoiserError> {
    let range = (-LOG_SNR_LIMIT, LOG_SNR_LIMIT);
    points.iter().enumerate().try_for_each(|(index, point)| check_point(index, point, dimension, range))?;
    points.par_iter().enumerate().map(|(index, point)| compute(index, point)).collect()
}

/// Checks that a point has `dimension` finite variables and a logSNR in the range.
pub(crate) fn check_point(
    index: usize,
    point: &SpacetimePoint,
    dimension: usize,
    (low, high): (f64, f64),
) -> Result<(), DenoiserError> {
    let reason = if point.y.len() != dimension {
        format!("it has {} variables, expected {dimension}", point.y.len())
    } else if !point.log_snr.is_finite() || point.y.iter().any(|y| !y.is_finite()) {
        format!("logSNR {} or y {:?} is not finite", point.log_snr, point.y)
    } else if point.log_snr < low || point.log_snr > high {
        format!("logSNR {} lies outside the denoiser's range {low} to {high}", point.log_snr)
    } else {
        return Ok(());
    };
    Err(DenoiserError::Point { index, reason })
}

/// `(∂μ/∂η)ᵀ w` for denoisers that know the whole metric in closed form.
pub(crate) fn products_with_metric(
    denoiser: &impl Denoiser,
    points: &[SpacetimePoint],
    cotangents: &[DVector<f64>],
) -> Result<Vec<DVector<f64>>, DenoiserError> {
    check_vectors(points, cotangents, denoiser.dimension() + 1)?;
    let moments = denoiser.moments(points)?;
    Ok(moments.iter().zip(cotangents).map(|(moment, cotangent)| moment.metric.tr_mul(cotangent)).collect())
}

/// Checks that there is one vector of length `length` (cotangent or direction) per point.
pub(crate) fn check_vectors(
    points: &[SpacetimePoint],
    vectors: &[DVector<f64>],
    length: usize,
) -> Result<(), DenoiserError> {
    for index in 0..points.len().max(vectors.len()) {
        let found = vectors.get(index).map(DVector::len);
        if index >= points.len() || found != Some(length) {
            let reason = format!("needs one vector of length {length} per point, found {found:?}");
            return Err(DenoiserError::Point { index, reason });
        }
    }
    Ok(())
}
