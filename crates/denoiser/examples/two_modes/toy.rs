//! Training by gradient flow on a handful of points in the plane, and the parts of its error along and across the ridge.
//!
//! The set-up of Y. He, Y. Qiu and M. Tao, arXiv 2602.06021, as in its authors' research code: noise levels `t` in
//! [0.001, 10], `x_t = a x + √h n` with `a = e^{-t}`, `h = 1 - e^{-2t}`; the model `A ψ(x_t, t)` with rectifier features and 128
//! harmonics of `t/10` shall give `a x`; `A(0)` is standard normal. Errors are `½ ∫ w(t) E|·|² dt` against the exact posterior
//! mean `a E[x | x_t]` (½ as there, one over the dimension), expectations over random noise: so many rows at each of so many levels.

use geodyssey_denoiser::{DenoiserError, GradientFlow, NormalEquations, RectifierFeatures};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// Least and largest `t`.
const TIMES: (f64, f64) = (1e-3, 10.0);
/// Harmonics of the noise level.
const HARMONICS: usize = 128;
/// Eigenvalues below this share of the largest count as zero.
pub(crate) const LEAST_EIGENVALUE: f64 = 1e-9;

/// How large a problem is.
pub(crate) struct Size {
    pub(crate) features: usize,
    /// Even number of intervals of the noise levels, for Simpson's rule.
    pub(crate) intervals: usize,
    /// Noisy points at each level.
    pub(crate) rows_per_level: usize,
}

/// One noisy point.
struct NoisyPoint {
    level: usize,
    position: [f64; 2],
    /// `a E[x | x_t]`.
    target: [f64; 2],
    /// Direction of the largest posterior variance, which is the ridge's tangent where the point lies on it.
    tangent: [f64; 2],
    /// `½ w(t) dt` over the number of points of the level.
    weight: f64,
}

/// A set of points, made noisy, and random features of it.
pub(crate) struct Toy {
    features: RectifierFeatures,
    offsets: Vec<Vec<f64>>,
    rows: Vec<NoisyPoint>,
    pub(crate) equations: NormalEquations,
    pub(crate) start: DMatrix<f64>,
}

/// Errors at one training time.
pub(crate) struct Errors {
    /// Training time `τ`.
    pub(crate) time: f64,
    /// Part of the error across the ridge.
    pub(crate) normal: f64,
    /// Part of the error along the ridge.
    pub(crate) tangential: f64,
    /// Error along the first and the second coordinate.
    pub(crate) by_coordinate: [f64; 2],
    /// `loss(A(τ)) - loss(A(∞))`, both coordinates.
    pub(crate) optimisation: f64,
}

/// Two points at (±3, 0): the ridge is the segment between them.
pub(crate) fn straight_modes() -> Vec<[f64; 2]> {
    vec![[-3.0, 0.0], [3.0, 0.0]]
}

/// Two modes of nine points each on the circle of radius 3, 25° to 65° and 115° to 155°: the ridge is curved.
pub(crate) fn curved_modes() -> Vec<[f64; 2]> {
    let angle = |index: i32| 5.0 * f64::from(index % 9) + if index < 9 { 25.0 } else { 115.0 };
    (0..18)
        .map(|index| {
            let (sine, cosine) = angle(index).to_radians().sin_cos();
            [3.0 * cosine, 3.0 * sine]
        })
        .collect()
}

