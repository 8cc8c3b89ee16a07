//! One Gaussian and its lattice images under a harmonic tether, in one variable and in several.

use nalgebra::{Cholesky, DMatrix, DVector};

use crate::cumulants::Cumulants;

/// Images whose weight is below `exp(-NEGLECTED)` of the nearest one's are left out.
const NEGLECTED: f64 = 50.0;

/// From this ratio of `sqrt(v + s²)` to the period on, a wrapped Gaussian is uniform in double precision:
/// its first harmonic `2 exp(-2π² σ²/P²)` is below 1e-25.
const UNIFORM_RATIO: f64 = 1.75;

/// Most images of one component that are summed one by one.
const MOST_IMAGES: usize = 4_000_000;

/// Posterior in one variable of a component `N(m, v)` and its images: a mixture of Gaussians of one variance.
/// All positions are relative to `y`.
#[derive(Clone, Debug, Default)]
pub(super) struct FoldedGaussian {
    /// `log Σ_n ∫ N(x; m + nP, v) exp(-½ (x - y)²/s²) dx`.
    pub(super) log_evidence: f64,
    /// Variance of each image's posterior.
    variance: f64,
    /// Probability and mean of each image's posterior.
    images: Vec<(f64, f64)>,
}

impl FoldedGaussian {
    /// Replaces the content; `displacement = m - y`.
    pub(super) fn set(&mut self, displacement: f64, variance: f64, noise_variance: f64, period: Option<f64>) {
        let total = variance + noise_variance;
        let shrink = noise_variance / total;
        let volume = 0.5 * shrink.ln();
        self.variance = variance * shrink;
        self.images.clear();
        let Some(period) = period else {
            self.log_evidence = volume - 0.5 * displacement * displacement / total;
            self.images.push((1.0, displacement * shrink));
            return;
        };
        if total.sqrt() >= UNIFORM_RATIO * period {
            self.log_evidence = 0.5 * (std::f64::consts::TAU * noise_variance).ln() - period.ln();
            self.variance = noise_variance;
            self.images.push((1.0, 0.0));
            return;
        }
        let nearest = displacement - period * (displacement / period).round();
        let reach = ((nearest * nearest + 2.0 * NEGLECTED * total).sqrt() / period).ceil() as i64 + 1;
        let mut sum = 0.0;
        for image in -reach..=reach {
            let position = nearest + image as f64 * period;
            let exponent = 0.5 * (position * position - nearest * nearest) / total;
            if exponent < NEGLECTED {
                let weight = if image == 0 { 1.0 } else { (-exponent).exp() };
                sum += weight;
                self.images.push((weight, position * shrink));
            }
        }
        self.images.iter_mut().for_each(|(probability, _)| *probability /= sum);
        self.log_evidence = volume - 0.5 * nearest * nearest / total + sum.ln();
    }

    /// Mean and variance.
    pub(super) fn mean_and_variance(&self) -> (f64, f64) {
        let mean: f64 = self.images.iter().map(|(probability, position)| probability * position).sum();
        let between: f64 = self.images.iter().map(|(p, position)| p * (position - mean).powi(2)).sum();
        (mean, self.variance + between)
    }

    /// Cumulants of `(u, u²)`, `u = x - c`, and their derivatives along `(direction, direction_square)`.
    pub(super) fn cumulants(&self, centre: f64, direction: f64, direction_square: f64) -> ScalarCumulants {
        let v = self.variance;
        let mut result = ScalarCumulants::default();
        for (probability, position) in &self.images {
            let a = position - centre;
            result.mean[0] += probability * a;
            result.mean[1] += probability * (v + a * a);
        }
        for (probability, position) in &self.images {
            let a = position - centre;
            let offset = [a - result.mean[0], v + a * a - result.mean[1]];
            let along = offset[0] * direction + offset[1] * direction_square;
            let v_dot = 2.0 * direction_square * v * v;
            let a_dot = v * (direction + 2.0 * direction_square * a);
            let covariance = [v, 2.0 * v * a, 2.0 * v * v + 4.0 * v * a * a];
            let third = [
                v_dot,
                2.0 * (v_dot * a + v * a_dot),
                4.0 * v * v_dot + 8.0 * a * v * a_dot + 4.0 * a * a * v_dot,
            ];
            let contracted = [
                covariance[0] * direction + covariance[1] * direction_square,
                covariance[1] * direction + covariance[2] * direction_square,
            ];
            for (entry, (row, column)) in [(0, 0), (0, 1), (1, 1)].into_iter().enumerate() {
                let product = offset[row] * offset[column];
                result.covariance[entry] += probability * (covariance[entry] + product);
                result.third[entry] += probability
                    * (third[entry]
                        + contracted[row] * offset[column]
                        + offset[row] * contracted[column]
                        + along * (covariance[entry] + product));
            }
        }
        result
    }
}

