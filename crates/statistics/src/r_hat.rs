//! Whether several chains of samples agree with each other.

use crate::ranks::average_ranks;
use crate::special_functions::normal_quantile;

/// Rank-normalised split R-hat of chains of the same length: near 1 where they sample the same distribution; above 1.01 they do not yet
/// agree (A. Vehtari et al., Bayesian Analysis 16, 667 (2021), Eqs. 1–4, 14 and section 4).
///
/// Each chain is split in two, so that a single one can disagree with itself; of an odd number of samples the middle one is left out. All
/// samples together are replaced by normal scores `z = Φ⁻¹((r - 3/8)/(S + 1/4))` of their ranks `r` among `S`, with average ranks for
/// ties. From `M` half chains of `N` scores, `R̂ = √(((N-1)/N W + B/N)/W)`, where `W` is the mean variance within the half chains and
/// `B/N` the variance of their means. The value is the larger one of the samples (which compares locations) and of their distances from
/// the median of all (which compares scales).
///
/// It works for indicators too, such as a channel of 0 and 1: the scores of two values are a linear map of them, which R-hat does not
/// notice. Infinite where half chains differ and none of them varies.
///
/// `None` if a chain has fewer than four samples, chains differ in length, a number is not finite, or nothing varies.
#[must_use]
pub fn split_r_hat(chains: &[Vec<f64>]) -> Option<f64> {
    let length = chains.first()?.len();
    if length < 4
        || chains.iter().any(|chain| chain.len() != length || chain.iter().any(|value| !value.is_finite()))
    {
        return None;
    }
    let half = length / 2;
    let samples: Vec<f64> = chains
        .iter()
        .flat_map(|chain| chain[..half].iter().chain(&chain[length - half..]))
        .copied()
        .collect();
    let bulk = r_hat(&normal_scores(&samples)?, half)?;
    let middle = median(&samples);
    let folded: Vec<f64> = samples.iter().map(|value| (value - middle).abs()).collect();
    // Distances do not vary where half of the indicators are 0 and half 1.
    Some(r_hat(&normal_scores(&folded)?, half).map_or(bulk, |folded| bulk.max(folded)))
}

fn normal_scores(values: &[f64]) -> Option<Vec<f64>> {
    let count = values.len() as f64;
    Some(
        average_ranks(values)?
            .into_iter()
            .map(|rank| normal_quantile((rank - 0.375) / (count + 0.25)))
            .collect(),
    )
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { 0.5 * (sorted[middle - 1] + sorted[middle]) } else { sorted[middle] }
}

