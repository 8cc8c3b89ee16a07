//! From noise to data and back: the flows of a denoiser through all noise levels.
//!
//! With `s² = e^{-λ}` and `y = x + s n` the noisy density is `p_λ = q * N(0, s²)` at every schedule, its score
//! `∇ log p_λ = (D(λ, y) - y)/s²` (Tweedie's formula), and noise grows as `d(s²) = -s² dλ`. Two processes keep `p_λ`
//! (Y. Song et al., arXiv 2011.13456, Eqs. 6 and 13, there with `f = 0` and `g² dt = d(s²)`):
//!
//! - the probability-flow ODE `dy = -½ ∇ log p_λ d(s²)`, that is `dy/dλ = ½ (D(λ, y) - y)`
//!   (in `s`: `dy/ds = (y - D)/s`, T. Karras et al., arXiv 2206.00364, Eq. 3): [`probability_flow`];
//! - the reverse diffusion, `λ` growing, `dy = (D(λ, y) - y) dλ + s dW`: [`reverse_diffusion`].

mod prior;
mod probability_flow;
mod random;
mod reverse_diffusion;

use geodyssey_denoiser::{Denoiser, SpacetimePoint};

use crate::SpacetimeError;

pub(crate) use probability_flow::integrate;

pub use prior::Prior;
pub use probability_flow::{ProbabilityFlowSettings, probability_flow};
pub use reverse_diffusion::{ReverseDiffusionSettings, reverse_diffusion};

/// Particles at several noise levels.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Trajectory {
    /// `λ` of each level.
    pub log_snr: Vec<f64>,
    /// `[level][particle][variable]`; periodic variables on the cover.
    pub points: Vec<Vec<Vec<f64>>>,
}

impl Trajectory {
    /// The particles at the last level.
    #[must_use]
    pub fn last(&self) -> &[Vec<f64>] {
        self.points.last().map_or(&[], Vec::as_slice)
    }
}

/// Checks the particles' dimension and that the levels are at least two, finite, in the denoiser's range and in order.
pub(crate) fn check(
    denoiser: &dyn Denoiser,
    particles: &[Vec<f64>],
    levels: &[f64],
    rising_only: bool,
) -> Result<(), SpacetimeError> {
    let fail = |message: String| Err(SpacetimeError::Problem(message));
    let dimension = denoiser.dimension();
    if let Some(index) = particles.iter().position(|y| y.len() != dimension) {
        return fail(format!(
            "particle {index} has {} variables, expected {dimension}",
            particles[index].len()
        ));
    }
    let (low, high) = denoiser.log_snr_range();
    let slack = 1e-9 * (high - low);
    if let Some(level) =
        levels.iter().find(|level| !level.is_finite() || **level < low - slack || **level > high + slack)
    {
        return fail(format!("logSNR {level} lies outside the denoiser's range {low} to {high}"));
    }
    let rising = levels.windows(2).all(|pair| pair[0] < pair[1]);
    let falling = levels.windows(2).all(|pair| pair[0] > pair[1]);
    if levels.len() < 2 || !(rising || falling && !rising_only) {
        let order = if rising_only { "rise" } else { "rise or fall" };
        return fail(format!("the levels {levels:?} must be two or more and {order} strictly"));
    }
    Ok(())
}

/// `D` at every particle, `[particle][variable]`.
fn denoise(
    denoiser: &dyn Denoiser,
    log_snr: f64,
    particles: &[Vec<f64>],
) -> Result<Vec<Vec<f64>>, SpacetimeError> {
    // A sum of steps may miss the end of the range by rounding.
    let (low, high) = denoiser.log_snr_range();
    let log_snr = log_snr.clamp(low, high);
    let points: Vec<SpacetimePoint> =
        particles.iter().map(|y| SpacetimePoint { log_snr, y: y.clone() }).collect();
    let moments = denoiser.expectation_parameters(&points)?;
    Ok(moments.into_iter().map(|mu| mu.as_slice()[..denoiser.dimension()].to_vec()).collect())
}
