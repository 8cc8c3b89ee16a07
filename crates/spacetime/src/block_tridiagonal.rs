//! Symmetric block-tridiagonal systems, one block per node of a curve.

use nalgebra::{Cholesky, DMatrix, DVector};

/// A symmetric block-tridiagonal matrix: `diagonal[i]` is block `(i, i)`, `upper[i]` is block `(i, i+1)`.
#[derive(Clone, Debug)]
pub(crate) struct BlockTridiagonal {
    pub(crate) diagonal: Vec<DMatrix<f64>>,
    pub(crate) upper: Vec<DMatrix<f64>>,
}

impl BlockTridiagonal {
    /// The matrix plus `factor` times a block-diagonal one.
    pub(crate) fn shifted(&self, factor: f64, blocks: &[DMatrix<f64>]) -> Self {
        Self {
            diagonal: self.diagonal.iter().zip(blocks).map(|(own, other)| own + other * factor).collect(),
            upper: self.upper.clone(),
        }
    }

    /// `A v`.
    pub(crate) fn multiply(&self, vector: &[DVector<f64>]) -> Vec<DVector<f64>> {
        (0..vector.len())
            .map(|row| {
                let mut product = &self.diagonal[row] * &vector[row];
                if row > 0 {
                    product += self.upper[row - 1].tr_mul(&vector[row - 1]);
                }
                if row + 1 < vector.len() {
                    product += &self.upper[row] * &vector[row + 1];
                }
                product
            })
            .collect()
    }

    /// `A⁻¹ b` by block Cholesky elimination, `O(N d³)`; `None` where `A` is not positive definite.
    pub(crate) fn solve(&self, right: &[DVector<f64>]) -> Option<Vec<DVector<f64>>> {
        let count = right.len();
        let mut factors: Vec<Cholesky<f64, nalgebra::Dyn>> = Vec::with_capacity(count);
        let mut reduced: Vec<DVector<f64>> = Vec::with_capacity(count);
        for row in 0..count {
            let (block, vector) = if row == 0 {
                (self.diagonal[0].clone(), right[0].clone())
            } else {
                let coupling = &self.upper[row - 1];
                let factor = &factors[row - 1];
                (
                    &self.diagonal[row] - coupling.tr_mul(&factor.solve(coupling)),
                    &right[row] - coupling.tr_mul(&factor.solve(&reduced[row - 1])),
                )
            };
            let symmetric = (&block + block.transpose()) * 0.5;
            factors.push(Cholesky::new(symmetric)?);
            reduced.push(vector);
        }
        let mut solution = reduced;
        for row in (0..count).rev() {
            if row + 1 < count {
                let correction = &self.upper[row] * &solution[row + 1];
                solution[row] -= correction;
            }
            factors[row].solve_mut(&mut solution[row]);
        }
        solution.iter().all(|vector| vector.iter().all(|value| value.is_finite())).then_some(solution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_like_a_dense_matrix() {
        let blocks = 5;
        let size = 3;
        let entry = |row: usize, column: usize| ((row * 7 + column * 13) as f64 * 0.37).sin();
        let diagonal: Vec<_> = (0..blocks)
            .map(|block| {
                let raw = DMatrix::from_fn(size, size, |row, column| entry(row + block, column));
                &raw * raw.transpose() + DMatrix::identity(size, size) * 4.0
            })
            .collect();
        let upper: Vec<_> = (1..blocks)
            .map(|block| DMatrix::from_fn(size, size, |row, column| entry(row, column + block)))
            .collect();
        let matrix = BlockTridiagonal { diagonal, upper };
        let right: Vec<_> =
            (0..blocks).map(|block| DVector::from_fn(size, |row, _| entry(block, row))).collect();
        let solution = matrix.solve(&right).expect("positive definite");
        for (product, expected) in matrix.multiply(&solution).iter().zip(&right) {
            assert!((product - expected).norm() < 1e-12);
        }
        let indefinite = matrix.shifted(-100.0, &vec![DMatrix::identity(size, size); blocks]);
        assert!(indefinite.solve(&right).is_none());
    }
}
