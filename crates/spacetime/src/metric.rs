//! What a curve's length is measured by: the trait, and the Fisher–Rao metric.

use geodyssey_denoiser::{Denoiser, PosteriorMoments, SpacetimePoint};
use nalgebra::{DMatrix, DVector};

use crate::constraint::CurveNode;
use crate::curve::jeffreys_divergences;
use crate::error::SpacetimeError;

/// A measure of how far neighbouring nodes of a curve are apart.
///
/// The solver minimises `E = (N-1)/2 Σ l²` over the inner nodes; a metric says what the `l²` are and how their sum changes.
pub trait PathMetric: Send + Sync {
    /// Unit of a squared length, such as `nat`.
    fn unit(&self) -> &'static str;

    /// The squared length of every segment, one fewer than nodes. A learned denoiser's may be negative.
    fn squared_lengths(&self, nodes: &[CurveNode]) -> Vec<f64>;

    /// The sum of the squared lengths to second order.
    ///
    /// # Errors
    /// A denoiser that cannot be asked near the curve.
    fn model(&self, nodes: &[CurveNode]) -> Result<LengthModel, SpacetimeError>;
}

/// `Σ l²` of a curve to second order in the natural parameters `η` of its inner nodes; every list has one entry a node.
pub struct LengthModel {
    /// Gradient.
    pub gradient: Vec<DVector<f64>>,
    /// Blocks of the Hessian on the diagonal.
    pub diagonal: Vec<DMatrix<f64>>,
    /// Blocks on the diagonal of a positive semidefinite approximation of it: a chain of springs with the local metric.
    pub springs: Vec<DMatrix<f64>>,
    /// Blocks of either with the next inner node; one fewer.
    pub upper: Vec<DMatrix<f64>>,
    /// The local metric `G`: `l² = Δηᵀ G Δη` for a short segment.
    pub metric: Vec<DMatrix<f64>>,
    /// Points at which a denoiser was asked.
    pub evaluations: usize,
}

/// The Fisher–Rao metric of a denoiser's posteriors: `l² = Δη·Δμ`, the Jeffreys divergence of neighbours, in nats.
#[derive(Clone, Copy)]
pub struct FisherRao<'d> {
    denoiser: &'d dyn Denoiser,
}

impl<'d> FisherRao<'d> {
    /// Of the posteriors of one denoiser.
    pub fn new(denoiser: &'d dyn Denoiser) -> Self {
        Self { denoiser }
    }

    /// `∂G/∂η · Δ²η` at the inner nodes: the denoiser's own, or one-sided differences of `G` along a short step.
    fn metric_derivatives(
        &self,
        nodes: &[CurveNode],
        natural: &[DVector<f64>],
        symmetric: &[DMatrix<f64>],
        bends: &[DVector<f64>],
    ) -> Result<Vec<DMatrix<f64>>, SpacetimeError> {
        let inner = &nodes[1..nodes.len() - 1];
        let points: Vec<SpacetimePoint> = inner.iter().map(|node| node.point.clone()).collect();
        if let Some(derivatives) = self.denoiser.metric_derivatives(&points, bends)? {
            return Ok(derivatives);
        }
        // The step is short in the metric (a Jeffreys divergence of 1e-8) and keeps e^λ positive.
        let steps: Vec<f64> = (0..points.len())
            .map(|index| {
                let bend = &bends[index];
                let eta = &natural[index + 1];
                let last = eta.len() - 1;
                let norm = bend.dot(&(&symmetric[index + 1] * bend)).max(0.0).sqrt();
                let largest = 0.1 * (eta[last] / bend[last]).abs();
                (1e-4 / norm.max(f64::MIN_POSITIVE)).min(largest).min(1e3)
            })
            .collect();
        let moved: Vec<SpacetimePoint> = (0..points.len())
            .map(|index| {
                let eta = &natural[index + 1] + &bends[index] * steps[index];
                SpacetimePoint::from_natural_parameter(&eta).unwrap_or_else(|| points[index].clone())
            })
            .collect();
        let moments: Vec<PosteriorMoments> = self.denoiser.moments(&moved)?;
        Ok(moments
            .iter()
            .enumerate()
            .map(|(index, moment)| {
                let there = (&moment.metric + moment.metric.transpose()) * 0.5;
                (there - &symmetric[index + 1]) / steps[index]
            })
            .collect())
    }
}

impl PathMetric for FisherRao<'_> {
    fn unit(&self) -> &'static str {
        "nat"
    }

    fn squared_lengths(&self, nodes: &[CurveNode]) -> Vec<f64> {
        let natural: Vec<_> = nodes.iter().map(|node| node.point.natural_parameter()).collect();
        let expectation: Vec<_> =
            nodes.iter().map(|node| node.moments.expectation_parameter.clone()).collect();
        jeffreys_divergences(&natural, &expectation)
    }

    /// With `Δ²η_i = η_{i-1} - 2η_i + η_{i+1}`: gradient `-Δ²μ_i - G_iᵀ Δ²η_i`; Hessian `4G_i - κ_i[Δ²η_i]` on the diagonal, with `κ`
    /// the derivative of `G`, and `-(G_i + G_{i+1})` beside it.
    fn model(&self, nodes: &[CurveNode]) -> Result<LengthModel, SpacetimeError> {
        let natural: Vec<_> = nodes.iter().map(|node| node.point.natural_parameter()).collect();
        let bends: Vec<DVector<f64>> =
            natural.windows(3).map(|eta| &eta[0] - &eta[1] * 2.0 + &eta[2]).collect();
        let symmetric: Vec<DMatrix<f64>> =
            nodes.iter().map(|node| (&node.moments.metric + node.moments.metric.transpose()) * 0.5).collect();
        let derivatives = self.metric_derivatives(nodes, &natural, &symmetric, &bends)?;
        let inner = bends.len();
        let mu = |at: usize| &nodes[at].moments.expectation_parameter;
        let gradient = |node: usize| {
            mu(node) * 2.0 - mu(node - 1) - mu(node + 1) - nodes[node].moments.metric.tr_mul(&bends[node - 1])
        };
        let springs = |node: usize| &symmetric[node - 1] + &symmetric[node] * 2.0 + &symmetric[node + 1];
        Ok(LengthModel {
            gradient: (1..=inner).map(gradient).collect(),
            diagonal: (1..=inner).map(|node| &symmetric[node] * 4.0 - &derivatives[node - 1]).collect(),
            springs: (1..=inner).map(springs).collect(),
            upper: (1..inner).map(|node| -(&symmetric[node] + &symmetric[node + 1])).collect(),
            metric: symmetric[1..=inner].to_vec(),
            evaluations: inner,
        })
    }
}
