//! Moments of the posterior by plain sums over weighted nodes, the oracle of the tests.
#![allow(dead_code)] // each test file uses a part of it

use geodyssey_denoiser::{Denoiser, SpacetimePoint};
use nalgebra::{DMatrix, DVector};

/// A node of a quadrature rule (or a weighted point) on the cover, with the logarithm of its weight.
pub(crate) struct Node {
    pub(crate) x: Vec<f64>,
    pub(crate) log_weight: f64,
    pub(crate) energy: f64,
}

pub(crate) struct Sums {
    pub(crate) expectation_parameter: DVector<f64>,
    pub(crate) metric: DMatrix<f64>,
    pub(crate) metric_derivative: DMatrix<f64>,
    pub(crate) log_normaliser: f64,
    pub(crate) energy: f64,
    pub(crate) energy_covariance: DVector<f64>,
}

/// Trapezoid nodes on a box of the cover: `ranges` are `(low, high, intervals)`, `log_density` is `log q`. Accurate where
/// the integrand vanishes at the ends.
pub(crate) fn trapezoid(ranges: &[(f64, f64, usize)], log_density: &dyn Fn(&[f64]) -> f64) -> Vec<Node> {
    composite(ranges, [0.5, 1.0, 1.0], log_density)
}

/// Simpson nodes; the numbers of intervals are even.
pub(crate) fn simpson(ranges: &[(f64, f64, usize)], log_density: &dyn Fn(&[f64]) -> f64) -> Vec<Node> {
    composite(ranges, [1.0 / 3.0, 4.0 / 3.0, 2.0 / 3.0], log_density)
}

/// Weights of the end nodes, the odd nodes and the even inner nodes, in units of the spacing.
fn composite(
    ranges: &[(f64, f64, usize)],
    [end, odd, even]: [f64; 3],
    log_density: &dyn Fn(&[f64]) -> f64,
) -> Vec<Node> {
    let mut nodes = vec![(Vec::new(), 0.0)];
    for &(low, high, intervals) in ranges {
        let spacing = (high - low) / intervals as f64;
        nodes = nodes
            .into_iter()
            .flat_map(|(x, log_weight): (Vec<f64>, f64)| {
                (0..=intervals).map(move |index| {
                    let mut x = x.clone();
                    x.push(low + index as f64 * spacing);
                    let is_end = index == 0 || index == intervals;
                    let weight = if is_end { end } else { [even, odd][index % 2] };
                    (x, log_weight + (weight * spacing).ln())
                })
            })
            .collect();
    }
    nodes
        .into_iter()
        .map(|(x, log_weight)| {
            let log_density = log_density(&x);
            Node { log_weight: log_weight + log_density, energy: -log_density, x }
        })
        .collect()
}

fn statistic(x: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(x).push(x.iter().map(|value| value * value).sum())
}

/// Two-pass sums; `direction` contracts the third cumulant.
pub(crate) fn sums(nodes: &[Node], point: &SpacetimePoint, direction: &DVector<f64>) -> Sums {
    let size = point.y.len() + 1;
    let precision = point.log_snr.exp();
    let log_weight = |node: &Node| {
        node.log_weight
            - 0.5 * precision * node.x.iter().zip(&point.y).map(|(x, y)| (x - y).powi(2)).sum::<f64>()
    };
    let largest = nodes.iter().map(log_weight).fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    let mut mean = DVector::zeros(size);
    let mut energy = 0.0;
    for node in nodes {
        let weight = (log_weight(node) - largest).exp();
        total += weight;
        energy += weight * node.energy;
        mean += weight * statistic(&node.x);
    }
    mean /= total;
    energy /= total;
    let mut metric = DMatrix::zeros(size, size);
    let mut metric_derivative = DMatrix::zeros(size, size);
    let mut energy_covariance = DVector::zeros(size);
    for node in nodes {
        let weight = (log_weight(node) - largest).exp() / total;
        if weight < 1e-40 {
            continue;
        }
        let offset = statistic(&node.x) - &mean;
        metric += weight * &offset * offset.transpose();
        metric_derivative += weight * offset.dot(direction) * &offset * offset.transpose();
        energy_covariance += weight * (node.energy - energy) * offset;
    }
    Sums {
        expectation_parameter: mean,
        metric,
        metric_derivative,
        log_normaliser: largest + total.ln(),
        energy,
        energy_covariance,
    }
}

pub(crate) fn point(log_snr: f64, y: &[f64]) -> SpacetimePoint {
    SpacetimePoint { log_snr, y: y.to_vec() }
}

pub(crate) fn vector<const N: usize>(entries: [f64; N]) -> DVector<f64> {
    DVector::from_column_slice(&entries)
}

