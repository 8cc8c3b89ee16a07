//! One variable of a Gaussian kernel and its lattice images under the tether, for a block of samples at once.
//!
//! With `τ = h² + s²` and `u = x_i - y`, the kernel's share of the evidence is `Σ_n exp(-(u + nP)²/2τ)` and its posterior a
//! mixture of Gaussians of variance `h² s²/τ` about `y + (u + nP) s²/τ`. For `sqrt(τ) < P/4` five images are summed, for wider
//! kernels the Fourier series of the same sum (Poisson's formula), whose derivatives by `y` are the posterior's cumulants.
//! Either leaves out less than 1e-19 of the sum.

#![expect(clippy::needless_range_loop, reason = "several blocks share one lane or order")]

use std::f64::consts::{PI, TAU};

use crate::samples::lanes::{BLOCK, Block, dot, exponential, largest, nearest_image};

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
    Harmonics(Box<Harmonics>),
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

/// `F = 1 + 2 Σ_k exp(-k²ω²τ/2) cos kθ`, `θ = ω(x_i - y)`, `ω = 2π/P`. As `cos kθ = T_k(cos θ)` and
/// `sin kθ = sin θ U_{k-1}(cos θ)` (Chebyshev), `F` and its derivatives are polynomials of `cos θ`, the odd ones times `sin θ`.
#[derive(Clone, Debug)]
pub(super) struct Harmonics {
    cos_y: f64,
    sin_y: f64,
    noise_variance: f64,
    log_largest: f64,
    /// `[order][power of cos θ]` of `s^{2n} ∂ⁿF/∂yⁿ`.
    polynomials: [[f64; MOST_HARMONICS + 1]; MOST_ORDERS + 1],
    /// Harmonics that matter: the degree.
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
                Self::Harmonics(Box::new(Harmonics::new(y, TAU / period, total, noise_variance)))
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

    /// `log Σ_n N(y; x_i + nP, τ)` minus the logarithm of what [`AxisFold::fold`] gives.
    pub(super) fn log_unit(&self, period: Option<f64>) -> f64 {
        match (self, period) {
            (Self::Harmonics(_) | Self::Uniform { .. }, Some(period)) => -period.ln(),
            (Self::Images(images), _) => 0.5 * (images.half_precision / PI).ln(),
            (_, None) => 0.0,
        }
    }

