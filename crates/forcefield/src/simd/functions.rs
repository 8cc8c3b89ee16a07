//! Elementary functions from arithmetic alone, for all elements at once.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LOG2_E, PI, SQRT_2};

use super::operations::Simd;

/// `Σ coefficients[k] x^k`: Horner's rule separately for even and odd powers, which halves the latency.
#[inline(always)]
fn polynomial<V: Simd, const N: usize>(x: V, coefficients: &[f64; N]) -> V {
    let square = x * x;
    let (mut even, mut odd) = (V::zero(), V::zero());
    let mut power = N;
    while power > 0 {
        power -= 1;
        let coefficient = V::splat(coefficients[power]);
        if power & 1 == 0 {
            even = even.mul_add(square, coefficient);
        } else {
            odd = odd.mul_add(square, coefficient);
        }
    }
    odd.mul_add(x, even)
}

/// `1/k!`: remainder below 2e-16 for |x| ≤ ln(2)/2.
const EXPONENTIAL: [f64; 13] = {
    let mut series = [1.0; 13];
    let mut k = 1;
    while k < series.len() {
        series[k] = series[k - 1] / k as f64;
        k += 1;
    }
    series
};

/// ln 2 in two parts; the first has 32 bits, so that its products with exponents are exact (Cephes, exp.c).
const LN_2_HIGH: f64 = 6.931_457_519_531_25e-1;
const LN_2_LOW: f64 = 1.428_606_820_309_417_2e-6;

/// `e^x`; 0 below -708 (relative error below 1e-14 for moderate x), and `e^709` above 709.
#[inline(always)]
pub(crate) fn exp<V: Simd>(x: V) -> V {
    let underflow = V::splat(-708.0);
    // Written so that NaN propagates.
    let clamped = V::splat(709.0).min(underflow.max(x));
    // Adding and subtracting 1.5·2^52 rounds to the nearest integer.
    let magic = V::splat(6_755_399_441_055_744.0);
    let n = clamped.mul_add(V::splat(LOG2_E), magic) - magic;
    let r = (-n).mul_add(V::splat(LN_2_LOW), (-n).mul_add(V::splat(LN_2_HIGH), clamped));
    let result = polynomial(r, &EXPONENTIAL) * n.power_of_two();
    x.select_below(underflow, V::zero(), result)
}

/// `1/(2k+1)`: remainder of atanh(f)/f below 1e-15 for |f| ≤ (√2-1)/(√2+1).
const INVERSE_HYPERBOLIC_TANGENT: [f64; 9] =
    [1.0, 1.0 / 3.0, 1.0 / 5.0, 1.0 / 7.0, 1.0 / 9.0, 1.0 / 11.0, 1.0 / 13.0, 1.0 / 15.0, 1.0 / 17.0];

/// Natural logarithm of positive normal numbers.
#[inline(always)]
pub(crate) fn ln<V: Simd>(x: V) -> V {
    let (mantissa, exponent) = x.split();
    let one = V::splat(1.0);
    let root_two = V::splat(SQRT_2);
    let e = root_two.select_below(mantissa, exponent + one, exponent);
    let m = root_two.select_below(mantissa, mantissa * V::splat(0.5), mantissa);
    let f = (m - one) / (m + one);
    let series = polynomial(f * f, &INVERSE_HYPERBOLIC_TANGENT);
    let fraction = (f + f) * series;
    let logarithm = e.mul_add(V::splat(LN_2_HIGH), e.mul_add(V::splat(LN_2_LOW), fraction));
    // 0·x is 0 for every finite number and propagates NaN, which `split` loses.
    x.mul_add(V::zero(), logarithm)
}

/// Hyperbolic tangent, absolute error below 1e-15.
#[inline(always)]
pub(crate) fn tanh<V: Simd>(x: V) -> V {
    let one = V::splat(1.0);
    // Beyond 20 it is 1 to the last bit. Written so that NaN propagates.
    let doubled = V::splat(40.0).min(V::splat(-40.0).max(x + x));
    let e = exp(doubled);
    (e - one) / (e + one)
}

/// `atan(t)/t` in powers of t², |t| ≤ tan(π/8), relative error 1.3e-16: interpolation in Chebyshev's points.
const ARC_TANGENT: [f64; 11] = [
    1.0,
    -0.333_333_333_333_284_35,
    0.199_999_999_988_540_87,
    -0.142_857_141_808_942_05,
    0.111_111_061_771_125_88,
    -0.090_907_729_970_435_88,
    0.076_899_523_993_320_06,
    -0.066_402_243_897_137_18,
    0.056_882_992_627_423_37,
    -0.043_479_078_238_975_01,
    0.021_133_604_867_248_34,
];

/// Angle of the point (x, y) in [-π, π].
#[inline(always)]
pub(crate) fn atan2<V: Simd>(y: V, x: V) -> V {
    let tan_eighth = V::splat(SQRT_2 - 1.0);
    let (ax, ay) = (x.abs(), y.abs());
    // Turn the point by 0, -π/4 or -π/2, whichever brings it close to the axis: tan of the rest is at most tan(π/8).
    let flat_bound = ax * tan_eighth;
    let steep_bound = ay * tan_eighth;
    let numerator = nearest(ay, flat_bound, ax, steep_bound, [ay, ay - ax, -ax]);
    let denominator = nearest(ay, flat_bound, ax, steep_bound, [ax, ay + ax, ay]);
    let turns = [V::zero(), V::splat(FRAC_PI_4), V::splat(FRAC_PI_2)];
    let base = nearest(ay, flat_bound, ax, steep_bound, turns);
    let t = numerator / denominator;
    let first_quadrant = t.mul_add(polynomial(t * t, &ARC_TANGENT), base);
    let upper_half = x.select_below(V::zero(), V::splat(PI) - first_quadrant, first_quadrant);
    upper_half.copy_sign(y)
}

/// The first choice where the point lies near the x axis, the last near the y axis, else the middle one.
// Not a closure: closures are not always inlined, and then run without vector instructions.
#[inline(always)]
fn nearest<V: Simd>(ay: V, flat_bound: V, ax: V, steep_bound: V, [flat, middle, steep]: [V; 3]) -> V {
    ay.select_below(flat_bound, flat, ax.select_below(steep_bound, steep, middle))
}
