//! Whether two quantities rise together.

use crate::ranks::average_ranks;
use crate::special_functions::regularised_beta;

/// Spearman's rank correlation: Pearson's correlation of the ranks, where equal values share their average rank. Between -1 and 1;
/// 1 if either rises wherever the other does, whatever the shape (C. Spearman, Am. J. Psychol. 15, 72 (1904)).
///
/// `None` for fewer than three pairs, different numbers of values, a value that is NaN, or one quantity that does not vary.
#[must_use]
pub fn rank_correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.len() < 3 {
        return None;
    }
    let mean = (a.len() + 1) as f64 / 2.0;
    let [a, b] = [average_ranks(a)?, average_ranks(b)?];
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    (scale > 0.0).then(|| (product(&a, &b) / scale).clamp(-1.0, 1.0))
}

/// Probability that two unrelated quantities have a rank correlation at least as far from zero, from the effective number of
/// independent pairs `n`: `t = ρ √(ν/(1 - ρ²))` follows about Student's distribution of `ν = n - 2` degrees of freedom, so that
/// `p = I_(1-ρ²)(ν/2, 1/2)` (M. G. Kendall, *Rank Correlation Methods*, 1970). Good from about ten pairs on.
///
/// `None` for fewer than three pairs or if a number is not finite.
#[must_use]
pub fn rank_correlation_p_value(correlation: f64, effective_pairs: f64) -> Option<f64> {
    let is_usable = correlation.abs() <= 1.0 && effective_pairs >= 3.0 && effective_pairs.is_finite();
    is_usable.then(|| {
        regularised_beta(0.5 * (effective_pairs - 2.0), 0.5, (1.0 - correlation) * (1.0 + correlation))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    /// Without ties, `ρ = 1 - 6 Σ d²/(n(n² - 1))`.
    #[test]
    fn without_ties_the_differences_of_ranks_suffice() {
        let (a, b) = ([0.1, 5.0, 2.0, 9.0, 3.0], [10.0, 20.0, 50.0, 40.0, 30.0]);
        // Ranks 1 4 2 5 3 and 1 2 5 4 3: Σ d² = 14.
        assert!((rank_correlation(&a, &b).unwrap() - (1.0 - 6.0 * 14.0 / 120.0)).abs() < 1e-14);
        let cubes = a.map(|value| value.powi(3));
        assert!((rank_correlation(&a, &cubes).unwrap() - 1.0).abs() < 1e-14);
        assert!((rank_correlation(&a, &cubes.map(|value| -value)).unwrap() + 1.0).abs() < 1e-14);
    }

    /// `scipy.stats.spearmanr` of SciPy 1.17.1.
    #[test]
    fn with_ties_it_agrees_with_scipy() {
        let (a, b) = ([1.0, 2.0, 2.0, 3.0, 5.0, 5.0, 6.0, 9.0], [2.0, 3.0, 3.0, 7.0, 5.0, 8.0, 1.0, 9.0]);
        let found = rank_correlation(&a, &b).unwrap();
        assert!((found - 0.448_493_085_348_095_8).abs() < 1e-14, "{found}");
        let p_value = rank_correlation_p_value(found, 8.0).unwrap();
        assert!((p_value - 0.265_036_512_999_823_95).abs() < 1e-12, "{p_value}");
    }

    /// For one degree of freedom Student's distribution is Cauchy's.
    #[test]
    fn p_values_have_closed_forms() {
        let correlation: f64 = 0.6;
        let t = correlation / (1.0 - correlation * correlation).sqrt();
        let expected = 1.0 - 2.0 / std::f64::consts::PI * t.atan();
        assert!((rank_correlation_p_value(correlation, 3.0).unwrap() - expected).abs() < 1e-12);
        // Table of t: 2.228 at ten degrees of freedom has p = 0.05.
        let correlation = 2.228_138_852 / (10.0 + 2.228_138_852_f64.powi(2)).sqrt();
        assert!((rank_correlation_p_value(-correlation, 12.0).unwrap() - 0.05).abs() < 1e-9);
        assert_eq!(rank_correlation_p_value(0.0, 20.0), Some(1.0));
        assert_eq!(rank_correlation_p_value(1.0, 20.0), Some(0.0));
    }

    /// Of 4000 unrelated pairs of series, 0.05 ± 0.0034 are called related at 5 %.
    #[test]
    fn unrelated_quantities_are_called_related_as_often_as_stated() {
        let random = RandomStream::new(4, "rank correlation");
        let drawn =
            |pair: u32, row: u32| -> Vec<f64> { (0..20).map(|i| random.uniform(pair, i, row)).collect() };
        let is_related = |pair: &u32| {
            let correlation = rank_correlation(&drawn(*pair, 0), &drawn(*pair, 1)).unwrap();
            rank_correlation_p_value(correlation, 20.0).unwrap() < 0.05
        };
        let fraction = (0..4000).filter(is_related).count() as f64 / 4000.0;
        assert!((fraction - 0.05).abs() < 0.012, "{fraction}");
    }

    #[test]
    fn what_cannot_be_correlated() {
        assert_eq!(rank_correlation(&[1.0, 2.0], &[1.0, 2.0]), None);
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[1.0, 2.0]), None);
        assert_eq!(rank_correlation(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0]), None);
        assert_eq!(rank_correlation(&[1.0, 2.0, f64::NAN], &[1.0, 2.0, 3.0]), None);
        assert_eq!(rank_correlation_p_value(0.5, 2.0), None);
        assert_eq!(rank_correlation_p_value(f64::NAN, 9.0), None);
    }
}
