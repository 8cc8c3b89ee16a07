//! After how many samples chains have forgotten where they started.

use crate::effective_size::effective_sample_size;

/// Starts are tried at every fortieth of the chain, up to half of it.
const PARTS: usize = 40;
/// With fewer independent samples than this a drift cannot be told from slow fluctuations.
const LEAST_EFFECTIVE: f64 = 10.0;

/// Number of samples at the beginning of all chains to leave out as not yet equilibrated: the one after which the rest has the largest
/// effective number of samples. Leaving out too few makes the rest look correlated, leaving out too many wastes samples (J. D. Chodera,
/// J. Chem. Theory Comput. 12, 1799 (2016)).
///
/// The effective number is [`effective_sample_size`] of all chains together, and the starts tried are multiples of 1/40 of the chain. It is
/// itself an estimate, so that a few per cent of a stationary chain may be left out too. The time grows as the length times the correlation
/// time, and as its square if there is a drift: give averages over blocks of chains of more than some ten thousand samples.
///
/// `None` where it cannot be told: the chains differ in length, nothing varies, fewer than ten independent samples remain (as for
/// chains that stay in different places), or the best start is half of the chain, where a longer transient would be found too.
#[must_use]
pub fn equilibrated_after(chains: &[Vec<f64>]) -> Option<usize> {
    let length = chains.first()?.len();
    if chains.iter().any(|chain| chain.len() != length) {
        return None;
    }
    let last = length / 2;
    let mut best: Option<(usize, f64)> = None;
    for part in 0..=PARTS / 2 {
        let start = part * length / PARTS;
        let rest: Vec<Vec<f64>> = chains.iter().map(|chain| chain[start..].to_vec()).collect();
        let Some(size) = effective_sample_size(&rest) else { continue };
        if best.is_none_or(|(_, most)| size > most) {
            best = Some((start, size));
        }
    }
    best.filter(|&(start, size)| size >= LEAST_EFFECTIVE && start < last).map(|(start, _)| start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    /// Autoregressive noise of unit variance and coefficient `phi`, stationary from the first sample, plus `drift`.
    fn noise(seed: u64, phi: f64, length: usize, drift: impl Fn(f64) -> f64) -> Vec<Vec<f64>> {
        let random = RandomStream::new(seed, "equilibration");
        let chain = |chain: u32| {
            let mut normals = vec![0.0; 8 * length];
            random.fill_normals(0, &[chain; 8], &mut normals);
            let mut draws = normals.into_iter().step_by(8);
            let mut x = draws.next().unwrap_or(0.0);
            let mut series = vec![x + drift(0.0)];
            for (time, draw) in draws.enumerate() {
                x = phi * x + (1.0 - phi * phi).sqrt() * draw;
                series.push(x + drift((time + 1) as f64));
            }
            series
        };
        (0..4).map(chain).collect()
    }

    /// `20 exp(-t/50)` sinks below the noise at `t = 150` and below a hundredth of it at 380.
    #[test]
    fn a_transient_is_left_out() {
        for seed in 0..10 {
            for phi in [0.0, 0.7] {
                let found = equilibrated_after(&noise(seed, phi, 2000, |time| 20.0 * (-time / 50.0).exp()));
                assert!((150..=600).contains(&found.unwrap()), "{seed} {phi}: {found:?}");
            }
        }
    }

    #[test]
    fn of_stationary_chains_little_is_left_out() {
        let mut left_out: Vec<usize> =
            (0..20).map(|seed| equilibrated_after(&noise(seed, 0.7, 2000, |_| 0.0)).unwrap()).collect();
        left_out.sort_unstable();
        assert!(left_out[10] <= 50 && left_out[19] <= 200, "{left_out:?}");
    }

    #[test]
    fn what_cannot_be_told() {
        // A drift that goes on, and a transient of three quarters of the chain.
        assert_eq!(equilibrated_after(&noise(1, 0.0, 1000, |time| 0.05 * time)), None);
        assert_eq!(equilibrated_after(&noise(1, 0.0, 1000, |time| 0.05 * (750.0 - time).max(0.0))), None);
        assert_eq!(equilibrated_after(&[vec![1.0; 100]]), None);
        assert_eq!(equilibrated_after(&[vec![1.0, 2.0, 1.0]]), None);
        assert_eq!(equilibrated_after(&[vec![0.0; 30], vec![0.0; 20]]), None);
        assert_eq!(equilibrated_after(&[]), None);
        let mut apart = noise(2, 0.0, 500, |_| 0.0);
        apart[0].iter_mut().for_each(|value| *value += 30.0);
        assert_eq!(equilibrated_after(&apart), None);
    }
}
