//! A bias kept on a grid.

use geodyssey_sampling::BiasPotential;

use super::MetadynamicsVariable;
use super::filling::{HILLS_IN_RANGE, NARROWEST_HILL};
use crate::spline::CubicSpline;
use crate::{Grid, GridAxis, LandscapeError};

/// Hills are cut off at this many standard deviations, where they are 1e-8 of their height.
const CUTOFF: f64 = 6.0;

/// The sum of all hills, on the nodes of a grid and between them by a cubic spline, with walls at the ends of variables
/// without period. Its cost does not grow with the number of hills.
#[derive(Clone, Debug)]
pub(super) struct GridBias {
    grid: Grid,
    spline: CubicSpline,
    hill_widths: Vec<f64>,
    thermal_energy: f64,
}

impl GridBias {
    pub(super) fn new(
        variables: &[MetadynamicsVariable],
        values: Vec<f64>,
        thermal_energy: f64,
    ) -> Result<Self, LandscapeError> {
        let grid = Grid::new(variables.iter().map(|variable| variable.axis.clone()).collect(), values)?;
        for MetadynamicsVariable { axis, hill_width } in variables {
            let widest = (axis.end() - axis.start) / HILLS_IN_RANGE;
            let narrowest = NARROWEST_HILL * axis.spacing;
            // Rounding refuses nothing.
            if !(*hill_width >= narrowest * (1.0 - 1e-9) && *hill_width <= widest * (1.0 + 1e-9)) {
                return Err(LandscapeError::Parameters(format!(
                    "the hills along `{}` must be at least {NARROWEST_HILL} grid spacings ({}) and at most a twelfth of its range \
                     ({widest}) wide, not {hill_width}",
                    axis.name, narrowest
                )));
            }
        }
        let hill_widths = variables.iter().map(|variable| variable.hill_width).collect();
        Ok(Self { spline: CubicSpline::new(&grid), grid, hill_widths, thermal_energy })
    }

    pub(super) fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Hills alone, without walls.
    pub(super) fn hills(&self, x: &[f64]) -> f64 {
        let mut gradient = [0.0; 3];
        self.spline.evaluate(x, &mut gradient[..x.len()])
    }

    /// Adds hills, given by centre and height, in their order.
    pub(super) fn deposit(&mut self, hills: &[(Vec<f64>, f64)]) {
        let axes = &self.grid.axes;
        for (centre, height) in hills {
            let factors: Vec<Vec<(usize, f64)>> = axes
                .iter()
                .zip(&self.hill_widths)
                .zip(centre)
                .map(|((axis, width), x)| factors(axis, *width, *x))
                .collect();
            let mut nodes = vec![(0, *height)];
            for (axis, factors) in axes.iter().zip(&factors) {
                nodes = nodes
                    .iter()
                    .flat_map(|(node, value)| {
                        factors.iter().map(move |(index, f)| (node * axis.count + index, value * f))
                    })
                    .collect();
            }
            for (node, value) in nodes {
                self.grid.values[node] += value;
            }
        }
        self.spline.refit(&self.grid.values);
    }
}

/// A hill's factor along one axis on the nodes within its reach.
fn factors(axis: &GridAxis, width: f64, x: f64) -> Vec<(usize, f64)> {
    let place = (x - axis.start) / axis.spacing;
    let reach = CUTOFF * width / axis.spacing;
    let (mut first, mut last) = ((place - reach).ceil() as i64, (place + reach).floor() as i64);
    let count = axis.count as i64;
    if axis.period.is_some() {
        // No node twice: a hill is narrow enough for its nearest image to be all that counts.
        last = last.min(first + count - 1);
    } else {
        first = first.clamp(0, count);
        last = last.clamp(-1, count - 1);
    }
    (first..=last)
        .map(|index| {
            let distance = (index as f64 - place) * axis.spacing / width;
            (index.rem_euclid(count) as usize, (-0.5 * distance * distance).exp())
        })
        .collect()
}

impl BiasPotential for GridBias {
    fn evaluate(&self, values: &[f64], stride: usize, energies: &mut [f64], derivatives: &mut [f64]) {
        let dimension = self.grid.dimension();
        let (mut x, mut gradient) = ([0.0; 3], [0.0; 3]);
        for (replica, energy) in energies.iter_mut().enumerate() {
            for (variable, x) in x[..dimension].iter_mut().enumerate() {
                *x = values[variable * stride + replica];
            }
            *energy = self.spline.evaluate(&x[..dimension], &mut gradient[..dimension]);
            for (variable, axis) in self.grid.axes.iter().enumerate() {
                if axis.period.is_none() {
                    let stiffness = self.thermal_energy / (axis.spacing * axis.spacing);
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

    #[test]
    fn hills_are_gaussians_across_the_period_too() {
        let variables = [MetadynamicsVariable::torsion("phi"), MetadynamicsVariable::bounded("d", 0.2, 1.1)];
        let mut bias = GridBias::new(&variables, vec![0.0; 90 * 90], 2.5).unwrap();
        let hills = vec![(vec![3.0, 0.5], 1.5), (vec![-3.1, 0.52], 0.5)];
        bias.deposit(&hills);
        for i in 0..200 {
            let place = |ratio: f64| (ratio * f64::from(i + 1)).fract();
            let x = [20.0 * place(0.618) - 10.0, 0.3 + 0.6 * place(0.755)];
            let exact: f64 = hills
                .iter()
                .map(|(centre, height)| {
                    let around = (x[0] - centre[0]) / std::f64::consts::TAU;
                    let dx = (around - around.round()) * std::f64::consts::TAU / 0.25;
                    let dy = (x[1] - centre[1]) / 0.03;
                    height * (-0.5 * (dx * dx + dy * dy)).exp()
                })
                .sum();
            assert!((bias.hills(&x) - exact).abs() < 2e-3, "{x:?} {exact} {}", bias.hills(&x));
        }
    }

    #[test]
    fn forces_are_those_of_hills_and_walls() {
        let variables = [MetadynamicsVariable::bounded("d", 0.2, 1.1)];
        let mut bias = GridBias::new(&variables, vec![0.0; 90], 2.5).unwrap();
        bias.deposit(&[(vec![0.25], 3.0), (vec![1.0], 2.0)]);
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
    }

    #[test]
    fn hills_too_narrow_for_the_grid_are_refused() {
        let mut variable = MetadynamicsVariable::torsion("phi");
        variable.hill_width = 0.01;
        assert!(GridBias::new(&[variable], vec![0.0; 90], 2.5).unwrap_err().to_string().contains("phi"));
    }
}
