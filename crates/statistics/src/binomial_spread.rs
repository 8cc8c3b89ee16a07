//! How widely probabilities scatter, such as committors, each of which is known from a few trials only.

use crate::error::StatisticsError;
use crate::special_functions::upper_gamma;
use crate::wrong_input::WrongInput;

/// Result of [`binomial_spread`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BinomialSpread {
    /// Mean of the fractions of hits; every structure counts the same.
    pub mean: f64,
    /// Variance of the fractions of hits over the structures.
    pub observed_variance: f64,
    /// The part of it that is expected from the finite number of trials.
    pub binomial_variance: f64,
    /// Their difference, an unbiased estimate of the variance of the probabilities themselves. Negative by chance if these hardly differ.
    pub variance: f64,
    /// Its square root: the standard deviation of the probabilities. 0 if the variance is negative.
    pub standard_deviation: f64,
    /// Whether the variance is negative, so that the standard deviation was set to 0: the trials are too few to see any spread.
    pub is_clamped: bool,
    /// Chi-squared of the hypothesis that all structures have the same probability; `None` if every trial, or none, was a hit.
    pub chi_squared: Option<f64>,
    /// Probability of a chi-squared at least as large under this hypothesis.
    pub p_value: Option<f64>,
}

/// The spread of probabilities `p_i` over structures, from `(hits, trials)` of each, without the noise of counting.
///
/// With `p̂ = hits/trials`, the variance of `p̂` over the structures is that of `p` plus the mean of `p (1 - p)/n`, for which
/// `p̂ (1 - p̂)/(n - 1)` is an unbiased estimate (compare B. Peters, J. Chem. Phys. 125, 241101 (2006)). The test of one common probability is
/// `χ² = Σ (hits - n p)²/(n p (1 - p))`, with the fraction `p` of hits in all trials; it follows about chi-squared of `M - 1` degrees of
/// freedom for `M` structures if `n p` and `n (1 - p)` are at least 5 (W. G. Cochran, Biometrics 10, 417 (1954)).
///
/// # Errors
/// If there are fewer than two structures, one has fewer than two trials, or more hits than trials.
pub fn binomial_spread(counts: &[(usize, usize)]) -> Result<BinomialSpread, StatisticsError> {
    WrongInput::check_at_least("structures with trials", 2, counts.len())?;
    for &(hits, trials) in counts {
        WrongInput::check_at_least("trials of a structure", 2, trials)?;
        WrongInput::check_at_most("hits among the trials of a structure", trials, hits)?;
    }
    let structures = counts.len() as f64;
    let fractions: Vec<f64> = counts.iter().map(|&(hits, trials)| hits as f64 / trials as f64).collect();
    let mean = fractions.iter().sum::<f64>() / structures;
    let observed_variance = fractions.iter().map(|p| (p - mean).powi(2)).sum::<f64>() / (structures - 1.0);
    let noise = fractions.iter().zip(counts).map(|(p, &(_, trials))| p * (1.0 - p) / (trials - 1) as f64);
    let binomial_variance = noise.sum::<f64>() / structures;
    let variance = observed_variance - binomial_variance;

    let sum = |part: fn(&(usize, usize)) -> usize| counts.iter().map(|count| part(count) as f64).sum::<f64>();
    let common = sum(|count| count.0) / sum(|count| count.1);
    let deviation = |(hits, trials): (usize, usize)| {
        let trials = trials as f64;
        (hits as f64 - trials * common).powi(2) / (trials * common * (1.0 - common))
    };
    let chi_squared =
        (common > 0.0 && common < 1.0).then(|| counts.iter().copied().map(deviation).sum::<f64>());
    Ok(BinomialSpread {
        mean,
        observed_variance,
        binomial_variance,
        variance,
        standard_deviation: variance.max(0.0).sqrt(),
        is_clamped: variance < 0.0,
        chi_squared,
        p_value: chi_squared.map(|chi_squared| upper_gamma(0.5 * (structures - 1.0), 0.5 * chi_squared)),
    })
}

