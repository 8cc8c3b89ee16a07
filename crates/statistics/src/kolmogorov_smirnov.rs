//! Whether two samples come from the same distribution.

use std::f64::consts::PI;

/// Result of [`ks_two_sample`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KolmogorovSmirnov {
    /// Largest distance between the two cumulative distributions, between 0 and 1.
    pub statistic: f64,
    /// Probability of a distance at least as large if both samples come from the same continuous distribution.
    pub p_value: f64,
}

/// The two-sample test of Kolmogorov and Smirnov: `D = max_x |F_a(x) - F_b(x)|`, with
/// `p = Q((√n + 0.12 + 0.11/√n) D)`, `Q(λ) = 2 Σ_j (-1)^(j-1) exp(-2 j² λ²)` and `n = n_a n_b/(n_a + n_b)`.
///
/// The sizes are the *effective* numbers of independent samples (see [`crate::effective_sample_size`]): consecutive paths of a Markov chain
/// are alike, and their plain number would make any two chains differ. The correction of `√n` is that of M. A. Stephens (J. R. Stat.
/// Soc. B 32, 115 (1970)); it is good from `n = 4` on, and for smaller `n` the p-value is only a guide.
///
/// Values may be equal, as lengths of paths are: the distributions are compared between values only, after all samples that share one. The
/// p-value is then an upper bound (conservative): with many ties the test rejects equal distributions less often than `p` says.
///
/// `None` if a sample is empty, a value is NaN, or an effective size is not positive and finite.
#[must_use]
pub fn ks_two_sample(a: &[f64], b: &[f64], effective: [f64; 2]) -> Option<KolmogorovSmirnov> {
    let is_nan = |values: &[f64]| values.iter().any(|value| value.is_nan());
    let sizes_count = effective.iter().all(|size| *size > 0.0 && size.is_finite());
    if a.is_empty() || b.is_empty() || is_nan(a) || is_nan(b) || !sizes_count {
        return None;
    }
    let of =
        |values: &[f64], is_first: bool| values.iter().map(|&value| (value, is_first)).collect::<Vec<_>>();
    let mut samples = [of(a, true), of(b, false)].concat();
    samples.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut passed, mut statistic) = ([0_usize; 2], 0.0_f64);
    for tied in samples.chunk_by(|a, b| a.0 == b.0) {
        let firsts = tied.iter().filter(|(_, is_first)| *is_first).count();
        passed = [passed[0] + firsts, passed[1] + tied.len() - firsts];
        statistic =
            statistic.max((passed[0] as f64 / a.len() as f64 - passed[1] as f64 / b.len() as f64).abs());
    }
    let root = (effective[0] / (effective[0] + effective[1]) * effective[1]).sqrt();
    Some(KolmogorovSmirnov { statistic, p_value: kolmogorov((root + 0.12 + 0.11 / root) * statistic) })
}

/// Kolmogorov's `Q(λ)`; below 1 by `1 - √(2π)/λ Σ_j exp(-(2j-1)² π²/(8 λ²))`, which is the same series transformed.
fn kolmogorov(lambda: f64) -> f64 {
    if lambda <= 0.0 {
        return 1.0;
    }
    let terms = 1..=8;
    if lambda < 1.0 {
        let exponent = -PI * PI / (8.0 * lambda * lambda);
        let sum: f64 = terms.map(|j| (f64::from(2 * j - 1).powi(2) * exponent).exp()).sum();
        return 1.0 - (2.0 * PI).sqrt() / lambda * sum;
    }
    let sign = |j: i32| if j % 2 == 1 { 2.0 } else { -2.0 };
    terms.map(|j| sign(j) * (-2.0 * f64::from(j * j) * lambda * lambda).exp()).sum::<f64>().clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    /// Values of SciPy 1.17.1 (`scipy.special.kolmogorov`) and the usual table.
    #[test]
    fn the_distribution_is_kolmogorovs() {
        let known = [
            (0.5, 0.963_945_243_664_875_1),
            (1.0, 0.269_999_671_677_354_56),
            (1.5, 0.022_217_962_616_525_127),
        ];
        for (lambda, expected) in known {
            assert!((kolmogorov(lambda) - expected).abs() < 1e-14, "{lambda}: {}", kolmogorov(lambda));
        }
        // The table's four decimals leave 3e-5 of the probability open.
        for (lambda, expected) in [(1.2238, 0.10), (1.3581, 0.05), (1.6276, 0.01)] {
            assert!((kolmogorov(lambda) - expected).abs() < 3e-5, "{lambda}: {}", kolmogorov(lambda));
        }
        assert!((kolmogorov(1.0 - 1e-12) - kolmogorov(1.0)).abs() < 1e-11);
        assert_eq!((kolmogorov(0.0), kolmogorov(1e-3)), (1.0, 1.0));
    }

    /// By hand: after the value 3 there are 6 of 8 and 3 of 10.
    #[test]
    fn ties_are_passed_together() {
        let (a, b) =
            ([1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 4.0, 8.0], [2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 5.0, 6.0, 7.0, 9.0]);
        let found = ks_two_sample(&a, &b, [8.0, 10.0]).unwrap();
        assert!((found.statistic - 0.45).abs() < 1e-14);
        let reversed = ks_two_sample(&b, &a, [10.0, 8.0]).unwrap();
        assert!(
            (reversed.statistic - 0.45).abs() < 1e-14 && (reversed.p_value - found.p_value).abs() < 1e-14
        );
        let same = ks_two_sample(&[0.0, 1.0, 1.0], &[-0.0, 1.0, 1.0], [3.0, 3.0]).unwrap();
        assert_eq!((same.statistic, same.p_value), (0.0, 1.0));
        let apart = ks_two_sample(&[0.0; 300], &[1.0; 300], [300.0, 300.0]).unwrap();
        assert!(apart.statistic == 1.0 && apart.p_value < 1e-100);
    }

    /// How often equal distributions are rejected at 5 %, of 4000 pairs: 0.05 ± 0.0034 where values differ, less with ties.
    #[test]
    fn equal_distributions_are_rejected_as_often_as_stated() {
        let random = RandomStream::new(3, "kolmogorov-smirnov");
        let pairs = 4000;
        let rejected = |value: &dyn Fn(f64) -> f64| {
            let drawn = |pair: u32, count: u64, row: u32| -> Vec<f64> {
                (0..count).map(|i| value(random.uniform(pair, i, row))).collect()
            };
            let is_rejected = |pair: &u32| {
                let (a, b) = (drawn(*pair, 40, 0), drawn(*pair, 61, 1));
                ks_two_sample(&a, &b, [40.0, 61.0]).is_some_and(|test| test.p_value < 0.05)
            };
            (0..pairs).filter(is_rejected).count() as f64 / f64::from(pairs)
        };
        let continuous = rejected(&|uniform| uniform);
        assert!((continuous - 0.05).abs() < 0.012, "{continuous}");
        let tied = rejected(&|uniform| (4.0 * uniform).floor());
        assert!(tied < 0.04, "{tied}");
    }

    #[test]
    fn effective_sizes_count() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [3.5, 4.5, 5.5, 6.5]);
        let p_value = |size: f64| ks_two_sample(&a, &b, [size, size]).unwrap().p_value;
        assert!(p_value(100.0) < 1e-9 && p_value(4.0) > 0.1);
        assert_eq!(ks_two_sample(&a, &b, [0.0, 4.0]), None);
        assert_eq!(ks_two_sample(&a, &[], [4.0, 4.0]), None);
        assert_eq!(ks_two_sample(&a, &[f64::NAN], [4.0, 1.0]), None);
    }
}
