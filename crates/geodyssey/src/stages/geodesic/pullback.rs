//! The geodesic of the pullback metric as a curve to follow: a baseline that takes no account of barriers.

use geodyssey_denoiser::SpacetimePoint;
use geodyssey_report::Warning;
use geodyssey_spacetime::{Decoder, ProbabilityFlowSettings};

use super::found::Found;
use super::solve::{Solve, along};
use crate::artifacts::curve::STAGE;
use crate::error::Error;
use crate::problem::Problem;

/// Accuracy of the flow: where little of the density lies, latents are so dense that a small error there is a large one of data.
const FLOW_TOLERANCE: f64 = 1e-8;
/// Nodes of the latent curve; between them the decoded curve is taken as straight, which it is.
const LATENT_NODES: usize = 17;
/// Deviation from the straight line, as a share of its length, above which the flow is not to be trusted.
const LARGEST_DEVIATION: f64 = 1e-3;

impl Solve<'_> {
    /// Both ends are data at the higher one of their logSNR, encoded as latents where noise is all there is; between these runs
    /// the latent curve of least pullback energy; decoded, it gives the centres of a tether whose logSNR goes linearly from the
    /// start's to the end's.
    pub(super) fn pullback(&self, start: &SpacetimePoint, end: &SpacetimePoint) -> Result<Found, Error> {
        let failed = |error| Error::computing("the pullback geodesic", error);
        let data_log_snr = start.log_snr.max(end.log_snr);
        let latent_log_snr = latent_log_snr(self.problem).max(self.denoiser.log_snr_range().0);
        let flow = ProbabilityFlowSettings {
            absolute_tolerance: FLOW_TOLERANCE,
            relative_tolerance: FLOW_TOLERANCE,
            ..ProbabilityFlowSettings::default()
        };
        let decoder = Decoder { denoiser: self.denoiser, data_log_snr, latent_log_snr, flow };
        let points = self.problem.config.geodesic.points.get();
        let found = decoder.encoded_line(&start.y, &end.y, points.min(LATENT_NODES)).map_err(failed)?;
        let mut warnings = Vec::new();
        if found.deviation > LARGEST_DEVIATION {
            let message = format!(
                "The decoded pullback geodesic deviates from the straight line by {:.1e} of its length: the flow through logSNR \
                 {latent_log_snr:.2} loses points where there is hardly any density.",
                found.deviation
            );
            warnings.push(Warning::new(STAGE, message));
        }
        let mut curve = along(&resampled(&found.data, points), start, end);
        // The ends are held; encoding and decoding moves them by the flow's error.
        if let [first, .., last] = curve.as_mut_slice() {
            first.y.clone_from(&start.y);
            last.y.clone_from(&end.y);
        }
        let remark = format!(
            "pullback geodesic through latents of logSNR {latent_log_snr:.2}: relative excess of the decoded energy over the least \
             possible {:.1e}, deviation from the straight line {:.1e} of its length",
            found.excess, found.deviation
        );
        let evaluations = curve.len() as u64;
        Ok(Found { curve, iterations: 0, evaluations, remark, warnings })
    }
}

/// `points` places at equal shares of a curve whose nodes are at equal shares of it, straight in between.
fn resampled(nodes: &[Vec<f64>], points: usize) -> Vec<Vec<f64>> {
    let segments = nodes.len() - 1;
    let place = |index: usize| {
        let position = index as f64 / (points - 1) as f64 * segments as f64;
        let before = (position as usize).min(segments - 1);
        let share = position - before as f64;
        let ends = nodes[before].iter().zip(&nodes[before + 1]);
        ends.map(|(a, b)| a + share * (b - a)).collect()
    };
    (0..points).map(place).collect()
}

/// The configuration's, or where noise is all there is: half a period wide, or as wide as the range of a variable without one.
fn latent_log_snr(problem: &Problem) -> f64 {
    if let Some(given) = problem.config.geodesic.latent_log_snr {
        return given.get();
    }
    let widths = problem.variables.iter().zip(problem.scales.each()).filter_map(|(variable, scale)| {
        let width = variable.period.map(|period| 0.5 * period);
        width.or(variable.range.map(|(low, high)| (high - low) / scale))
    });
    widths.map(|width| -2.0 * width.ln()).fold(problem.config.geodesic.log_snr.start - 1.0, f64::min)
}
