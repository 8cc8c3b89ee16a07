//! Every pair of runs in every quantity.
//!
//! Paths of two-way shooting are not tested: those of one chain are correlated, and the test requires independent values.

use geodyssey_report::{Difference, Measure};
use rayon::prelude::*;

use super::finished::Finished;
use super::significance::{Stratum, holm, least_p_value, letters, permutation_test, relabellings};

/// Corrected p value below which a difference is significant.
pub(super) const LEVEL: f64 = 0.05;
/// Seed of the random relabellings, the same for every pair, so that a pair's p value does not depend on the other rows.
const SEED: u64 = 1;

/// Tests all pairs of rows, in the order of the quantities and then of the rows.
pub(super) fn differences(rows: &[Finished]) -> Vec<Difference> {
    let pairs: Vec<(usize, usize)> = (0..rows.len())
        .flat_map(|first| (first + 1..rows.len()).map(move |second| (first, second)))
        .collect();
    let mut all = Vec::new();
    for measure in Measure::ALL {
        let test =
            |&(first, second): &(usize, usize)| test(&rows[first], &rows[second], measure, pairs.len());
        let tested = pairs.par_iter().filter_map(test);
        let mut tested: Vec<Difference> = tested.collect();
        let p_values: Vec<f64> = tested.iter().map(|difference| difference.p_value).collect();
        for (difference, corrected) in tested.iter_mut().zip(holm(&p_values)) {
            difference.corrected_p_value = corrected;
            difference.real = corrected < LEVEL;
        }
        all.append(&mut tested);
    }
    all
}

/// Least corrected p value that the pairs could have had for one quantity; none if nothing was tested.
pub(super) fn least_corrected(rows: &[Finished], measure: Measure) -> Option<f64> {
    let values = |row: &Finished| match measure {
        Measure::MaxLandscapeEnergy => vec![row.values.max_landscape_energy.len()],
        Measure::MaxPotentialEnergy => vec![row.values.max_potential_energy.len()],
        Measure::DissipatedWork => vec![row.values.forward_work.len(), row.values.backward_work.len()],
    };
    let counts: Vec<Vec<usize>> = rows.iter().filter(|row| !row.is_shooting()).map(values).collect();
    let mut pairs = 0;
    let mut least = f64::INFINITY;
    for (index, first) in counts.iter().enumerate() {
        for second in &counts[index + 1..] {
            let strata: Vec<(usize, usize)> =
                first.iter().copied().zip(second.iter().copied()).filter(|(a, b)| *a > 1 && *b > 1).collect();
            if !strata.is_empty() {
                pairs += 1;
                least = least.min(least_p_value(&strata));
            }
        }
    }
    (pairs > 0).then(|| (least * f64::from(pairs)).min(1.0))
}

/// Letters for each row and one quantity; none for a row that was not tested, or not against all the others.
pub(super) fn letters_of(rows: &[Finished], differences: &[Difference], measure: Measure) -> Vec<String> {
    let of_measure: Vec<&Difference> = differences.iter().filter(|one| one.measure == measure).collect();
    let tested = |row: &Finished| {
        of_measure.iter().any(|one| one.first == row.entry.name || one.second == row.entry.name)
    };
    let mut numbers: Vec<usize> = (0..rows.len()).filter(|&index| tested(&rows[index])).collect();
    let is_pair = |first: usize, second: usize| {
        let [first, second] = [first, second].map(|index| &rows[index].entry.name);
        of_measure.iter().any(|one| one.first == *first && one.second == *second)
    };
    // Two rows must not share a letter only because they were not tested against each other.
    let untested = |row: usize, among: &[usize]| {
        among.iter().filter(|&&other| other != row && !is_pair(row.min(other), row.max(other))).count()
    };
    while let Some(&row) = numbers.iter().max_by_key(|&&row| untested(row, &numbers))
        && untested(row, &numbers) > 0
    {
        numbers.retain(|&other| other != row);
    }
    let differ = |first: usize, second: usize| {
        let [first, second] = [first, second].map(|number| &rows[numbers[number]].entry.name);
        of_measure.iter().any(|one| one.real && one.first == *first && one.second == *second)
    };
    let found = letters(numbers.len(), differ);
    let mut all = vec![String::new(); rows.len()];
    for (number, letters) in numbers.into_iter().zip(found) {
        all[number] = letters;
    }
    all
}

fn test(first: &Finished, second: &Finished, measure: Measure, pairs: usize) -> Option<Difference> {
    if first.is_shooting() || second.is_shooting() {
        return None;
    }
    let [one, other] = [first, second].map(|row| &row.values);
    let energies = |one, other| vec![Stratum { first: one, second: other }];
    let (strata, scale) = match measure {
        Measure::MaxLandscapeEnergy => {
            (energies(&one.max_landscape_energy, &other.max_landscape_energy), 1.0)
        }
        Measure::MaxPotentialEnergy => {
            (energies(&one.max_potential_energy, &other.max_potential_energy), 1.0)
        }
        Measure::DissipatedWork => {
            let thermal_energy = first.entry.problem.thermal_energy;
            let both = [one, other].iter().all(|values| !values.backward_work.is_empty());
            let mut strata = energies(&one.forward_work, &other.forward_work);
            if both {
                strata.extend(energies(&one.backward_work, &other.backward_work));
            } else if !same_ends(first, second) {
                // Without backward works ΔF cancels only if the tethers at the ends are the same.
                return None;
            }
            let scale = 1.0 / (strata.len() as f64 * thermal_energy);
            (strata, scale)
        }
    };
    let p_value = permutation_test(&strata, relabellings(pairs), SEED)?;
    let (difference, variance) = strata.iter().fold((0.0, 0.0), |(difference, variance), stratum| {
        let ((m1, v1), (m2, v2)) = (mean(stratum.first), mean(stratum.second));
        (difference + m1 - m2, variance + v1 + v2)
    });
    Some(Difference {
        measure,
        first: first.entry.name.clone(),
        second: second.entry.name.clone(),
        difference: scale * difference,
        standard_error: scale * variance.sqrt(),
        p_value,
        corrected_p_value: p_value,
        real: false,
    })
}

/// Whether both runs begin and end under the same tethers.
fn same_ends(first: &Finished, second: &Finished) -> bool {
    let ends = |row: &Finished| {
        let log_snr = row.entry.problem.config.geodesic.log_snr;
        [log_snr.start, log_snr.end]
    };
    ends(first) == ends(second)
}

/// Mean and its squared standard error.
fn mean(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (mean, squares / (count - 1.0) / count)
}
