//! The effective number of independent samples among correlated ones.

/// The sum over lags ends at the first lag that exceeds this number of correlation times (A. Sokal, "Monte Carlo methods in
/// statistical mechanics", 1997, section 3).
const WINDOW: f64 = 5.0;

/// Number of independent samples that determine the mean of an observable as precisely as these chains of correlated samples, all of the
/// same length: `MN / τ`, `τ = 1 + 2 Σ_t ρ_t`.
///
/// The autocorrelation is that of all chains together, including the variance between their means, so that chains which stay in different
/// places count as few samples however well each of them is sampled (A. Vehtari et al., Bayesian Analysis 16, 667
/// (2021), Eqs. 1–10). `None` if nothing varies, the chains differ in length or have fewer than four samples each.
#[must_use]
pub fn effective_sample_size(chains: &[Vec<f64>]) -> Option<f64> {
    let length = chains.first()?.len();
    if length < 4 || chains.iter().any(|chain| chain.len() != length) {
        return None;
    }
    let (count, samples) = (chains.len() as f64, length as f64);
    let means: Vec<f64> = chains.iter().map(|chain| chain.iter().sum::<f64>() / samples).collect();
    let covariance = |lag: usize| {
        let sum = chains.iter().zip(&means).map(|(chain, mean)| {
            chain.iter().zip(&chain[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>()
        });
        sum.sum::<f64>() / (samples * count)
    };
    let within = covariance(0) * samples / (samples - 1.0);
    let overall = means.iter().sum::<f64>() / count;
    let between = means.iter().map(|mean| (mean - overall).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    let variance = covariance(0) + between;
    if !(variance > 0.0 && variance.is_finite()) {
        return None;
    }
    let mut time = 1.0;
    for lag in 1..length {
        time += 2.0 * (1.0 - (within - covariance(lag)) / variance);
        if lag as f64 >= WINDOW * time {
            break;
        }
    }
    Some(count * samples / time.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    /// First-order autoregressive chains of coefficient `phi`: `ρ_t = φ^t`, so `τ = (1 + φ)/(1 - φ)`.
    fn autoregressive(phi: f64, length: usize, chains: usize) -> Vec<Vec<f64>> {
        let mut normals = vec![0.0; 8 * length * chains];
        RandomStream::new(5, "autoregressive").fill_normals(0, &[0; 8], &mut normals);
        let mut draws = normals.into_iter().step_by(8);
        (0..chains)
            .map(|_| {
                let mut x = draws.next().unwrap_or(0.0);
                let mut step = || {
                    x = phi * x + (1.0 - phi * phi).sqrt() * draws.next().unwrap_or(0.0);
                    x
                };
                (1..length).map(|_| step()).collect()
            })
            .collect()
    }

    #[test]
    fn autoregressive_chains_have_their_correlation_time() {
        for phi in [0.0, 0.5, 0.9] {
            let chains = autoregressive(phi, 20_000, 4);
            let samples = (chains.len() * chains[0].len()) as f64;
            let expected = samples * (1.0 - phi) / (1.0 + phi);
            let found = effective_sample_size(&chains).unwrap();
            // Sokal, Eq. 3.19: relative variance 2(2M + 1)/n of τ with M = 5 τ, here below (4 %)².
            assert!((found / expected - 1.0).abs() < 0.12, "{phi}: {found}, expected {expected}");
        }
    }

    #[test]
    fn chains_that_stay_apart_are_few_samples() {
        let mut chains = autoregressive(0.3, 1000, 2);
        let together = effective_sample_size(&chains).unwrap();
        chains[1].iter_mut().for_each(|x| *x += 20.0);
        let apart = effective_sample_size(&chains).unwrap();
        assert!(together > 800.0 && apart < 4.0, "{together} {apart}");
    }

    #[test]
    fn what_does_not_vary_has_no_size() {
        assert_eq!(effective_sample_size(&[vec![1.0; 10]]), None);
        assert_eq!(effective_sample_size(&[vec![1.0, 2.0]]), None);
        assert_eq!(effective_sample_size(&[]), None);
    }
}
