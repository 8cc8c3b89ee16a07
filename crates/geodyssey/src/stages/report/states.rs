//! The states in the summary: what they are, and whether they are states on this landscape.

use geodyssey_landscape::{basin, nearest_point};
use geodyssey_report::StateSummary;

use crate::artifacts::landscape::LandscapeResult;
use crate::problem::Problem;

/// Both states; none where the configuration has none.
pub(super) fn states(problem: &Problem, landscape: &LandscapeResult) -> Vec<StateSummary> {
    let Some(states) = &problem.states else { return Vec::new() };
    let named = ["start", "end"].into_iter().zip(states).enumerate();
    named
        .map(|(index, (name, state))| {
            let preparation = problem.preparations.as_ref().map(|both| &both[index]);
            let moved = preparation.and_then(|preparation| {
                let file = preparation.values_in_file.as_ref()?;
                let differences = problem.variables.iter().zip(file).zip(&preparation.values);
                let radii = differences.zip(&state.radius).map(|(((variable, before), after), radius)| {
                    (variable.difference(*after, *before) / radius).powi(2)
                });
                Some(radii.sum::<f64>().sqrt())
            });
            let lowest = lowest_nearby(problem, landscape, &state.center);
            StateSummary {
                state: name.to_owned(),
                center: state.center.clone(),
                radius: state.radius.clone(),
                structure: preparation.map(|preparation| preparation.origin.name().to_owned()),
                potential_energy_kj_mol: preparation.map(|preparation| preparation.energy_kj_mol),
                moved_radii: moved,
                above_basin_minimum_kj_mol: lowest.as_ref().map(|(above, _)| *above),
                basin_minimum: lowest.map(|(_, place)| place),
            }
        })
        .collect()
}

/// The lowest point that can be reached from `x` on the landscape's grid without climbing more than one kT above it: how far below
/// `x` it lies, and where. A molecule leaves `x` for it within its own fluctuations.
fn lowest_nearby(problem: &Problem, landscape: &LandscapeResult, x: &[f64]) -> Option<(f64, Vec<f64>)> {
    let grid = landscape.grid.as_ref()?;
    let here = grid.values[nearest_point(grid, x)];
    let inside = basin(grid, x, here + problem.thermal_energy);
    let reached = (0..grid.len()).filter(|&index| inside[index]);
    let lowest = reached.min_by(|&a, &b| grid.values[a].total_cmp(&grid.values[b]))?;
    Some((here - grid.values[lowest], grid.point(lowest)))
}
