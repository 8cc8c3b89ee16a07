//! The energy of a discrete curve with its constraints, and its derivatives.

use std::cell::Cell;

use geodyssey_denoiser::{Denoiser, SpacetimePoint};
use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::block_tridiagonal::BlockTridiagonal;
use crate::chart::Chart;
use crate::constraint::{CurveNode, PathConstraint};
use crate::error::SpacetimeError;
use crate::metric::PathMetric;

/// `E + augmented Lagrangian` of a curve between two fixed ends.
///
/// `E = (N-1)/2 Σ l²`, with the squared lengths of a metric ([`PathMetric`]). Every inequality `c ≤ 0` of every inner node, divided by its constraint's scale, adds
/// `h [ρ/2 max(0, c + m/ρ)² - m²/(2ρ)]` with `h = 1/(N-1)`, so that multipliers `m` are densities along the curve and do not
/// change with `N` (Powell, Hestenes, Rockafellar; J. Nocedal, S. Wright, *Numerical Optimization*, chapter 17).
pub(crate) struct Objective<'a> {
    pub(crate) denoiser: &'a dyn Denoiser,
    pub(crate) metric: &'a dyn PathMetric,
    pub(crate) chart: &'a Chart,
    pub(crate) constraints: Vec<&'a dyn PathConstraint>,
    pub(crate) first: CurveNode,
    pub(crate) last: CurveNode,
    /// `m`, per inner node and inequality, all constraints one after the other; empty before the first update.
    pub(crate) multipliers: Vec<Vec<f64>>,
    /// `ρ`.
    pub(crate) penalty: f64,
    /// Spacetime points at which the denoiser was evaluated so far.
    pub(crate) evaluations: Cell<usize>,
}

/// A curve with all that was computed on it.
#[derive(Clone)]
pub(crate) struct Evaluation {
    /// Chart coordinates of the inner nodes.
    pub(crate) coordinates: Vec<DVector<f64>>,
    /// All nodes, ends included.
    pub(crate) nodes: Vec<CurveNode>,
    /// Inequalities of the inner nodes.
    pub(crate) inequalities: Vec<Vec<Inequality>>,
    /// `E`.
    pub(crate) energy: f64,
    /// `E` and the augmented Lagrangian's terms.
    pub(crate) value: f64,
}

/// One inequality `value ≤ 0` at one node, all divided by its constraint's scale.
#[derive(Clone)]
pub(crate) struct Inequality {
    pub(crate) value: f64,
    pub(crate) tolerance: f64,
    gradient: DVector<f64>,
    hessian: Option<DMatrix<f64>>,
}

/// The objective to second order in the chart coordinates of the inner nodes.
pub(crate) struct NodeModel {
    pub(crate) gradient: Vec<DVector<f64>>,
    /// Hessian; of the constraints' part, what is known.
    pub(crate) hessian: BlockTridiagonal,
    /// Positive semidefinite approximation of it: a chain of springs with the local metric.
    pub(crate) gauss_newton: BlockTridiagonal,
    /// `(N-1) JᵀGJ` of each node, made positive definite where a learned metric is not.
    pub(crate) metric: Vec<DMatrix<f64>>,
}

