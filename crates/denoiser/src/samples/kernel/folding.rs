//! One variable of a Gaussian kernel and its lattice images under the tether, for a block of samples at once.
//!
//! With `τ = h² + s²` and `u = x_i - y`, the kernel's share of the evidence is `Σ_n exp(-(u + nP)²/2τ)` and its posterior a
//! mixture of Gaussians of variance `h² s²/τ` about `y + (u + nP) s²/τ`. For `sqrt(τ) < P/4` five images are summed, for wider
//! kernels the Fourier series of the same sum (Poisson's formula), whose derivatives by `y` are the posterior's cumulants.
//! Either leaves out less than 1e-19 of the sum.

#![expect(clippy::needless_range_loop, reason = "several blocks share one lane or order")]

use std::f64::consts::{PI, TAU};

use crate::samples::lanes::{Block, dot, exponential, largest, nearest_image};

/// From this `sqrt(τ)/P` on the sum over images is done as a Fourier series.
const HARMONIC_RATIO: f64 = 0.25;

/// From this `sqrt(τ)/P` on the sum is constant in double precision: its first harmonic is below 1e-25.
const UNIFORM_RATIO: f64 = 1.75;

/// Most harmonics; the seventh is below 1e-26 at [`HARMONIC_RATIO`].
const MOST_HARMONICS: usize = 6;

/// Highest central moment that is ever needed: third cumulants of `|u|²`.
const MOST_ORDERS: usize = 6;

/// How one variable of all kernels is folded at one spacetime point.
#[derive(Clone, Debug)]
pub(super) enum AxisFold {
    Images(Images),
    Harmonics(Harmonics),
    Uniform { noise_variance: f64 },
}

/// The nearest image and, where they matter, two more on either side. A variable that is not periodic has `period = 0`.
#[derive(Clone, Debug)]
pub(super) struct Images {
    pub(super) y: f64,
    /// `1/(2τ)`.
    pub(super) half_precision: f64,
    /// `s²/τ`.
    shrink: f64,
    /// `h² s²/τ`.
    variance: f64,
    pub(super) period: f64,
    pub(super) inverse_period: f64,
}

/// `F = 1 + 2 Σ_k exp(-k²ω²τ/2) cos kω(x_i - y)`, `ω = 2π/P`.
#[derive(Clone, Debug)]
pub(super) struct Harmonics {
    cos_y: f64,
    sin_y: f64,
    noise_variance: f64,
    /// `[harmonic][order]`: factor of `cos` (even order) or `sin` (odd order) in `s^{2n} ∂ⁿF/∂yⁿ`.
    factors: [[f64; MOST_ORDERS + 1]; MOST_HARMONICS],
    count: usize,
}

/// Posterior of one variable for every sample of a block.
#[derive(Clone, Debug)]
pub(super) struct AxisPosterior {
    /// Mean relative to `y`; before [`AxisFold::fold`] the displacement `u` of the nearest image.
    pub(super) mean: Block,
    /// Central moments of order 2, 3, ….
    pub(super) central: [Block; MOST_ORDERS - 1],
}

impl AxisFold {
    pub(super) fn new(y: f64, bandwidth: f64, noise_variance: f64, period: Option<f64>) -> Self {
        let total = bandwidth * bandwidth + noise_variance;
        let ratio = period.map_or(0.0, |period| total.sqrt() / period);
        match period {
            Some(_) if ratio >= UNIFORM_RATIO => Self::Uniform { noise_variance },
            Some(period) if ratio >= HARMONIC_RATIO => {
                let frequency = TAU / period;
                let mut factors = [[0.0; MOST_ORDERS + 1]; MOST_HARMONICS];
                let mut count = 0;
                for (harmonic, factors) in factors.iter_mut().enumerate() {
                    let k = (harmonic + 1) as f64;
                    let amplitude = (-0.5 * (k * frequency).powi(2) * total).exp();
                    if amplitude * k.powi(MOST_ORDERS as i32) > 1e-20 {
                        count = harmonic + 1;
                    }
                    for (order, factor) in factors.iter_mut().enumerate() {
                        let sign = [1.0, 1.0, -1.0, -1.0][order % 4];
                        *factor =
                            2.0 * sign * amplitude * (k * frequency * noise_variance).powi(order as i32);
                    }
                }
                let (sin_y, cos_y) = (frequency * y).sin_cos();
                Self::Harmonics(Harmonics { cos_y, sin_y, noise_variance, factors, count })
            }
            _ => Self::Images(Images {
                y,
                half_precision: 0.5 / total,
                shrink: noise_variance / total,
                variance: bandwidth * bandwidth * noise_variance / total,
                period: period.unwrap_or(0.0),
                inverse_period: period.map_or(0.0, f64::recip),
            }),
        }
    }

