//! What the solver may move: every inner node, or the inner knots of a spline.

use nalgebra::{Cholesky, DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::block_tridiagonal::BlockTridiagonal;
use crate::objective::NodeModel;
use crate::spline;

/// The family of curves among which the shortest is sought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CurveFamily {
    /// Every inner node moves freely.
    #[default]
    FreeNodes,
    /// C² cubic spline (not-a-knot) through equally spaced knots, ends included; at least 3.
    ///
    /// Its coordinates are logSNR and `y` for periodic variables; for others `y e^λ/(e^λ + κ)` with `κ` the precision of data
    /// that spread like the two ends, which stays finite where logSNR goes down and `y` with it to infinity.
    Spline {
        /// Number of knots.
        knots: usize,
    },
}

/// How unknowns make the inner nodes of a curve.
#[derive(Clone, Debug)]
pub(crate) enum Parametrisation {
    /// The unknowns are the inner nodes.
    FreeNodes,
    /// The unknowns are the inner knots; `map` takes all knots to the inner nodes.
    Spline { map: DMatrix<f64>, first: DVector<f64>, last: DVector<f64> },
}

/// The second-order model in the unknowns.
pub(crate) enum Model {
    Nodes(NodeModel),
    Knots {
        /// Coordinates per knot.
        size: usize,
        gradient: DVector<f64>,
        hessian: DMatrix<f64>,
        gauss_newton: DMatrix<f64>,
        metric: DMatrix<f64>,
    },
}

impl Parametrisation {
    /// A spline through `knots` knots, evaluated at `parameters` (the first 0, the last 1).
    pub(crate) fn spline(knots: usize, parameters: &[f64], first: DVector<f64>, last: DVector<f64>) -> Self {
        let inner = &parameters[1..parameters.len() - 1];
        Self::Spline { map: spline::not_a_knot_spline(knots, inner), first, last }
    }

    /// Chart coordinates of the inner nodes.
    pub(crate) fn nodes(&self, unknowns: &[DVector<f64>]) -> Vec<DVector<f64>> {
        match self {
            Self::FreeNodes => unknowns.to_vec(),
            Self::Spline { map, first, last } => {
                let mut knots = Vec::with_capacity(unknowns.len() + 2);
                knots.push(first.clone());
                knots.extend_from_slice(unknowns);
                knots.push(last.clone());
                spline::apply(map, &knots)
            }
        }
    }

    /// The model in the unknowns. `frozen` inner nodes keep their logSNR (free nodes only).
    pub(crate) fn reduce(&self, mut model: NodeModel, frozen: &[bool]) -> Model {
        match self {
            Self::FreeNodes => {
                for (node, _) in frozen.iter().enumerate().filter(|(_, frozen)| **frozen) {
                    model.gradient[node][0] = 0.0;
                    freeze(&mut model.hessian, node);
                    freeze(&mut model.gauss_newton, node);
                    freeze_block(&mut model.metric[node]);
                }
                Model::Nodes(model)
            }
            Self::Spline { map, .. } => {
                let unknowns = map.ncols() - 2;
                let size = model.gradient[0].len();
                let mut gradient = DVector::zeros(unknowns * size);
                for (node, own) in model.gradient.iter().enumerate() {
                    for knot in 0..unknowns {
                        gradient.rows_mut(knot * size, size).axpy(map[(node, knot + 1)], own, 1.0);
                    }
                }
                let blocks = |matrix: &BlockTridiagonal| reduce_blocks(map, &matrix.diagonal, &matrix.upper);
                Model::Knots {
                    size,
                    gradient,
                    hessian: blocks(&model.hessian),
                    gauss_newton: blocks(&model.gauss_newton),
                    metric: reduce_blocks(map, &model.metric, &[]),
                }
            }
        }
    }
}

impl Model {
    /// `gᵀ M⁻¹ g`, the squared norm of the gradient in the metric; infinite where the metric is singular.
    pub(crate) fn gradient_norm_squared(&self) -> f64 {
        match self {
            Self::Nodes(model) => model
                .gradient
                .iter()
                .zip(&model.metric)
                .map(|(gradient, metric)| {
                    Cholesky::new(metric.clone())
                        .map_or(f64::INFINITY, |factor| gradient.dot(&factor.solve(gradient)))
                })
                .sum(),
            Self::Knots { gradient, metric, .. } => Cholesky::new(metric.clone())
                .map_or(f64::INFINITY, |factor| gradient.dot(&factor.solve(gradient))),
        }
    }

