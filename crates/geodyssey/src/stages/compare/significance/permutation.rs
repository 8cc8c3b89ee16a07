//! The permutation test of a difference of means.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Up to this number of relabellings all are evaluated; of more, a random choice.
const MOST_EXACT: u128 = 20_000;
/// Least number of random relabellings. The least p value is the inverse of one more.
const RANDOM: usize = 9_999;
/// Least number of random relabellings per tested pair, so that p values below 0.05 remain possible after the correction.
const RANDOM_PER_PAIR: usize = 100;
/// Statistics whose relative difference is smaller than this count as equal, so that rounding does not break ties.
const TIE: f64 = 1e-10;

/// Values of one kind from two sets, such as the works of forward paths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stratum<'a> {
    /// Of the first set.
    pub(crate) first: &'a [f64],
    /// Of the second set.
    pub(crate) second: &'a [f64],
}

/// Number of random relabellings if this number of pairs is tested.
pub(crate) fn relabellings(pairs: usize) -> usize {
    RANDOM.max(RANDOM_PER_PAIR * pairs)
}

/// The least p value possible for sets of these sizes, however far apart they are.
pub(crate) fn least_p_value(strata: &[(usize, usize)]) -> f64 {
    let all = strata.iter().try_fold(1_u128, |product, &(first, second)| {
        product.checked_mul(binomial(first + second, first)?).filter(|product| *product <= MOST_EXACT)
    });
    // If the sets have the same size all labels may be exchanged, which changes only the sign.
    let mirrored = strata.iter().all(|(first, second)| first == second);
    match all {
        Some(all) => {
            if mirrored {
                2.0 / all as f64
            } else {
                1.0 / all as f64
            }
        }
        None => 1.0 / (RANDOM + 1) as f64,
    }
}

