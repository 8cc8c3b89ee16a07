//! A landscape as figures take it.

use geodyssey_report::plots::{Surface, VariableAxis};

use crate::artifacts::landscape::LandscapeResult;
use crate::problem::Problem;

/// Energies above the minimum, NaN where nothing was sampled, which figures leave grey; none for more than two variables, and where there is no grid.
pub(crate) fn surface(problem: &Problem, landscape: &LandscapeResult) -> Option<Surface> {
    let grid = landscape.grid.as_ref().filter(|_| problem.variables.len() < 3)?;
    let known = |node: usize| landscape.ground.as_ref().is_none_or(|ground| ground.sampled()[node]);
    Some(Surface {
        origin: grid.axes.iter().map(|axis| axis.start).collect(),
        spacing: grid.axes.iter().map(|axis| axis.spacing).collect(),
        points: grid.axes.iter().map(|axis| axis.count).collect(),
        energies_kj_mol: grid
            .values
            .iter()
            .enumerate()
            .map(|(node, energy)| if known(node) { energy - landscape.minimum } else { f64::NAN })
            .collect(),
    })
}

/// One axis a variable.
pub(crate) fn variable_axes(problem: &Problem, landscape: &LandscapeResult) -> Vec<VariableAxis> {
    let axes = problem.variables.iter().zip(&landscape.ranges);
    axes.map(|(variable, &(lower, upper))| VariableAxis {
        name: variable.name.clone(),
        unit: variable.quantity.unit.column().to_owned(),
        lower,
        upper: variable.period.map_or(upper, |period| lower + period),
        periodic: variable.period.is_some(),
    })
    .collect()
}

/// Where a periodic axis begins so that values along a curve on the cover are not cut at its edge: where it did, if they fit, else
/// around their middle, on a twelfth of the period. Values that span more than a period are cut wherever it begins.
pub(crate) fn uncut_start(start: f64, period: f64, values: impl Iterator<Item = f64>) -> f64 {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let extent = high - low;
    if !(extent.is_finite() && extent < period) {
        return start;
    }
    // Seen from the axis as it is, in the image whose middle lies in it.
    let shift = period * ((0.5 * (low + high) - start) / period).floor();
    if low - shift >= start && high - shift <= start + period {
        return start;
    }
    let twelfth = period / 12.0;
    ((0.5 * (low + high) - shift - 0.5 * period) / twelfth).round() * twelfth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_over_the_edge_moves_the_axis_and_others_do_not() {
        let start = |values: &[f64]| uncut_start(-180.0, 360.0, values.iter().copied());
        assert_eq!(start(&[-170.0, 0.0, 170.0]), -180.0);
        // From 150° over 180° to 250°, which is −110°: the axis is that around 200°, or −160°.
        for turns in [-720.0, 0.0, 360.0] {
            let begins = start(&[150.0 + turns, 250.0 + turns]);
            let (low, high) = (150.0 + turns - begins, 250.0 + turns - begins);
            let image = 360.0 * (low / 360.0).floor();
            assert!(low - image >= 0.0 && high - image <= 360.0, "{begins}");
            assert!((begins / 30.0).fract().abs() < 1e-9);
        }
        assert_eq!(start(&[0.0, 500.0]), -180.0);
        assert_eq!(start(&[]), -180.0);
    }
}
