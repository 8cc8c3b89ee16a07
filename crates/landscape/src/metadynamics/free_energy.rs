//! The free energy from counts under a bias that does not change.

use super::MetadynamicsVariable;
use crate::table_file::{SAMPLED_COLUMN, STANDARD_ERROR_COLUMN, write_grid};
use crate::{Grid, LandscapeError};

/// Segments of the sampling time that are counted apart, for the error.
pub(super) const TIME_SEGMENTS: usize = 4;
/// Energies up to this one count for the convergence measure, kJ/mol.
pub const CONVERGENCE_CEILING_KJ_MOL: f64 = 40.0;
/// Counts that are added to every grid point, so that one that was never visited has a finite energy.
const FLOOR_COUNTS: f64 = 1.0;

/// A free energy on a grid with its errors.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeEnergy {
    /// `F` in kJ/mol above its lowest value on the grid.
    ///
    /// Where nothing was counted it is a lower bound: the energy at which one count would have been expected.
    pub grid: Grid,
    /// Standard error of each value, kJ/mol, by the jackknife over blocks of walkers and of time; `F` is measured from the
    /// free energy of the whole for it.
    pub standard_errors_kj_mol: Vec<f64>,
    /// Whether the (smoothed) counts around a grid point come to at least one.
    pub sampled: Vec<bool>,
    /// Root mean square of the standard errors where `F` is below [`CONVERGENCE_CEILING_KJ_MOL`].
    pub root_mean_square_error_kj_mol: f64,
}

impl FreeEnergy {
    /// The table as CSV: variables, `energy_kj_mol`, `standard_error_kj_mol`, `sampled` (1 or 0).
    pub fn to_csv(&self) -> String {
        let sampled: Vec<f64> = self.sampled.iter().map(|&sampled| f64::from(u8::from(sampled))).collect();
        let errors: &[f64] = &self.standard_errors_kj_mol;
        write_grid(&self.grid, &[(STANDARD_ERROR_COLUMN, errors), (SAMPLED_COLUMN, &sampled)])
    }
}

/// `F(x) = -V(x) - kT log N(x)` from the bias `V` on the nodes and the counts of several independent groups.
///
/// `N` are the counts of the bin around each node, divided by the bin's width, which is half at the ends of a variable without
/// period, and smoothed by a Gaussian whose standard deviation is `smoothing` hill widths. What smoothing the result once more
/// would add is taken off (multiplicative bias reduction; M. C. Jones, O. Linton and J. P. Nielsen, Biometrika 82, 327 (1995)),
/// which leaves exponential slopes as they are. Under the bias the density is nearly flat (it varies as `F/γ`), so smoothing
/// moves no minimum and rounds off no barrier; the bias itself is not smoothed.
pub(super) fn estimate(
    variables: &[MetadynamicsVariable],
    bias: &Grid,
    groups: &[Vec<u32>],
    thermal_energy: f64,
    smoothing: f64,
) -> Result<FreeEnergy, LandscapeError> {
    let nodes = bias.len();
    let smooth = |values: &[f64]| {
        let mut values = values.to_vec();
        for (axis, variable) in variables.iter().enumerate() {
            values = smooth_along(bias, axis, smoothing * variable.hill_width, &values);
        }
        values
    };
    let widths: Vec<f64> = (0..nodes)
        .map(|node| {
            let mut remainder = node;
            bias.axes.iter().rev().fold(1.0, |width, axis| {
                let index = remainder % axis.count;
                remainder /= axis.count;
                let end = axis.period.is_none() && (index == 0 || index + 1 == axis.count);
                if end { 0.5 * width } else { width }
            })
        })
        .collect();
    let smooth_widths = smooth(&widths);
    let smooth_groups: Vec<Vec<f64>> = groups
        .iter()
        .map(|counts| smooth(&counts.iter().map(|&count| f64::from(count)).collect::<Vec<_>>()))
        .collect();
    let mut total = vec![0.0; nodes];
    for group in &smooth_groups {
        total.iter_mut().zip(group).for_each(|(total, count)| *total += count);
    }
    if total.iter().sum::<f64>() < 1.0 {
        return Err(LandscapeError::Parameters("no walker was counted inside the grid".to_owned()));
    }
    // The free energy from smoothed counts, measured from that of the whole.
    let from_counts = |counts: &[f64]| {
        let first: Vec<f64> =
            counts.iter().zip(&smooth_widths).map(|(count, width)| (count + FLOOR_COUNTS) / width).collect();
        let expected =
            smooth(&first.iter().zip(&widths).map(|(density, width)| density * width).collect::<Vec<_>>());
        let mut energies: Vec<f64> = (0..nodes)
            .map(|node| {
                let corrected = first[node] * (counts[node] + FLOOR_COUNTS) / expected[node];
                let density = corrected.max(FLOOR_COUNTS / smooth_widths[node]);
                -bias.values[node] - thermal_energy * density.ln()
            })
            .collect();
        let lowest = energies.iter().copied().fold(f64::INFINITY, f64::min);
        let partition: f64 = energies
            .iter()
            .zip(&widths)
            .map(|(f, width)| width * (-(f - lowest) / thermal_energy).exp())
            .sum();
        let whole = lowest - thermal_energy * partition.ln();
        energies.iter_mut().for_each(|energy| *energy -= whole);
        energies
    };
    let mut energies = from_counts(&total);

    // Jackknife: leave out one group at a time.
    let number = groups.len() as f64;
    let mut sums = vec![(0.0, 0.0); nodes];
    for group in &smooth_groups {
        let others: Vec<f64> = total
            .iter()
            .zip(group)
            .map(|(all, own)| (all - own).max(0.0) * number / (number - 1.0))
            .collect();
        let left = from_counts(&others);
        for ((sum, square), (left, all)) in sums.iter_mut().zip(left.iter().zip(&energies)) {
            *sum += left - all;
            *square += (left - all) * (left - all);
        }
    }
    let standard_errors_kj_mol: Vec<f64> = sums
        .iter()
        .map(|(sum, square)| ((square - sum * sum / number).max(0.0) * (number - 1.0) / number).sqrt())
        .collect();

    let lowest = energies.iter().copied().fold(f64::INFINITY, f64::min);
    energies.iter_mut().for_each(|energy| *energy -= lowest);
    let low: Vec<f64> = energies
        .iter()
        .zip(&standard_errors_kj_mol)
        .filter(|(energy, _)| **energy < CONVERGENCE_CEILING_KJ_MOL)
        .map(|(_, error)| error * error)
        .collect();
    Ok(FreeEnergy {
        root_mean_square_error_kj_mol: (low.iter().sum::<f64>() / low.len() as f64).sqrt(),
        sampled: total.iter().map(|&count| count >= FLOOR_COUNTS).collect(),
        standard_errors_kj_mol,
        grid: Grid::new(bias.axes.clone(), energies)?,
    })
}

