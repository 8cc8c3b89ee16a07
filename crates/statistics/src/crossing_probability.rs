//! The probability to cross all interfaces, from the path ensembles of transition interface sampling.

use crate::error::StatisticsError;
use crate::wrong_input::WrongInput;

/// Result of [`crossing_probability`].
#[derive(Clone, Debug, PartialEq)]
pub struct CrossingProbability {
    /// Of every interface `k`: the probability that a path which reached it reaches interface `k + 1` too (after the last one: state B).
    /// `None` if no sample of any ensemble reached interface `k`.
    pub conditional: Vec<Option<f64>>,
    /// Their product, the probability that a path which reached interface 0 reaches B; `None` if a factor is missing.
    pub total: Option<f64>,
}

/// Crossing probabilities from paths of `n` nested ensembles. Ensemble `i` holds paths from state A whose highest level is at least `i`
/// (T. S. van Erp, D. Moroni and P. G. Bolhuis, J. Chem. Phys. 118, 7762 (2003)). Level `k < n` means that interface `k` is the highest one
/// reached, level `n` that the path ends in B. `weights[i][m]` is the total weight of the samples of ensemble `i` whose highest level is
/// exactly `m`; each row has `n + 1` entries.
///
/// Every ensemble `i ≤ k` tells about crossing from `k` to `k + 1`, because conditioning on a level of at least `i` changes nothing for
/// paths that have reached `k ≥ i`. With the conditional probabilities `p_k`, a sample of level `m` in ensemble `i` has the probability
/// `p_i p_(i+1) … p_(m-1) (1 - p_m)`, without the last factor if `m = n`. The logarithm of the product over all samples is
/// `Σ_k [C_k log p_k + (R_k - C_k) log(1 - p_k)]`, with the weights that reached `k` and that crossed on to `k + 1`,
///
/// `R_k = Σ_(i≤k) Σ_(m≥k) w_im`, `C_k = Σ_(i≤k) Σ_(m>k) w_im`, so that `p_k = C_k/R_k` is most likely.
///
/// This is the product-limit estimate for left-truncated data (E. L. Kaplan and P. Meier, J. Am. Stat. Assoc. 53, 457 (1958)). It is also
/// what the weighted histogram analysis method (A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 63, 1195 (1989)) gives for nested
/// ensembles, without iteration: its equations are `ρ_m = W_m / Σ_(i≤m) N_i/S_i` and `S_i = Σ_(m≥i) ρ_m`, where `W_m` is the weight at
/// level `m` of all ensembles and `N_i` that of ensemble `i`. With `S_0 = 1` and `S_(k+1) = p_k S_k`,
/// `R_k = S_k Σ_(i≤k) N_i/S_i` holds for `k = 0`, and for `k + 1` if it holds for `k`, as `R_(k+1) = p_k R_k + N_(k+1)`; hence
/// `S_k - S_(k+1) = S_k W_k/R_k = ρ_k`.
///
/// Weights of different ensembles are added, so they should be on one scale: 1 for every independent sample, or the effective number of
/// samples over their number. The standard error comes from [`jackknife`](crate::jackknife()) over independent chains.
///
/// # Errors
/// If there is no ensemble, a row does not have `n + 1` entries, a weight is negative or not finite, or an ensemble has weight below its own
/// interface.
pub fn crossing_probability(weights: &[Vec<f64>]) -> Result<CrossingProbability, StatisticsError> {
    let ensembles = weights.len();
    WrongInput::check_at_least("path ensembles", 1, ensembles)?;
    for (ensemble, row) in weights.iter().enumerate() {
        WrongInput::check_count("levels of a path ensemble", ensembles + 1, row.len())?;
        for &weight in row {
            WrongInput::check_not_negative("the weight of a level", weight)?;
        }
        let below = row[..ensemble].iter().filter(|weight| **weight > 0.0).count();
        WrongInput::check_at_most("levels with samples below the interface of their ensemble", 0, below)?;
    }
    let conditional: Vec<Option<f64>> = (0..ensembles)
        .map(|level| {
            let up_to_here = &weights[..=level];
            let stopped: f64 = up_to_here.iter().map(|row| row[level]).sum();
            let crossed: f64 = up_to_here.iter().flat_map(|row| &row[level + 1..]).sum();
            (stopped + crossed > 0.0).then(|| crossed / (stopped + crossed))
        })
        .collect();
    let total = conditional.iter().copied().product();
    Ok(CrossingProbability { conditional, total })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    /// Positions of the interfaces; the last one is state B, and state A is at 0.
    const POSITIONS: [i32; 5] = [1, 3, 4, 7, 9];
    const STEP_UP: f64 = 0.4;

    /// Gambler's ruin: the probability to reach `high` before 0 from `low` is `(1 - r^low)/(1 - r^high)`, `r = (1 - p)/p`
    /// (W. Feller, *An Introduction to Probability Theory*, vol. 1, XIV.2).
    fn exact(low: usize, high: usize) -> f64 {
        let odds: f64 = (1.0 - STEP_UP) / STEP_UP;
        (1.0 - odds.powi(POSITIONS[low])) / (1.0 - odds.powi(POSITIONS[high]))
    }

    /// Levels of walks that start at the interface of their ensemble: what happened before does not matter to a walk without memory.
    fn walks(random: RandomStream, repetition: u32, samples: [usize; 4]) -> Vec<Vec<f64>> {
        let walk = |ensemble: usize, sample: usize| {
            let (mut position, mut highest, mut step) = (POSITIONS[ensemble], ensemble, 0);
            while position > 0 && highest < 4 {
                let row = (ensemble * 100_000 + sample) as u32;
                position += if random.uniform(repetition, step, row) < STEP_UP { 1 } else { -1 };
                step += 1;
                highest += usize::from(position == POSITIONS[highest + 1]);
            }
            highest
        };
        let levels = |ensemble: usize| {
            let mut row = vec![0.0; 5];
            (0..samples[ensemble]).for_each(|sample| row[walk(ensemble, sample)] += 1.0);
            row
        };
        (0..4).map(levels).collect()
    }

    /// Expected weights of every level give the exact probabilities, whatever the number of samples of each ensemble.
    #[test]
    fn expected_weights_give_exact_probabilities() {
        let row = |(ensemble, count): (usize, f64)| -> Vec<f64> {
            let reached = |level: usize| match level {
                5 => 0.0,
                level if level < ensemble => 1.0,
                level => exact(ensemble, level),
            };
            (0..5).map(|level| count * (reached(level) - reached(level + 1))).collect()
        };
        let weights: Vec<Vec<f64>> = [300.0, 20.0, 0.0, 55.5].into_iter().enumerate().map(row).collect();
        let found = crossing_probability(&weights).unwrap();
        for (level, conditional) in found.conditional.iter().enumerate() {
            assert!((conditional.unwrap() - exact(level, level + 1)).abs() < 1e-13);
        }
        assert!((found.total.unwrap() / exact(0, 4) - 1.0).abs() < 1e-13);
    }

    /// Many small samples: the estimate is unbiased, and scatters less than that of each ensemble for its own interface.
    #[test]
    fn sampled_walks_scatter_around_the_exact_probability() {
        let random = RandomStream::new(8, "gambler's ruin");
        let (repetitions, truth) = (1500, exact(0, 4));
        let (mut sum, mut squares, mut squares_alone) = (0.0, 0.0, 0.0);
        for repetition in 0..repetitions {
            let weights = walks(random, repetition, [60, 60, 60, 60]);
            let error = crossing_probability(&weights).unwrap().total.unwrap() - truth;
            sum += error;
            squares += error * error;
            let alone: f64 = (0..4).map(|k| 1.0 - weights[k][k] / weights[k].iter().sum::<f64>()).product();
            squares_alone += (alone - truth).powi(2);
        }
        let repetitions = f64::from(repetitions);
        let spread = (squares / repetitions).sqrt();
        assert!((sum / repetitions).abs() < 4.0 * spread / repetitions.sqrt(), "{sum} {spread}");
        assert!(squares < 0.9 * squares_alone, "{squares} {squares_alone}");
    }

    #[test]
    fn it_solves_the_equations_of_weighted_histograms() {
        let weights = walks(RandomStream::new(9, "gambler's ruin"), 0, [500, 40, 30, 200]);
        let found = crossing_probability(&weights).unwrap();
        let counts: Vec<f64> = weights.iter().map(|row| row.iter().sum()).collect();
        let mut survival = [1.0; 5];
        for _ in 0..2000 {
            let density = |level: usize| {
                let seen: f64 = weights.iter().map(|row| row[level]).sum();
                seen / (0..=level.min(3)).map(|ensemble| counts[ensemble] / survival[ensemble]).sum::<f64>()
            };
            let densities: Vec<f64> = (0..5).map(density).collect();
            let total: f64 = densities.iter().sum();
            survival = std::array::from_fn(|level| densities[level..].iter().sum::<f64>() / total);
        }
        assert!((found.total.unwrap() / survival[4] - 1.0).abs() < 1e-9, "{found:?} {survival:?}");
    }

    #[test]
    fn what_was_not_reached_is_not_known() {
        let found = crossing_probability(&[vec![5.0, 0.0, 0.0], vec![0.0, 0.0, 0.0]]).unwrap();
        assert_eq!((found.conditional, found.total), (vec![Some(0.0), None], None));
        let found = crossing_probability(&[vec![5.0, 0.0, 0.0], vec![0.0, 1.0, 3.0]]).unwrap();
        assert_eq!((found.conditional, found.total), (vec![Some(0.0), Some(0.75)], Some(0.0)));
    }

    #[test]
    fn wrong_weights_are_refused() {
        assert!(crossing_probability(&[]).is_err());
        assert!(crossing_probability(&[vec![1.0, 1.0, 1.0]]).is_err());
        assert!(crossing_probability(&[vec![1.0, -1.0]]).is_err());
        assert!(crossing_probability(&[vec![1.0, f64::NAN]]).is_err());
        assert!(crossing_probability(&[vec![1.0, 1.0, 0.0], vec![0.5, 1.0, 1.0]]).is_err());
    }
}