    /// `log ∫ Σ_n N(x; x_i + nP, h²) exp(-½ (x - y)²/s²) dx` minus the logarithm of what [`AxisFold::fold`] gives.
    pub(super) fn log_volume(&self, noise_variance: f64, period: Option<f64>) -> f64 {
        match (self, period) {
            (Self::Harmonics(_) | Self::Uniform { .. }, Some(period)) => {
                0.5 * (2.0 * PI * noise_variance).ln() - period.ln()
            }
            (Self::Images(images), _) => 0.5 * images.shrink.ln(),
            (_, None) => 0.0,
        }
    }

    /// Logarithm of the largest factor by which the evidence exceeds that of the nearest image.
    pub(super) fn log_largest_factor(&self) -> f64 {
        match self {
            Self::Uniform { .. } => 0.0,
            Self::Harmonics(harmonics) => (1.0
                + harmonics.factors[..harmonics.count].iter().map(|factors| factors[0]).sum::<f64>())
            .ln(),
            // At half a period the two nearest images weigh the same and all others less than a thousandth.
            Self::Images(images) if images.period > 0.0 => 2.01_f64.ln(),
            Self::Images(_) => 0.0,
        }
    }

    /// Displacement of the nearest image into `posterior.mean`, and its exponent off `energy`.
    #[inline(always)]
    pub(super) fn displace(&self, x: &Block, energy: &mut Block, posterior: &mut AxisPosterior) {
        if let Self::Images(images) = self {
            let &Images { y, half_precision, period, inverse_period, .. } = images;
            for ((x, energy), displacement) in x.iter().zip(energy).zip(&mut posterior.mean) {
                let u = nearest_image(x - y, period, inverse_period);
                *displacement = u;
                *energy -= half_precision * u * u;
            }
        }
    }

    /// Mean and central moments up to `ORDERS`; multiplies `factor` by the evidence beyond the nearest image's.
    /// `margin` is how far (in nats) the block's largest evidence stands above what may be neglected.
    #[inline(always)]
    pub(super) fn fold<const ORDERS: usize>(
        &self,
        circle: &[Block; 2],
        margin: f64,
        factor: &mut Block,
        posterior: &mut AxisPosterior,
    ) {
        match self {
            Self::Uniform { noise_variance } => {
                posterior.mean.fill(0.0);
                fill_gaussian::<ORDERS>(*noise_variance, &mut posterior.central);
            }
            Self::Images(images) => {
                let farthest = largest(&posterior.mean.map(f64::abs));
                let gap = images.half_precision * images.period * (images.period - 2.0 * farthest);
                if images.period > 0.0 && gap < margin {
                    images.fold_many::<ORDERS>(factor, posterior);
                } else {
                    posterior.mean.iter_mut().for_each(|mean| *mean *= images.shrink);
                    fill_gaussian::<ORDERS>(images.variance, &mut posterior.central);
                }
            }
            // The number of harmonics is a constant in each copy, so that the loop over samples becomes vectors.
            Self::Harmonics(harmonics) => match harmonics.count {
                0 | 1 => harmonics.fold::<1, ORDERS>(circle, factor, posterior),
                2 => harmonics.fold::<2, ORDERS>(circle, factor, posterior),
                3 => harmonics.fold::<3, ORDERS>(circle, factor, posterior),
                4 => harmonics.fold::<4, ORDERS>(circle, factor, posterior),
                5 => harmonics.fold::<5, ORDERS>(circle, factor, posterior),
                _ => harmonics.fold::<MOST_HARMONICS, ORDERS>(circle, factor, posterior),
            },
        }
    }
}

/// Central moments of one Gaussian for the whole block.
#[inline(always)]
fn fill_gaussian<const ORDERS: usize>(variance: f64, central: &mut [Block; MOST_ORDERS - 1]) {
    let moments = [variance, 0.0, 3.0 * variance.powi(2), 0.0, 15.0 * variance.powi(3)];
    for (block, moment) in central.iter_mut().zip(moments).take(ORDERS - 1) {
        block.fill(moment);
    }
}

