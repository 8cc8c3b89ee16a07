//! Free energies of overall states on the landscape.

use super::exact_committor::exact_committor;
use crate::artifacts::landscape::LandscapeResult;
use crate::error::Error;
use crate::problem::Problem;

/// Points of the quadrature, a variable, by the number of variables.
const POINTS: [usize; 3] = [4001, 361, 81];

/// `-kT ln(π_B/π_A)` of the overall states, kJ/mol: a configuration belongs to B as far as the trajectories that lead to it came last from B, for
/// reversible dynamics its committor. By quadrature over the landscape with the committor of its overdamped dynamics; none without a landscape
/// of at most three variables.
pub(super) fn free_energy_of_overall_states(
    problem: &Problem,
    landscape: &LandscapeResult,
) -> Result<Option<f64>, Error> {
    let Some(surface) = landscape.landscape.as_deref() else { return Ok(None) };
    let dimension = problem.variables.len();
    let Some(&points) = POINTS.get(dimension - 1) else { return Ok(None) };
    let committor = exact_committor(problem, landscape)?;
    let kt = problem.thermal_energy;
    let mut sums = [0.0_f64; 2];
    let mut index = vec![0; dimension];
    let place = |axis: usize, index: usize| {
        let (low, high) = landscape.ranges[axis];
        low + (high - low) * (index as f64 + 0.5) / points as f64
    };
    loop {
        let values: Vec<f64> = index.iter().enumerate().map(|(axis, &index)| place(axis, index)).collect();
        let weight = (-(surface.energy(&values) - landscape.minimum) / kt).exp();
        let share = committor.at(&values);
        sums[0] += weight * (1.0 - share);
        sums[1] += weight * share;
        let Some(axis) = (0..dimension).find(|&axis| index[axis] + 1 < points) else { break };
        index[axis] += 1;
        index[..axis].fill(0);
    }
    let [from, to] = sums;
    Ok((from > 0.0 && to > 0.0).then(|| -kt * (to / from).ln()))
}
