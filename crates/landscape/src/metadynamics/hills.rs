//! Hills: Gaussians that walkers add to the bias.

use geodyssey_dynamics::{Grid, GridBias};

use super::MetadynamicsVariable;
use super::filling::{HILLS_IN_RANGE, NARROWEST_HILL};
use crate::{GridAxis, LandscapeError};

/// Hills are cut off at this many standard deviations, where they are 1e-8 of their height.
const CUTOFF: f64 = 6.0;

/// The bias with these energies (kJ/mol) on the nodes.
pub(super) fn bias(
    variables: &[MetadynamicsVariable],
    values: Vec<f64>,
    thermal_energy: f64,
) -> Result<GridBias, LandscapeError> {
    let grid = Grid::new(variables.iter().map(|variable| variable.axis.clone()).collect(), values)?;
    for MetadynamicsVariable { axis, hill_width } in variables {
        let widest = (axis.end() - axis.start) / HILLS_IN_RANGE;
        let narrowest = NARROWEST_HILL * axis.spacing;
        // Rounding must not cause a rejection.
        if !(*hill_width >= narrowest * (1.0 - 1e-9) && *hill_width <= widest * (1.0 + 1e-9)) {
            return Err(LandscapeError::Parameters(format!(
                "the width of the hills along `{}` must be at least {NARROWEST_HILL} grid spacings ({}) and at most a twelfth of the range \
                 ({widest}), not {hill_width}",
                axis.name, narrowest
            )));
        }
    }
    Ok(GridBias::new(grid, thermal_energy))
}

/// Adds hills, given by centre and height, in their order.
pub(super) fn deposit(bias: &mut GridBias, variables: &[MetadynamicsVariable], hills: &[(Vec<f64>, f64)]) {
    let nodes_of = |(centre, height): &(Vec<f64>, f64)| {
        let mut nodes = vec![(0, *height)];
        for (MetadynamicsVariable { axis, hill_width }, x) in variables.iter().zip(centre) {
            let factors = factors(axis, *hill_width, *x);
            nodes = nodes
                .iter()
                .flat_map(|(node, value)| {
                    factors.iter().map(move |(index, f)| (node * axis.count + index, value * f))
                })
                .collect();
        }
        nodes
    };
    bias.add(hills.iter().flat_map(nodes_of));
}

/// A hill's factor along one axis on the nodes within its reach.
fn factors(axis: &GridAxis, width: f64, x: f64) -> Vec<(usize, f64)> {
    let place = (x - axis.start) / axis.spacing;
    let reach = CUTOFF * width / axis.spacing;
    let (mut first, mut last) = ((place - reach).ceil() as i64, (place + reach).floor() as i64);
    let count = axis.count as i64;
    if axis.period.is_some() {
        // No node is visited twice: a hill is so narrow that only its nearest image matters.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hills_are_gaussians_across_the_period_too() {
        let variables = [MetadynamicsVariable::torsion("phi"), MetadynamicsVariable::bounded("d", 0.2, 1.1)];
        let mut bias = bias(&variables, vec![0.0; 90 * 90], 2.5).unwrap();
        let hills = vec![(vec![3.0, 0.5], 1.5), (vec![-3.1, 0.52], 0.5)];
        deposit(&mut bias, &variables, &hills);
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
            let found = bias.without_walls(&x);
            assert!((found - exact).abs() < 2e-3, "{x:?} {exact} {found}");
        }
    }

    #[test]
    fn hills_too_narrow_for_the_grid_are_refused() {
        let mut variable = MetadynamicsVariable::torsion("phi");
        variable.hill_width = 0.01;
        assert!(bias(&[variable], vec![0.0; 90], 2.5).unwrap_err().to_string().contains("phi"));
    }
}
