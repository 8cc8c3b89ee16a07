//! The grid of a landscape that is computed, by the configuration.

use geodyssey_landscape::GridAxis;

use super::definition::Problem;
use crate::config::InputError;

/// Fewest points along a variable through which an interpolation can be laid.
pub(crate) const FEWEST_GRID_POINTS: usize = 4;

/// The grid's axes of a formula, of metadynamics or of a relaxed scan.
pub(crate) fn grid_axes(problem: &Problem) -> Result<Vec<GridAxis>, InputError> {
    let config = &problem.config;
    let count = config.landscape.grid_points().unwrap_or(0);
    let axes = problem.variables.iter().enumerate().map(|(index, variable)| {
        let name = variable.column();
        match (variable.range, variable.period) {
            (range, Some(period)) => {
                Ok(GridAxis::periodic(&name, range.map_or(0.0, |range| range.0), period, count))
            }
            (Some((low, high)), None) => Ok(GridAxis::bounded(&name, low, high, count)),
            (None, None) => {
                let message = format!("`{}` needs a `range = [least, largest]`", variable.name);
                Err(config.error(&format!("variable.{index}.name"), message))
            }
        }
    });
    axes.collect()
}