impl Objective<'_> {
    /// Evaluates the curve through `coordinates`.
    pub(crate) fn evaluate(&self, coordinates: Vec<DVector<f64>>) -> Result<Evaluation, SpacetimeError> {
        let points: Vec<SpacetimePoint> = coordinates.iter().map(|u| self.chart.point(u)).collect();
        self.evaluations.set(self.evaluations.get() + points.len());
        let moments = self.denoiser.moments(&points)?;
        let mut energies: Vec<_> = if self.constraints.iter().any(|constraint| constraint.needs_energy()) {
            self.denoiser
                .energy_moments(&points)?
                .map_or_else(|| vec![None; points.len()], |all| all.into_iter().map(Some).collect())
        } else {
            vec![None; points.len()]
        };
        let mut nodes = Vec::with_capacity(points.len() + 2);
        nodes.push(self.first.clone());
        for ((point, moments), energy) in points.into_iter().zip(moments).zip(energies.drain(..)) {
            nodes.push(CurveNode { point, moments, energy });
        }
        nodes.push(self.last.clone());
        let natural: Vec<_> = nodes.iter().map(|node| node.point.natural_parameter()).collect();
        let expectation: Vec<_> =
            nodes.iter().map(|node| node.moments.expectation_parameter.clone()).collect();
        check_finite(&natural, "natural parameter")?;
        check_finite(&expectation, "expectation parameter")?;
        let segments = (nodes.len() - 1) as f64;
        let energy = 0.5 * segments * self.metric.squared_lengths(&nodes).iter().sum::<f64>();

        let mut inequalities = Vec::with_capacity(coordinates.len());
        let mut penalty_terms = 0.0;
        for (index, node) in nodes[1..nodes.len() - 1].iter().enumerate() {
            let mut own = Vec::new();
            for constraint in &self.constraints {
                let scale = constraint.scale();
                let values = constraint
                    .evaluate(node)
                    .map_err(|reason| SpacetimeError::Constraint { kind: constraint.kind(), reason })?;
                own.extend(values.into_iter().map(|inequality| Inequality {
                    value: inequality.value / scale,
                    tolerance: constraint.tolerance() / scale,
                    gradient: inequality.gradient / scale,
                    hessian: inequality.hessian.map(|hessian| hessian / scale),
                }));
            }
            for (component, inequality) in own.iter().enumerate() {
                let multiplier = self.multiplier(index, component);
                let force = (multiplier + self.penalty * inequality.value).max(0.0);
                penalty_terms += (force * force - multiplier * multiplier) / (2.0 * self.penalty);
            }
            inequalities.push(own);
        }
        let value = energy + penalty_terms / segments;
        if !value.is_finite() {
            return Err(SpacetimeError::NotFinite { node: 0, quantity: "energy" });
        }
        Ok(Evaluation { coordinates, nodes, inequalities, energy, value })
    }

    /// `m` of one inequality.
    pub(crate) fn multiplier(&self, inner_node: usize, component: usize) -> f64 {
        self.multipliers.get(inner_node).and_then(|own| own.get(component)).copied().unwrap_or(0.0)
    }

    /// The second-order model at a curve.
    pub(crate) fn model(&self, curve: &Evaluation) -> Result<NodeModel, SpacetimeError> {
        let inner = curve.coordinates.len();
        let segments = (inner + 1) as f64;
        let lengths = self.metric.model(&curve.nodes)?;
        self.evaluations.set(self.evaluations.get() + lengths.evaluations);

        let mut model = NodeModel {
            gradient: Vec::with_capacity(inner),
            hessian: BlockTridiagonal {
                diagonal: Vec::with_capacity(inner),
                upper: Vec::with_capacity(inner),
            },
            gauss_newton: BlockTridiagonal {
                diagonal: Vec::with_capacity(inner),
                upper: Vec::with_capacity(inner),
            },
            metric: Vec::with_capacity(inner),
        };
        let jacobians: Vec<_> = curve.coordinates.iter().map(|u| self.chart.jacobian(u)).collect();
        for index in 0..inner {
            let node = index + 1;
            let energy_gradient = &lengths.gradient[index] * (0.5 * segments);
            let jacobian = &jacobians[index];
            let mut gradient = jacobian.tr_mul(&energy_gradient);
            let pull_back = |matrix: &DMatrix<f64>| jacobian.tr_mul(&(matrix * jacobian));
            let mut constraint_part = DMatrix::zeros(gradient.len(), gradient.len());
            let mut constraint_curvature = DMatrix::zeros(gradient.len(), gradient.len());
            for (component, inequality) in curve.inequalities[index].iter().enumerate() {
                let force = self.multiplier(index, component) + self.penalty * inequality.value;
                if force > 0.0 {
                    let slope = jacobian.tr_mul(&inequality.gradient);
                    gradient.axpy(force / segments, &slope, 1.0);
                    constraint_part.ger(self.penalty / segments, &slope, &slope, 1.0);
                    if let Some(hessian) = &inequality.hessian {
                        let own = pull_back(hessian)
                            + self.chart.curvature(&curve.coordinates[index], &inequality.gradient);
                        constraint_curvature += own * (force / segments);
                    }
                }
            }
            let exact = &lengths.diagonal[index] * (0.5 * segments);
            let springs = &lengths.springs[index] * (0.5 * segments);
            model.hessian.diagonal.push(
                pull_back(&exact)
                    + self.chart.curvature(&curve.coordinates[index], &energy_gradient)
                    + &constraint_part
                    + constraint_curvature,
            );
            model.gauss_newton.diagonal.push(pull_back(&springs) + constraint_part);
            if index + 1 < inner {
                let coupling = &lengths.upper[index] * (0.5 * segments);
                let block = jacobian.tr_mul(&(coupling * &jacobians[index + 1]));
                model.hessian.upper.push(block.clone());
                model.gauss_newton.upper.push(block);
            }
            let metric = positive_definite(pull_back(&lengths.metric[index]) * segments);
            model.metric.push(metric.ok_or(SpacetimeError::NotFinite { node, quantity: "metric" })?);
            model.gradient.push(gradient);
        }
        check_finite(&model.gradient, "gradient of the energy")?;
        Ok(model)
    }
}