/// R-hat of consecutive chains of `length` values; `None` if none differs from another.
fn r_hat(values: &[f64], length: usize) -> Option<f64> {
    if values.iter().all(|value| *value == values[0]) {
        return None;
    }
    let count = length as f64;
    let (mut means, mut within) = (Vec::new(), 0.0);
    for chain in values.chunks_exact(length) {
        // Relative to the first value, so that what does not vary has no variance by rounding.
        let shift = chain.iter().map(|value| value - chain[0]).sum::<f64>() / count;
        within += chain.iter().map(|value| (value - chain[0] - shift).powi(2)).sum::<f64>() / (count - 1.0);
        means.push(chain[0] + shift);
    }
    let chains = means.len() as f64;
    within /= chains;
    let overall = means.iter().sum::<f64>() / chains;
    let between = means.iter().map(|mean| (mean - overall).powi(2)).sum::<f64>() / (chains - 1.0);
    Some(((count - 1.0) / count + between / within).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    fn normals(count: usize, chain: u32) -> Vec<f64> {
        let mut normals = vec![0.0; 8 * count];
        RandomStream::new(11, "r-hat").fill_normals(0, &[chain; 8], &mut normals);
        normals.into_iter().step_by(8).collect()
    }

    #[test]
    fn independent_samples_agree() {
        let chains: Vec<_> = (0..4).map(|chain| normals(1000, chain)).collect();
        let found = split_r_hat(&chains).unwrap();
        // B/N of 8 half chains is about W/500: R-hat - 1 is a few times 1e-3 at most.
        assert!((0.998..1.006).contains(&found), "{found}");
        // It knows nothing but ranks.
        let stretched: Vec<Vec<f64>> =
            chains.iter().map(|chain| chain.iter().map(|value| value.exp()).collect()).collect();
        assert!(split_r_hat(&stretched).unwrap() < 1.006);
    }

    /// Location is seen by the samples, scale by their distances from the median, drift by the split.
    #[test]
    fn chains_that_differ_are_noticed() {
        let [first, second] = [normals(1000, 0), normals(1000, 1)];
        let shifted: Vec<f64> = second.iter().map(|value| value + 1.0).collect();
        let wide: Vec<f64> = second.iter().map(|value| value * 3.0).collect();
        let drift: Vec<f64> = first.iter().enumerate().map(|(i, value)| value + i as f64 / 500.0).collect();
        for chains in [vec![first.clone(), shifted], vec![first, wide], vec![drift]] {
            let found = split_r_hat(&chains).unwrap();
            assert!(found > 1.08, "{found}");
        }
    }

    /// For 0 and 1, R-hat follows from the fraction of ones in each half.
    #[test]
    fn indicators_have_a_closed_form() {
        let half = 50;
        let ones = [10, 20, 30, 15];
        let halves: Vec<Vec<f64>> = ones
            .iter()
            .map(|&ones| (0..half).map(|i| f64::from(u8::from(i * 7 % half < ones))).collect())
            .collect();
        let chains = [[&halves[0][..], &halves[1][..]].concat(), [&halves[2][..], &halves[3][..]].concat()];
        let count = half as f64;
        let fractions = ones.map(|ones| ones as f64 / count);
        let within = fractions.iter().map(|p| p * (1.0 - p)).sum::<f64>() / 4.0 * count / (count - 1.0);
        let mean = fractions.iter().sum::<f64>() / 4.0;
        let between = fractions.iter().map(|p| (p - mean).powi(2)).sum::<f64>() / 3.0;
        let expected = ((count - 1.0) / count + between / within).sqrt();
        assert!((split_r_hat(&chains).unwrap() - expected).abs() < 1e-12);
        // As many zeros as ones: all are equally far from the median 1/2.
        let even: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
        assert!((split_r_hat(&[even]).unwrap() - 0.98f64.sqrt()).abs() < 1e-12);
        assert_eq!(split_r_hat(&[vec![0.0; 8], vec![1.0; 8]]), Some(f64::INFINITY));
    }

    /// `az.rhat(x, method="rank")` of arviz 0.23.4 for the same numbers.
    #[test]
    fn agrees_with_arviz() {
        let value = |chain: u64, i: u64| ((i * 37 + chain * 11) % 101) as f64 + (chain * i) as f64 * 0.2;
        let chains: Vec<Vec<f64>> = (0..3).map(|chain| (0..60).map(|i| value(chain, i)).collect()).collect();
        assert!(
            (split_r_hat(&chains).unwrap() - 1.020_524_818_096_314_2).abs() < 1e-9,
            "{:?}",
            split_r_hat(&chains)
        );
        let ties: Vec<Vec<f64>> =
            chains.iter().map(|chain| chain.iter().map(|value| (value / 20.0).floor()).collect()).collect();
        assert!(
            (split_r_hat(&ties).unwrap() - 1.011_986_508_903_502).abs() < 1e-9,
            "{:?}",
            split_r_hat(&ties)
        );
    }

    #[test]
    fn what_cannot_be_compared() {
        assert_eq!(split_r_hat(&[]), None);
        assert_eq!(split_r_hat(&[vec![1.0, 2.0, 3.0]]), None);
        assert_eq!(split_r_hat(&[vec![1.0; 9], vec![1.0; 9]]), None);
        assert_eq!(split_r_hat(&[vec![1.0, 2.0, 3.0, 4.0], vec![1.0; 5]]), None);
        assert_eq!(split_r_hat(&[vec![1.0, 2.0, 3.0, f64::NAN]]), None);
    }
}
