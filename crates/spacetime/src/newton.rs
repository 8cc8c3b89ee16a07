//! Damped Newton minimisation of a curve's energy.

use nalgebra::DVector;

use crate::error::{SpacetimeError, unless_interrupted};
use crate::objective::{Evaluation, Objective};
use crate::parametrisation::Parametrisation;

/// When one minimisation ends, and within which bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewtonSettings {
    /// Relative excess of the energy over its minimum, estimated from the gradient, at which it is converged.
    pub(crate) tolerance: f64,
    pub(crate) max_iterations: usize,
    /// Bounds of logSNR of free nodes.
    pub(crate) log_snr_bounds: (f64, f64),
}

/// Why a minimisation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewtonEnd {
    Converged,
    IterationLimit,
    /// No step lowers the energy any more, within rounding.
    Stalled,
}

/// Where a minimisation ended.
pub(crate) struct Minimum {
    pub(crate) unknowns: Vec<DVector<f64>>,
    pub(crate) evaluation: Evaluation,
    pub(crate) iterations: usize,
    pub(crate) end: NewtonEnd,
    /// Estimated relative excess of the energy over the minimum.
    pub(crate) excess: f64,
}

/// Excess, relative to the energy, that a stalled minimisation may have and still count as converged.
const STALLED_EXCESS: f64 = 1e-5;

/// A full Newton step that promises less than this share of the tolerance is not worth taking.
const SURE_SHARE: f64 = 0.01;

/// Levenberg–Marquardt damped Newton steps with a trust ratio (J. Nocedal, S. Wright, *Numerical Optimization*, chapters 4
/// and 10); damping is proportional to the Fisher–Rao metric, so that steps do not depend on coordinates. Where the damped Hessian
/// is not positive definite the Gauss–Newton matrix stands in. Bounds on logSNR are kept by projection (D. Bertsekas,
/// *SIAM J. Control Optim.* 20 (1982) 221).
///
/// Ends when the excess energy, `½ ((N-1)/π)² gᵀ M⁻¹ g` with `M = (N-1) G` — exact for the slowest mode of a chain in a flat
/// space, an overestimate for all others — is below `tolerance · E`, or when a full Newton step, which near a minimum leads there,
/// promises less than a hundredth of that.
pub(crate) fn minimise(
    objective: &Objective,
    parametrisation: &Parametrisation,
    mut unknowns: Vec<DVector<f64>>,
    settings: &NewtonSettings,
    mut progress: impl FnMut(usize, &Evaluation),
) -> Result<Minimum, SpacetimeError> {
    let bounded = matches!(parametrisation, Parametrisation::FreeNodes);
    let (lower, upper) = settings.log_snr_bounds;
    let project = |unknowns: &mut [DVector<f64>]| {
        if bounded {
            unknowns.iter_mut().for_each(|u| u[0] = u[0].clamp(lower, upper));
        }
    };
    project(&mut unknowns);
    let mut evaluation = objective.evaluate(parametrisation.nodes(&unknowns))?;
    let slowest_mode = ((evaluation.nodes.len() - 1) as f64 / std::f64::consts::PI).powi(2);
    let mut damping = 1e-2;
    let mut idle = 0;
    let mut excess = f64::INFINITY;
    for iteration in 0..settings.max_iterations {
        progress(iteration, &evaluation);
        let model = objective.model(&evaluation)?;
        let frozen: Vec<bool> = if bounded {
            unknowns
                .iter()
                .zip(&model.gradient)
                .map(|(u, gradient)| {
                    (u[0] <= lower && gradient[0] > 0.0) || (u[0] >= upper && gradient[0] < 0.0)
                })
                .collect()
        } else {
            Vec::new()
        };
        let model = parametrisation.reduce(model, &frozen);
        let scale = evaluation.energy.abs().max(f64::MIN_POSITIVE);
        excess = 0.5 * slowest_mode * model.gradient_norm_squared() / scale;
        // Of thousands of nodes that estimate is one of rounding errors in their fastest modes, and no step makes it smaller.
        if excess > settings.tolerance
            && let Some(step) = model.step(0.0, false)
        {
            let promised = model.predicted_decrease(&step, false) / scale;
            if (0.0..=SURE_SHARE * settings.tolerance).contains(&promised) {
                excess = promised;
            }
        }
        if excess <= settings.tolerance || evaluation.energy == 0.0 {
            return Ok(Minimum {
                unknowns,
                evaluation,
                iterations: iteration,
                end: NewtonEnd::Converged,
                excess,
            });
        }
        let accepted = loop {
            let (step, gauss_newton) = match model.step(damping, false) {
                Some(step) => (Some(step), false),
                None => (model.step(damping, true), true),
            };
            if let Some(step) = step {
                let mut trial: Vec<_> = unknowns.iter().zip(&step).map(|(u, step)| u + step).collect();
                project(&mut trial);
                let taken: Vec<_> = trial.iter().zip(&unknowns).map(|(new, old)| new - old).collect();
                let predicted = model.predicted_decrease(&taken, gauss_newton);
                // A trial that the denoiser cannot represent is a step too far, not the end.
                if predicted > 0.0
                    && let Ok(candidate) =
                        unless_interrupted(objective.evaluate(parametrisation.nodes(&trial)))?
                {
                    let decrease = evaluation.value - candidate.value;
                    let ratio = decrease / predicted;
                    if ratio > 1e-3 {
                        damping = if ratio > 0.75 {
                            (damping * 0.2).max(1e-12)
                        } else if ratio < 0.25 {
                            damping * 3.0
                        } else {
                            damping
                        };
                        idle = if decrease < 1e-12 * evaluation.value.abs() { idle + 1 } else { 0 };
                        break Some((trial, candidate));
                    }
                }
            }
            damping = (damping * 5.0).max(1e-8);
            if damping > 1e10 {
                break None;
            }
        };
        match accepted {
            Some((trial, candidate)) => (unknowns, evaluation) = (trial, candidate),
            None => idle = usize::MAX,
        }
        if idle > 4 {
            let end = if excess <= STALLED_EXCESS { NewtonEnd::Converged } else { NewtonEnd::Stalled };
            return Ok(Minimum { unknowns, evaluation, iterations: iteration + 1, end, excess });
        }
    }
    let iterations = settings.max_iterations;
    Ok(Minimum { unknowns, evaluation, iterations, end: NewtonEnd::IterationLimit, excess })
}
