//! What counts as being in a state, for populations.

use geodyssey_landscape::{Grid, basin, nearest_point};

use super::subject::Subject;
use crate::error::Error;
use crate::problem::Problem;
use crate::stages::barrier;

/// The two states as regions of the variables.
pub(super) enum Regions<'r> {
    /// Connected to the state's centre through grid points more than one kT below the lowest barrier between the two.
    Basins {
        /// The grid.
        grid: &'r Grid,
        /// Whether each grid point belongs to the start's and the end's basin.
        inside: [Vec<bool>; 2],
    },
    /// Within the radius of the configuration.
    Radii(&'r Problem),
}

impl<'r> Regions<'r> {
    /// Basins where the landscape has a barrier on a grid, else the states as the configuration has them.
    pub(super) fn of(subject: &Subject<'r>) -> Result<Self, Error> {
        let (problem, landscape) = (subject.run.problem, subject.landscape);
        let radii = Self::Radii(problem);
        let Some(grid) = &landscape.grid else { return Ok(radii) };
        let Some(barrier) = barrier::lowest(problem, landscape)? else { return Ok(radii) };
        let limit = barrier - problem.thermal_energy;
        let inside = problem.states()?.each_ref().map(|state| basin(grid, &state.center, limit));
        let empty = inside.iter().any(|basin| basin.iter().all(|inside| !inside));
        let joined = inside[0].iter().zip(&inside[1]).any(|(start, end)| start & end);
        // Where the barrier is next to nothing, or the grid too coarse for it, there are no basins.
        Ok(if empty || joined { radii } else { Self::Basins { grid, inside } })
    }

    /// `basin` or `radius`.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Basins { .. } => "basin",
            Self::Radii(_) => "radius",
        }
    }

    /// Shares of points in the start's and the end's state; `weights` are normalised.
    pub(super) fn shares(&self, points: &[Vec<f64>], weights: &[f64]) -> Result<[f64; 2], Error> {
        let share = |contains: &dyn Fn(&[f64]) -> bool| -> f64 {
            points.iter().zip(weights).filter(|(x, _)| contains(x)).map(|(_, weight)| weight).sum()
        };
        Ok(match self {
            Self::Basins { grid, inside } => {
                inside.each_ref().map(|basin| share(&|x| basin[nearest_point(grid, x)]))
            }
            Self::Radii(problem) => {
                problem.states()?.each_ref().map(|state| share(&|x| state.contains(&problem.variables, x)))
            }
        })
    }
}