/// Standard error of the fraction `p̂` of hits among `n` trials: half the width of Wilson's interval of one standard deviation
/// (E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927)), `√(n p̂ (1 - p̂) + 1/4)/(n + 1)`.
///
/// It tends to the usual `√(p̂ (1 - p̂)/n)` for many trials, and is `1/(2(n + 1))` rather than zero if none or all were hits.
///
/// `None` without trials or with more hits than trials.
#[must_use]
pub fn binomial_error(hits: usize, trials: usize) -> Option<f64> {
    let [missed, n] = [trials.checked_sub(hits)? as f64, trials as f64];
    (trials > 0).then(|| (hits as f64 * missed / n + 0.25).sqrt() / (n + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    /// Structures with the probabilities `probability(u)`, `u` uniform in (0, 1), and 5 to 24 trials each.
    fn drawn(repetition: u32, structures: u64, probability: impl Fn(f64) -> f64) -> Vec<(usize, usize)> {
        let random = RandomStream::new(12, "committors");
        let structure = |i: u64| {
            let trials = 5 + 19 * (i % 2) as usize;
            let p = probability(random.uniform(repetition, i, 0));
            ((1..=trials).filter(|&row| random.uniform(repetition, i, row as u32) < p).count(), trials)
        };
        (0..structures).map(structure).collect()
    }

    /// A uniform committor has mean 1/2 and variance 1/12.
    #[test]
    fn counting_noise_is_removed_without_bias() {
        let (mut sum, mut squares, mut observed) = (0.0, 0.0, 0.0);
        for repetition in 0..2000 {
            let found = binomial_spread(&drawn(repetition, 40, |uniform| uniform)).unwrap();
            let error = found.variance - 1.0 / 12.0;
            sum += error / 2000.0;
            squares += error * error / 2000.0;
            observed += found.observed_variance / 2000.0;
        }
        assert!(sum.abs() < 4.0 * (squares / 2000.0).sqrt(), "{sum} {squares}");
        // With its noise: ∫p(1-p)dp (1/5 + 1/24)/2 = 0.0201 more.
        assert!((observed - 1.0 / 12.0 - 0.0201).abs() < 0.003, "{observed}");
    }

    /// Of 3000 sets with one probability, 0.05 ± 0.004 are rejected at 5 %, and the variance averages to zero.
    #[test]
    fn one_probability_is_rejected_as_often_as_stated() {
        let (mut rejected, mut sum, mut clamped) = (0.0, 0.0, 0);
        for repetition in 0..3000 {
            let found = binomial_spread(&drawn(repetition, 30, |_| 0.5)).unwrap();
            rejected += f64::from(u8::from(found.p_value.unwrap() < 0.05)) / 3000.0;
            sum += found.variance / 3000.0;
            clamped += usize::from(found.is_clamped);
            assert_eq!(found.is_clamped, found.standard_deviation == 0.0);
        }
        assert!((rejected - 0.05).abs() < 0.016, "{rejected}");
        // A single variance scatters by about 0.009.
        assert!(sum.abs() < 4.0 * 0.009 / 3000f64.sqrt(), "{sum}");
        assert!((1200..2000).contains(&clamped), "{clamped}");
        assert!(binomial_spread(&drawn(0, 30, |uniform| uniform)).unwrap().p_value.unwrap() < 1e-6);
    }

    /// 3 of 10 and 7 of 10: `χ² = 2 · 2²/2.5 = 3.2` with one degree of freedom.
    #[test]
    fn two_structures_by_hand() {
        let found = binomial_spread(&[(3, 10), (7, 10)]).unwrap();
        assert!((found.mean - 0.5).abs() < 1e-15 && (found.observed_variance - 0.08).abs() < 1e-15);
        assert!((found.binomial_variance - 0.21 / 9.0).abs() < 1e-15);
        assert!((found.standard_deviation - (0.08_f64 - 0.21 / 9.0).sqrt()).abs() < 1e-15);
        assert!((found.chi_squared.unwrap() - 3.2).abs() < 1e-13);
        // 2 (1 - Φ(√3.2)).
        assert!((found.p_value.unwrap() - 0.073_638_270_120_302_58).abs() < 1e-12, "{found:?}");
        let none = binomial_spread(&[(0, 10), (0, 5)]).unwrap();
        assert_eq!((none.standard_deviation, none.is_clamped, none.p_value), (0.0, false, None));
    }

    #[test]
    fn wilsons_error_is_never_zero() {
        assert_eq!(binomial_error(0, 9), Some(0.05));
        assert_eq!(binomial_error(9, 9), Some(0.05));
        assert!((binomial_error(5000, 10_000).unwrap() - 0.005).abs() < 1e-6);
        // Half the distance between the roots of (p - 1/4)² = p(1 - p)/8: those of 9p² - 5p + 1/2 = 0.
        assert!((binomial_error(2, 8).unwrap() - (25.0_f64 - 18.0).sqrt() / 18.0).abs() < 1e-15);
        assert_eq!(binomial_error(0, 0), None);
        assert_eq!(binomial_error(3, 2), None);
    }

    #[test]
    fn wrong_counts_are_refused() {
        assert!(binomial_spread(&[(1, 5)]).is_err());
        assert!(binomial_spread(&[(1, 5), (1, 1)]).is_err());
        assert!(binomial_spread(&[(1, 5), (6, 5)]).is_err());
    }
}
