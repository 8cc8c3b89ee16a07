//! The conservative variant: a scalar potential whose gradient is the denoiser.
//!
//! `φ(λ, y) ≈ log Z = log ∫ q(x) exp(-½ e^λ |x - y|²) dx` up to a constant, so that `∇_y φ = e^λ (D - y)` and
//! `∂_λ φ = -½ e^λ E|x - y|²`: `μ` is the gradient of `φ` in `η`, its Jacobian the Hessian.

use burn::tensor::TensorData;
use nalgebra::DVector;

use super::features::pull_back;
use super::model::{Evaluation, Model, PreparedPairs};
use super::network::Network;
use super::potential::Potential;
use crate::{DenoiserError, SpacetimePoint};

impl Potential {
    /// `μ`, `φ` and the products `G w`: the directional derivative of `μ` along `w` in `η`, by one tangent forward and one
    /// reverse pass.
    pub(super) fn evaluate(
        &self,
        model: &Model,
        network: &Network,
        points: &[SpacetimePoint],
        cotangents: &[Vec<DVector<f64>>],
    ) -> Result<Vec<Evaluation>, DenoiserError> {
        let wanted = cotangents.first().is_some_and(|cotangents| !cotangents.is_empty());
        let baseline = model.preconditioning.baseline.moments(points, wanted)?;
        let copies = cotangents.first().map_or(0, Vec::len);
        let still = copies == 0;
        let repeats = copies.max(1);
        let jets: Vec<_> = points.iter().map(|point| model.features(point)).collect();
        let count = jets.first().map_or(0, Vec::len);
        let rows = repeats * points.len();
        // Directions in (λ, y): with η = (e^λ y, -½ e^λ), δλ = -2 s² δη_last and δy = s² (δη + 2 y δη_last).
        let direction = |row: usize| {
            let (copy, index) = (row / points.len(), row % points.len());
            let (point, w) = (&points[index], &cotangents[index][copy]);
            let (variance, last) = ((-point.log_snr).exp(), w[w.len() - 1]);
            let along = point.y.iter().zip(w.iter()).map(|(y, w)| variance * (w + 2.0 * y * last));
            std::iter::once(-2.0 * variance * last).chain(along).collect::<Vec<f64>>()
        };
        let directions: Vec<Vec<f64>> = if still { Vec::new() } else { (0..rows).map(direction).collect() };
        let mut inputs = Vec::with_capacity(2 * rows * count);
        for _ in 0..repeats {
            inputs.extend(jets.iter().flatten().map(|jet| jet.value));
        }
        for (row, direction) in directions.iter().enumerate() {
            inputs.extend(jets[row % points.len()].iter().map(|jet| jet.along(direction)));
        }
        let blocks = if still { 1 } else { 2 };
        let (outputs, trace) = network.forward(TensorData::new(inputs, [blocks * rows, count]), rows);
        let mut bars = vec![0.0; blocks * rows];
        bars[(blocks - 1) * rows..].fill(1.0);
        let of_features = network.pull_back(trace, bars);
        let bar = |block: usize, row: usize| &of_features[(block * rows + row) * count..][..count];

        let mut evaluations = Vec::with_capacity(points.len());
        for (index, point) in points.iter().enumerate() {
            let mut gradient = vec![0.0; 1 + point.y.len()];
            pull_back(&jets[index], bar(blocks - 1, index), std::iter::empty(), &mut gradient);
            let local = Local::new(self, point, outputs[index], &gradient);
            let base = &baseline[index];
            let mut evaluation = Evaluation {
                expectation_parameter: &base.expectation_parameter + local.expectation_parameter(),
                log_normaliser: base.log_normaliser.map(|value| value + local.value),
                products: Vec::with_capacity(copies),
            };
            for (copy, cotangent) in cotangents[index].iter().enumerate() {
                let row = copy * points.len() + index;
                let direction = &directions[row];
                let mut hessian = vec![0.0; 1 + point.y.len()];
                let of_tangent = [(direction.as_slice(), bar(1, row))];
                pull_back(&jets[index], bar(0, row), of_tangent.into_iter(), &mut hessian);
                let product = local.product(direction, outputs[rows + row], &hessian);
                evaluation.products.push(product + &base.metric * cotangent);
            }
            evaluations.push(evaluation);
        }
        Ok(evaluations)
    }
}

/// The correction `ψ` at one point.
struct Local<'l> {
    point: &'l SpacetimePoint,
    /// `φ₀`'s second derivative.
    level_bend: f64,
    scale: [f64; 3],
    /// `N` and its gradient `(∂λ, ∂y)`.
    network: f64,
    network_gradient: &'l [f64],
    /// `ψ`, and its gradient `(∂λ, ∂y)`.
    value: f64,
    gradient: Vec<f64>,
}

