//! Special functions behind p-values and normal scores.

use std::f64::consts::PI;

/// Coefficients of Wichura's rational functions, lowest power first: centre and tail.
const CENTRE_ABOVE: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTRE_BELOW: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const TAIL_ABOVE: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    0.000_774_545_014_278_341_4,
];
const TAIL_BELOW: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    0.000_547_593_808_499_534_5,
    1.0507500716444169e-09,
];
/// Lanczos' coefficients for g = 7 and nine terms, after the first.
const LANCZOS: [f64; 8] = [
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984369578019572e-06,
    1.5056327351493116e-07,
];
/// No continued fraction or series here needs as many terms for arguments below 10⁸: they grow as the square root of the argument.
const TERMS: usize = 200_000;
/// Stands for zero in a denominator (modified Lentz method).
const TINY: f64 = 1e-300;

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |value, coefficient| value * x + coefficient)
}

/// The standard normal variate that is exceeded with probability `1 - probability`, to 1e-15; for probabilities between 1e-10 and
/// `1 - 1e-10` (M. J. Wichura, algorithm AS 241, Appl. Statist. 37, 477 (1988), without its far tail).
pub(crate) fn normal_quantile(probability: f64) -> f64 {
    let q = probability - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&CENTRE_ABOVE, r) / polynomial(&CENTRE_BELOW, r);
    }
    let r = (-probability.min(1.0 - probability).ln()).sqrt() - 1.6;
    (polynomial(&TAIL_ABOVE, r) / polynomial(&TAIL_BELOW, r)).copysign(q)
}

/// `ln Γ(x)` of a number of at least 1/2, to 1e-14 (C. Lanczos, SIAM J. Numer. Anal. 1, 86 (1964)).
pub(crate) fn ln_gamma(x: f64) -> f64 {
    let sum = LANCZOS.iter().zip(0..).fold(0.999_999_999_999_809_9, |sum, (coefficient, place)| {
        sum + coefficient / (x + f64::from(place))
    });
    let t = x + 6.5;
    0.5 * (2.0 * PI).ln() + (x - 0.5) * t.ln() - t + sum.ln()
}

/// The upper regularised incomplete gamma function `Q(a, x) = ∫_x^∞ t^(a-1) exp(-t) dt / Γ(a)`, for `a ≥ 1/2`: the probability that
/// chi-squared of `2a` degrees of freedom exceeds `2x`.
///
/// By its series below `a + 1` and its continued fraction above (W. H. Press et al., *Numerical Recipes*, 3rd edition, section 6.2).
pub(crate) fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..TERMS {
            term *= x / (a + n as f64);
            sum += term;
            if term < sum * f64::EPSILON {
                break;
            }
        }
        return 1.0 - front * sum;
    }
    let partial = |n: usize| (-(n as f64) * (n as f64 - a), x + 1.0 - a + 2.0 * n as f64);
    front / continued_fraction(x + 1.0 - a, partial)
}

/// The regularised incomplete beta function `I_x(a, b)` for `a, b ≥ 1/2` (*Numerical Recipes*, section 6.4).
pub(crate) fn regularised_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - regularised_beta(b, a, 1.0 - x);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp() / a;
    let partial = |n: usize| {
        let m = (n / 2) as f64;
        let above = if n.is_multiple_of(2) {
            m * (b - m) / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        (above * x, 1.0)
    };
    front / continued_fraction(1.0, partial)
}

/// `b₀ + a₁/(b₁ + a₂/(b₂ + …))` of the pairs `(a_n, b_n)`, `n ≥ 1`, by Lentz' method.
fn continued_fraction(first: f64, partial: impl Fn(usize) -> (f64, f64)) -> f64 {
    let away_from_zero = |x: f64| if x.abs() < TINY { TINY } else { x };
    let mut value = away_from_zero(first);
    let (mut above, mut below) = (value, 0.0);
    for n in 1..TERMS {
        let (a, b) = partial(n);
        below = 1.0 / away_from_zero(b + a * below);
        above = away_from_zero(b + a / above);
        value *= above * below;
        if (above * below - 1.0).abs() < 2.0 * f64::EPSILON {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!(
            (found - expected).abs() <= tolerance * expected.abs().max(1e-300),
            "{found}, not {expected}"
        );
    }

    /// `Q(1/2, z²/2)` is the probability of a normal variate beyond ±z.
    #[test]
    fn normal_quantiles_invert_the_normal_distribution() {
        close(normal_quantile(0.975), 1.959_963_984_540_054, 1e-14);
        close(normal_quantile(1e-6), -4.753_424_308_822_899, 1e-14);
        assert_eq!(normal_quantile(0.5), 0.0);
        for probability in [1e-9, 1e-4, 0.03, 0.074_9, 0.075_1, 0.2, 0.499] {
            let z = normal_quantile(probability);
            close(0.5 * upper_gamma(0.5, 0.5 * z * z), probability, 1e-12);
            close(normal_quantile(1.0 - probability), -z, 1e-6);
        }
    }

    #[test]
    fn gamma_of_integers_and_halves() {
        close(ln_gamma(0.5), PI.sqrt().ln(), 1e-13);
        close(ln_gamma(101.0), (1..=100).map(|n| f64::from(n).ln()).sum(), 1e-13);
    }

    /// Closed forms of one, two and half a degree of freedom, and the table of chi-squared.
    #[test]
    fn incomplete_gamma_has_closed_forms() {
        for x in [0.01, 0.7, 1.9, 2.1, 30.0] {
            close(upper_gamma(1.0, x), (-x).exp(), 1e-13);
            close(upper_gamma(3.0, x), (-x).exp() * (1.0 + x + x * x / 2.0), 1e-12);
        }
        for (freedom, quantile) in [(1.0, 3.841_458_820_694_124), (10.0, 18.307_038_053_275_146)] {
            close(upper_gamma(0.5 * freedom, 0.5 * quantile), 0.05, 1e-12);
        }
        assert_eq!(upper_gamma(2.0, 0.0), 1.0);
        // The median of chi-squared tends to its degrees of freedom less 2/3.
        close(upper_gamma(5e5, 0.5 * (1e6 - 2.0 / 3.0)), 0.5, 1e-6);
    }

    #[test]
    fn incomplete_beta_has_closed_forms() {
        for x in [0.001, 0.2, 0.5, 0.9] {
            close(regularised_beta(1.0, 1.0, x), x, 1e-13);
            close(regularised_beta(2.0, 3.0, x), x * x * (6.0 - 8.0 * x + 3.0 * x * x), 1e-12);
            close(regularised_beta(0.5, 0.5, x), 2.0 / PI * x.sqrt().asin(), 1e-12);
        }
        assert_eq!((regularised_beta(2.0, 2.0, 0.0), regularised_beta(2.0, 2.0, 1.0)), (0.0, 1.0));
    }
}
