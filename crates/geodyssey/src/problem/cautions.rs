//! What can be seen to be doubtful before anything is computed: tethers too wide for the states, and states that are not states.
//! `check` reports it, and so does every run that is started nevertheless.

use geodyssey_constraints::{ConstraintSettings, LowVarianceSettings};
use geodyssey_report::Warning;

use super::definition::Problem;
use super::preparation::{Origin, Preparation};
use super::state::State;

/// Largest standard deviation of a tether at the ends, in radii of the states: wider, and paths arrive by chance.
const LARGEST_SHARE_OF_RADIUS: f64 = 0.5;
/// Largest standard deviation of a tether, as a share of the distance between the states: wider, and it confines nothing.
const LARGEST_SHARE_OF_DISTANCE: f64 = 0.2;

/// A tether at the ends in one variable.
pub(crate) struct TetherWidth {
    /// Its standard deviation, in radian, nm or the landscape's own unit.
    pub(crate) width: f64,
    /// The same as a share of the distance between the states in this variable; none where they do not differ by more than a radius.
    pub(crate) share: Option<f64>,
}

/// The wider one of the tethers at the two ends, for every variable; none without states.
pub(crate) fn tethers_at_the_ends(problem: &Problem) -> Option<Vec<TetherWidth>> {
    let [start, end] = problem.states.as_ref()?;
    let log_snr = problem.config.geodesic.log_snr;
    let widths = problem.scales.tether_widths(log_snr.start.min(log_snr.end)).into_iter().enumerate();
    let with_share = widths.map(|(axis, width)| {
        let distance = problem.variables[axis].difference(end.center[axis], start.center[axis]).abs();
        let told = distance > start.radius[axis].min(end.radius[axis]);
        TetherWidth { width, share: told.then_some(width / distance) }
    });
    Some(with_share.collect())
}

/// Everything doubtful.
pub(crate) fn cautions(problem: &Problem) -> Vec<Warning> {
    let Some(states) = &problem.states else { return Vec::new() };
    let mut list = wide_tethers(problem, states);
    for (index, preparation) in problem.preparations.iter().flatten().enumerate() {
        list.extend(no_state(problem, ["start", "end"][index], &states[index], preparation));
    }
    list
}

fn wide_tethers(problem: &Problem, [start, end]: &[State; 2]) -> Vec<Warning> {
    let mut list = Vec::new();
    let ends = problem.config.geodesic.log_snr;
    let lowest = ends.start.min(ends.end);
    for (axis, variable) in problem.variables.iter().enumerate() {
        let width = problem.scales.tether_widths(lowest)[axis];
        let radius = start.radius[axis].min(end.radius[axis]);
        if width > LARGEST_SHARE_OF_RADIUS * radius {
            let needed = lowest + 2.0 * (width / (LARGEST_SHARE_OF_RADIUS * radius)).ln();
            let smaller =
                if variable.period.is_none() { ", or give this variable a smaller `scale`" } else { "" };
            list.push(Warning::new(
                "geodesic",
                format!(
                    "At the ends the tether of logSNR {lowest} confines `{}` only to within {} (one standard deviation), whereas \
                     the states extend {} from their centres: many paths that follow the curve well will not count as arrived. \
                     Raise `geodesic.log_snr` to {:.1} or more{smaller}, or widen the states.",
                    variable.name,
                    variable.display(width),
                    variable.display(radius),
                    (10.0 * needed).ceil() / 10.0,
                ),
            ));
        }
    }
    let squares = problem.variables.iter().zip(problem.scales.each()).enumerate();
    let distance = squares
        .map(|(axis, (variable, scale))| {
            (variable.difference(end.center[axis], start.center[axis]) / scale).powi(2)
        })
        .sum::<f64>()
        .sqrt();
    let floors = problem.config.constraints.iter().filter_map(|constraint| match &constraint.settings {
        ConstraintSettings::LowVariance(LowVarianceSettings { log_snr_floor, .. })
            if !constraint.report_only =>
        {
            log_snr_floor.map(|floor| ("the floor of `low-variance`", "`log_snr_floor`", floor))
        }
        _ => None,
    });
    for (what, key, log_snr) in std::iter::once(("the ends", "`geodesic.log_snr`", lowest)).chain(floors) {
        let share = (-0.5 * log_snr).exp() / distance;
        if share > LARGEST_SHARE_OF_DISTANCE {
            let needed = -2.0 * (LARGEST_SHARE_OF_DISTANCE * distance).ln();
            list.push(Warning::new(
                "geodesic",
                format!(
                    "At {what} the tether of logSNR {log_snr} has a standard deviation of {:.0} % of the distance between the \
                     states: it does not confine the molecule to any particular place. Raise {key} to {:.1} or more, or measure the \
                     variables in smaller units (`scale` in [[variable]]).",
                    100.0 * share,
                    (10.0 * needed).ceil() / 10.0,
                ),
            ));
        }
    }
    list
}

/// A structure that does not stay in its state.
fn no_state(problem: &Problem, name: &str, state: &State, preparation: &Preparation) -> Option<Warning> {
    let shown = |values: &[f64]| -> String {
        let values = problem.variables.iter().zip(values);
        let values: Vec<String> = values
            .map(|(variable, &value)| format!("{} {}", variable.name, variable.display(value)))
            .collect();
        values.join(", ")
    };
    let file = preparation.values_in_file.as_ref()?;
    let message = match preparation.origin {
        Origin::Held => format!(
            "Without restraint, the structure of the {name} state does not stay in the {name} state: this force field has no energy minimum \
             near {}. The molecule will leave this state spontaneously; another `center` or another `structure` may be the intended \
             state.",
            shown(&state.center)
        ),
        Origin::Minimised => {
            let moved = State { center: file.clone(), ..state.clone() };
            if moved.contains(&problem.variables, &preparation.values) {
                return None;
            }
            format!(
                "Minimised under this run's force field, the structure of the {name} state moves by more than the state's radius, from {} to \
                 {}, and the state is placed there. The structure in the file is not a state in this force field.",
                shown(file),
                shown(&preparation.values)
            )
        }
        Origin::AsGiven | Origin::DrivenFromOther | Origin::DrivenFromTopology => return None,
    };
    Some(Warning::new("landscape", message))
}
