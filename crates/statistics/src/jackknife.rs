//! Standard errors of any estimate by leaving out one group of the data at a time.

/// An estimate with its standard error, in the unit of the estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JackknifeEstimate {
    /// The estimate from all groups.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// An estimate from `groups` independent groups of data, such as chains, with the standard error
/// `√((G-1)/G Σ_g (θ_g - ⟨θ⟩)²)`, where `θ_g` is the estimate without group `g` (R. G. Miller, Biometrika 61, 1 (1974)).
///
/// `estimate` is given a function that says whether a group takes part; it is called once with all groups and once without each of them.
/// The value is not corrected for bias. The groups must be independent of each other and about equally large. The estimate must be a smooth
/// function of the data: a median is not. With `G` groups the standard error itself is known to about `1/√(2(G-1))`.
///
/// `None` for fewer than two groups, or if any of the estimates is missing or not finite: then the data do not determine the error.
pub fn jackknife(
    groups: usize,
    estimate: impl Fn(&dyn Fn(usize) -> bool) -> Option<f64>,
) -> Option<JackknifeEstimate> {
    if groups < 2 {
        return None;
    }
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let value = estimate(&|_| true).and_then(finite)?;
    let without: Vec<f64> = (0..groups)
        .map(|left_out| estimate(&|group| group != left_out).and_then(finite))
        .collect::<Option<_>>()?;
    let count = groups as f64;
    let mean = without.iter().sum::<f64>() / count;
    let squares: f64 = without.iter().map(|one| (one - mean).powi(2)).sum();
    Some(JackknifeEstimate { value, standard_error: ((count - 1.0) / count * squares).sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    fn mean(values: &[f64], takes_part: &dyn Fn(usize) -> bool) -> Option<f64> {
        let kept: Vec<f64> = (0..values.len()).filter(|&i| takes_part(i)).map(|i| values[i]).collect();
        (!kept.is_empty()).then(|| kept.iter().sum::<f64>() / kept.len() as f64)
    }

    /// The error of a mean is `s/√n` exactly.
    #[test]
    fn the_mean_has_its_usual_error() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let found = jackknife(values.len(), |takes_part| mean(&values, takes_part)).unwrap();
        // Mean 5, Σ(x - 5)² = 32: s² = 32/7.
        assert!((found.value - 5.0).abs() < 1e-14);
        assert!((found.standard_error - (32.0_f64 / 7.0 / 8.0).sqrt()).abs() < 1e-14);
    }

    /// For a ratio of means, the variance over many data sets is that of the linearised ratio,
    /// `(σ_a² + R² σ_b² - 2R σ_ab)/(n ⟨b⟩²)`; here `a` is uniform on (1, 2) and `b = a + v` with `v` uniform on (0, 2).
    #[test]
    fn a_ratio_has_its_linearised_error() {
        let random = RandomStream::new(6, "jackknife");
        let (groups, repetitions) = (60_usize, 400);
        let (variance_a, variance_b, ratio) = (1.0 / 12.0, 5.0 / 12.0, 1.5 / 2.5_f64);
        let closed = (variance_a + ratio * ratio * variance_b - 2.0 * ratio * variance_a)
            / (groups as f64 * 2.5_f64.powi(2));
        let (mut errors, mut squares) = (0.0, 0.0);
        for repetition in 0..repetitions {
            let pairs: Vec<(f64, f64)> = (0..groups as u64)
                .map(|i| 1.0 + random.uniform(repetition, i, 0))
                .zip((0..).map(|i| 2.0 * random.uniform(repetition, i, 1)))
                .map(|(a, v)| (a, a + v))
                .collect();
            let found = jackknife(groups, |takes_part| {
                let kept = (0..groups).filter(|&i| takes_part(i)).map(|i| pairs[i]);
                let (a, b) = kept.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
                Some(a / b)
            })
            .unwrap();
            errors += found.standard_error.powi(2) / f64::from(repetitions);
            squares += (found.value - ratio).powi(2) / f64::from(repetitions);
        }
        // The variance over 400 data sets is known to 7 %.
        assert!((squares / closed - 1.0).abs() < 0.2, "{squares} {closed}");
        assert!((errors / closed - 1.0).abs() < 0.05, "{errors} {closed}");
    }

    #[test]
    fn an_error_that_the_data_do_not_determine() {
        assert_eq!(jackknife(1, |takes_part| mean(&[1.0], takes_part)), None);
        // Only the first group has what the estimate needs.
        assert_eq!(jackknife(3, |takes_part| takes_part(0).then_some(1.0)), None);
        assert_eq!(jackknife(3, |takes_part| Some(if takes_part(2) { 1.0 } else { f64::NAN })), None);
    }
}