    /// Logarithm of the largest factor by which the evidence exceeds that of the nearest image.
    pub(super) fn log_largest_factor(&self) -> f64 {
        match self {
            Self::Uniform { .. } => 0.0,
            Self::Harmonics(harmonics) => harmonics.log_largest,
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
        let mut weights = [[0.0; BLOCK]; 4];
        let (mut inverse, mut step, mut centre) = ([0.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
        for lane in 0..BLOCK {
            weights[0][lane] = exponential(-steepness * (period - 2.0 * posterior.mean[lane].abs()));
        }
        for lane in 0..BLOCK {
            let u = posterior.mean[lane];
            let near = weights[0][lane];
            let far = square / near;
            let (near_2, far_2) = (square * near * near, square * far * far);
            let total = 1.0 + (near + far) + (near_2 + far_2);
            inverse[lane] = 1.0 / total;
            step[lane] = shrink * if u < 0.0 { -period } else { period };
            centre[lane] = ((far - near) + 2.0 * (far_2 - near_2)) * inverse[lane];
            factor[lane] *= total;
            posterior.mean[lane] = shrink * u + step[lane] * centre[lane];
            weights[1][lane] = far;
            weights[2][lane] = near_2;
            weights[3][lane] = far_2;
        }
        let [near, far, near_2, far_2] = &weights;
        if ORDERS == 2 {
            for lane in 0..BLOCK {
                let square = ((near[lane] + far[lane]) + 4.0 * (near_2[lane] + far_2[lane])) * inverse[lane];
                posterior.central[0][lane] =
                    variance + step[lane] * step[lane] * (square - centre[lane] * centre[lane]);
            }
            return;
        }
        let AxisPosterior { central: [c2, c3, c4, c5, c6], .. } = posterior;
        for lane in 0..BLOCK {
            // Central moments of the images' positions, then of the Gaussians about them.
            let images =
                [(1.0, 0.0), (near[lane], -1.0), (far[lane], 1.0), (near_2[lane], -2.0), (far_2[lane], 2.0)];
            let mut between = [0.0; MOST_ORDERS - 1];
            for (weight, place) in images {
                let offset = step[lane] * (place - centre[lane]);
                let mut power = weight * inverse[lane] * offset;
                for moment in between.iter_mut().take(ORDERS - 1) {
                    power *= offset;
                    *moment += power;
                }
            }
            let ([e2, e3, e4, e5, e6], v) = (between, variance);
            c2[lane] = e2 + v;
            c3[lane] = e3;
            c4[lane] = e4 + 6.0 * v * e2 + 3.0 * v * v;
            if ORDERS > 4 {
                c5[lane] = e5 + 10.0 * v * e3;
                c6[lane] = e6 + 15.0 * v * e4 + 45.0 * v * v * e2 + 15.0 * v * v * v;
            }
        }
    }
}

impl Harmonics {
    fn new(y: f64, frequency: f64, total: f64, noise_variance: f64) -> Self {
        let mut polynomials = [[0.0; MOST_HARMONICS + 1]; MOST_ORDERS + 1];
        polynomials[0][0] = 1.0;
        let (mut count, mut largest) = (0, 1.0);
        // Coefficients of T_k and of U_{k-1}, the one before and the current one, by p_{k+1} = 2 c p_k - p_{k-1}.
        let mut cosine = [[0.0; MOST_HARMONICS + 1]; 2];
        let mut sine = cosine;
        (cosine[0][0], cosine[1][1], sine[1][0]) = (1.0, 1.0, 1.0);
        for k in 1..=MOST_HARMONICS {
            let amplitude = (-0.5 * (k as f64 * frequency).powi(2) * total).exp();
            if amplitude * (k as f64).powi(MOST_ORDERS as i32) > 1e-20 {
                count = k;
            }
            largest += 2.0 * amplitude;
            for (order, polynomial) in polynomials.iter_mut().enumerate() {
                let sign = [1.0, 1.0, -1.0, -1.0][order % 4];
                let scale = (k as f64 * frequency * noise_variance).powi(order as i32);
                let wave = if order % 2 == 0 { &cosine[1] } else { &sine[1] };
                for (coefficient, wave) in polynomial.iter_mut().zip(wave) {
                    *coefficient += 2.0 * sign * amplitude * scale * wave;
                }
            }
            for wave in [&mut cosine, &mut sine] {
                let [before, current] = *wave;
                let next = std::array::from_fn(|power| {
                    if power > 0 { 2.0 * current[power - 1] - before[power] } else { -before[0] }
                });
                *wave = [current, next];
            }
        }
        let (sin_y, cos_y) = (frequency * y).sin_cos();
        Self { cos_y, sin_y, noise_variance, log_largest: f64::ln(largest), polynomials, count }
    }

    #[inline(always)]
    fn fold<const COUNT: usize, const ORDERS: usize>(
        &self,
        [cosines, sines]: &[Block; 2],
        factor: &mut Block,
        posterior: &mut AxisPosterior,
    ) {
        // One short loop for each derivative: each becomes vectors.
        let (mut cosine, mut sine) = ([0.0; BLOCK], [0.0; BLOCK]);
        for lane in 0..BLOCK {
            cosine[lane] = cosines[lane] * self.cos_y + sines[lane] * self.sin_y;
            sine[lane] = sines[lane] * self.cos_y - cosines[lane] * self.sin_y;
        }
        let mut inverse = [0.0; BLOCK];
        for lane in 0..BLOCK {
            let sum = horner::<COUNT>(&self.polynomials[0], cosine[lane]);
            factor[lane] *= sum;
            inverse[lane] = 1.0 / sum;
        }
        let mut ratios = [[0.0; BLOCK]; MOST_ORDERS];
        for order in 1..=ORDERS {
            let (polynomial, ratio) = (&self.polynomials[order], &mut ratios[order - 1]);
            if order % 2 == 0 {
                for lane in 0..BLOCK {
                    ratio[lane] = horner::<COUNT>(polynomial, cosine[lane]) * inverse[lane];
                }
            } else {
                for lane in 0..BLOCK {
                    ratio[lane] = horner::<COUNT>(polynomial, cosine[lane]) * sine[lane] * inverse[lane];
                }
            }
        }
        // Derivatives of log F: l_n = f_n - Σ_j (n-1 choose j-1) l_j f_{n-j}.
        let [f1, f2, f3, f4, f5, f6] = &ratios;
        let AxisPosterior { mean, central: [c2, c3, c4, c5, c6] } = posterior;
        *mean = *f1;
        for lane in 0..BLOCK {
            c2[lane] = self.noise_variance + f2[lane] - f1[lane] * f1[lane];
        }
        if ORDERS > 2 {
            for lane in 0..BLOCK {
                let l1 = f1[lane];
                let l2 = f2[lane] - l1 * l1;
                let l3 = f3[lane] - l1 * f2[lane] - 2.0 * l2 * l1;
                let l4 = f4[lane] - l1 * f3[lane] - 3.0 * (l2 * f2[lane] + l3 * l1);
                c3[lane] = l3;
                c4[lane] = l4 + 3.0 * c2[lane] * c2[lane];
                if ORDERS > 4 {
                    let k2 = c2[lane];
                    let l5 = f5[lane] - l1 * f4[lane] - 4.0 * (l2 * f3[lane] + l4 * l1) - 6.0 * l3 * f2[lane];
                    let l6 = f6[lane]
                        - l1 * f5[lane]
                        - 5.0 * (l2 * f4[lane] + l5 * l1)
                        - 10.0 * (l3 * f3[lane] + l4 * f2[lane]);
                    c5[lane] = l5 + 10.0 * l3 * k2;
                    c6[lane] = l6 + 15.0 * l4 * k2 + 10.0 * l3 * l3 + 15.0 * k2 * k2 * k2;
                }
            }
        }
    }
}

/// A polynomial of degree `COUNT`.
#[inline(always)]
fn horner<const COUNT: usize>(coefficients: &[f64; MOST_HARMONICS + 1], x: f64) -> f64 {
    let mut value = coefficients[COUNT];
    for power in (0..COUNT).rev() {
        value = value * x + coefficients[power];
    }
    value
}

impl AxisPosterior {
    pub(super) fn zeros() -> Self {
        let zero = [0.0; BLOCK];
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
