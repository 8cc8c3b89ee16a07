//! Images at equal distances along a curve.

/// Distance of two points.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// The largest distance of neighbours.
pub(super) fn widest_gap(images: &[Vec<f64>]) -> f64 {
    images.windows(2).map(|pair| distance(&pair[0], &pair[1])).fold(0.0, f64::max)
}

/// `count` points at equal distances, measured by the chords of the given points, on a piecewise cubic curve through these.
///
/// At every given point the curve has the slope of the parabola through it and its neighbours (Bessel's tangents; C. de Boor,
/// A Practical Guide to Splines, 2001, ch. IV): an error of third order in the points' distance, and none that spreads from a
/// corner along the curve. The ends stay as they are; points that lie in one place count once.
pub(super) fn redistributed(points: &[Vec<f64>], count: usize) -> Vec<Vec<f64>> {
    let mut knots: Vec<&Vec<f64>> = Vec::with_capacity(points.len());
    let mut lengths: Vec<f64> = Vec::with_capacity(points.len());
    for point in points {
        let length = knots.last().map_or(0.0, |last| distance(last, point));
        if knots.is_empty() || length > 0.0 {
            lengths.push(lengths.last().copied().unwrap_or(0.0) + length);
            knots.push(point);
        }
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let Some(&total) = lengths.last().filter(|total| **total > 0.0) else {
        return vec![first.clone(); count];
    };
    let slopes = slopes(&knots, &lengths);
    let mut segment = 0;
    let mut spread: Vec<Vec<f64>> = Vec::with_capacity(count);
    for index in 0..count {
        let at = total * index as f64 / (count - 1) as f64;
        while segment + 2 < knots.len() && lengths[segment + 1] < at {
            segment += 1;
        }
        let width = lengths[segment + 1] - lengths[segment];
        let t = ((at - lengths[segment]) / width).clamp(0.0, 1.0);
        let (a, b) = (knots[segment], knots[segment + 1]);
        let hermite = [
            (1.0 + 2.0 * t) * (1.0 - t).powi(2),
            t * (1.0 - t).powi(2) * width,
            t * t * (3.0 - 2.0 * t),
            t * t * (t - 1.0) * width,
        ];
        spread.push(
            (0..a.len())
                .map(|axis| {
                    hermite[0] * a[axis]
                        + hermite[1] * slopes[segment][axis]
                        + hermite[2] * b[axis]
                        + hermite[3] * slopes[segment + 1][axis]
                })
                .collect(),
        );
    }
    if let Some(end) = spread.last_mut() {
        end.clone_from(last);
    }
    spread
}

/// Derivative of the points by the length along their chords.
fn slopes(knots: &[&Vec<f64>], lengths: &[f64]) -> Vec<Vec<f64>> {
    let dimension = knots[0].len();
    let secant = |segment: usize, axis: usize| {
        (knots[segment + 1][axis] - knots[segment][axis]) / (lengths[segment + 1] - lengths[segment])
    };
    let last = knots.len() - 1;
    let at = |knot: usize, axis: usize| {
        if knot == 0 || knot == last {
            return secant(knot.min(last - 1), axis);
        }
        let (before, after) = (lengths[knot] - lengths[knot - 1], lengths[knot + 1] - lengths[knot]);
        (after * secant(knot - 1, axis) + before * secant(knot, axis)) / (before + after)
    };
    (0..knots.len()).map(|knot| (0..dimension).map(|axis| at(knot, axis)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_quarter_circle_stay_on_it_at_equal_angles() {
        let angle = |share: f64| (share * share) * std::f64::consts::FRAC_PI_2;
        let points: Vec<Vec<f64>> =
            (0..40).map(|i| angle(f64::from(i) / 39.0)).map(|a| vec![a.cos(), a.sin()]).collect();
        let spread = redistributed(&points, 25);
        for (index, point) in spread.iter().enumerate() {
            let expected = index as f64 / 24.0 * std::f64::consts::FRAC_PI_2;
            assert!((point[0].hypot(point[1]) - 1.0).abs() < 1e-4, "{point:?}");
            assert!((point[1].atan2(point[0]) - expected).abs() < 2e-3, "{point:?} {expected}");
        }
        assert_eq!((&spread[0], &spread[24]), (&points[0], &points[39]));
    }

    #[test]
    fn points_in_one_place_count_once() {
        let spread = redistributed(&[vec![0.0], vec![0.0], vec![1.0], vec![1.0], vec![4.0]], 5);
        assert_eq!((spread[0][0], spread[4][0]), (0.0, 4.0));
        assert!(spread.windows(2).all(|pair| (pair[1][0] - pair[0][0] - 1.0).abs() < 0.2), "{spread:?}");
        assert_eq!(redistributed(&[vec![2.0], vec![2.0]], 3), [[2.0], [2.0], [2.0]]);
    }
}