/// Cumulants of `(u, u²)` in one variable; matrices as `[uu, ur, rr]`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ScalarCumulants {
    pub(super) mean: [f64; 2],
    pub(super) covariance: [f64; 3],
    pub(super) third: [f64; 3],
}

/// Posterior of a component with a full covariance: one variance, one Gaussian per lattice image.
#[derive(Clone, Debug)]
pub(super) struct FullGaussian {
    /// Covariance of each image's posterior, `(V⁻¹ + e^λ I)⁻¹`.
    covariance: DMatrix<f64>,
    /// Log evidence and mean relative to `y` of each image's posterior.
    pub(super) images: Vec<(f64, DVector<f64>)>,
}

impl FullGaussian {
    /// `None` where the lattice sum has too many terms or `V + s² I` is not positive definite.
    pub(super) fn new(
        displacement: &DVector<f64>,
        matrix: &DMatrix<f64>,
        noise_variance: f64,
        periods: &[Option<f64>],
    ) -> Option<Self> {
        let dimension = displacement.len();
        let total = matrix + DMatrix::identity(dimension, dimension) * noise_variance;
        let cholesky = Cholesky::new(total.clone())?;
        let inverse = cholesky.inverse();
        let log_volume = 0.5 * dimension as f64 * noise_variance.ln()
            - cholesky.l_dirty().diagonal().iter().map(|value| value.ln()).sum::<f64>();
        let exponent = |position: &DVector<f64>| 0.5 * position.dot(&(&inverse * position));

        let mut nearest = displacement.clone();
        for (value, period) in nearest.iter_mut().zip(periods) {
            if let Some(period) = period {
                *value -= period * (*value / period).round();
            }
        }
        // Minimising over the other variables leaves ½ Δ_i²/(V_ii + s²), which bounds the images of variable i.
        let limit = exponent(&nearest) + NEGLECTED;
        let mut positions = vec![nearest];
        for (axis, period) in periods.iter().enumerate() {
            let Some(period) = period else { continue };
            let reach = ((2.0 * limit * total[(axis, axis)]).sqrt() / period).ceil() as i64 + 1;
            if positions.len().saturating_mul(2 * reach as usize + 1) > MOST_IMAGES {
                return None;
            }
            positions = positions
                .iter()
                .flat_map(|position| {
                    (-reach..=reach).map(move |image| {
                        let mut moved = position.clone();
                        moved[axis] += image as f64 * period;
                        moved
                    })
                })
                .filter(|moved| 0.5 * moved[axis] * moved[axis] <= limit * total[(axis, axis)])
                .collect();
        }
        let images = positions
            .into_iter()
            .map(|position| (exponent(&position), position))
            .filter(|(energy, _)| *energy <= limit)
            .map(|(energy, position)| (log_volume - energy, noise_variance * (&inverse * position)))
            .collect();
        let product = matrix * &inverse * noise_variance;
        Some(Self { covariance: (&product + product.transpose()) * 0.5, images })
    }

    /// Trace of each image's posterior covariance.
    pub(super) fn trace(&self) -> f64 {
        self.covariance.trace()
    }

    /// Cumulants of `z` of one image's posterior about `centre` (relative to `y`).
    ///
    /// Of `N(a, S)`: `Cov(u, u) = S`, `Cov(u, r) = 2Sa`, `Var(r) = 2 tr S² + 4 aᵀSa`, and along `(θ, τ)` they change
    /// with `dS = 2τ S²`, `da = S(θ + 2τa)`.
    pub(super) fn cumulants(
        &self,
        image: usize,
        centre: &DVector<f64>,
        direction: Option<&DVector<f64>>,
    ) -> Cumulants {
        let s = &self.covariance;
        let a = &self.images[image].1 - centre;
        let last = a.len();
        let sa = s * &a;
        let mut result = Cumulants::zeros(last + 1, direction.is_some());
        result.mean.rows_mut(0, last).copy_from(&a);
        result.mean[last] = s.trace() + a.dot(&a);
        fill(&mut result.covariance, s, &(2.0 * &sa), 2.0 * s.dot(s) + 4.0 * a.dot(&sa));
        if let (Some(third), Some(direction)) = (&mut result.third, direction) {
            let tau = direction[last];
            let s_dot = 2.0 * tau * (s * s);
            let a_dot = s * (direction.rows(0, last) + 2.0 * tau * &a);
            let cross = 2.0 * (&s_dot * &a + s * &a_dot);
            let corner = 4.0 * s.dot(&s_dot) + 8.0 * sa.dot(&a_dot) + 4.0 * a.dot(&(&s_dot * &a));
            fill(third, &s_dot, &cross, corner);
        }
        result
    }
}

fn fill(target: &mut DMatrix<f64>, block: &DMatrix<f64>, border: &DVector<f64>, corner: f64) {
    let last = border.len();
    target.view_mut((0, 0), (last, last)).copy_from(block);
    target.view_mut((0, last), (last, 1)).copy_from(border);
    target.view_mut((last, 0), (1, last)).copy_from(&border.transpose());
    target[(last, last)] = corner;
}
