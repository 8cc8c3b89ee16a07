//! The plain variant: one output per variable, `D = D_0 + c N` with the exact denoiser `D_0` of the baseline.

use burn::tensor::TensorData;
use nalgebra::DVector;

use super::features::pull_back;
use super::level_polynomial::LevelPolynomial;
use super::model::{Evaluation, Head, Model, PreparedPairs};
use super::network::Network;
use crate::{DenoiserError, Preconditioning, SpacetimePoint, TrainingPairs};

/// `c` and its derivative by `λ` for one variable at one noise level.
struct Scale {
    value: f64,
    by_level: f64,
}

impl Scale {
    fn at(preconditioning: &Preconditioning, axis: usize, log_snr: f64) -> Self {
        let (log_scale, slope) = preconditioning.log_scale(axis, log_snr);
        let value = log_scale.exp();
        Self { value, by_level: value * slope }
    }
}

/// `μ = (D, |D|² + s² div D)` with forward-mode tangents for the divergence, and `wᵀ ∂μ/∂η` by one reverse pass.
///
/// With the baseline's own `μ_0` and `G_0`, `E|x|² = μ_0's + |D|² - |D_0|² + s² div(c N)`.
pub(super) fn evaluate(
    model: &Model,
    network: &Network,
    points: &[SpacetimePoint],
    cotangents: &[Vec<DVector<f64>>],
) -> Result<Vec<Evaluation>, DenoiserError> {
    let wanted = cotangents.first().is_some_and(|cotangents| !cotangents.is_empty());
    let baseline = model.preconditioning.baseline.moments(points, wanted)?;
    let (dimension, rows) = (model.dimension(), points.len());
    let (directions, weight) = (&model.directions, model.direction_weight);
    let jets: Vec<_> = points.iter().map(|point| model.features(point)).collect();
    let count = jets.first().map_or(0, Vec::len);
    let mut inputs = Vec::with_capacity((1 + directions.len()) * rows * count);
    inputs.extend(jets.iter().flatten().map(|jet| jet.value));
    for direction in directions {
        inputs.extend(jets.iter().flatten().map(|jet| jet.along(direction)));
    }
    let matrix = TensorData::new(inputs, [(1 + directions.len()) * rows, count]);
    let (outputs, trace) = network.forward(matrix, rows);
    let output = |block: usize, row: usize| &outputs[(block * rows + row) * dimension..][..dimension];

    let scales: Vec<Vec<Scale>> = points
        .iter()
        .map(|point| {
            (0..dimension).map(|axis| Scale::at(&model.preconditioning, axis, point.log_snr)).collect()
        })
        .collect();
    let mut evaluations: Vec<Evaluation> = Vec::with_capacity(rows);
    for (row, point) in points.iter().enumerate() {
        let mut mu = baseline[row].expectation_parameter.clone();
        let (mut divergence, mut square) = (0.0, 0.0);
        for (axis, scale) in scales[row].iter().enumerate() {
            let correction = scale.value * output(0, row)[axis];
            square += correction * (2.0 * mu[axis] + correction);
            mu[axis] += correction;
            let slope: f64 = directions
                .iter()
                .enumerate()
                .map(|(t, direction)| direction[1 + axis] * output(1 + t, row)[axis])
                .sum();
            divergence += weight * scale.value * slope;
        }
        mu[dimension] += square + (-point.log_snr).exp() * divergence;
        evaluations.push(Evaluation {
            expectation_parameter: mu,
            log_normaliser: None,
            products: Vec::new(),
        });
    }
    let copies = cotangents.first().map_or(0, Vec::len);
    if copies == 0 {
        return Ok(evaluations);
    }

    // Cotangents of N and of its tangents, and of (λ, y) where they stand outside the network.
    let blocks = 1 + directions.len();
    let mut bars = vec![0.0; copies * blocks * rows * dimension];
    let mut direct = vec![vec![0.0; 1 + dimension]; copies * rows];
    for (row, point) in points.iter().enumerate() {
        let variance = (-point.log_snr).exp();
        let mu = &evaluations[row].expectation_parameter;
        for copy in 0..copies {
            let w = &cotangents[row][copy];
            let direct = &mut direct[copy * rows + row];
            for (axis, scale) in scales[row].iter().enumerate() {
                let of_mean = w[axis] + 2.0 * w[dimension] * mu[axis];
                let of_slope = w[dimension] * variance;
                bars[((copy * blocks) * rows + row) * dimension + axis] = of_mean * scale.value;
                let mut slope = 0.0;
                for (t, direction) in directions.iter().enumerate() {
                    let along = weight * direction[1 + axis];
                    slope += along * output(1 + t, row)[axis];
                    bars[((copy * blocks + 1 + t) * rows + row) * dimension + axis] =
                        of_slope * along * scale.value;
                }
                direct[0] += of_mean * scale.by_level * output(0, row)[axis];
                direct[0] += of_slope * slope * (scale.by_level - scale.value);
            }
        }
    }
    let of_features = network.pull_back(trace, bars);
    for copy in 0..copies {
        for (row, point) in points.iter().enumerate() {
            let bar = |block: usize| &of_features[((copy * blocks + block) * rows + row) * count..][..count];
            let cotangent = &mut direct[copy * rows + row];
            let of_tangents = directions.iter().enumerate().map(|(t, v)| (v.as_slice(), bar(1 + t)));
            pull_back(&jets[row], bar(0), of_tangents, cotangent);
            let mut product = by_natural_parameter(point, cotangent);
            // The baseline: w_a + 2 w_last (D - D_0)_a for its D, w_last for its E|x|².
            let base = &baseline[row];
            let mut of_base = cotangents[row][copy].clone();
            for axis in 0..dimension {
                let correction =
                    evaluations[row].expectation_parameter[axis] - base.expectation_parameter[axis];
                of_base[axis] += 2.0 * of_base[dimension] * correction;
            }
            product += &base.metric * of_base;
            evaluations[row].products.push(product);
        }
    }
    Ok(evaluations)
}