    /// The step `-(H + damping M)⁻¹ g`; `None` where that is not positive definite.
    pub(crate) fn step(&self, damping: f64, gauss_newton: bool) -> Option<Vec<DVector<f64>>> {
        match self {
            Self::Nodes(model) => {
                let matrix = if gauss_newton { &model.gauss_newton } else { &model.hessian };
                let mut step = matrix.shifted(damping, &model.metric).solve(&model.gradient)?;
                step.iter_mut().for_each(|vector| vector.neg_mut());
                Some(step)
            }
            Self::Knots { size, gradient, hessian, gauss_newton: springs, metric } => {
                let matrix = if gauss_newton { springs } else { hessian };
                let solution = Cholesky::new(matrix + metric * damping)?.solve(gradient);
                Some(
                    solution
                        .as_slice()
                        .chunks(*size)
                        .map(|chunk| -DVector::from_column_slice(chunk))
                        .collect(),
                )
            }
        }
    }

    /// By how much the undamped model falls over a step, `-(g·s + ½ s·Hs)`.
    pub(crate) fn predicted_decrease(&self, step: &[DVector<f64>], gauss_newton: bool) -> f64 {
        match self {
            Self::Nodes(model) => {
                let matrix = if gauss_newton { &model.gauss_newton } else { &model.hessian };
                let product = matrix.multiply(step);
                -step
                    .iter()
                    .zip(&model.gradient)
                    .zip(&product)
                    .map(|((own, gradient), curved)| own.dot(gradient) + 0.5 * own.dot(curved))
                    .sum::<f64>()
            }
            Self::Knots { gradient, hessian, gauss_newton: springs, .. } => {
                let matrix = if gauss_newton { springs } else { hessian };
                let flat =
                    DVector::from_iterator(gradient.len(), step.iter().flat_map(|own| own.iter().copied()));
                -(flat.dot(gradient) + 0.5 * flat.dot(&(matrix * &flat)))
            }
        }
    }
}

/// Takes a node's logSNR out of a linear system.
fn freeze(matrix: &mut BlockTridiagonal, node: usize) {
    freeze_block(&mut matrix.diagonal[node]);
    if let Some(block) = matrix.upper.get_mut(node) {
        block.row_mut(0).fill(0.0);
    }
    if node > 0 {
        matrix.upper[node - 1].column_mut(0).fill(0.0);
    }
}

/// Uncouples the first coordinate of a symmetric block.
fn freeze_block(block: &mut DMatrix<f64>) {
    block.row_mut(0).fill(0.0);
    block.column_mut(0).fill(0.0);
    block[(0, 0)] = 1.0;
}

/// `Bᵀ H B` for a block-tridiagonal `H` and the inner columns of `B`, dense.
fn reduce_blocks(map: &DMatrix<f64>, diagonal: &[DMatrix<f64>], upper: &[DMatrix<f64>]) -> DMatrix<f64> {
    let unknowns = map.ncols() - 2;
    let size = diagonal[0].nrows();
    let mut reduced = DMatrix::zeros(unknowns * size, unknowns * size);
    let mut add = |row: usize, column: usize, weight: f64, block: &DMatrix<f64>| {
        let mut view = reduced.view_mut((row * size, column * size), (size, size));
        view += block * weight;
    };
    for row in 0..unknowns {
        for column in 0..unknowns {
            for (node, block) in diagonal.iter().enumerate() {
                add(row, column, map[(node, row + 1)] * map[(node, column + 1)], block);
            }
            for (node, block) in upper.iter().enumerate() {
                add(row, column, map[(node, row + 1)] * map[(node + 1, column + 1)], block);
                add(row, column, map[(node + 1, row + 1)] * map[(node, column + 1)], &block.transpose());
            }
        }
    }
    (&reduced + reduced.transpose()) * 0.5
}
