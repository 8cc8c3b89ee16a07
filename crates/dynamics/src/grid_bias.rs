//! A bias on a grid.

use crate::grid::Grid;
use crate::spline::CubicSpline;

/// Energies on the nodes of a grid, interpolated by a cubic spline, with harmonic walls at the ends of non-periodic variables: one grid
/// spacing beyond an end the energy is `½ kT` higher. Its cost does not depend on the number of hills.
#[derive(Clone, Debug)]
pub struct GridBias {
    grid: Grid,
    spline: CubicSpline,
    thermal_energy: f64,
}

impl GridBias {
    /// The energies of a grid, with walls for a thermal energy (kJ/mol).
    pub fn new(grid: Grid, thermal_energy_kj_mol: f64) -> Self {
        Self { spline: CubicSpline::new(&grid), grid, thermal_energy: thermal_energy_kj_mol }
    }

    /// The energies on the nodes, kJ/mol.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Force constant of the walls of a non-periodic variable, in kJ/mol per square of the variable's unit.
    pub fn wall_stiffness(&self, variable: usize) -> f64 {
        let spacing = self.grid.axes[variable].spacing;
        self.thermal_energy / (spacing * spacing)
    }

    /// The energy without walls, kJ/mol.
    pub fn without_walls(&self, x: &[f64]) -> f64 {
        let mut gradient = [0.0; 3];
        self.spline.evaluate(x, &mut gradient[..x.len()])
    }

    /// Adds energies (kJ/mol) to nodes, in their order.
    pub fn add(&mut self, energies: impl IntoIterator<Item = (usize, f64)>) {
        for (node, energy) in energies {
            self.grid.values[node] += energy;
        }
        self.spline.refit(&self.grid.values);
    }

    /// As [`Bias::evaluate`](crate::Bias::evaluate).
    pub fn evaluate(&self, values: &[f64], stride: usize, energies: &mut [f64], derivatives: &mut [f64]) {
        let dimension = self.grid.dimension();
        let (mut x, mut gradient) = ([0.0; 3], [0.0; 3]);
        for (replica, energy) in energies.iter_mut().enumerate() {
            for (variable, x) in x[..dimension].iter_mut().enumerate() {
                *x = values[variable * stride + replica];
            }
            *energy = self.spline.evaluate(&x[..dimension], &mut gradient[..dimension]);
            for (variable, axis) in self.grid.axes.iter().enumerate() {
                if axis.period.is_none() {
                    let stiffness = self.wall_stiffness(variable);
                    let beyond = x[variable] - x[variable].clamp(axis.start, axis.end());
                    *energy += 0.5 * stiffness * beyond * beyond;
                    gradient[variable] += stiffness * beyond;
                }
                derivatives[variable * stride + replica] = gradient[variable];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::GridAxis;

    #[test]
    fn forces_are_those_of_energies_and_walls() {
        let axis = GridAxis::bounded("d", 0.2, 1.1, 90);
        let grid = Grid::from_function(vec![axis], |x| {
            [(0.25, 3.0), (1.0, 2.0)]
                .iter()
                .map(|(c, h)| h * (-0.5 * ((x[0] - c) / 0.03_f64).powi(2)).exp())
                .sum()
        });
        let bias = GridBias::new(grid.unwrap(), 2.5);
        let energy = |x: f64| {
            let (mut energy, mut derivative) = ([0.0; 1], [0.0; 1]);
            bias.evaluate(&[x], 1, &mut energy, &mut derivative);
            (energy[0], derivative[0])
        };
        for x in [0.15, 0.21, 0.3, 0.7, 1.05, 1.13] {
            let difference = (energy(x + 1e-6).0 - energy(x - 1e-6).0) / 2e-6;
            assert!((energy(x).1 - difference).abs() < 1e-5 * (1.0 + difference.abs()), "{x}");
        }
        assert!(energy(0.15).0 > energy(0.2).0 + 10.0);
        assert!((energy(0.7).0 - bias.without_walls(&[0.7])).abs() < 1e-15);
    }
}