impl Toy {
    /// Draws noise and features; `weight` is `w` as a function of `h`.
    pub(crate) fn new(
        points: &[[f64; 2]],
        size: &Size,
        weight: fn(f64) -> f64,
        seed: u64,
    ) -> Result<Self, DenoiserError> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let features = RectifierFeatures::draw(size.features, 2, HARMONICS, seed);
        let width = (TIMES.1 - TIMES.0) / size.intervals as f64;
        let (mut rows, mut offsets) = (Vec::new(), Vec::new());
        for level in 0..=size.intervals {
            let time = TIMES.0 + width * level as f64;
            // Simpson's rule.
            let is_end = level == 0 || level == size.intervals;
            let share = width / 3.0 * if is_end { 1.0 } else { [2.0, 4.0][level % 2] };
            let (signal, noise) = ((-time).exp(), -(-2.0 * time).exp_m1());
            offsets.push(features.offsets(time / TIMES.1));
            for row in 0..size.rows_per_level {
                let clean = points[(row + level) % points.len()];
                let position = clean.map(|x| {
                    let normal: f64 = StandardNormal.sample(&mut random);
                    signal * x + noise.sqrt() * normal
                });
                let (mean, tangent) = posterior(points, signal, noise, position);
                let target = mean.map(|x| signal * x);
                let weight = 0.5 * weight(noise) * share / size.rows_per_level as f64;
                rows.push(NoisyPoint { level, position, target, tangent, weight });
            }
        }
        let equations = NormalEquations::accumulate(size.features, 2, rows.len(), |index, row| {
            let point = &rows[index];
            features.values(&point.position, &offsets[point.level], row.features);
            row.targets.copy_from_slice(&point.target);
            // The flow is that of the integral without the ½.
            *row.weight = 2.0 * point.weight;
        })?;
        let start = DMatrix::from_fn(2, size.features, |_, _| StandardNormal.sample(&mut random));
        Ok(Self { features, offsets, rows, equations, start })
    }

    /// The flow from `A(0)`.
    pub(crate) fn flow(&self) -> Result<GradientFlow, DenoiserError> {
        GradientFlow::new(&self.equations, &self.start, LEAST_EIGENVALUE)
    }

    /// Errors at each of the training times.
    pub(crate) fn errors(&self, flow: &GradientFlow, times: &[f64]) -> Vec<Errors> {
        let coefficients: Vec<DMatrix<f64>> = times.iter().map(|time| flow.coefficients(*time)).collect();
        let mut errors: Vec<Errors> = times
            .iter()
            .map(|&time| {
                let optimisation = 0.5 * flow.optimisation_errors(time).sum();
                Errors { time, normal: 0.0, tangential: 0.0, by_coordinate: [0.0; 2], optimisation }
            })
            .collect();
        let mut values = DVector::zeros(self.features.count());
        for row in &self.rows {
            self.features.values(&row.position, &self.offsets[row.level], values.as_mut_slice());
            for (errors, coefficients) in errors.iter_mut().zip(&coefficients) {
                let answer = coefficients * &values;
                let error = [answer[0] - row.target[0], answer[1] - row.target[1]];
                let along = error[0] * row.tangent[0] + error[1] * row.tangent[1];
                let across = error[1] * row.tangent[0] - error[0] * row.tangent[1];
                errors.tangential += row.weight * along * along;
                errors.normal += row.weight * across * across;
                for (sum, error) in errors.by_coordinate.iter_mut().zip(error) {
                    *sum += row.weight * error * error;
                }
            }
        }
        errors
    }
}

/// `E[x | x_t]` and the direction of the largest posterior variance, for equally likely points.
pub(crate) fn posterior(points: &[[f64; 2]], signal: f64, noise: f64, at: [f64; 2]) -> ([f64; 2], [f64; 2]) {
    let exponent = |point: &[f64; 2]| {
        -((at[0] - signal * point[0]).powi(2) + (at[1] - signal * point[1]).powi(2)) / (2.0 * noise)
    };
    let exponents: Vec<f64> = points.iter().map(exponent).collect();
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| exponents[*b].total_cmp(&exponents[*a]));
    let (nearest, second) = (order[0], exponents[order[1]]);
    let total: f64 = exponents.iter().map(|exponent| (exponent - exponents[nearest]).exp()).sum();
    // Relative to the nearest point, and in units of the second largest probability, so that the direction survives where a
    // single point has all the probability that double precision knows.
    let unit = (second - exponents[nearest]).exp() / total;
    let (mut shift, mut square) = ([0.0; 2], [[0.0; 2]; 2]);
    for &index in &order[1..] {
        let share = (exponents[index] - second).exp();
        let offset = [0, 1].map(|axis| points[index][axis] - points[nearest][axis]);
        for row in 0..2 {
            shift[row] += share * offset[row];
            for column in 0..2 {
                square[row][column] += share * offset[row] * offset[column];
            }
        }
    }
    let covariance = |row: usize, column: usize| square[row][column] - unit * shift[row] * shift[column];
    let angle = 0.5 * (2.0 * covariance(0, 1)).atan2(covariance(0, 0) - covariance(1, 1));
    let mean = [0, 1].map(|axis| points[nearest][axis] + unit * shift[axis]);
    (mean, [angle.cos(), angle.sin()])
}
