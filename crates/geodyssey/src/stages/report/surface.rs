//! A landscape as figures take it.

use geodyssey_report::plots::{Surface, VariableAxis};

use crate::stages::landscape::LandscapeResult;
use crate::stages::system::Problem;

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
        unit: variable.measure.column_unit().trim_start_matches('_').to_owned(),
        lower,
        upper: variable.period.map_or(upper, |period| lower + period),
        periodic: variable.period.is_some(),
    })
    .collect()
}
