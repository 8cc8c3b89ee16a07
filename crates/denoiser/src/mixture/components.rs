//! What a mixture is made of.

use nalgebra::{Cholesky, DMatrix};

use crate::DenoiserError;

/// Covariance of one component, in the variables' unit squared.
#[derive(Clone, Debug, PartialEq)]
pub enum Covariance {
    /// `v I`; `v = 0` makes the component a weighted point.
    Isotropic(f64),
    /// One variance per variable, each at least zero.
    Diagonal(Vec<f64>),
    /// A symmetric positive definite `d × d` matrix.
    Full(DMatrix<f64>),
}

/// One component `w N(m, V)` of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct MixtureComponent {
    /// `w`, at least zero; the weights need not sum to one.
    pub weight: f64,
    /// `m`, one entry per variable.
    pub mean: Vec<f64>,
    /// `V`.
    pub covariance: Covariance,
}

/// A component after validation; isotropic covariances are diagonal ones.
#[derive(Clone, Debug)]
pub(super) struct Component {
    pub(super) log_weight: f64,
    pub(super) mean: Vec<f64>,
    pub(super) spread: Spread,
}

#[derive(Clone, Debug)]
pub(super) enum Spread {
    Diagonal(Vec<f64>),
    Full(DMatrix<f64>),
}

impl Component {
    pub(super) fn new(
        index: usize,
        component: MixtureComponent,
        dimension: usize,
    ) -> Result<Self, DenoiserError> {
        let fail = |what: String| Err(DenoiserError::Data(format!("component {index}: {what}")));
        let MixtureComponent { weight, mean, covariance } = component;
        if !(weight >= 0.0 && weight.is_finite()) {
            return fail(format!("weight {weight} is not a finite number ≥ 0"));
        }
        if mean.len() != dimension || mean.iter().any(|value| !value.is_finite()) {
            return fail(format!("mean {mean:?} is not {dimension} finite numbers"));
        }
        let spread = match covariance {
            Covariance::Isotropic(variance) => Spread::Diagonal(vec![variance; dimension]),
            Covariance::Diagonal(variances) => Spread::Diagonal(variances),
            Covariance::Full(matrix) => Spread::Full(matrix),
        };
        match &spread {
            Spread::Diagonal(variances) => {
                if variances.len() != dimension || variances.iter().any(|v| !(*v >= 0.0 && v.is_finite())) {
                    return fail(format!("variances {variances:?} are not {dimension} finite numbers ≥ 0"));
                }
            }
            Spread::Full(matrix) => {
                if matrix.shape() != (dimension, dimension) || matrix.iter().any(|value| !value.is_finite()) {
                    return fail(format!("covariance is not a finite {dimension} × {dimension} matrix"));
                }
                if (matrix - matrix.transpose()).amax() > 1e-12 * matrix.amax() {
                    return fail("covariance is not symmetric".into());
                }
                if Cholesky::new(matrix.clone()).is_none() {
                    return fail("covariance is not positive definite".into());
                }
            }
        }
        Ok(Self { log_weight: weight.ln(), mean, spread })
    }

    /// Two numbers between which `log ∫ w N(x; m, V) exp(-½ |x - y|²/s²) dx` lies, so that what cannot matter is left out early.
    pub(super) fn evidence_bounds(
        &self,
        y: &[f64],
        noise_variance: f64,
        periods: &[Option<f64>],
    ) -> (f64, f64) {
        let Spread::Diagonal(variances) = &self.spread else {
            return (f64::NEG_INFINITY, f64::INFINITY);
        };
        let (mut exponent, mut volume, mut images) = (0.0, 1.0, 1.0);
        for (axis, variance) in variances.iter().enumerate() {
            let total = variance + noise_variance;
            let offset = self.mean[axis] - y[axis];
            let nearest = match periods[axis] {
                Some(period) => {
                    // The lattice sum Σ_n exp(-½ (x + nP)²/t) is at most exp(-½ x²/t) (3 + √(2πt)/P).
                    images *= 3.0 + (std::f64::consts::TAU * total).sqrt() / period;
                    offset - period * (offset / period).round()
                }
                None => offset,
            };
            exponent += 0.5 * nearest * nearest / total;
            volume *= noise_variance / total;
        }
        let lower = self.log_weight - exponent + 0.5 * volume.ln();
        (lower, lower + images.ln())
    }

    /// Whether all its weight sits on its mean.
    pub(super) fn is_point(&self) -> bool {
        matches!(&self.spread, Spread::Diagonal(variances) if variances.iter().all(|v| *v == 0.0))
    }
}