/// Convolution with a normalised Gaussian along one axis; nothing lies beyond the ends of one without period.
fn smooth_along(grid: &Grid, axis: usize, width: f64, values: &[f64]) -> Vec<f64> {
    let this = &grid.axes[axis];
    let reach = ((4.0 * width / this.spacing).ceil() as i64).min((this.count as i64 - 1) / 2);
    let mut kernel: Vec<f64> =
        (-reach..=reach).map(|step| (-0.5 * (step as f64 * this.spacing / width).powi(2)).exp()).collect();
    let norm: f64 = kernel.iter().sum();
    kernel.iter_mut().for_each(|weight| *weight /= norm);
    let inner: usize = grid.axes[axis + 1..].iter().map(|axis| axis.count).product();
    let count = this.count as i64;
    (0..values.len())
        .map(|node| {
            let index = (node / inner % this.count) as i64;
            let mut sum = 0.0;
            for (weight, step) in kernel.iter().zip(-reach..=reach) {
                let mut other = index + step;
                if this.period.is_some() {
                    other = other.rem_euclid(count);
                } else if !(0..count).contains(&other) {
                    continue;
                }
                sum += weight * values[(node as i64 + (other - index) * inner as i64) as usize];
            }
            sum
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts that are exactly those expected give back the free energy, at the ends of a bounded variable too, and a bias
    /// far from the free energy does no harm.
    #[test]
    fn expected_counts_give_the_free_energy_back() {
        let variables = [MetadynamicsVariable::torsion("phi"), MetadynamicsVariable::bounded("d", 0.0, 3.0)];
        let axes = || variables.iter().map(|variable| variable.axis.clone()).collect();
        let exact = |x: &[f64]| 8.0 * (1.0 - (x[0] - 1.0).cos()) + 2.0 * (x[1] - 1.0).powi(2);
        let thermal_energy = 2.5;
        let bias = Grid::from_function(axes(), |x| 1.0 - 0.8 * exact(x)).unwrap();
        let counts: Vec<u32> = (0..bias.len())
            .map(|node| {
                let x = bias.point(node);
                let width = if x[1] < 1e-9 || x[1] > 3.0 - 1e-9 { 0.5 } else { 1.0 };
                (1e8 * width * (-(exact(&x) + bias.values[node]) / thermal_energy).exp()).round() as u32
            })
            .collect();
        let result = estimate(&variables, &bias, &[counts.clone(), counts], thermal_energy, 0.4).unwrap();
        let lowest = (0..bias.len()).map(|node| exact(&bias.point(node))).fold(f64::INFINITY, f64::min);
        for node in 0..bias.len() {
            let difference = result.grid.values[node] - (exact(&bias.point(node)) - lowest);
            // Smoothing is of lower order at the ends of a variable without period.
            let tolerance = if (0.15..2.85).contains(&bias.point(node)[1]) { 0.005 } else { 0.05 };
            assert!(difference.abs() < tolerance, "{:?} {difference}", bias.point(node));
        }
        assert!(result.root_mean_square_error_kj_mol < 1e-6 && result.sampled.iter().all(|sampled| *sampled));
    }

    #[test]
    fn what_was_never_visited_is_marked_and_finite() {
        let variables = [MetadynamicsVariable::torsion("phi")];
        let bias = Grid::from_function(vec![variables[0].axis.clone()], |_| 0.0).unwrap();
        let mut counts = vec![0; 90];
        counts[40..60].fill(1000);
        let result = estimate(&variables, &bias, &[counts.clone(), counts], 2.5, 0.4).unwrap();
        assert!(result.sampled[50] && !result.sampled[0]);
        assert!((result.grid.values[0] - 2.5 * 2000f64.ln()).abs() < 0.2, "{}", result.grid.values[0]);
        assert!(result.to_csv().starts_with("phi,energy_kj_mol,standard_error_kj_mol,sampled\n-3.14"));
        assert!(estimate(&variables, &bias, &vec![vec![0; 90]; 2], 2.5, 0.4).is_err());
    }
}
