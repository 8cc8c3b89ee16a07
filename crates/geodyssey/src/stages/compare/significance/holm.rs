//! Correction for many tests at once.

/// Holm's step-down correction of p values: if corrected values below a level are called significant, the probability of even one
/// false positive in the whole family is at most that level (S. Holm, Scand. J. Statist. 6, 65 (1979)).
///
/// In ascending order the `k`-th of `m` becomes `max_{j ≤ k} (m - j + 1) p_j`, at most 1.
pub(crate) fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &test) in order.iter().enumerate() {
        let factor = (p_values.len() - rank) as f64;
        largest = largest.max(factor * p_values[test]).min(1.0);
        corrected[test] = largest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `scripts/significance-reference.py`.
    #[test]
    fn corrected_values_are_those_of_the_reference() {
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005, 0.6]);
        let expected = [0.04, 0.09, 0.09, 0.025, 0.6];
        assert!(corrected.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{corrected:?}");
        assert_eq!(holm(&[0.5, 0.9]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
