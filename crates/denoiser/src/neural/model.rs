//! The meaning of a network's output, and its training targets.

use burn::tensor::TensorData;
use nalgebra::DVector;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use super::NeuralSettings;
use super::features::{FeatureMap, Jet};
use super::level_polynomial::LevelPolynomial;
use super::network::Architecture;
use super::potential::Potential;
use crate::random::stream;
use crate::{Preconditioning, SpacetimePoint};

/// How the output defines a denoiser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Head {
    /// One output per variable, `D = D_0 + c N`.
    Plain {
        /// `log` of the root mean square of `tr Var[x]` minus the baseline's, if the variance is also trained on.
        variance_log_scale: Option<LevelPolynomial>,
    },
    /// One output; the denoiser is the gradient of a potential.
    Conservative(Potential),
}

/// Everything that turns a network into a denoiser, except its weights.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Model {
    pub(super) settings: NeuralSettings,
    pub(super) preconditioning: Preconditioning,
    pub(super) head: Head,
    /// Directions `(0, v)` of the plain variant's tangents: one per variable, or Rademacher vectors.
    pub(super) directions: Vec<Vec<f64>>,
    /// Each direction's weight in the divergence.
    pub(super) direction_weight: f64,
    /// Variable of each feature.
    pub(super) axes: Vec<Option<usize>>,
}

/// A denoiser's output at one point.
#[derive(Clone, Debug)]
pub(super) struct Evaluation {
    /// `μ`.
    pub(super) expectation_parameter: DVector<f64>,
    /// `log Z`, if known.
    pub(super) log_normaliser: Option<f64>,
    /// `wᵀ ∂μ/∂η` for each of the point's cotangents.
    pub(super) products: Vec<DVector<f64>>,
}

impl Model {
    pub(super) fn new(settings: NeuralSettings, preconditioning: Preconditioning, head: Head) -> Self {
        let dimension = preconditioning.dimension();
        let exact = dimension <= settings.exact_divergence_up_to;
        let count = if exact { dimension } else { settings.divergence_probes };
        let directions = (0..count)
            .map(|index| {
                let mut direction = vec![0.0; 1 + dimension];
                if exact {
                    direction[1 + index] = 1.0;
                } else {
                    let mut random = stream(0, "divergence probes", index as u64);
                    direction[1..].fill_with(|| if random.random::<bool>() { 1.0 } else { -1.0 });
                }
                direction
            })
            .collect();
        let direction_weight = if exact { 1.0 } else { 1.0 / count as f64 };
        let origin = SpacetimePoint { log_snr: preconditioning.log_snr.0, y: preconditioning.centre.clone() };
        let map = FeatureMap { settings: &settings, preconditioning: &preconditioning };
        let axes = map.at(&origin).iter().map(|jet| jet.axis).collect();
        Self { settings, preconditioning, head, directions, direction_weight, axes }
    }

    pub(super) fn dimension(&self) -> usize {
        self.preconditioning.dimension()
    }

    pub(super) fn architecture(&self) -> Architecture {
        Architecture {
            inputs: self.axes.len(),
            width: self.settings.width,
            hidden_layers: self.settings.hidden_layers,
            outputs: match self.head {
                Head::Plain { .. } => self.dimension(),
                Head::Conservative(_) => 1,
            },
            residual: self.settings.residual,
            activation: self.settings.activation,
        }
    }

    pub(super) fn features(&self, point: &SpacetimePoint) -> Vec<Jet> {
        FeatureMap { settings: &self.settings, preconditioning: &self.preconditioning }.at(point)
    }

    /// The tangents of a row's features along a direction `(δλ, δy)`, appended to `tangents`.
    pub(super) fn push_tangent(
        &self,
        pairs: &PreparedPairs,
        row: usize,
        direction: &[f64],
        tangents: &mut Vec<f32>,
    ) {
        let range = row * pairs.inputs..(row + 1) * pairs.inputs;
        let by_y = &pairs.by_y[range.clone()];
        let moved =
            |index: usize| self.axes[index].map_or(0.0, |axis| by_y[index] * direction[1 + axis] as f32);
        if direction[0] == 0.0 {
            tangents.extend((0..pairs.inputs).map(moved));
        } else {
            let by_level = &pairs.by_level[range];
            let level = direction[0] as f32;
            tangents.extend((0..pairs.inputs).map(|index| moved(index) + by_level[index] * level));
        }
    }

    /// Derivatives `(∂λ, ∂y)` of what has the cotangents `bars` by a row's features.
    pub(super) fn gradient(&self, pairs: &PreparedPairs, row: usize, bars: &[f64]) -> Vec<f64> {
        let range = row * pairs.inputs..(row + 1) * pairs.inputs;
        let mut gradient = vec![0.0; 1 + self.dimension()];
        let slopes = pairs.by_y[range.clone()].iter().zip(&pairs.by_level[range]);
        for ((bar, (by_y, by_level)), axis) in bars.iter().zip(slopes).zip(&self.axes) {
            gradient[0] += bar * f64::from(*by_level);
            if let Some(axis) = axis {
                gradient[1 + axis] += bar * f64::from(*by_y);
            }
        }
        gradient
    }
}

/// Training pairs as inputs and targets of the network, in single precision.
#[derive(Default)]
pub(super) struct PreparedPairs {
    pub(super) inputs: usize,
    /// Features `[pair][feature]`, and their derivatives if the loss needs them.
    pub(super) features: Vec<f32>,
    pub(super) by_y: Vec<f32>,
    pub(super) by_level: Vec<f32>,
    /// Targets `[pair][stride]`; their meaning depends on the head.
    pub(super) stride: usize,
    pub(super) targets: Vec<f32>,
    /// Part of the noise range in which each pair lies.
    pub(super) parts: Vec<usize>,
}

impl PreparedPairs {
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// Targets of one pair.
    pub(super) fn targets(&self, row: usize) -> &[f32] {
        &self.targets[row * self.stride..][..self.stride]
    }

    /// Features of some pairs, with room behind them.
    pub(super) fn gather(&self, rows: &[usize], blocks: usize) -> Vec<f32> {
        let mut features = Vec::with_capacity(rows.len() * self.inputs * blocks);
        for row in rows {
            features.extend_from_slice(&self.features[row * self.inputs..][..self.inputs]);
        }
        features
    }

    /// Rows of features, and of their tangents, as a matrix.
    pub(super) fn matrix(&self, features: Vec<f32>) -> TensorData {
        let rows = features.len() / self.inputs;
        TensorData::new(features, [rows, self.inputs])
    }
}