/// The matrix itself where it is safely positive definite; else with its eigenvalues, after scaling by the diagonal, taken
/// absolute and bounded below. None where it is not finite.
fn positive_definite(matrix: DMatrix<f64>) -> Option<DMatrix<f64>> {
    const LEAST: f64 = 1e-8;
    /// Steps after which eigenvalues are given up; two or three a row are enough.
    const MAX_STEPS: usize = 1000;
    let size = matrix.nrows();
    let largest = matrix.diagonal().amax().max(f64::MIN_POSITIVE);
    let scale = DVector::from_fn(size, |row, _| matrix[(row, row)].abs().max(1e-12 * largest).sqrt());
    let scaled =
        DMatrix::from_fn(size, size, |row, column| matrix[(row, column)] / (scale[row] * scale[column]));
    // Eigenvalues of a matrix with NaN are NaN without a word.
    if scaled.iter().any(|entry| !entry.is_finite()) {
        return None;
    }
    let mut eigen = SymmetricEigen::try_new(scaled, f64::EPSILON, MAX_STEPS * size)?;
    if eigen.eigenvalues.iter().all(|value| *value >= LEAST) {
        return Some(matrix);
    }
    eigen.eigenvalues.apply(|value| *value = value.abs().max(LEAST));
    let repaired = eigen.recompose();
    Some(DMatrix::from_fn(size, size, |row, column| repaired[(row, column)] * scale[row] * scale[column]))
}

fn check_finite(vectors: &[DVector<f64>], quantity: &'static str) -> Result<(), SpacetimeError> {
    match vectors.iter().position(|vector| vector.iter().any(|value| !value.is_finite())) {
        Some(node) => Err(SpacetimeError::NotFinite { node, quantity }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use geodyssey_denoiser::{Covariance, MixtureComponent, MixtureDenoiser};

    use super::*;
    use crate::augmented_lagrangian::LogSnrBounds;
    use crate::metric::FisherRao;
    use crate::starts::tent;

    #[test]
    fn gradient_and_hessian_match_finite_differences() {
        let component = |weight: f64, mean: [f64; 2]| MixtureComponent {
            weight,
            mean: mean.to_vec(),
            covariance: Covariance::Diagonal(vec![0.2, 0.4]),
        };
        let components = vec![component(0.6, [-1.0, 0.4]), component(0.4, [1.1, -0.3])];
        let denoiser = MixtureDenoiser::new(components, vec![None, Some(6.0)]).unwrap();
        let chart = Chart { reference_precision: vec![0.8, 0.0] };
        let start = SpacetimePoint { log_snr: 2.0, y: vec![-1.0, 0.5] };
        let end = SpacetimePoint { log_snr: 1.5, y: vec![1.2, -0.4] };
        let curve = tent(&start, &end, -0.7, 6);
        let nodes: Vec<CurveNode> = curve
            .iter()
            .zip(denoiser.moments(&curve).unwrap())
            .map(|(point, moments)| CurveNode { point: point.clone(), moments, energy: None })
            .collect();
        // Some inner nodes violate the bound, some carry a multiplier, some neither.
        let bounds = LogSnrBounds { lower: 0.3, upper: 9.0 };
        let metric = FisherRao::new(&denoiser);
        let objective = Objective {
            denoiser: &denoiser,
            metric: &metric,
            chart: &chart,
            constraints: vec![&bounds],
            first: nodes[0].clone(),
            last: nodes[5].clone(),
            multipliers: vec![vec![3.0, 0.0], vec![0.0, 0.0], vec![2.0, 0.0], vec![0.0, 0.0]],
            penalty: 5.0,
            evaluations: Cell::new(0),
        };
        let coordinates: Vec<_> = curve[1..5].iter().map(|point| chart.coordinates(point)).collect();
        let model = objective.model(&objective.evaluate(coordinates.clone()).unwrap()).unwrap();
        let step = 1e-5;
        for node in 0..4 {
            for axis in 0..3 {
                let moved = |sign: f64| {
                    let mut other = coordinates.clone();
                    other[node][axis] += sign * step;
                    objective.evaluate(other).unwrap()
                };
                let (plus, minus) = (moved(1.0), moved(-1.0));
                let slope = (plus.value - minus.value) / (2.0 * step);
                assert!((slope - model.gradient[node][axis]).abs() < 1e-6 * (1.0 + slope.abs()));
                let mut unit = vec![DVector::zeros(3); 4];
                unit[node][axis] = 1.0;
                let column = model.hessian.multiply(&unit);
                let (above, below) = (objective.model(&plus).unwrap(), objective.model(&minus).unwrap());
                for (row, product) in column.iter().enumerate() {
                    let change = (&above.gradient[row] - &below.gradient[row]) / (2.0 * step);
                    assert!((&change - product).norm() < 1e-5 * (1.0 + change.norm()), "{change} {product}");
                }
            }
        }
    }
}
