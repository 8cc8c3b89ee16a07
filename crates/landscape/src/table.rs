//! A table of energies as a smooth landscape.

use geodyssey_dynamics::CubicSpline;

use crate::{Grid, Landscape, LandscapeError};

/// Depth, as a share of an axis's length, at which the wall beyond its end is as high as the table's whole range.
const WALL_DEPTH: f64 = 0.05;

/// The cubic spline through the values of a grid ("bicubic" in two dimensions): C2, fourth order in the spacing, its
/// gradient the exact derivative of its energy. More accurate than Catmull–Rom's C1 interpolation, which is of third order.
///
/// Beyond the ends of a variable without period the energy goes on along its tangent plus a wall `½κδ²`, with `δ` the
/// distance beyond and `κ = 2R/(0.05 w)²`, where `R` is the range of the table's energies (at least 1 kJ/mol) and `w`
/// the length of the axis: so it stays C1 and grows by `R` within a twentieth of the axis.
#[derive(Clone, Debug)]
pub struct TableLandscape {
    grid: Grid,
    periods: Vec<Option<f64>>,
    spline: CubicSpline,
    walls: Vec<f64>,
}

impl TableLandscape {
    /// The landscape through a grid's values.
    ///
    /// # Errors
    /// As [`Grid::new`].
    pub fn new(grid: Grid) -> Result<Self, LandscapeError> {
        let grid = Grid::new(grid.axes, grid.values)?;
        let lowest = grid.values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = grid.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let wall = |length: f64| 2.0 * (highest - lowest).max(1.0) / (WALL_DEPTH * length).powi(2);
        let walls = grid.axes.iter().map(|axis| wall(axis.end() - axis.start)).collect();
        Ok(Self { periods: grid.periods(), spline: CubicSpline::new(&grid), grid, walls })
    }

    /// The table itself.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }
}

impl Landscape for TableLandscape {
    fn periods(&self) -> &[Option<f64>] {
        &self.periods
    }

    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut energy = self.spline.evaluate(x, gradient);
        for ((axis, x), (wall, slope)) in self.grid.axes.iter().zip(x).zip(self.walls.iter().zip(gradient)) {
            if axis.period.is_none() {
                let beyond = x - x.clamp(axis.start, axis.end());
                energy += 0.5 * wall * beyond * beyond;
                *slope += wall * beyond;
            }
        }
        energy
    }
}
