//! How far the variables fluctuate in the basins of the starting structures: the natural width of a hill.

use geodyssey_molecule::Replicas;
use geodyssey_sampling::{Baoab, LangevinState, MolecularSystem, NoBias, RandomStream};
use rayon::prelude::*;

use super::parameters::MetadynamicsParameters;
use crate::LandscapeError;

/// Copies of each structure.
const REPLICAS: u32 = 16;
/// Time in which the copies take up thermal energy, ps.
const WARMING_PS: f64 = 1.0;
/// Time over which each copy's variances are taken, ps; too short for it to leave its basin by itself.
const OBSERVED_PS: f64 = 2.0;
/// Time between two values, ps.
const INTERVAL_PS: f64 = 0.01;

/// Standard deviations of the variables in the basin of each structure (positions in nm), by structure and variable, in the
/// variables' units: 16 unbiased copies of each are warmed for 1 ps and observed for 2 ps, and the variances of the copies,
/// each about its own mean, are averaged.
///
/// A copy that changes its basin within that time makes the deviation larger, not smaller, so that what is taken from it
/// needs an upper limit.
///
/// # Errors
/// A wrong number of atoms, a parameter that cannot be used, or a copy that blows up.
pub fn fluctuations(
    system: &MolecularSystem<'_>,
    structures: &[Vec<[f64; 3]>],
    parameters: &MetadynamicsParameters,
    thermal_energy_kj_mol: f64,
    seed: u64,
) -> Result<Vec<Vec<f64>>, LandscapeError> {
    parameters.check()?;
    let integrator = Baoab::new(parameters.time_step_ps, parameters.friction_per_ps, thermal_energy_kj_mol)?;
    let random = RandomStream::new(seed, "fluctuations");
    let paths = |structure: usize| -> Vec<u32> {
        (0..REPLICAS).map(|replica| REPLICAS * structure as u32 + replica).collect()
    };
    let of = |(structure, positions): (usize, &Vec<[f64; 3]>)| {
        if positions.len() != system.engine().atoms() {
            return Err(LandscapeError::Parameters(format!(
                "a structure has {} atoms, not {}",
                positions.len(),
                system.engine().atoms()
            )));
        }
        let frames = vec![positions; REPLICAS as usize];
        let mut state =
            LangevinState::new(system, &NoBias, Replicas::from_frames(&frames), &paths(structure))?;
        integrator.draw_velocities(system, &random, &mut state);
        observe(system, &integrator, &random, &mut state)
    };
    structures.par_iter().enumerate().map(of).collect()
}

/// The standard deviations of one structure's copies.
fn observe(
    system: &MolecularSystem<'_>,
    integrator: &Baoab,
    random: &RandomStream,
    state: &mut LangevinState,
) -> Result<Vec<f64>, LandscapeError> {
    let steps = |time: f64| ((time / integrator.time_step_ps()).round() as u64).max(1);
    integrator.steps(system, &NoBias, random, state, steps(WARMING_PS));
    let periods = system.periods();
    let values = |state: &LangevinState| -> Vec<f64> {
        (0..periods.len())
            .flat_map(|variable| (0..state.replicas()).map(move |replica| (variable, replica)))
            .map(|(variable, replica)| state.variable(variable, replica))
            .collect()
    };
    let origin = values(state);
    let (mut sums, mut squares) = (vec![0.0; origin.len()], vec![0.0; origin.len()]);
    let count = (OBSERVED_PS / INTERVAL_PS).round();
    for _ in 0..count as usize {
        integrator.steps(system, &NoBias, random, state, steps(INTERVAL_PS));
        for (place, x) in values(state).into_iter().enumerate() {
            let mut difference = x - origin[place];
            if let Some(period) = periods[place / state.replicas()] {
                difference -= period * (difference / period).round();
            }
            sums[place] += difference;
            squares[place] += difference * difference;
        }
    }
    if let Some(failure) = state.failures().iter().flatten().next() {
        let time_ps = failure.step as f64 * integrator.time_step_ps();
        return Err(LandscapeError::Diverged { walker: failure.path as usize, time_ps });
    }
    let variance = |place: usize| (squares[place] - sums[place] * sums[place] / count) / (count - 1.0);
    let replicas = state.replicas();
    Ok((0..periods.len())
        .map(|variable| {
            let all = (0..replicas).map(|replica| variance(variable * replicas + replica));
            (all.sum::<f64>() / replicas as f64).max(0.0).sqrt()
        })
        .collect())
}