/// Two-sided p value of the difference between the sums over the strata of two sets' means.
///
/// The statistic is Welch's `t = Σ(m₁ - m₂)/√Σ(s₁²/n₁ + s₂²/n₂)`, with which the test is exact if the distributions are
/// identical, and asymptotically correct if only the means are (A. Janssen, Stat. Probab. Lett. 36, 9 (1997)). Labels are
/// exchanged within each stratum: all relabellings if there are no more than 20,000, otherwise `random` ones drawn from the seed and
/// the observed one (B. Phipson and G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9, 39 (2010)).
///
/// `None` if a set has fewer than two values in a stratum.
pub(crate) fn permutation_test(strata: &[Stratum<'_>], random: usize, seed: u64) -> Option<f64> {
    if strata.is_empty() || strata.iter().any(|stratum| stratum.first.len() < 2 || stratum.second.len() < 2) {
        return None;
    }
    let mut pools: Vec<Pool> = strata.iter().map(Pool::new).collect();
    let observed = statistic(&pools);
    let as_large = |t: f64| t >= observed * (1.0 - TIE);
    let relabellings = pools.iter().try_fold(1_u128, |product, pool| {
        let count = binomial(pool.values.len(), pool.first)?;
        product.checked_mul(count).filter(|product| *product <= MOST_EXACT)
    });
    if let Some(relabellings) = relabellings {
        let mut count = 0_u128;
        each_relabelling(&mut pools, 0, &mut |pools| count += u128::from(as_large(statistic(pools))));
        return Some(count as f64 / relabellings as f64);
    }
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut count = 0_usize;
    for _ in 0..random {
        for pool in &mut pools {
            pool.shuffle(&mut generator);
        }
        count += usize::from(as_large(statistic(&pools)));
    }
    Some((count + 1) as f64 / (random + 1) as f64)
}

/// The values of one stratum, those of the first set first.
struct Pool {
    values: Vec<f64>,
    first: usize,
}

impl Pool {
    /// Values are measured from their mean: this leaves the statistic unchanged and avoids cancellation in its sums.
    fn new(stratum: &Stratum<'_>) -> Self {
        let count = (stratum.first.len() + stratum.second.len()) as f64;
        let all = || stratum.first.iter().chain(stratum.second);
        let mean = all().sum::<f64>() / count;
        Self { values: all().map(|value| value - mean).collect(), first: stratum.first.len() }
    }

    /// Draws which values belong to the first set.
    fn shuffle(&mut self, random: &mut ChaCha8Rng) {
        for index in 0..self.first {
            let other = random.random_range(index..self.values.len());
            self.values.swap(index, other);
        }
    }
}

/// Welch's `|t|`; infinite if the means differ and all variances are zero.
fn statistic(pools: &[Pool]) -> f64 {
    let (mut difference, mut variance) = (0.0, 0.0);
    for pool in pools {
        let (first, second) = pool.values.split_at(pool.first);
        for (values, sign) in [(first, 1.0), (second, -1.0)] {
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
            difference += sign * mean;
            variance += squares / (count - 1.0) / count;
        }
    }
    match (difference == 0.0, variance > 0.0) {
        (true, _) => 0.0,
        (false, true) => (difference / variance.sqrt()).abs(),
        (false, false) => f64::INFINITY,
    }
}

/// Calls a function once with every relabelling of the pools from `index` on.
fn each_relabelling(pools: &mut [Pool], index: usize, call: &mut dyn FnMut(&[Pool])) {
    if index == pools.len() {
        call(pools);
        return;
    }
    let original = pools[index].values.clone();
    let first = pools[index].first;
    let mut chosen: Vec<usize> = (0..first).collect();
    loop {
        let rest = (0..original.len()).filter(|value| !chosen.contains(value));
        pools[index].values = chosen.iter().copied().chain(rest).map(|value| original[value]).collect();
        each_relabelling(pools, index + 1, call);
        // The next choice in lexicographic order.
        let Some(place) = (0..first).rev().find(|&place| chosen[place] < original.len() - first + place)
        else {
            break;
        };
        chosen[place] += 1;
        for later in place + 1..first {
            chosen[later] = chosen[later - 1] + 1;
        }
    }
    pools[index].values = original;
}

/// Number of ways to choose `chosen` of `count`; none if it overflows the type.
fn binomial(count: usize, chosen: usize) -> Option<u128> {
    (1..=chosen.min(count - chosen)).try_fold(1_u128, |product, index| {
        Some(product.checked_mul((count - chosen.min(count - chosen) + index) as u128)? / index as u128)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(first: &[f64], second: &[f64]) -> f64 {
        permutation_test(&[Stratum { first, second }], RANDOM, 1).expect("enough values")
    }

    // `scripts/significance-reference.py` gives these numbers with SciPy.
    const NARROW: [f64; 6] = [41.2, 41.9, 42.1, 41.5, 42.4, 41.7];
    const WIDE: [f64; 5] = [39.0, 43.5, 45.1, 47.9, 44.2];
    const SHIFTED: [f64; 6] = [43.0, 43.9, 42.6, 44.1, 43.3, 42.2];

    #[test]
    fn exact_p_values_are_those_of_scipy() {
        assert!((p(&NARROW, &WIDE) - 0.186_147_186_147_186_14).abs() < 1e-12, "{}", p(&NARROW, &WIDE));
        assert!((p(&NARROW, &SHIFTED) - 0.004_329_004_329_004_329).abs() < 1e-12, "{}", p(&NARROW, &SHIFTED));
    }

    #[test]
    fn random_relabellings_come_near_scipys() {
        let wave = |shift: f64, scale: f64, count: usize| -> Vec<f64> {
            (0..count)
                .map(|i| shift + scale * (1.7 * i as f64).sin() + 0.3 * (i as f64 * 0.9).cos())
                .collect()
        };
        // Of 9,999 relabellings a share of 0.024 has a standard deviation of 0.0015.
        let found = p(&wave(0.0, 1.0, 32), &wave(0.47, 1.0, 30));
        assert!((found - 0.024_16).abs() < 0.007, "{found}");
        assert_eq!(p(&wave(0.0, 1.0, 32), &wave(9.0, 1.0, 30)), 1e-4);
    }

    #[test]
    fn strata_are_added_and_a_constant_that_enters_both_ways_cancels() {
        let (forward, backward) = ([7.1, 8.0, 7.7, 6.9], [-5.0, -5.9, -4.8, -5.5]);
        let (other_forward, other_backward) = ([8.4, 9.1, 8.8, 9.6], [-3.9, -4.6, -4.1, -5.1]);
        let test = |shift: f64| {
            let moved: Vec<f64> = other_forward.iter().map(|work| work + shift).collect();
            let back: Vec<f64> = other_backward.iter().map(|work| work - shift).collect();
            let strata =
                [Stratum { first: &forward, second: &moved }, Stratum { first: &backward, second: &back }];
            permutation_test(&strata, RANDOM, 1).expect("enough values")
        };
        // All 70 × 70 relabellings; the reference enumerates them in NumPy.
        assert!((test(0.0) - 0.001_224_489_795_918_367_3).abs() < 1e-12, "{}", test(0.0));
        assert!(test(1.0) < 0.05, "the observed sum does not change: {}", test(1.0));
    }

    #[test]
    fn what_does_not_spread_and_what_is_too_few() {
        assert_eq!(p(&[1.0; 4], &[1.0; 4]), 1.0);
        assert_eq!(p(&[1.0; 4], &[2.0; 4]), 2.0 / 70.0);
        assert_eq!(permutation_test(&[Stratum { first: &[1.0], second: &[2.0, 3.0] }], RANDOM, 1), None);
        assert_eq!(permutation_test(&[], RANDOM, 1), None);
        assert_eq!(binomial(64, 32), Some(1_832_624_140_942_590_534));
    }

    /// Sets that do not overlap have the least p value of their sizes.
    #[test]
    fn the_least_p_value_is_that_of_sets_far_apart() {
        let line = |from: f64, count: usize| -> Vec<f64> { (0..count).map(|i| from + i as f64).collect() };
        for (first, second) in [(4, 4), (5, 3), (2, 9), (7, 7)] {
            let found = p(&line(0.0, first), &line(1000.0, second));
            assert!((found - least_p_value(&[(first, second)])).abs() < 1e-12, "{first} {second}: {found}");
        }
        assert_eq!(p(&line(0.0, 40), &line(1000.0, 40)), least_p_value(&[(40, 40)]));
        assert_eq!(least_p_value(&[(4, 4), (4, 4)]), 2.0 / 4900.0);
        assert_eq!((relabellings(3), relabellings(528)), (9_999, 52_800));
    }

    /// Under the null hypothesis p values are uniform: about 20 of 400 tests lie below 0.05.
    #[test]
    fn false_alarms_are_as_frequent_as_the_level_says() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut draw = |count: usize| -> Vec<f64> {
            (0..count).map(|_| (0..12).map(|_| random.random::<f64>()).sum::<f64>()).collect()
        };
        let alarms = (0..400).filter(|_| p(&draw(5), &draw(6)) <= 0.05).count();
        assert!((8..=34).contains(&alarms), "{alarms}");
    }
}
