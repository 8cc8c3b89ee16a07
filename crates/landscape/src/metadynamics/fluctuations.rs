//! Fluctuations of the variables in the basins of the starting structures, which give the natural width of a hill.

use geodyssey_dynamics::{Batch, Bias, Engine, Langevin, Observed, Replica};
use geodyssey_statistics::RandomStream;
use rayon::prelude::*;

use super::parameters::MetadynamicsParameters;
use crate::LandscapeError;

/// Copies of each structure.
const REPLICAS: u32 = 16;
/// Time for which the copies are thermalised, ps.
const WARMING_PS: f64 = 1.0;
/// Time over which each copy's variances are computed, ps; too short to leave a basin spontaneously.
const OBSERVED_PS: f64 = 2.0;
/// Time between two values, ps.
const INTERVAL_PS: f64 = 0.01;

/// Fluctuations of the variables around structures.
#[derive(Clone, Debug, PartialEq)]
pub struct Fluctuations {
    /// Standard deviations by structure and variable, in the variables' units.
    pub deviations: Vec<Vec<f64>>,
    /// Evaluations of the potential energy and its gradient.
    pub energy_evaluations: u64,
}

/// Standard deviations of the variables in the basin of each structure (positions in nm): 16 unbiased copies of each are thermalised for 1
/// ps and observed for 2 ps, and the variances of the copies, each about its own mean, are averaged.
///
/// A copy that leaves its basin within that time makes the deviation larger, not smaller, so that a hill width derived from it needs an
/// upper limit.
///
/// # Errors
/// A wrong number of atoms, a parameter that cannot be used, or a copy that blows up.
pub fn fluctuations(
    engine: &dyn Engine,
    structures: &[Vec<[f64; 3]>],
    parameters: &MetadynamicsParameters,
    thermal_energy_kj_mol: f64,
    seed: u64,
) -> Result<Fluctuations, LandscapeError> {
    parameters.check()?;
    let law = Langevin::new(parameters.time_step_ps, parameters.friction_per_ps, thermal_energy_kj_mol)?;
    let random = RandomStream::new(seed, "fluctuations");
    let of = |(structure, positions): (usize, &Vec<[f64; 3]>)| {
        if positions.len() != engine.atoms() {
            return Err(LandscapeError::Parameters(format!(
                "a structure has {} atoms, not {}",
                positions.len(),
                engine.atoms()
            )));
        }
        let copies: Vec<Replica> = (0..REPLICAS)
            .map(|copy| {
                let number = REPLICAS * structure as u32 + copy;
                Replica::new(number, positions.clone(), thermal_energy_kj_mol)
            })
            .collect();
        let mut batch = engine.open(&copies, law, random, &Bias::None)?;
        observe(&engine.periods(), law.time_step_ps(), batch.as_mut())
    };
    let found: Vec<(Vec<f64>, u64)> = structures.par_iter().enumerate().map(of).collect::<Result<_, _>>()?;
    let energy_evaluations = found.iter().map(|(_, steps)| u64::from(REPLICAS) * (steps + 1)).sum();
    Ok(Fluctuations {
        deviations: found.into_iter().map(|(deviations, _)| deviations).collect(),
        energy_evaluations,
    })
}

/// The standard deviations of one structure's copies, and the number of steps done.
fn observe(
    periods: &[Option<f64>],
    time_step_ps: f64,
    batch: &mut dyn Batch,
) -> Result<(Vec<f64>, u64), LandscapeError> {
    let steps = |time: f64| ((time / time_step_ps).round() as u64).max(1);
    batch.advance(steps(WARMING_PS))?;
    let values = |observed: Observed<'_>| -> Vec<f64> {
        (0..periods.len())
            .flat_map(|variable| (0..observed.replicas()).map(move |replica| (variable, replica)))
            .map(|(variable, replica)| observed.variable(variable, replica))
            .collect()
    };
    let origin = values(batch.observed());
    let replicas = batch.observed().replicas();
    let (mut sums, mut squares) = (vec![0.0; origin.len()], vec![0.0; origin.len()]);
    let count = (OBSERVED_PS / INTERVAL_PS).round();
    for _ in 0..count as usize {
        batch.advance(steps(INTERVAL_PS))?;
        for (place, x) in values(batch.observed()).into_iter().enumerate() {
            let mut difference = x - origin[place];
            if let Some(period) = periods[place / replicas] {
                difference -= period * (difference / period).round();
            }
            sums[place] += difference;
            squares[place] += difference * difference;
        }
    }
    if let Some(failure) = batch.observed().failures.iter().flatten().next() {
        let time_ps = failure.step as f64 * time_step_ps;
        return Err(LandscapeError::Diverged { walker: failure.path as usize, time_ps });
    }
    let variance = |place: usize| (squares[place] - sums[place] * sums[place] / count) / (count - 1.0);
    let deviations = (0..periods.len()).map(|variable| {
        let all = (0..replicas).map(|replica| variance(variable * replicas + replica));
        (all.sum::<f64>() / replicas as f64).max(0.0).sqrt()
    });
    Ok((deviations.collect(), batch.observed().steps[0]))
}
