//! Settings under which the paths' numbers mean nothing, although each of them is right.

use geodyssey_report::Warning;
use geodyssey_sampling::TetherPoint;

use super::STAGE;
use crate::stages::system::Problem;

/// Share of the tether's spread below which a radius holds hardly any of the paths that a tether has led there: of one variable, one in
/// twelve; of two, one in two hundred.
const LEAST_RADIUS_SHARE: f64 = 0.1;

/// A state that is so narrow that no path can be told to have arrived.
pub(super) fn warnings(problem: &Problem, curve: &[TetherPoint]) -> Vec<Warning> {
    let ends = [curve.first(), curve.last()];
    let named = ["start", "end"].into_iter().zip(problem.states.iter().flatten()).zip(ends);
    let narrow = named.filter_map(|((name, state), end)| {
        // The tether acts on a variable with this standard deviation.
        let spread = (-0.5 * end?.log_snr).exp();
        let radii = problem.variables.iter().zip(&state.radius);
        let (variable, radius) = radii.min_by(|a, b| a.1.total_cmp(b.1))?;
        (*radius < LEAST_RADIUS_SHARE * spread).then(|| {
            format!(
                "The {name} reaches only {radius:.1e} of `{}` from its centre, and the tether holds paths to {spread:.1e}: whether one arrives \
                 is chance, and the share that does means nothing. A `radius` as wide as the basin is needed.",
                variable.name
            )
        })
    });
    narrow.map(|message| Warning::new(STAGE, message)).collect()
}