impl Images {
    /// The nearest image and the next two on either side. Relative weights: near side `a^n q^{n² - n}`, far side
    /// `b^n q^{n² - n}`, with `q = exp(-P²/2τ)`, `a = exp(-P(P - 2|u|)/2τ)`, `b = q²/a`.
    #[inline(always)]
    fn fold_many<const ORDERS: usize>(&self, factor: &mut Block, posterior: &mut AxisPosterior) {
        let &Self { half_precision, shrink, variance, period, .. } = self;
        let steepness = half_precision * period;
        // Where `q²` underflows only the nearest image on the near side counts.
        let exponent = 2.0 * steepness * period;
        let square = if exponent < 700.0 { exponential(-exponent) } else { 0.0 };
        for lane in 0..factor.len() {
            let u = posterior.mean[lane];
            let distance = u.abs();
            let near = exponential(-steepness * (period - 2.0 * distance));
            let far = square / near;
            let weights = [far, near, square * far * far, square * near * near];
            let steps = [1.0, -1.0, 2.0, -2.0];
            let total = 1.0 + (weights[0] + weights[1]) + (weights[2] + weights[3]);
            let inverse = 1.0 / total;
            let mean = ((weights[0] - weights[1]) + 2.0 * (weights[2] - weights[3])) * inverse;
            let step = shrink * if u < 0.0 { -period } else { period };
            factor[lane] *= total;
            posterior.mean[lane] = shrink * u + step * mean;
            // Central moments of the images' positions in steps, then of the Gaussians about them.
            let mut between = [0.0; MOST_ORDERS - 1];
            let mut power = -mean * inverse;
            for order in 0..ORDERS - 1 {
                power *= -mean;
                between[order] = power;
            }
            for image in 0..4 {
                let offset = steps[image] - mean;
                let mut power = weights[image] * inverse * offset;
                for order in 0..ORDERS - 1 {
                    power *= offset;
                    between[order] += power;
                }
            }
            let mut scale = step;
            for order in 0..ORDERS - 1 {
                scale *= step;
                between[order] *= scale;
            }
            let [e2, e3, e4, e5, e6] = between;
            let v = variance;
            let central = [
                e2 + v,
                e3,
                e4 + 6.0 * v * e2 + 3.0 * v * v,
                e5 + 10.0 * v * e3,
                e6 + 15.0 * v * e4 + 45.0 * v * v * e2 + 15.0 * v * v * v,
            ];
            for order in 0..ORDERS - 1 {
                posterior.central[order][lane] = central[order];
            }
        }
    }
}

impl Harmonics {
    #[inline(always)]
    fn fold<const COUNT: usize, const ORDERS: usize>(
        &self,
        [cosines, sines]: &[Block; 2],
        factor: &mut Block,
        posterior: &mut AxisPosterior,
    ) {
        let s2 = self.noise_variance;
        for lane in 0..factor.len() {
            let (cosine, sine) = (cosines[lane], sines[lane]);
            let (c1, s1) = (cosine * self.cos_y + sine * self.sin_y, sine * self.cos_y - cosine * self.sin_y);
            let (mut c, mut s) = (c1, s1);
            let mut derivatives = [0.0; MOST_ORDERS + 1];
            derivatives[0] = 1.0;
            for harmonic in 0..COUNT {
                for order in 0..=ORDERS {
                    let wave = if order % 2 == 0 { c } else { s };
                    derivatives[order] += self.factors[harmonic][order] * wave;
                }
                (c, s) = (c * c1 - s * s1, s * c1 + c * s1);
            }
            factor[lane] *= derivatives[0];
            let inverse = 1.0 / derivatives[0];
            for order in 1..=ORDERS {
                derivatives[order] *= inverse;
            }
            let [_, f1, f2, f3, f4, f5, f6] = derivatives;
            // Derivatives of log F: l_n = f_n - Σ_j (n-1 choose j-1) l_j f_{n-j}.
            let l1 = f1;
            let l2 = f2 - l1 * f1;
            let k2 = s2 + l2;
            posterior.mean[lane] = l1;
            posterior.central[0][lane] = k2;
            if ORDERS > 2 {
                let l3 = f3 - l1 * f2 - 2.0 * l2 * f1;
                let l4 = f4 - l1 * f3 - 3.0 * (l2 * f2 + l3 * f1);
                posterior.central[1][lane] = l3;
                posterior.central[2][lane] = l4 + 3.0 * k2 * k2;
                if ORDERS > 4 {
                    let l5 = f5 - l1 * f4 - 4.0 * (l2 * f3 + l4 * f1) - 6.0 * l3 * f2;
                    let l6 = f6 - l1 * f5 - 5.0 * (l2 * f4 + l5 * f1) - 10.0 * (l3 * f3 + l4 * f2);
                    posterior.central[3][lane] = l5 + 10.0 * l3 * k2;
                    posterior.central[4][lane] = l6 + 15.0 * l4 * k2 + 10.0 * l3 * l3 + 15.0 * k2 * k2 * k2;
                }
            }
        }
    }
}

impl AxisPosterior {
    pub(super) fn zeros() -> Self {
        let zero = [0.0; crate::samples::lanes::BLOCK];
        Self { mean: zero, central: [zero; MOST_ORDERS - 1] }
    }

    /// `Σ p (V + (m - c)²)`.
    #[inline(always)]
    pub(super) fn second_moment(&self, weights: &Block, centre: f64) -> f64 {
        let mut squares = self.central[0];
        for (square, mean) in squares.iter_mut().zip(&self.mean) {
            *square += (mean - centre) * (mean - centre);
        }
        dot(weights, &squares)
    }
}
