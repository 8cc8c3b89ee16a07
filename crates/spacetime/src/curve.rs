//! Energy, length and divergences of a discrete curve.

use geodyssey_denoiser::{PosteriorMoments, SpacetimePoint};
use nalgebra::DVector;
use serde::Serialize;

/// What is measured on a curve of `N` nodes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurveMeasures {
    /// `E = (N-1)/2 Σ Δη·Δμ`; half the squared length at constant speed.
    pub energy: f64,
    /// `L = Σ sqrt(Δη·Δμ)`, the Fisher–Rao length in nats^½; negative terms add nothing.
    pub length: f64,
    /// `2E/L²`: 1 at constant speed, more otherwise.
    pub constant_speed: f64,
    /// Share of the terms `Δη·Δμ` that are negative; 0 for an exact denoiser.
    pub negative_share: f64,
}

/// `Δη·Δμ` of each segment: the Jeffreys divergence `KL(p‖p') + KL(p'‖p)` of its two ends, in nats.
pub fn jeffreys_divergences(natural: &[DVector<f64>], expectation: &[DVector<f64>]) -> Vec<f64> {
    natural
        .windows(2)
        .zip(expectation.windows(2))
        .map(|(eta, mu)| {
            eta[0]
                .iter()
                .zip(&eta[1])
                .zip(mu[0].iter().zip(&mu[1]))
                .map(|((a, b), (c, d))| (b - a) * (d - c))
                .sum()
        })
        .collect()
}

/// Energy, length, speed and negative share from the segments' Jeffreys divergences.
pub fn measure_segments(divergences: &[f64]) -> CurveMeasures {
    let energy = 0.5 * divergences.len() as f64 * divergences.iter().sum::<f64>();
    let length: f64 = divergences.iter().map(|divergence| divergence.max(0.0).sqrt()).sum();
    let negative = divergences.iter().filter(|divergence| **divergence < 0.0).count();
    CurveMeasures {
        energy,
        length,
        constant_speed: 2.0 * energy / (length * length),
        negative_share: negative as f64 / divergences.len().max(1) as f64,
    }
}

/// Energy, length, speed and negative share of a curve.
pub fn measure_curve(points: &[SpacetimePoint], moments: &[PosteriorMoments]) -> CurveMeasures {
    let (natural, expectation) = parameters(points, moments);
    measure_segments(&jeffreys_divergences(&natural, &expectation))
}

/// Arc length from the first node to each node, `Σ sqrt(Δη·Δμ)`.
pub fn arc_length(points: &[SpacetimePoint], moments: &[PosteriorMoments]) -> Vec<f64> {
    let (natural, expectation) = parameters(points, moments);
    cumulative(
        jeffreys_divergences(&natural, &expectation).into_iter().map(|divergence| divergence.max(0.0).sqrt()),
    )
}

/// `KL(p* ‖ p_s) - KL(p* ‖ p_0)` in nats at each node `s`: the integral of `(μ - μ*)·dη` along the curve
/// (arXiv 2505.17517, Eq. 44), by the trapezoidal rule.
pub fn forward_kl_along(
    points: &[SpacetimePoint],
    moments: &[PosteriorMoments],
    reference_expectation: &DVector<f64>,
) -> Vec<f64> {
    let (natural, expectation) = parameters(points, moments);
    cumulative(
        natural
            .windows(2)
            .zip(expectation.windows(2))
            .map(|(eta, mu)| (0.5 * (&mu[0] + &mu[1]) - reference_expectation).dot(&(&eta[1] - &eta[0]))),
    )
}

/// `KL(p_s ‖ p*) - KL(p_0 ‖ p*)` in nats at each node `s`: the integral of `(η - η*)·dμ` along the curve
/// (arXiv 2505.17517, Eq. 44), by the trapezoidal rule.
pub fn reverse_kl_along(
    points: &[SpacetimePoint],
    moments: &[PosteriorMoments],
    reference_natural: &DVector<f64>,
) -> Vec<f64> {
    let (natural, expectation) = parameters(points, moments);
    cumulative(
        natural
            .windows(2)
            .zip(expectation.windows(2))
            .map(|(eta, mu)| (0.5 * (&eta[0] + &eta[1]) - reference_natural).dot(&(&mu[1] - &mu[0]))),
    )
}

fn parameters(
    points: &[SpacetimePoint],
    moments: &[PosteriorMoments],
) -> (Vec<DVector<f64>>, Vec<DVector<f64>>) {
    (
        points.iter().map(SpacetimePoint::natural_parameter).collect(),
        moments.iter().map(|moment| moment.expectation_parameter.clone()).collect(),
    )
}

/// Running sum, with 0 before the first term.
pub(crate) fn cumulative(terms: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    let mut sums = vec![0.0];
    for term in terms {
        sum += term;
        sums.push(sum);
    }
    sums
}
