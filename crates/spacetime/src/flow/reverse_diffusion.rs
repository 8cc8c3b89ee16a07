//! The reverse diffusion.

use geodyssey_denoiser::Denoiser;

use super::particles::{Trajectory, check, denoise};
use super::random::{normals, stream};
use crate::SpacetimeError;

/// Keeps the steps' numbers apart from the prior's.
const PURPOSE: u64 = 1;

/// Numbers of [`reverse_diffusion`].
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReverseDiffusionSettings {
    /// Steps from the first level to the last, of equal length in `λ` but for rounding up between two levels.
    pub steps: usize,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Default for ReverseDiffusionSettings {
    fn default() -> Self {
        Self { steps: 200, seed: 1 }
    }
}

/// Samples the reverse diffusion `dy = (D - y) dλ + s dW` from `start`, particles at the first of the rising `levels`, and
/// gives the particles at every level. Two evaluations of the denoiser a step, all particles at once.
///
/// Over a step `h` a denoiser `D` that stays the same leads to `y' = e^{-h} y + (1 - e^{-h}) D + s' √(1 - e^{-h}) n` exactly,
/// the posterior of ancestral sampling (J. Ho et al., arXiv 2006.11239, Eq. 7, in data units); a second evaluation at the
/// step's end, with the same `n`, makes `D` linear in `λ` (Heun's method in exponential form): weak order 2.
///
/// Random numbers are a pure function of (seed, step, particle).
///
/// # Errors
/// [`SpacetimeError::Problem`] for levels that do not rise or lie outside the denoiser's range, particles of another dimension, or
/// no steps; [`SpacetimeError::Denoiser`] where the denoiser fails, such as at a particle that is no longer finite.
pub fn reverse_diffusion(
    denoiser: &dyn Denoiser,
    start: &[Vec<f64>],
    levels: &[f64],
    settings: &ReverseDiffusionSettings,
) -> Result<Trajectory, SpacetimeError> {
    check(denoiser, start, levels, true)?;
    if settings.steps == 0 {
        return Err(SpacetimeError::Problem("the reverse diffusion needs at least one step".into()));
    }
    let longest = (levels[levels.len() - 1] - levels[0]) / settings.steps as f64;
    let mut particles = start.to_vec();
    let mut points = vec![particles.clone()];
    let mut number = 0;
    for pair in levels.windows(2) {
        // Less a rounding error, so that a level on the grid costs no step more.
        let steps = ((pair[1] - pair[0]) / longest - 1e-9).ceil().max(1.0);
        let step = (pair[1] - pair[0]) / steps;
        for index in 0..steps as usize {
            let log_snr = pair[0] + index as f64 * step;
            advance(denoiser, log_snr, step, &mut particles, settings.seed, number)?;
            number += 1;
        }
        points.push(particles.clone());
    }
    Ok(Trajectory { log_snr: levels.to_vec(), points })
}

fn advance(
    denoiser: &dyn Denoiser,
    log_snr: f64,
    step: f64,
    particles: &mut [Vec<f64>],
    seed: u64,
    number: usize,
) -> Result<(), SpacetimeError> {
    let share = -(-step).exp_m1();
    // ∫ e^{-(h-u)} u/h du over the step: the weight of D's change.
    let change = (step - share) / step;
    let deviation = (-0.5 * (log_snr + step)).exp() * share.sqrt();
    let first = denoise(denoiser, log_snr, particles)?;
    for (index, (particle, mean)) in particles.iter_mut().zip(&first).enumerate() {
        let noise = normals(&mut stream(seed, PURPOSE, number, index), mean.len());
        for ((y, mean), noise) in particle.iter_mut().zip(mean).zip(noise) {
            *y += share * (mean - *y) + deviation * noise;
        }
    }
    let second = denoise(denoiser, log_snr + step, particles)?;
    for ((particle, first), second) in particles.iter_mut().zip(&first).zip(&second) {
        for ((y, first), second) in particle.iter_mut().zip(first).zip(second) {
            *y += change * (second - first);
        }
    }
    Ok(())
}
