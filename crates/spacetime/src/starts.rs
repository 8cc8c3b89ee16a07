//! Curves to start from, which are the baselines of a geodesic too.

use geodyssey_denoiser::SpacetimePoint;

/// `points` nodes equally spaced on the straight line in `(λ, y)`.
pub fn straight_line(start: &SpacetimePoint, end: &SpacetimePoint, points: usize) -> Vec<SpacetimePoint> {
    fractions(points).map(|s| between(start, end, s)).collect()
}

/// The straight line in `y` with a tent in logSNR: from the start's value linearly down to `lowest_log_snr` in the middle, and
/// up to the end's.
pub fn tent(
    start: &SpacetimePoint,
    end: &SpacetimePoint,
    lowest_log_snr: f64,
    points: usize,
) -> Vec<SpacetimePoint> {
    fractions(points)
        .map(|s| {
            let (side, weight) = if s < 0.5 { (start, 1.0 - 2.0 * s) } else { (end, 2.0 * s - 1.0) };
            let log_snr = lowest_log_snr + (side.log_snr - lowest_log_snr) * weight;
            SpacetimePoint { log_snr, y: between(start, end, s).y }
        })
        .collect()
}

/// The image of a point `winding` periods away; variables without a period ignore their entry.
pub fn wound(point: &SpacetimePoint, periods: &[Option<f64>], winding: &[i32]) -> SpacetimePoint {
    let y = point.y.iter().zip(periods).zip(winding);
    SpacetimePoint {
        log_snr: point.log_snr,
        y: y.map(|((y, period), turns)| y + period.unwrap_or(0.0) * f64::from(*turns)).collect(),
    }
}

/// All windings within `±largest` for every periodic variable, 0 for the others, the direct one first.
pub fn windings(periods: &[Option<f64>], largest: u32) -> Vec<Vec<i32>> {
    let largest = i32::try_from(largest).unwrap_or(i32::MAX);
    let mut all = vec![Vec::new()];
    for period in periods {
        let turns: Vec<i32> = if period.is_some() { (-largest..=largest).collect() } else { vec![0] };
        all = all
            .into_iter()
            .flat_map(|winding: Vec<i32>| {
                turns.iter().map(move |turn| {
                    let mut longer = winding.clone();
                    longer.push(*turn);
                    longer
                })
            })
            .collect();
    }
    all.sort_by_key(|winding| winding.iter().map(|turn| turn.unsigned_abs()).sum::<u32>());
    all
}

fn fractions(points: usize) -> impl Iterator<Item = f64> {
    let segments = points.saturating_sub(1).max(1) as f64;
    (0..points).map(move |index| index as f64 / segments)
}

fn between(start: &SpacetimePoint, end: &SpacetimePoint, s: f64) -> SpacetimePoint {
    SpacetimePoint {
        log_snr: start.log_snr * (1.0 - s) + end.log_snr * s,
        y: start.y.iter().zip(&end.y).map(|(a, b)| a * (1.0 - s) + b * s).collect(),
    }
}