/// A derivative by `(λ, y)` as one by `η = (e^λ y, -½ e^λ)`.
fn by_natural_parameter(point: &SpacetimePoint, derivative: &[f64]) -> DVector<f64> {
    let variance = (-point.log_snr).exp();
    let along: f64 = point.y.iter().zip(&derivative[1..]).map(|(y, by_y)| y * by_y).sum();
    let last = 2.0 * variance * (along - derivative[0]);
    DVector::from_iterator(derivative.len(), derivative[1..].iter().map(|by_y| variance * by_y).chain([last]))
}

/// `log` of the root mean square of the target of the tangents: `tr Var[x]` minus the baseline's.
pub(super) fn variance_log_scale(
    preconditioning: &Preconditioning,
    pairs: &TrainingPairs,
) -> Result<LevelPolynomial, DenoiserError> {
    let answers = preconditioning.baseline.answers(&pairs.points)?;
    let values = answers.iter().enumerate().map(|(index, base)| {
        let point = &pairs.points[index];
        let rest = variance_rest(point, &pairs.means[index], pairs.squared_displacements[index], base);
        (point.log_snr, rest * rest)
    });
    LevelPolynomial::fit(preconditioning.log_snr, values, |log_snr, mean_square| {
        0.5 * mean_square.ln().max(2.0 * (1e-4 * (-log_snr).exp()).ln())
    })
}

/// `tr Var[x]` of the target minus that of the baseline, which is `s² div(c N)`.
fn variance_rest(point: &SpacetimePoint, mean: &[f64], square: f64, base: &(Vec<f64>, f64)) -> f64 {
    let displaced = |mean: &[f64]| mean.iter().zip(&point.y).map(|(mean, y)| (mean - y).powi(2)).sum::<f64>();
    (square - displaced(mean)) - (base.1 - displaced(&base.0))
}

/// Targets of one pair: `N` per variable; with the variance also `s² c/scale` per variable and its own target.
pub(super) fn targets(
    preconditioning: &Preconditioning,
    variance_log_scale: Option<&LevelPolynomial>,
    point: &SpacetimePoint,
    mean: &[f64],
    square: f64,
    base: &(Vec<f64>, f64),
) -> Vec<f64> {
    let mut targets = preconditioning.normalised(point.log_snr, mean, &base.0);
    if let Some(scale) = variance_log_scale {
        let scale = scale.at(point.log_snr)[0].exp();
        let noise = (-point.log_snr).exp();
        let axes = 0..mean.len();
        targets
            .extend(axes.map(|axis| noise * preconditioning.log_scale(axis, point.log_snr).0.exp() / scale));
        targets.push(variance_rest(point, mean, square, base) / scale);
    }
    targets
}

/// Mean over the variables of `(N - N*)²`, plus the weighted squared error of the posterior variance, per pair.
pub(super) fn loss(
    model: &Model,
    network: &Network,
    pairs: &PreparedPairs,
    rows: &[usize],
    share: Option<f64>,
) -> (Vec<f64>, Option<Vec<f32>>) {
    let dimension = model.dimension();
    let with_variance = matches!(model.head, Head::Plain { variance_log_scale: Some(_) });
    let directions = if with_variance { &model.directions[..] } else { &[] };
    let mut inputs = pairs.gather(rows, 1 + directions.len());
    for direction in directions {
        rows.iter().for_each(|&row| model.push_tangent(pairs, row, direction, &mut inputs));
    }
    let (outputs, trace) = network.forward(pairs.matrix(inputs), rows.len());
    let mut bars = vec![0.0; outputs.len()];
    let mut losses = Vec::with_capacity(rows.len());
    // For the baseline alone each part of the loss is 1, and so is their mean.
    let whole = if with_variance { 1.0 + model.settings.divergence_weight } else { 1.0 };
    let factor = share.unwrap_or(0.0) / whole;
    for (index, &row) in rows.iter().enumerate() {
        let targets = pairs.targets(row);
        let mut loss = 0.0;
        for (axis, target) in targets[..dimension].iter().enumerate() {
            let at = index * dimension + axis;
            let error = outputs[at] - f64::from(*target);
            loss += error * error / dimension as f64;
            bars[at] = factor * 2.0 * error / dimension as f64;
        }
        if with_variance {
            let place = |t: usize, axis: usize| ((1 + t) * rows.len() + index) * dimension + axis;
            let along = |t: usize, axis: usize| {
                model.direction_weight * directions[t][1 + axis] * f64::from(targets[dimension + axis])
            };
            let mut error = -f64::from(targets[2 * dimension]);
            for t in 0..directions.len() {
                error += (0..dimension).map(|axis| along(t, axis) * outputs[place(t, axis)]).sum::<f64>();
            }
            loss += model.settings.divergence_weight * error * error;
            for t in 0..directions.len() {
                for axis in 0..dimension {
                    bars[place(t, axis)] =
                        factor * 2.0 * model.settings.divergence_weight * error * along(t, axis);
                }
            }
        }
        losses.push(loss / whole);
    }
    (losses, share.map(|_| network.parameter_gradient(trace, bars)))
}
