//! Samples of Boltzmann densities on grids and among points.

use geodyssey_statistics::RandomStream;

use crate::{Grid, GridAxis, LandscapeError};

/// Samples of `p(x) ∝ exp(-F/kT')` at a temperature `T'` of choice, with the weights that lead back to the temperature `T`.
#[derive(Clone, Debug, PartialEq)]
pub struct BoltzmannSamples {
    /// Samples, in the variables' units.
    pub points: Vec<Vec<f64>>,
    /// `w ∝ exp(-F/kT)/p`, the largest 1.
    pub weights: Vec<f64>,
}

/// `count` samples of `exp(-F/sampled)` over a grid's extent: a grid point with the probability of its energy, then a place in
/// its cell, all alike; the cells at the ends of a bounded axis are half as wide and half as likely. The weights
/// `exp(-F(x)/target + F(grid point)/sampled)` are exact for the energy between the points too.
///
/// Both temperatures are kT in kJ/mol. Grid points are drawn in equal parts of the cumulative probability (stratified), so that
/// their shares are off by less than one sample.
///
/// # Errors
/// [`LandscapeError::Grid`] if a temperature is not positive or `energy` is not finite at a sample.
pub fn boltzmann_samples(
    grid: &Grid,
    energy: impl Fn(&[f64]) -> f64,
    sampled_kj_mol: f64,
    target_kj_mol: f64,
    count: usize,
    random: RandomStream,
) -> Result<BoltzmannSamples, LandscapeError> {
    let volumes: Vec<f64> = (0..grid.len()).map(|point| volume(grid, point)).collect();
    let cells = draw(&grid.values, &volumes, sampled_kj_mol, count, random)?;
    let within = random.substream("within the cell");
    let mut points = Vec::with_capacity(count);
    let mut logarithms = Vec::with_capacity(count);
    for (sample, cell) in cells.into_iter().enumerate() {
        let mut x = grid.point(cell);
        for (row, (value, axis)) in x.iter_mut().zip(&grid.axes).enumerate() {
            let (path, step) = (sample as u32, (sample as u64) >> 32);
            *value = within_cell(axis, *value, within.uniform(path, step, row as u32) - 0.5);
        }
        let value = energy(&x);
        if !value.is_finite() {
            return Err(LandscapeError::Grid(format!("the energy at {x:?} is {value}")));
        }
        points.push(x);
        logarithms.push(grid.values[cell] / sampled_kj_mol - value / target_kj_mol);
    }
    Ok(BoltzmannSamples { points, weights: weights(&logarithms, target_kj_mol)? })
}

/// The same for point masses: rows are drawn as they are.
///
/// # Errors
/// As [`boltzmann_samples`].
pub fn boltzmann_rows(
    rows: &[Vec<f64>],
    energies_kj_mol: &[f64],
    sampled_kj_mol: f64,
    target_kj_mol: f64,
    count: usize,
    random: RandomStream,
) -> Result<BoltzmannSamples, LandscapeError> {
    let drawn = draw(energies_kj_mol, &vec![1.0; rows.len()], sampled_kj_mol, count, random)?;
    let logarithms: Vec<f64> = drawn
        .iter()
        .map(|&row| energies_kj_mol[row] * (1.0 / sampled_kj_mol - 1.0 / target_kj_mol))
        .collect();
    let points = drawn.iter().map(|&row| rows[row].clone()).collect();
    Ok(BoltzmannSamples { points, weights: weights(&logarithms, target_kj_mol)? })
}

/// Volume of a grid point's cell in units of an inner one's.
fn volume(grid: &Grid, point: usize) -> f64 {
    let mut remainder = point;
    let mut volume = 1.0;
    for axis in grid.axes.iter().rev() {
        let place = remainder % axis.count;
        remainder /= axis.count;
        if axis.period.is_none() && (place == 0 || place + 1 == axis.count) {
            volume *= 0.5;
        }
    }
    volume
}

