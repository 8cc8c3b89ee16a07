//! Ranks of numbers, with ties.

/// The rank of every value, from 1, where equal values share the average of the ranks they occupy. `None` if a value is NaN.
pub(crate) fn average_ranks(values: &[f64]) -> Option<Vec<f64>> {
    if values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    // Not by `total_cmp`, for which -0 and 0 differ.
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = before as f64 + (tied.len() + 1) as f64 / 2.0;
        tied.iter().for_each(|&place| ranks[place] = rank);
        before += tied.len();
    }
    Some(ranks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_average_of_their_ranks() {
        assert_eq!(average_ranks(&[3.0, -1.0, 3.0, 7.0, 3.0]).unwrap(), [3.0, 1.0, 3.0, 5.0, 3.0]);
        assert_eq!(average_ranks(&[0.0, -0.0]).unwrap(), [1.5, 1.5]);
        assert_eq!(average_ranks(&[f64::INFINITY, 2.0, f64::NEG_INFINITY]).unwrap(), [3.0, 2.0, 1.0]);
        assert_eq!(average_ranks(&[]).unwrap(), [0.0; 0]);
        assert_eq!(average_ranks(&[1.0, f64::NAN]), None);
    }
}
