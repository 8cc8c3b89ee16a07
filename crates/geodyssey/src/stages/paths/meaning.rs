//! Settings under which the paths' numbers mean nothing, although each of them is right.

use geodyssey_dynamics::TetherPoint;
use geodyssey_report::Warning;

use crate::artifacts::paths::STAGE;
use crate::problem::Problem;

/// Share of the tether's spread below which a radius holds hardly any of the paths that a tether has driven there: of one variable, one
/// in twelve; of two, one in two hundred.
const LEAST_RADIUS_SHARE: f64 = 0.1;

/// A state that is too narrow for arrival to be determined.
pub(super) fn warnings(problem: &Problem, curve: &[TetherPoint]) -> Vec<Warning> {
    let ends = [curve.first(), curve.last()];
    let named = ["start", "end"].into_iter().zip(problem.states.iter().flatten()).zip(ends);
    let narrow = named.filter_map(|((name, state), end)| {
        // The tether acts on each variable with a standard deviation of its own, in the variable's unit.
        let widths = problem.scales.tether_widths(end?.log_snr);
        let of_axis = problem.variables.iter().zip(&state.radius).zip(widths);
        let ((variable, radius), width) =
            of_axis.min_by(|((_, a), wide_a), ((_, b), wide_b)| (*a / wide_a).total_cmp(&(*b / wide_b)))?;
        (*radius < LEAST_RADIUS_SHARE * width).then(|| {
            format!(
                "The {name} state extends only {} in `{}` from its centre, whereas the tether confines paths to {}: whether one arrives \
                 is chance, and the fraction that does means nothing. A `radius` as wide as the basin is needed.",
                variable.display(*radius),
                variable.name,
                variable.display(width)
            )
        })
    });
    narrow.map(|message| Warning::new(STAGE, message)).collect()
}
