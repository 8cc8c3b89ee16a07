//! The free energy from counts under a constant bias.

use super::flux::{Counts, GroupCounts};
use super::uncertainty::standard_errors;
use super::{EndRegion, MetadynamicsVariable};
use crate::basin::nearest_point;
use crate::table_file::{SAMPLED_COLUMN, STANDARD_ERROR_COLUMN, write_grid};
use crate::{Grid, LandscapeError};

/// Largest energy that enters the measure of convergence, kJ/mol.
pub const CONVERGENCE_CEILING_KJ_MOL: f64 = 40.0;
/// Counts that are added to every grid point, so that a point that was never visited has a finite energy; the weight is that of one count
/// there ([`Counts::weight_of_one`]).
const FLOOR_COUNTS: f64 = 1.0;

/// A free energy on a grid with its standard errors.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeEnergy {
    /// `F` in kJ/mol above its lowest value on the grid.
    ///
    /// Where there are no counts it is a lower bound: the energy at which one count would have been expected.
    pub grid: Grid,
    /// Standard error of each value, kJ/mol, from groups of independent walkers and from the difference between the estimates of each start
    /// alone, with `F` relative to the free energy of the whole range. NaN where not sampled.
    pub standard_errors_kj_mol: Vec<f64>,
    /// Whether the (smoothed) counts around a grid point amount to at least one.
    pub sampled: Vec<bool>,
    /// Root mean square of the standard errors where sampled and `F` is below [`CONVERGENCE_CEILING_KJ_MOL`].
    pub root_mean_square_error_kj_mol: f64,
    /// The difference between the two ends, if there are any.
    pub ends: Option<EndsEstimate>,
}

/// The counts at the two ends and the resulting free-energy difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndsEstimate {
    /// Counts inside each region.
    pub counts: [u64; 2],
    /// Free energy of the second region relative to the first, `-kT log(∫₂ exp(-F/kT) / ∫₁ exp(-F/kT))`, kJ/mol.
    pub delta_f_kj_mol: f64,
    /// Its standard error, kJ/mol, from the same groups of walkers.
    pub delta_f_error_kj_mol: f64,
}

impl FreeEnergy {
    /// The table as CSV: variables, `energy_kj_mol`, `standard_error_kj_mol` (empty where not sampled), `sampled` (1 or 0).
    pub fn to_csv(&self) -> String {
        let sampled: Vec<f64> = self.sampled.iter().map(|&sampled| f64::from(u8::from(sampled))).collect();
        let errors: &[f64] = &self.standard_errors_kj_mol;
        write_grid(&self.grid, &[(STANDARD_ERROR_COLUMN, errors), (SAMPLED_COLUMN, &sampled)])
    }
}

/// The conversion of counts under one bias into free energies.
pub(super) struct Estimator<'e> {
    /// The variables.
    pub(super) variables: &'e [MetadynamicsVariable],
    /// The bias on the nodes.
    pub(super) bias: &'e Grid,
    /// kT, kJ/mol.
    pub(super) thermal_energy: f64,
    /// Standard deviation of the Gaussian with which counts are smoothed, in hill widths.
    pub(super) smoothing: f64,
    /// The two ends, if any.
    pub(super) ends: Option<&'e [EndRegion; 2]>,
}

/// Nodes with their fractions of a bin.
struct Nodes {
    widths: Vec<f64>,
    smooth_widths: Vec<f64>,
    /// The nodes inside each end.
    ends: Option<[Vec<usize>; 2]>,
}

