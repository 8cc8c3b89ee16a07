//! The size of the hills, and when there are enough of them.

use super::ends::{WalkerCrossings, recrossed_share};
use super::groups::Groups;
use super::parameters::{MetadynamicsParameters, MetadynamicsVariable};
use crate::Grid;
use crate::basin::nearest_point;

/// Least height of a hill if none is given, kJ/mol.
const LEAST_HEIGHT_KJ_MOL: f64 = 0.1;
/// Mean rate at which the hills of all walkers raise the whole range if no height is given, kJ/mol/ps, before tempering.
const FILLING_RATE_KJ_MOL_PER_PS: f64 = 0.32;
/// While filling is prolonged, hills are at least exp(-this) times as high as without bias.
const LARGEST_TEMPERING: f64 = 1.0;
/// Largest standard deviation of a hill, as a fraction of the period or of the range.
const WIDEST_PERIODIC: f64 = 1.0 / 25.0;
const WIDEST_BOUNDED: f64 = 1.0 / 30.0;
/// Grid spacings per standard deviation of a hill.
const SPACINGS_PER_WIDTH: f64 = 1.5;

/// The height of a hill without bias, kJ/mol: as given, or chosen so that the filling time hardly depends on the number of variables, the
/// number of walkers or the width of the hills, but between 0.1 kJ/mol and kT.
pub(super) fn hill_height(
    parameters: &MetadynamicsParameters,
    variables: &[MetadynamicsVariable],
    thermal_energy: f64,
) -> f64 {
    parameters.hill_height_kj_mol.unwrap_or_else(|| {
        let share: f64 = variables
            .iter()
            .map(|MetadynamicsVariable { axis, hill_width }| {
                (hill_width * std::f64::consts::TAU.sqrt() / (axis.end() - axis.start)).min(1.0)
            })
            .product();
        let rate = parameters.walkers as f64 * share / parameters.deposition_interval_ps;
        (FILLING_RATE_KJ_MOL_PER_PS / rate).min(thermal_energy).max(LEAST_HEIGHT_KJ_MOL)
    })
}

/// The bias factor while filling is prolonged: no smaller than before, and such that a hill where the bias is highest keeps
/// a fair share of its height. A well-tempered bias otherwise grows as the logarithm of time only, and deep wells are never
/// filled.
pub(super) fn raised_bias_factor(before: f64, highest_bias_kj_mol: f64, thermal_energy: f64) -> f64 {
    before.max(1.0 + highest_bias_kj_mol / (LARGEST_TEMPERING * thermal_energy))
}

/// Whether walkers have covered some route between two points, that is, whether a region where the bias exceeds kT connects them.
pub(super) fn joined(bias: &Grid, ends: [&[f64]; 2], thermal_energy: f64) -> bool {
    let [first, second] = ends.map(|end| nearest_point(bias, end));
    let filled = |node: usize| bias.values[node] > thermal_energy;
    let mut reached = vec![false; bias.len()];
    let mut waiting = vec![first];
    while let Some(node) = waiting.pop() {
        if !reached[node] && filled(node) {
            reached[node] = true;
            waiting.extend(bias.neighbours(node));
        }
    }
    reached[second]
}

/// Fraction of an end's walkers that have been at the other end and come back; the smaller of the two ends.
pub(super) fn least_recrossed_share(crossings: &[WalkerCrossings], groups: Groups) -> f64 {
    (0..2)
        .map(|end| recrossed_share(crossings, end, |walker| groups.start_of(walker)))
        .fold(f64::INFINITY, f64::min)
}

/// Standard deviation of the hills along a variable of this extent whose narrowest starting basin has this standard
/// deviation: as wide as the basin, but no wider than a twenty-fifth of the period or a thirtieth of the range.
pub fn hill_width(fluctuation: f64, extent: f64, periodic: bool) -> f64 {
    fluctuation.min(extent * if periodic { WIDEST_PERIODIC } else { WIDEST_BOUNDED })
}

/// Grid points along a variable of this extent that hills of this width need.
pub fn grid_points_for(hill_width: f64, extent: f64) -> f64 {
    // Rounding must not add another point.
    (SPACINGS_PER_WIDTH * extent / hill_width - 1e-6).ceil()
}

/// Standard deviation of the narrowest hill that a grid can represent, in spacings.
pub const NARROWEST_HILL: f64 = SPACINGS_PER_WIDTH;

/// The range of a variable must be at least this many times the width of a hill.
pub(super) const HILLS_IN_RANGE: f64 = 12.0;

/// Least number of grid points along a variable for which a hill can be both wide enough for the grid and narrow enough for the range.
pub fn fewest_grid_points(periodic: bool) -> usize {
    let spacings = (HILLS_IN_RANGE * NARROWEST_HILL).ceil() as usize;
    if periodic { spacings } else { spacings + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hills_fill_at_one_rate_whatever_their_number_and_width() {
        let parameters = MetadynamicsParameters::default();
        let torsion =
            |width: f64| MetadynamicsVariable { hill_width: width, ..MetadynamicsVariable::torsion("a") };
        let height = |variables: &[MetadynamicsVariable]| hill_height(&parameters, variables, 2.494);
        let rate = |variables: &[MetadynamicsVariable]| {
            let share: f64 = variables
                .iter()
                .map(|variable| variable.hill_width * 2.5066 / std::f64::consts::TAU)
                .product();
            64.0 * share * height(variables) / 0.2
        };
        let two = [torsion(0.15), torsion(0.2)];
        assert!((rate(&two) - 0.32).abs() < 0.001, "{}", rate(&two));
        assert_eq!(height(&[torsion(0.25)]), 0.1);
        assert_eq!(height(&[torsion(0.11), torsion(0.11), torsion(0.11)]), 2.494);
        let given = MetadynamicsParameters { hill_height_kj_mol: Some(0.7), ..parameters.clone() };
        assert_eq!(hill_height(&given, &two, 2.494), 0.7);
    }

    #[test]
    fn ends_are_joined_by_ground_that_was_filled() {
        let axis = crate::GridAxis::periodic("a", 0.0, 10.0, 10);
        let bias = |values: [f64; 10]| Grid { axes: vec![axis.clone()], values: values.to_vec() };
        let joined = |values| joined(&bias(values), [&[1.0], &[6.0]], 2.5);
        assert!(joined([0.0, 9.0, 9.0, 3.0, 3.0, 9.0, 9.0, 0.0, 0.0, 0.0]));
        assert!(joined([9.0, 9.0, 9.0, 0.0, 0.0, 0.0, 9.0, 9.0, 9.0, 9.0]));
        assert!(!joined([9.0, 9.0, 9.0, 2.0, 3.0, 9.0, 9.0, 2.0, 9.0, 9.0]));
    }

    #[test]
    fn the_bias_factor_keeps_hills_from_dying_out() {
        assert_eq!(raised_bias_factor(15.0, 20.0, 2.5), 15.0);
        assert_eq!(raised_bias_factor(15.0, 100.0, 2.5), 41.0);
    }

    #[test]
    fn hills_are_as_wide_as_the_narrowest_basin_at_most() {
        assert_eq!(hill_width(0.14, std::f64::consts::TAU, true), 0.14);
        assert!((hill_width(0.8, std::f64::consts::TAU, true) - 0.2513).abs() < 1e-4);
        assert_eq!(hill_width(0.8, 0.9, false), 0.03);
        assert_eq!(grid_points_for(0.006, 0.8), 200.0);
    }
}
