//! Standard errors from groups of independent walkers and from the estimates of each start alone.

/// Standard errors of a vector of estimates.
///
/// `left_out` has, for every group of walkers, its start and the estimates from all others, with those of the same start weighted up to
/// compensate for the omitted group: the stratified jackknife, `σ² = Σ_s (n_s - 1)/n_s Σ_g (θ_sg - θ̄_s)²` with `n_s` groups of start
/// `s` (B. Efron and C. Stein, Ann. Stat. 9, 586 (1981)). `alone` has the estimates from the walkers of each start alone,
/// whose mean has the variance `τ² = Σ_s (θ_s - θ̄)²/(S(S - 1))`. If walkers have forgotten their starts both estimate the same variance;
/// if not, the second is larger by the remaining influence of the starting points. The result is
/// `√max(σ², τ²)`: the truncated estimate of a variance component between groups (S. R. Searle, G. Casella and C. E.
/// McCulloch, Variance Components (1992), section 3.5).
pub(super) fn standard_errors(left_out: &[(usize, Vec<f64>)], alone: &[Vec<f64>]) -> Vec<f64> {
    let length = left_out.first().map_or(0, |(_, estimates)| estimates.len());
    let starts = left_out.iter().map(|(start, _)| start + 1).max().unwrap_or(0);
    let mut within = vec![0.0; length];
    for start in 0..starts {
        let own: Vec<&Vec<f64>> =
            left_out.iter().filter(|(of, _)| *of == start).map(|(_, estimates)| estimates).collect();
        let count = own.len() as f64;
        for (place, variance) in within.iter_mut().enumerate() {
            let mean = own.iter().map(|estimates| estimates[place]).sum::<f64>() / count;
            let squares: f64 = own.iter().map(|estimates| (estimates[place] - mean).powi(2)).sum();
            *variance += (count - 1.0) / count * squares;
        }
    }
    let starts = alone.len() as f64;
    let between = |place: usize| {
        if alone.len() < 2 {
            return 0.0;
        }
        let mean = alone.iter().map(|estimates| estimates[place]).sum::<f64>() / starts;
        let squares: f64 = alone.iter().map(|estimates| (estimates[place] - mean).powi(2)).sum();
        squares / (starts * (starts - 1.0))
    };
    within.iter().enumerate().map(|(place, variance)| variance.max(between(place)).sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of means the jackknife gives the textbook's standard error of a stratified mean.
    #[test]
    fn means_have_their_textbook_errors() {
        let values = [[1.0, 2.0, 4.0, 9.0], [3.0, 3.5, 1.0, 0.5]];
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let mut left_out = Vec::new();
        for (start, own) in values.iter().enumerate() {
            for group in 0..own.len() {
                let others: Vec<f64> =
                    own.iter().enumerate().filter(|(other, _)| *other != group).map(|(_, x)| *x).collect();
                left_out.push((start, vec![0.5 * (mean(&others) + mean(&values[1 - start]))]));
            }
        }
        let variance =
            |own: &[f64]| own.iter().map(|x| (x - mean(own)).powi(2)).sum::<f64>() / (own.len() as f64 - 1.0);
        let expected = (values.iter().map(|own| 0.25 * variance(own) / 4.0).sum::<f64>()).sqrt();
        let alone: Vec<Vec<f64>> = values.iter().map(|own| vec![mean(own)]).collect();
        assert!((standard_errors(&left_out, &[])[0] - expected).abs() < 1e-12);
        // The starts differ by 2, which is less than the scatter within: half the difference is 1, the error 1.02.
        assert!((standard_errors(&left_out, &alone)[0] - expected.max(1.0)).abs() < 1e-12);
        assert_eq!(standard_errors(&left_out, &[vec![0.0], vec![20.0]])[0], 10.0);
    }
}
