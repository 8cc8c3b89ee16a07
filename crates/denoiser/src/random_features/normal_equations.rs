//! Normal equations of a linear least-squares problem, summed over blocks of rows.

use nalgebra::{Cholesky, DMatrix, DVector};
use rayon::prelude::*;

use crate::DenoiserError;

/// Rows that are summed at a time; fixed, so that sums never depend on the number of threads.
const ROWS: usize = 1024;
/// Side of the tiles of `U`.
const TILE: usize = 192;

/// `U = Σ_n w_n ψ_n ψ_nᵀ`, `V = Σ_n w_n x_n ψ_nᵀ` and `Σ_n w_n x_n²` of the least-squares loss `Σ_n w_n |A ψ_n - x_n|²`.
#[derive(Clone, Debug)]
pub struct NormalEquations {
    /// `U`, features × features.
    pub gram: DMatrix<f64>,
    /// `V`, outputs × features.
    pub cross: DMatrix<f64>,
    /// `Σ_n w_n x_n²` of each output.
    pub target_square: DVector<f64>,
}

/// Where a row of the least-squares problem is written.
pub struct Row<'r> {
    /// `ψ_n`.
    pub features: &'r mut [f64],
    /// `x_n`.
    pub targets: &'r mut [f64],
    /// `w_n`; 1 until it is set.
    pub weight: &'r mut f64,
}

impl NormalEquations {
    /// Sums `rows` rows, each written by `fill(row, …)`; in parallel, with the same result on any number of threads.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if a sum is not finite.
    pub fn accumulate(
        features: usize,
        outputs: usize,
        rows: usize,
        fill: impl Fn(usize, Row<'_>) + Sync,
    ) -> Result<Self, DenoiserError> {
        let tiles = features.div_ceil(TILE);
        let extent = |tile: usize| (tile * TILE, TILE.min(features - tile * TILE));
        let mut grams: Vec<(usize, usize, DMatrix<f64>)> = (0..tiles)
            .flat_map(|row| (row..tiles).map(move |column| (row, column)))
            .map(|(row, column)| (row, column, DMatrix::zeros(extent(row).1, extent(column).1)))
            .collect();
        let mut cross = DMatrix::zeros(outputs, features);
        let mut target_square = DVector::zeros(outputs);
        for first in (0..rows).step_by(ROWS) {
            let count = ROWS.min(rows - first);
            let mut values = DMatrix::zeros(features, count);
            let mut targets = DMatrix::zeros(outputs, count);
            let mut weights = vec![1.0; count];
            values
                .as_mut_slice()
                .par_chunks_mut(features)
                .zip(targets.as_mut_slice().par_chunks_mut(outputs))
                .zip(&mut weights)
                .enumerate()
                .for_each(|(row, ((features, targets), weight))| {
                    fill(first + row, Row { features, targets, weight });
                });
            let weighted =
                DMatrix::from_fn(count, features, |row, feature| weights[row] * values[(feature, row)]);
            grams.par_iter_mut().for_each(|(row, column, gram)| {
                let ((top, height), (left, width)) = (extent(*row), extent(*column));
                gram.gemm(1.0, &values.rows(top, height), &weighted.columns(left, width), 1.0);
            });
            cross.gemm(1.0, &targets, &weighted, 1.0);
            for (target, weight) in targets.column_iter().zip(&weights) {
                target_square += *weight * target.component_mul(&target);
            }
        }
        let mut gram = DMatrix::zeros(features, features);
        for (row, column, tile) in grams {
            let ((top, height), (left, width)) = (extent(row), extent(column));
            if row == column {
                // A tile on the diagonal is symmetric but for rounding; now to the last digit.
                gram.view_mut((top, left), (height, width)).copy_from(&(0.5 * (&tile + tile.transpose())));
            } else {
                gram.view_mut((top, left), (height, width)).copy_from(&tile);
                gram.view_mut((left, top), (width, height)).copy_from(&tile.transpose());
            }
        }
        let finite = gram.iter().chain(&cross).chain(&target_square).all(|value: &f64| value.is_finite());
        if !finite {
            return Err(DenoiserError::Data("a sum of the normal equations is not finite".into()));
        }
        Ok(Self { gram, cross, target_square })
    }

    /// Number of features.
    #[must_use]
    pub fn features(&self) -> usize {
        self.gram.nrows()
    }

    /// Adds `ρ tr(U)/M` to the diagonal of `U`: the loss then has the term `ρ tr(U)/M |A|²`.
    #[must_use]
    pub fn with_ridge(mut self, ridge: f64) -> Self {
        let shift = ridge * self.gram.trace() / self.features() as f64;
        for index in 0..self.features() {
            self.gram[(index, index)] += shift;
        }
        self
    }

    /// `A = V U⁻¹` by Cholesky's factorisation `U = L Lᵀ`, and `(max L_ii / min L_ii)²`, a lower bound of `U`'s condition number.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if `U` is not positive definite in double precision.
    pub fn solve(&self) -> Result<(DMatrix<f64>, f64), DenoiserError> {
        let factor = Cholesky::new(self.gram.clone()).ok_or_else(|| {
            let message = "the normal equations are not positive definite: fewer features, more pairs or a larger ridge";
            DenoiserError::Data(message.into())
        })?;
        let diagonal = factor.l_dirty().diagonal();
        let condition = (diagonal.max() / diagonal.min()).powi(2);
        Ok((factor.solve(&self.cross.transpose()).transpose(), condition))
    }

    /// The loss `Σ_n w_n (A ψ_n - x_n)²` of each output, `(A U Aᵀ - 2 V Aᵀ)_ii + Σ_n w_n x_ni²`.
    #[must_use]
    pub fn loss(&self, coefficients: &DMatrix<f64>) -> DVector<f64> {
        let image = coefficients * &self.gram;
        DVector::from_fn(coefficients.nrows(), |output, _| {
            let row = coefficients.row(output);
            image.row(output).dot(&row) - 2.0 * self.cross.row(output).dot(&row) + self.target_square[output]
        })
    }
}
