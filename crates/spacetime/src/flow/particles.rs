//! Particles at noise levels: where they are, whether they may be there, and what the denoiser makes of them.

use geodyssey_denoiser::{Denoiser, SpacetimePoint};

use crate::SpacetimeError;

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
pub(super) fn denoise(
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
