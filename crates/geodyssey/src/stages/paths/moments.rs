//! Means over paths, with how they scatter.

use geodyssey_report::MaxEnergy;

/// Mean, standard deviation and standard error, the latter two for two numbers and more; none of no number.
pub(super) fn moments(values: impl Iterator<Item = f64>) -> Option<(f64, Option<f64>, Option<f64>)> {
    let values: Vec<f64> = values.collect();
    if values.is_empty() {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let std = (values.len() > 1)
        .then(|| (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt());
    Some((mean, std, std.map(|std| std / count.sqrt())))
}

/// The same statistics with the standard error of the chains' means: paths of one chain are not independent.
pub(super) fn of_chains(energy: MaxEnergy, values: &[f64], chains: usize) -> MaxEnergy {
    // Chains record paths of consecutive numbers, shared out as evenly as can be.
    let bounds = |chain: usize| chain * values.len() / chains;
    let means = (0..chains).filter_map(|chain| {
        moments(values[bounds(chain)..bounds(chain + 1)].iter().copied()).map(|(mean, ..)| mean)
    });
    MaxEnergy {
        definition: format!(
            "{}; its standard error is that of the means of {chains} chains",
            energy.definition
        ),
        standard_error_kj_mol: moments(means).and_then(|(_, _, error)| error),
        ..energy
    }
}

/// Statistics of highest energies.
pub(super) fn energies(definition: &str, values: Vec<f64>) -> Option<MaxEnergy> {
    let (mean_kj_mol, std_kj_mol, standard_error_kj_mol) = moments(values.iter().copied())?;
    Some(MaxEnergy {
        definition: definition.to_owned(),
        paths: values.len(),
        mean_kj_mol,
        std_kj_mol,
        standard_error_kj_mol,
        lower_bound_kj_mol: None,
        above_start_mean_kj_mol: None,
    })
}
