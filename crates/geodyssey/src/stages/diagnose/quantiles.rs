//! Distributions in a few numbers.

use geodyssey_report::DeviationErrors;

/// Median, 95 % and largest; none of no value.
pub(super) fn summarise(values: &[f64]) -> Option<DeviationErrors> {
    Some(DeviationErrors {
        points: values.len(),
        median: quantile(values, 0.5)?,
        percentile_95: quantile(values, 0.95)?,
        largest: quantile(values, 1.0)?,
    })
}

/// The value below which this share of the values lies, linear between neighbours.
pub(super) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * (sorted.len().checked_sub(1)?) as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    Some(sorted[low] + (place - place.floor()) * (sorted[high] - sorted[low]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&values, 0.5), Some(2.5));
        assert_eq!(quantile(&values, 1.0), Some(4.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(summarise(&values).map(|errors| errors.points), Some(4));
    }
}