/// Indices drawn with probability `∝ V exp(-F/kT)`, in order.
fn draw(
    energies: &[f64],
    volumes: &[f64],
    thermal_energy: f64,
    count: usize,
    random: RandomStream,
) -> Result<Vec<usize>, LandscapeError> {
    if !(thermal_energy > 0.0 && thermal_energy.is_finite()) {
        return Err(LandscapeError::Grid(format!("kT = {thermal_energy} is not a positive number")));
    }
    let lowest = energies.iter().copied().fold(f64::INFINITY, f64::min);
    let mut sum = 0.0;
    let cumulative: Vec<f64> = energies
        .iter()
        .zip(volumes)
        .map(|(energy, volume)| {
            sum += volume * ((lowest - energy) / thermal_energy).exp();
            sum
        })
        .collect();
    if !sum.is_finite() {
        return Err(LandscapeError::Grid("an energy is not finite".to_owned()));
    }
    let mut index = 0;
    Ok((0..count)
        .map(|sample| {
            let uniform = random.uniform(sample as u32, (sample as u64) >> 32, 0);
            let share = (sample as f64 + uniform) / count as f64 * sum;
            while index + 1 < cumulative.len() && cumulative[index] <= share {
                index += 1;
            }
            index
        })
        .collect())
}

/// A place in the cell of a grid point, `share` in (-½, ½) of its width; the cells of a bounded axis' ends are folded inwards.
fn within_cell(axis: &GridAxis, value: f64, share: f64) -> f64 {
    let moved = value + share * axis.spacing;
    if axis.period.is_some() || (axis.start..=axis.end()).contains(&moved) {
        moved
    } else {
        value - share * axis.spacing
    }
}

fn weights(logarithms: &[f64], target: f64) -> Result<Vec<f64>, LandscapeError> {
    if !(target > 0.0 && target.is_finite()) {
        return Err(LandscapeError::Grid(format!("kT = {target} is not a positive number")));
    }
    let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(logarithms.iter().map(|logarithm| (logarithm - largest).exp()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A torsion's `F = A cos θ` has `⟨cos θ⟩ = -I₁(βA)/I₀(βA)`; at βA = 1 and 2 that is 0.446390 and 0.697775
    /// (Abramowitz and Stegun, Table 9.8).
    #[test]
    fn weighted_samples_of_a_hot_density_have_the_means_of_the_cold_one() {
        let energy = |x: &[f64]| 2.0 * x[0].cos();
        let axes = vec![GridAxis::periodic("theta", -std::f64::consts::PI, std::f64::consts::TAU, 24)];
        let grid = Grid::from_function(axes, energy).unwrap();
        for (sampled, target, expected) in
            [(2.0, 1.0, -0.697_775), (1.0, 1.0, -0.697_775), (2.0, 2.0, -0.446_390)]
        {
            let random = RandomStream::new(5, "test");
            let samples = boltzmann_samples(&grid, energy, sampled, target, 40_000, random).unwrap();
            let sum: f64 = samples.weights.iter().sum();
            let mean: f64 =
                samples.points.iter().zip(&samples.weights).map(|(x, w)| w * x[0].cos()).sum::<f64>() / sum;
            assert!((mean - expected).abs() < 3e-3, "kT {sampled} → {target}: {mean}");
        }
    }

    #[test]
    fn samples_of_a_bounded_axis_stay_inside_and_rows_stay_rows() {
        let axes = vec![GridAxis::bounded("x", -1.0, 1.0, 5)];
        let grid = Grid::from_function(axes, |x| x[0]).unwrap();
        let random = RandomStream::new(1, "test");
        let samples = boltzmann_samples(&grid, |x| x[0], 1.0, 1.0, 5000, random).unwrap();
        assert!(samples.points.iter().all(|x| (-1.0..=1.0).contains(&x[0])));
        // ⟨x⟩ of exp(-x) on [-1, 1] is 1 - coth 1.
        let sum: f64 = samples.weights.iter().sum();
        let mean: f64 = samples.points.iter().zip(&samples.weights).map(|(x, w)| w * x[0]).sum::<f64>() / sum;
        assert!((mean - (1.0 - 1.0 / 1.0_f64.tanh())).abs() < 0.02, "{mean}");
        let rows = vec![vec![0.0], vec![1.0]];
        let drawn = boltzmann_rows(&rows, &[0.0, 2.0], 2.0, 1.0, 10_000, random).unwrap();
        let upper = drawn.points.iter().filter(|x| x[0] == 1.0).count() as f64 / 1e4;
        let share = (-1.0_f64).exp() / (1.0 + (-1.0_f64).exp());
        assert!((upper - share).abs() < 1e-3, "{upper}");
        let weight = |x: f64| drawn.points.iter().position(|p| p[0] == x).map(|i| drawn.weights[i]).unwrap();
        assert!((weight(1.0) / weight(0.0) - (-1.0_f64).exp()).abs() < 1e-12);
        assert!(boltzmann_rows(&rows, &[0.0, 2.0], 0.0, 1.0, 10, random).is_err());
    }
}