impl Estimator<'_> {
    /// `F(x) = -V(x) - kT log N(x)` from the bias `V` on the nodes and the counts of groups of independent walkers; the starts of the
    /// groups are the `strata`.
    ///
    /// `N` are the counts of the bin around each node, divided by the bin's width, which is half at the ends of a variable
    /// without period, and smoothed by a Gaussian whose standard deviation is `smoothing` hill widths. The change that a second smoothing
    /// would make is subtracted (multiplicative bias reduction; M. C. Jones, O. Linton and J. P. Nielsen,
    /// Biometrika 82, 327 (1995)), which leaves exponential slopes as they are. Under the bias the density is nearly flat (it varies as
    /// `F/γ`), so that smoothing neither moves minima nor flattens barriers; the bias itself is not smoothed.
    ///
    /// With two ends, `N` are the counts of a stationary ensemble, see [`Counts::balanced`].
    pub(super) fn estimate(
        &self,
        groups: &[GroupCounts],
        strata: &[usize],
    ) -> Result<FreeEnergy, LandscapeError> {
        let count = self.bias.len();
        let nodes = self.nodes();
        let starts = strata.iter().map(|start| start + 1).max().unwrap_or(0);
        let smooth_groups: Vec<Counts> = groups.iter().map(|group| self.smooth_group(group)).collect();
        let mut of_starts = vec![Counts::zero(count); starts];
        let mut total = Counts::zero(count);
        for (group, start) in smooth_groups.iter().zip(strata) {
            of_starts[*start].add(1.0, group);
            total.add(1.0, group);
        }
        let visited = total.total();
        if visited.iter().sum::<f64>() < 1.0 {
            return Err(LandscapeError::Parameters("no walker was counted within the grid".to_owned()));
        }
        let mut all = self.energies_of_counts(&total, &nodes);
        let left_out: Vec<(usize, Vec<f64>)> = smooth_groups
            .iter()
            .zip(strata)
            .map(|(group, &start)| {
                let number = strata.iter().filter(|other| **other == start).count() as f64;
                // All other groups, those of the same start weighted up to compensate for the omitted one.
                let mut others = total.clone();
                others.add(-1.0, &of_starts[start]);
                others.add(number / (number - 1.0), &{
                    let mut own = of_starts[start].clone();
                    own.add(-1.0, group);
                    own
                });
                (start, self.energies_of_counts(&others, &nodes))
            })
            .collect();
        let alone: Vec<Vec<f64>> =
            of_starts.iter().map(|own| self.energies_of_counts(&own.scaled(starts as f64), &nodes)).collect();
        let mut errors = standard_errors(&left_out, &alone);
        if nodes.ends.is_some() {
            let least = self.errors_of_rates(&total, &all, &nodes);
            errors.iter_mut().zip(least).for_each(|(error, least)| *error = error.max(least));
        }
        let ends = nodes.ends.as_ref().map(|ends| EndsEstimate {
            counts: [0, 1].map(|end| {
                let inside = ends[end].iter().map(|&node| {
                    groups
                        .iter()
                        .flat_map(|group| &group.by_last_end)
                        .map(|counts| u64::from(counts[node]))
                        .sum::<u64>()
                });
                inside.sum()
            }),
            delta_f_kj_mol: all[count],
            delta_f_error_kj_mol: errors[count],
        });
        all.truncate(count);
        errors.truncate(count);

        let sampled: Vec<bool> = visited.iter().map(|&count| count >= FLOOR_COUNTS).collect();
        let lowest = all.iter().copied().fold(f64::INFINITY, f64::min);
        all.iter_mut().for_each(|energy| *energy -= lowest);
        errors
            .iter_mut()
            .zip(&sampled)
            .filter(|(_, sampled)| !**sampled)
            .for_each(|(error, _)| *error = f64::NAN);
        let low: Vec<f64> = (0..count)
            .filter(|&node| sampled[node] && all[node] < CONVERGENCE_CEILING_KJ_MOL)
            .map(|node| errors[node] * errors[node])
            .collect();
        Ok(FreeEnergy {
            root_mean_square_error_kj_mol: (low.iter().sum::<f64>() / low.len() as f64).sqrt(),
            sampled,
            standard_errors_kj_mol: errors,
            ends,
            grid: Grid::new(self.bias.axes.clone(), all)?,
        })
    }

    fn nodes(&self) -> Nodes {
        let bias = self.bias;
        let widths: Vec<f64> = (0..bias.len())
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
        let periods = bias.periods();
        let inside = |end: &EndRegion| -> Vec<usize> {
            let found: Vec<usize> =
                (0..bias.len()).filter(|&node| end.contains(&bias.point(node), &periods)).collect();
            if found.is_empty() { vec![nearest_point(bias, &end.center)] } else { found }
        };
        Nodes {
            smooth_widths: self.smooth(widths.clone()),
            widths,
            ends: self.ends.map(|[first, second]| [inside(first), inside(second)]),
        }
    }

    fn smooth_group(&self, group: &GroupCounts) -> Counts {
        let of = |counts: &Vec<u32>| self.smooth(counts.iter().map(|&count| f64::from(count)).collect());
        let [first, second] = &group.by_last_end;
        Counts { by_last_end: [of(first), of(second)], arrivals: group.arrivals.map(f64::from) }
    }

    fn smooth(&self, mut values: Vec<f64>) -> Vec<f64> {
        for (axis, variable) in self.variables.iter().enumerate() {
            values = smooth_along(self.bias, axis, self.smoothing * variable.hill_width, &values);
        }
        values
    }

    /// The contribution of the numbers of crossings to the standard errors of [`Self::energies_of_counts`], kJ/mol: with
    /// `u = log w₁/w₂` a free energy is `-kT (q - Q) u + …`, where `q` is the fraction of the balanced counts that came from the first end,
    /// and `Q` that of the whole range; the difference of the ends carries the full contribution.
    fn errors_of_rates(&self, counts: &Counts, energies: &[f64], nodes: &Nodes) -> Vec<f64> {
        let deviation = self.thermal_energy * counts.variance_of_ratio().sqrt();
        let [of_first, _] = counts.weights();
        let shares: Vec<f64> = counts.by_last_end[0]
            .iter()
            .zip(counts.balanced())
            .map(|(first, all)| if all > 0.0 { of_first * first / all } else { 0.5 })
            .collect();
        // Energies are relative to that of the whole range, so that the weights add up to 1.
        let weights = energies.iter().zip(&nodes.widths);
        let whole: f64 = weights
            .zip(&shares)
            .map(|((energy, width), share)| width * (-energy / self.thermal_energy).exp() * share)
            .sum();
        shares.into_iter().map(|share| deviation * (share - whole).abs()).chain([deviation]).collect()
    }

    /// The free energy from smoothed counts, relative to that of the whole range, followed by the difference of the ends.
    fn energies_of_counts(&self, counts: &Counts, nodes: &Nodes) -> Vec<f64> {
        let kt = self.thermal_energy;
        let floor: Vec<f64> =
            counts.weight_of_one().into_iter().map(|weight| FLOOR_COUNTS * weight).collect();
        let counts = counts.balanced();
        let first: Vec<f64> =
            (0..counts.len()).map(|node| (counts[node] + floor[node]) / nodes.smooth_widths[node]).collect();
        let expected =
            self.smooth(first.iter().zip(&nodes.widths).map(|(density, width)| density * width).collect());
        let mut energies: Vec<f64> = (0..counts.len())
            .map(|node| {
                let corrected = first[node] * (counts[node] + floor[node]) / expected[node];
                let density = corrected.max(floor[node] / nodes.smooth_widths[node]);
                -self.bias.values[node] - kt * density.ln()
            })
            .collect();
        let lowest = energies.iter().copied().fold(f64::INFINITY, f64::min);
        let share = |node: usize| nodes.widths[node] * (-(energies[node] - lowest) / kt).exp();
        let whole = lowest - kt * (0..counts.len()).map(share).sum::<f64>().ln();
        let of_ends = nodes.ends.as_ref().map_or(0.0, |ends| {
            let [first, second] =
                [0, 1].map(|end| -kt * ends[end].iter().map(|&node| share(node)).sum::<f64>().ln());
            second - first
        });
        energies.iter_mut().for_each(|energy| *energy -= whole);
        energies.push(of_ends);
        energies
    }
}