impl<'l> Local<'l> {
    fn new(
        potential: &Potential,
        point: &'l SpacetimePoint,
        network: f64,
        network_gradient: &'l [f64],
    ) -> Self {
        let [level, level_slope, level_bend] = potential.level.at(point.log_snr);
        let scale = potential.scale(point.log_snr);
        let mut gradient: Vec<f64> = network_gradient.iter().map(|slope| scale[0] * slope).collect();
        gradient[0] += level_slope + scale[1] * network;
        let value = level + scale[0] * network;
        Self { point, level_bend, scale, network, network_gradient, value, gradient }
    }

    /// The correction of the baseline's `μ`: `(s² ∇_y ψ, 2 s² (y·∇_y ψ - ∂_λ ψ))`.
    fn expectation_parameter(&self) -> DVector<f64> {
        let variance = (-self.point.log_snr).exp();
        let y = &self.point.y;
        let mut mu = DVector::zeros(y.len() + 1);
        let mut square = -2.0 * variance * self.gradient[0];
        for (axis, y) in y.iter().enumerate() {
            mu[axis] = variance * self.gradient[1 + axis];
            square += 2.0 * y * mu[axis];
        }
        mu[y.len()] = square;
        mu
    }

    /// Its derivative along `(δλ, δy)`, given those of `N` and of its gradient.
    fn product(&self, direction: &[f64], network_slope: f64, network_bend: &[f64]) -> DVector<f64> {
        let variance = (-self.point.log_snr).exp();
        let dimension = self.point.y.len();
        let (along_level, along) = (direction[0], &direction[1..]);
        let [scale, growth, growth_slope] = self.scale;
        let level_bend = self.level_bend * along_level
            + growth_slope * along_level * self.network
            + growth * (network_slope + along_level * self.network_gradient[0])
            + scale * network_bend[0];
        let mut product = DVector::zeros(dimension + 1);
        let mut square = 0.0;
        for axis in 0..dimension {
            let bend =
                growth * self.network_gradient[1 + axis] * along_level + scale * network_bend[1 + axis];
            let (y, gradient) = (self.point.y[axis], self.gradient[1 + axis]);
            product[axis] = variance * (bend - along_level * gradient);
            square += 2.0 * y * product[axis] + 2.0 * along[axis] * variance * gradient;
        }
        product[dimension] = square + 2.0 * variance * (along_level * self.gradient[0] - level_bend);
        product
    }
}

/// Mean over the variables of the squared error of `∂N/∂y`, plus the weighted one of `∂_λ φ`, per pair. The gradient by
/// the parameters is that of the network's derivative along the loss's own gradient (B. Pearlmutter, *Neural Computation* 6,
/// 147, 1994), one tangent forward and one reverse pass.
pub(super) fn loss(
    model: &Model,
    network: &Network,
    pairs: &PreparedPairs,
    rows: &[usize],
    share: Option<f64>,
) -> (Vec<f64>, Option<Vec<f32>>) {
    let dimension = model.dimension();
    let (outputs, trace) = network.forward(pairs.matrix(pairs.gather(rows, 1)), rows.len());
    let of_features = network.pull_back(trace, vec![1.0; rows.len()]);
    let count = of_features.len() / rows.len();
    // For the baseline alone each part of the loss is 1, and so is their mean.
    let weight = model.settings.displacement_weight;
    let factor = share.unwrap_or(0.0) / (1.0 + weight);
    let mut losses = Vec::with_capacity(rows.len());
    let mut bars = vec![1.0; 2 * rows.len()];
    let mut inputs = pairs.gather(rows, 2);
    for (index, &row) in rows.iter().enumerate() {
        let gradient = model.gradient(pairs, row, &of_features[index * count..][..count]);
        let targets = pairs.targets(row);
        let mut loss = 0.0;
        let mut direction = vec![0.0; 1 + dimension];
        for axis in 0..dimension {
            let error = gradient[1 + axis] - f64::from(targets[axis]);
            loss += error * error / dimension as f64;
            direction[1 + axis] = factor * 2.0 * error / dimension as f64;
        }
        let [target, p, q] = [0, 1, 2].map(|k| f64::from(targets[dimension + k]));
        let error = p * outputs[index] + q * gradient[0] - target;
        loss += weight * error * error;
        direction[0] = factor * 2.0 * weight * error * q;
        bars[index] = factor * 2.0 * weight * error * p;
        losses.push(loss / (1.0 + weight));
        model.push_tangent(pairs, row, &direction, &mut inputs);
    }
    if share.is_none() {
        return (losses, None);
    }
    let (_, trace) = network.forward(pairs.matrix(inputs), rows.len());
    (losses, Some(network.parameter_gradient(trace, bars)))
}
