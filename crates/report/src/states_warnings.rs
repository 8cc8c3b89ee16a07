//! What a reader must know of the states, of what arrives there, and of constraints that paths break.

use crate::{ConstraintSummary, StateSummary, StructureMatch, decimals};

/// A state that lies higher than this above the minimum of its basin, in kT, is a place on a slope.
const LARGEST_HEIGHT_KT: f64 = 2.0;

/// A state on a slope of the landscape.
pub(crate) fn on_a_slope(state: &StateSummary, thermal_energy: f64) -> Option<String> {
    let above =
        state.above_basin_minimum_kj_mol.filter(|above| *above > LARGEST_HEIGHT_KT * thermal_energy)?;
    let place: Vec<String> = state.basin_minimum.iter().flatten().map(|x| decimals(*x, 3)).collect();
    Some(format!(
        "The {} state is not stable on this landscape: it lies {} kJ/mol ({} kT) up a slope, which the molecule descends \
         spontaneously to ({}) in the units of the files. ΔF and barriers are those of the given position; a state at the foot of \
         the slope may be the intended one.",
        state.state,
        decimals(above, 1),
        decimals(above / thermal_energy, 1),
        place.join(", ")
    ))
}

/// Paths that arrive in the variables, but at another structure.
pub(crate) fn other_structures(found: &StructureMatch) -> Option<String> {
    let arrived = found.arrived + found.arrived_backward;
    let same = found.same_structure + found.same_structure_backward;
    (same < arrived).then(|| {
        let bonds = found.differing_bonds.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
        let counted = if found.required {
            "They do not count as reached."
        } else {
            "They still count as reached; `match = \"structure\"` in [states] excludes them, and a variable for such a bond drives \
             it."
        };
        format!(
            "{} of {arrived} paths that arrive in the variables ({} of {} forward) have a different structure there from the \
             state's: their torsions differ by more than {}° about {bonds}. {counted}",
            arrived - same,
            found.arrived - found.same_structure,
            found.arrived,
            decimals(found.tolerance_degrees, 0)
        )
    })
}

/// A constraint that the curve keeps and the paths do not.
pub(crate) fn broken_by_paths(constraint: &ConstraintSummary) -> Option<String> {
    let sampled = constraint.sampled.as_ref().filter(|sampled| !sampled.kept && !constraint.report_only)?;
    let curve = if constraint.satisfied {
        "is satisfied by the curve, but not by the paths"
    } else {
        "is not satisfied by the paths"
    };
    let numbers = if sampled.unit.is_empty() {
        let points = sampled.share_of_points_inside.map_or_else(String::new, |share| {
            format!(", with {} % of their points", decimals(100.0 * share, 1))
        });
        format!(
            "{} % of the paths are inside{points}; {} % are allowed",
            decimals(100.0 * sampled.value, 0),
            decimals(100.0 * sampled.limit, 0)
        )
    } else {
        let unit = &sampled.unit;
        format!(
            "{} {unit}, where {} {unit} are allowed",
            decimals(sampled.value, 2),
            decimals(sampled.limit, 2)
        )
    };
    Some(format!(
        "The constraint {} ({}) {curve}: {numbers} ({}). A higher logSNR or slower paths make atoms follow the curve more closely, a \
         larger distance or a lower ceiling keeps the curve itself further away.",
        constraint.kind, constraint.description, sampled.definition
    ))
}
