//! Training by gradient flow, in closed form.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::NormalEquations;
use crate::DenoiserError;

/// Steps per feature after which eigenvalues are given up; two or three are enough.
const MAX_STEPS: usize = 1000;

/// The gradient flow `dA/dτ = -∇_A E|Aψ - x|² = -2(A U - V)` of a linear least-squares problem with fixed features,
/// `A(τ) = (A(0) - V U⁺) e^{-2τU} + V U⁺` (Y. He, Y. Qiu and M. Tao, arXiv 2602.06021), by the eigenvectors `q_k` of `U`.
///
/// As the gradient vanishes at `A(∞)`, the loss splits exactly: `loss(A(τ)) = loss(A(∞)) + (A(τ) - A(∞)) U (A(τ) - A(∞))ᵀ`.
/// The first part is the features' own (architectural bias, beside the targets' noise where they have any), the second that of
/// unfinished training, `Σ_k λ_k ((A(0) - A(∞)) q_k)² e^{-4τλ_k}`, of which no term ever grows.
#[derive(Clone, Debug)]
pub struct GradientFlow {
    /// `λ_k`, those that count as zero set to zero.
    eigenvalues: DVector<f64>,
    /// `q_k` in columns.
    eigenvectors: DMatrix<f64>,
    /// `(A(0) - A(∞)) q_k`, outputs × features.
    start: DMatrix<f64>,
    /// `A(∞) q_k`.
    equilibrium: DMatrix<f64>,
    /// Loss at `A(∞)` of each output.
    least_loss: DVector<f64>,
}

impl GradientFlow {
    /// The flow from `start = A(0)`, outputs × features. Eigenvalues below `least_eigenvalue` of the largest count as zero: `A`
    /// keeps its start there.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if `start` has the wrong shape, a number is not finite or the eigenvectors are not found.
    pub fn new(
        equations: &NormalEquations,
        start: &DMatrix<f64>,
        least_eigenvalue: f64,
    ) -> Result<Self, DenoiserError> {
        if start.shape() != equations.cross.shape() {
            let (found, wanted) = (start.shape(), equations.cross.shape());
            return Err(DenoiserError::Data(format!(
                "the flow's start has the shape {found:?}, not {wanted:?}"
            )));
        }
        // Eigenvalues of a matrix with NaN are NaN without a word.
        if !equations.gram.iter().chain(&equations.cross).chain(start).all(|entry| entry.is_finite()) {
            return Err(DenoiserError::Data("a number of the normal equations is not finite".into()));
        }
        let steps = MAX_STEPS * equations.features();
        let found = SymmetricEigen::try_new(equations.gram.clone(), f64::EPSILON, steps);
        let SymmetricEigen { mut eigenvalues, eigenvectors } = found.ok_or_else(|| {
            DenoiserError::Data("the eigenvectors of the normal equations were not found".into())
        })?;
        let least = least_eigenvalue * eigenvalues.max();
        eigenvalues.iter_mut().filter(|value| **value <= least).for_each(|value| *value = 0.0);
        let start = start * &eigenvectors;
        let cross = &equations.cross * &eigenvectors;
        let equilibrium = DMatrix::from_fn(start.nrows(), start.ncols(), |output, mode| {
            let value = eigenvalues[mode];
            if value > 0.0 { cross[(output, mode)] / value } else { start[(output, mode)] }
        });
        let least_loss = DVector::from_fn(start.nrows(), |output, _| {
            let explained = (0..eigenvalues.len()).filter(|mode| eigenvalues[*mode] > 0.0);
            let explained: f64 =
                explained.map(|mode| cross[(output, mode)].powi(2) / eigenvalues[mode]).sum();
            equations.target_square[output] - explained
        });
        Ok(Self { start: start - &equilibrium, eigenvalues, eigenvectors, equilibrium, least_loss })
    }

    /// Eigenvalues of `U`, zero where they count as zero; in no order.
    #[must_use]
    pub fn eigenvalues(&self) -> &DVector<f64> {
        &self.eigenvalues
    }

    /// `A(τ)`, outputs × features, for `τ ≥ 0`, infinity included.
    #[must_use]
    pub fn coefficients(&self, time: f64) -> DMatrix<f64> {
        let modes = DMatrix::from_fn(self.start.nrows(), self.start.ncols(), |output, mode| {
            self.equilibrium[(output, mode)] + self.start[(output, mode)] * self.decay(mode, time)
        });
        modes * self.eigenvectors.transpose()
    }

    /// `A(∞)`, `V U⁺` but for the modes that are never trained.
    #[must_use]
    pub fn equilibrium(&self) -> DMatrix<f64> {
        self.coefficients(f64::INFINITY)
    }

    /// Loss at `τ = ∞` of each output: the least that the features reach.
    #[must_use]
    pub fn least_loss(&self) -> &DVector<f64> {
        &self.least_loss
    }

    /// The optimisation error `λ_k ((A(τ) - A(∞)) q_k)²` of each output and mode; its sum over the modes is
    /// `loss(A(τ)) - loss(A(∞))`.
    #[must_use]
    pub fn optimisation_errors(&self, time: f64) -> DMatrix<f64> {
        DMatrix::from_fn(self.start.nrows(), self.start.ncols(), |output, mode| {
            self.eigenvalues[mode] * (self.start[(output, mode)] * self.decay(mode, time)).powi(2)
        })
    }

    /// `e^{-2τλ_k}`, 1 for a mode that is never trained.
    fn decay(&self, mode: usize, time: f64) -> f64 {
        if self.eigenvalues[mode] > 0.0 { (-2.0 * time * self.eigenvalues[mode]).exp() } else { 1.0 }
    }
}