#[track_caller]
pub(crate) fn assert_close(found: f64, expected: f64, scale: f64, tolerance: f64, what: &str) {
    let allowed = tolerance * scale.abs().max(expected.abs());
    let error = (found - expected).abs();
    assert!(
        error <= allowed,
        "{what}: found {found:e}, expected {expected:e}, error {error:e}, allowed {allowed:e}"
    );
}

/// Entries against entries, relative to the geometric mean of the diagonal (so that small variances count).
#[track_caller]
pub(crate) fn assert_matrices(
    found: &DMatrix<f64>,
    expected: &DMatrix<f64>,
    scale: &DMatrix<f64>,
    tolerance: f64,
    what: &str,
) {
    for row in 0..expected.nrows() {
        for column in 0..expected.ncols() {
            let size = (scale[(row, row)] * scale[(column, column)]).abs().sqrt();
            assert_close(
                found[(row, column)],
                expected[(row, column)],
                size,
                tolerance,
                &format!("{what} ({row}, {column})"),
            );
        }
    }
}

/// A denoiser's μ, G, third cumulant, VJP and normaliser against the sums.
#[track_caller]
pub(crate) fn assert_denoiser(
    denoiser: &dyn Denoiser,
    point: &SpacetimePoint,
    direction: &DVector<f64>,
    expected: &Sums,
    tolerance: f64,
) {
    let batch = std::slice::from_ref(point);
    let moments = denoiser.moments(batch).unwrap().remove(0);
    let mu = denoiser.expectation_parameters(batch).unwrap().remove(0);
    for index in 0..mu.len() {
        let scale = expected.metric[(index, index)].sqrt().max(1.0);
        assert_close(
            mu[index],
            expected.expectation_parameter[index],
            scale,
            tolerance,
            "expectation parameter",
        );
        assert_close(
            moments.expectation_parameter[index],
            mu[index],
            scale,
            1e-12,
            "expectation parameter, both ways",
        );
    }
    assert_matrices(&moments.metric, &expected.metric, &expected.metric, tolerance, "metric");
    let log_normaliser = moments.log_normaliser.unwrap();
    assert_close(log_normaliser, expected.log_normaliser, 1.0, tolerance, "log normaliser");
    let product =
        denoiser.vector_jacobian_products(batch, std::slice::from_ref(direction)).unwrap().remove(0);
    let exact = &moments.metric * direction;
    assert!((product - &exact).amax() <= 1e-12 * exact.amax(), "vector-Jacobian product");
    let derivative =
        denoiser.metric_derivatives(batch, std::slice::from_ref(direction)).unwrap().unwrap().remove(0);
    let spread = direction.dot(&(&expected.metric * direction)).sqrt();
    assert_matrices(
        &derivative,
        &expected.metric_derivative,
        &(&expected.metric * spread),
        tolerance,
        "metric derivative",
    );
}

/// `G = ∂μ/∂η` and `∂G/∂η · v` against central differences in `η`.
#[track_caller]
pub(crate) fn assert_derivatives(
    denoiser: &dyn Denoiser,
    point: &SpacetimePoint,
    direction: &DVector<f64>,
    tolerance: f64,
) {
    let eta = point.natural_parameter();
    let moments = denoiser.moments(std::slice::from_ref(point)).unwrap().remove(0);
    let derivative = denoiser
        .metric_derivatives(std::slice::from_ref(point), std::slice::from_ref(direction))
        .unwrap()
        .unwrap()
        .remove(0);
    // A step of a few hundredths of a standard deviation of the tilt, extrapolated to zero (Richardson).
    let spread = direction.dot(&(&moments.metric * direction)).sqrt();
    let difference = |step: f64| {
        let at = |shift: f64| {
            let moved = SpacetimePoint::from_natural_parameter(&(&eta + shift * direction)).unwrap();
            denoiser.moments(&[moved]).unwrap().remove(0)
        };
        let (plus, minus) = (at(step), at(-step));
        (
            (plus.expectation_parameter - minus.expectation_parameter) / (2.0 * step),
            (plus.metric - minus.metric) / (2.0 * step),
        )
    };
    let step = 0.02 / spread;
    let (coarse, fine) = (difference(step), difference(step / 2.0));
    let slope = (4.0 * fine.0 - coarse.0) / 3.0;
    let exact = &moments.metric * direction;
    for index in 0..slope.len() {
        let scale = spread * moments.metric[(index, index)].sqrt();
        assert_close(slope[index], exact[index], scale, tolerance, "derivative of the expectation parameter");
    }
    let curvature = (4.0 * fine.1 - coarse.1) / 3.0;
    assert_matrices(
        &curvature,
        &derivative,
        &(&moments.metric * spread),
        tolerance,
        "derivative of the metric",
    );
}