/// Convolution with a normalised Gaussian along one axis; beyond the ends of a non-periodic axis the counts are zero.
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

    /// A group whose walkers crossed often and as often one way as the other.
    fn group(counts: Vec<u32>) -> GroupCounts {
        GroupCounts { by_last_end: [counts.clone(), counts], arrivals: [1_000_000; 2] }
    }

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
        let ends = [1.0, -1.0].map(|x| EndRegion { center: vec![x, 1.0], radius: vec![0.5; 2] });
        let estimator = Estimator {
            variables: &variables,
            bias: &bias,
            thermal_energy,
            smoothing: 0.4,
            ends: Some(&ends),
        };
        let result = estimator.estimate(&vec![group(counts); 4], &[0, 0, 1, 1]).unwrap();
        let lowest = (0..bias.len()).map(|node| exact(&bias.point(node))).fold(f64::INFINITY, f64::min);
        for node in 0..bias.len() {
            let difference = result.grid.values[node] - (exact(&bias.point(node)) - lowest);
            // Smoothing is of lower order at the ends of a variable without period.
            let tolerance = if (0.15..2.85).contains(&bias.point(node)[1]) { 0.005 } else { 0.05 };
            assert!(difference.abs() < tolerance, "{:?} {difference}", bias.point(node));
        }
        assert!(result.root_mean_square_error_kj_mol < 1e-6 && result.sampled.iter().all(|sampled| *sampled));
        let mass = |end: &EndRegion| -> f64 {
            let nodes = (0..bias.len()).map(|node| bias.point(node));
            let inside = nodes.filter(|x| end.contains(x, &bias.periods()));
            inside.map(|x| (-exact(&x) / thermal_energy).exp()).sum()
        };
        let difference = -thermal_energy * (mass(&ends[1]) / mass(&ends[0])).ln();
        let found = result.ends.unwrap();
        assert!((found.delta_f_kj_mol - difference).abs() < 0.01, "{found:?} {difference}");
        // All that is left is the Poisson error of four million crossings each way.
        assert!((found.delta_f_error_kj_mol - thermal_energy * 5e-7_f64.sqrt()).abs() < 1e-6, "{found:?}");
        assert!(found.counts[0] > found.counts[1]);
    }

    #[test]
    fn what_was_never_visited_is_marked_and_finite() {
        let variables = [MetadynamicsVariable::torsion("phi")];
        let bias = Grid::from_function(vec![variables[0].axis.clone()], |_| 0.0).unwrap();
        let mut counts = vec![0; 90];
        counts[40..60].fill(1000);
        let estimator =
            Estimator { variables: &variables, bias: &bias, thermal_energy: 2.5, smoothing: 0.4, ends: None };
        let result = estimator.estimate(&vec![group(counts); 2], &[0, 0]).unwrap();
        assert!(result.sampled[50] && !result.sampled[0]);
        assert!((result.grid.values[0] - 2.5 * 4000f64.ln()).abs() < 0.2, "{}", result.grid.values[0]);
        // Its error is not known, and it has no part in the mean of those that are.
        assert!(result.standard_errors_kj_mol[0].is_nan() && result.standard_errors_kj_mol[50] < 0.2);
        assert!(result.root_mean_square_error_kj_mol.is_finite());
        assert!(result.to_csv().starts_with("phi,energy_kj_mol,standard_error_kj_mol,sampled\n-3.14"));
        assert!(estimator.estimate(&vec![group(vec![0; 90]); 2], &[0, 0]).is_err());
    }

    /// Without a bias, from two groups of either start between the ends at -1.5 and 1.5.
    fn between_ends(groups: &[GroupCounts; 4]) -> FreeEnergy {
        let variables = [MetadynamicsVariable::torsion("phi")];
        let bias = Grid::from_function(vec![variables[0].axis.clone()], |_| 0.0).unwrap();
        let ends = [-1.5, 1.5].map(|x| EndRegion { center: vec![x], radius: vec![0.5] });
        let estimator = Estimator {
            variables: &variables,
            bias: &bias,
            thermal_energy: 2.5,
            smoothing: 0.4,
            ends: Some(&ends),
        };
        estimator.estimate(groups, &[0, 0, 1, 1]).unwrap()
    }

    /// Walkers that never left the half in which they began: each group agrees with the others of its start, and the starts
    /// contradict each other, so that the difference of the halves is as good as unknown.
    #[test]
    fn starts_that_contradict_each_other_make_the_error_large() {
        let half = |start: usize| {
            let mut counts = vec![0; 90];
            counts[45 * start..45 * (start + 1)].fill(1000);
            let mut group = GroupCounts::new(90);
            group.by_last_end[start] = counts;
            group
        };
        let mixed = group(vec![250; 90]);
        let apart = between_ends(&[half(0), half(0), half(1), half(1)]);
        let agreed = between_ends(&[mixed.clone(), mixed.clone(), mixed.clone(), mixed]);
        let [apart, agreed] = [apart, agreed].map(|result| result.ends.unwrap());
        assert!(apart.delta_f_kj_mol.abs() < 0.01 && agreed.delta_f_kj_mol.abs() < 0.01);
        assert!(agreed.delta_f_error_kj_mol < 0.002 && apart.delta_f_error_kj_mol > 10.0, "{apart:?}");
    }

    /// Two halves that all walkers have seen, and one way that none was seen to go: the groups and the starts agree, and yet the rate
    /// back, and with it the difference, is known by no more than that it is small. A count weighs then what a count of its kind
    /// does, where it is alone too.
    #[test]
    fn a_way_that_was_never_seen_makes_the_error_large() {
        let mut group = GroupCounts { arrivals: [0, 8], ..GroupCounts::new(90) };
        group.by_last_end[0][10..35].fill(1000);
        group.by_last_end[1][55..80].fill(1000);
        let found = between_ends(&[group.clone(), group.clone(), group.clone(), group]);
        let of_ends = found.ends.unwrap();
        // Arrivals 0 and 32: kT √(ψ₁(½) + ψ₁(32½)), with ψ₁(½) = π²/2 and ψ₁(32½) = 0.03125.
        let expected = 2.5 * (std::f64::consts::PI.powi(2) / 2.0 + 0.031_25_f64).sqrt();
        assert!((of_ends.delta_f_error_kj_mol - expected).abs() < 1e-3, "{of_ends:?} {expected}");
        assert!((of_ends.delta_f_kj_mol + 2.5 * (32.5_f64 / 0.5).ln()).abs() < 0.05, "{of_ends:?}");
        // Nearly all is beyond, so that the error of the first half is that of the rates, and the other half has next to none.
        let errors = &found.standard_errors_kj_mol;
        assert!((errors[20] - expected).abs() < 0.1 && errors[70] < 0.1, "{} {}", errors[20], errors[70]);
        // 4000 counts of the light kind and 4000 of the heavy one lie as far above their own single count; where there is none at
        // all a count might have been of the heavy kind.
        let lowest = found.grid.values[70];
        let height = 2.5 * (32.5_f64 / 0.5).ln();
        assert!((found.grid.values[20] - lowest - height).abs() < 0.05);
        assert!(
            (found.grid.values[45] - lowest - 2.5 * 4000_f64.ln()).abs() < 0.2,
            "{}",
            found.grid.values[45]
        );
        assert!(!found.sampled[45]);
    }
}
