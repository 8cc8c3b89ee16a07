//! Diffusion Edit Distance: how far apart two clean configurations are for a diffusion model.

use geodyssey_denoiser::{Denoiser, SpacetimePoint};

use crate::error::SpacetimeError;
use crate::problem::{GeodesicProblem, SolverSettings};
use crate::windings::{shortest, solve_windings};

/// Length of the shortest geodesic between `(λ_max, a)` and `(λ_max, b)` (arXiv 2505.17517, section 4).
///
/// On a torus the nearest image of `b` within the settings' windings counts. Symmetric in `a` and `b` up to the solver's tolerance.
///
/// # Errors
/// As [`solve_windings`]; the failure of the direct winding where all fail.
pub fn diffusion_edit_distance(
    denoiser: &dyn Denoiser,
    a: &[f64],
    b: &[f64],
    log_snr: f64,
    settings: &SolverSettings,
) -> Result<f64, SpacetimeError> {
    let end = |y: &[f64]| SpacetimePoint { log_snr, y: y.to_vec() };
    let problem = GeodesicProblem {
        denoiser,
        start: end(a),
        end: end(b),
        constraints: &[],
        settings: SolverSettings { log_snr_max: settings.log_snr_max.max(log_snr), ..settings.clone() },
        progress: None,
    };
    let mut windings = solve_windings(&problem, &[])?;
    let index = shortest(&windings).unwrap_or(0);
    Ok(windings.swap_remove(index).geodesic?.measures.length)
}
