//! The probability-flow ODE.

use geodyssey_denoiser::Denoiser;

use super::particles::{Trajectory, check, denoise};
use crate::SpacetimeError;

/// Numbers of [`probability_flow`].
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProbabilityFlowSettings {
    /// Largest error of a step, of any particle and variable: this much in the variable's unit …
    pub absolute_tolerance: f64,
    /// … and this share of the distance from the denoiser's value, which is of the size of the noise.
    pub relative_tolerance: f64,
    /// The integration ends with an error after this many steps.
    pub most_steps: usize,
}

impl Default for ProbabilityFlowSettings {
    fn default() -> Self {
        Self { absolute_tolerance: 1e-6, relative_tolerance: 1e-6, most_steps: 10_000 }
    }
}

/// Nodes of the method of J. Dormand and P. Prince, *J. Comput. Appl. Math.* 6, 19 (1980), order 5(4).
const NODES: [f64; 7] = [0.0, 0.2, 0.3, 0.8, 8.0 / 9.0, 1.0, 1.0];
/// Its stages' weights; the last row gives the step.
const STAGES: [&[f64]; 7] = [
    &[],
    &[0.2],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
/// Weights of the difference between the two orders.
const ERROR: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339_200.0, 22.0 / 525.0, -1.0 / 40.0];

/// Slopes of all states at a logSNR.
pub(crate) type Slope<'s> = dyn Fn(f64, &[Vec<f64>]) -> Result<Vec<Vec<f64>>, SpacetimeError> + 's;

/// Carries particles along the probability-flow ODE `dy/dλ = ½ (D - y)` from the first of the `levels` through all others, which
/// rise (noise to data) or fall (data to noise), and gives the particles at every level.
///
/// Dormand and Prince's method of order 5(4); all particles share each step, whose length follows from the largest error.
///
/// # Errors
/// [`SpacetimeError::Problem`] for levels out of order or outside the denoiser's range, particles of another dimension, a
/// tolerance that is not positive, or too many steps; [`SpacetimeError::Denoiser`] where the denoiser fails.
pub fn probability_flow(
    denoiser: &dyn Denoiser,
    start: &[Vec<f64>],
    levels: &[f64],
    settings: &ProbabilityFlowSettings,
) -> Result<Trajectory, SpacetimeError> {
    check(denoiser, start, levels, false)?;
    let slope = |log_snr: f64, particles: &[Vec<f64>]| -> Result<Vec<Vec<f64>>, SpacetimeError> {
        let mut slopes = denoise(denoiser, log_snr, particles)?;
        for (slope, y) in slopes.iter_mut().zip(particles) {
            slope.iter_mut().zip(y).for_each(|(slope, y)| *slope = 0.5 * (*slope - y));
        }
        Ok(slopes)
    };
    integrate(&slope, start, levels, settings)
}

/// Carries states along `d/dλ = slope(λ, state)` from the first of the levels through all others.
pub(crate) fn integrate(
    slope: &Slope<'_>,
    start: &[Vec<f64>],
    levels: &[f64],
    settings: &ProbabilityFlowSettings,
) -> Result<Trajectory, SpacetimeError> {
    let tolerances = [settings.absolute_tolerance, settings.relative_tolerance];
    if tolerances.iter().any(|tolerance| !(*tolerance > 0.0 && tolerance.is_finite())) {
        let message = format!("the tolerances {tolerances:?} of the probability flow must be positive");
        return Err(SpacetimeError::Problem(message));
    }
    let direction = (levels[1] - levels[0]).signum();
    let mut particles = start.to_vec();
    let mut points = vec![particles.clone()];
    let mut first = slope(levels[0], &particles)?;
    let mut length: f64 = 0.05;
    let mut steps = 0;
    for pair in levels.windows(2) {
        let mut log_snr = pair[0];
        while log_snr != pair[1] {
            if steps == settings.most_steps {
                let message =
                    format!("the probability flow did not get beyond logSNR {log_snr:.3} in {steps} steps");
                return Err(SpacetimeError::Problem(message));
            }
            steps += 1;
            let rest = (pair[1] - log_snr).abs();
            let is_last = length >= rest;
            let taken = direction * length.min(rest);
            let mut slopes = vec![std::mem::take(&mut first)];
            let mut end = Vec::new();
            for stage in 1..NODES.len() {
                end = moved(&particles, &slopes, STAGES[stage], taken);
                slopes.push(slope(log_snr + NODES[stage] * taken, &end)?);
            }
            let error = largest_error(&slopes, taken, settings);
            if !error.is_finite() {
                let message = format!("the probability flow is not finite at logSNR {log_snr:.3}");
                return Err(SpacetimeError::Problem(message));
            }
            // The usual controller: nine tenths of the step that would meet the tolerance, within a factor of five.
            let factor = if error > 0.0 { (0.9 * error.powf(-0.2)).clamp(0.2, 5.0) } else { 5.0 };
            if error <= 1.0 {
                particles = end;
                log_snr = if is_last { pair[1] } else { log_snr + taken };
                first = slopes.swap_remove(NODES.len() - 1);
                // A step cut short by a level says nothing against a longer one.
                length = if is_last { length.max(taken.abs() * factor) } else { length * factor };
            } else {
                first = slopes.swap_remove(0);
                length = taken.abs() * factor.min(0.9);
            }
        }
        points.push(particles.clone());
    }
    Ok(Trajectory { log_snr: levels.to_vec(), points })
}

/// `y + h Σ_i w_i k_i` of every particle.
fn moved(particles: &[Vec<f64>], slopes: &[Vec<Vec<f64>>], weights: &[f64], step: f64) -> Vec<Vec<f64>> {
    let particle = |(index, y): (usize, &Vec<f64>)| {
        let coordinate = |(axis, y): (usize, &f64)| {
            let sum: f64 =
                weights.iter().zip(slopes).map(|(weight, slope)| weight * slope[index][axis]).sum();
            y + step * sum
        };
        y.iter().enumerate().map(coordinate).collect()
    };
    particles.iter().enumerate().map(particle).collect()
}

/// The largest error of any particle and variable over its tolerance.
fn largest_error(slopes: &[Vec<Vec<f64>>], step: f64, settings: &ProbabilityFlowSettings) -> f64 {
    let mut largest: f64 = 0.0;
    let ends = slopes[0].iter().zip(&slopes[NODES.len() - 1]);
    for (particle, (start, end)) in ends.enumerate() {
        for (axis, (start, end)) in start.iter().zip(end).enumerate() {
            let error: f64 =
                ERROR.iter().zip(slopes).map(|(weight, slope)| weight * slope[particle][axis]).sum();
            // |D - y| is twice the slope.
            let distance = 2.0 * start.abs().max(end.abs());
            let tolerance = settings.absolute_tolerance + settings.relative_tolerance * distance;
            let ratio = (step * error / tolerance).abs();
            // `max` would lose a NaN.
            if ratio.is_nan() {
                return ratio;
            }
            largest = largest.max(ratio);
        }
    }
    largest
}
