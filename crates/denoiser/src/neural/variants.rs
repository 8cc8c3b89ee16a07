//! The parts of a model that depend on its variant: fit, outputs, targets and loss.

use nalgebra::DVector;
use rayon::prelude::*;

use super::model::{Evaluation, Head, Model, PreparedPairs};
use super::network::Network;
use super::potential::Potential;
use super::{NeuralSettings, conservative, plain};
use crate::{DenoiserError, Preconditioning, SpacetimePoint, TrainingPairs};

/// Number of pairs prepared by one task.
const PAIRS_PER_TASK: usize = 1024;

impl Head {
    fn fit(
        settings: &NeuralSettings,
        preconditioning: &Preconditioning,
        pairs: &TrainingPairs,
    ) -> Result<Self, DenoiserError> {
        if settings.conservative {
            return Ok(Self::Conservative(Potential::fit(preconditioning, pairs)?));
        }
        let scale = (settings.divergence_weight > 0.0)
            .then(|| plain::variance_log_scale(preconditioning, pairs))
            .transpose()?;
        Ok(Self::Plain { variance_log_scale: scale })
    }
}

impl Model {
    pub(super) fn fit(
        settings: &NeuralSettings,
        preconditioning: Preconditioning,
        pairs: &TrainingPairs,
    ) -> Result<Self, DenoiserError> {
        let head = Head::fit(settings, &preconditioning, pairs)?;
        Ok(Self::new(settings.clone(), preconditioning, head))
    }

    /// `μ` and products with the cotangents `[point][copy]`, as many for each point, in one pass of the network.
    pub(super) fn evaluate(
        &self,
        network: &Network,
        points: &[SpacetimePoint],
        cotangents: &[Vec<DVector<f64>>],
    ) -> Result<Vec<Evaluation>, DenoiserError> {
        match &self.head {
            Head::Plain { .. } => plain::evaluate(self, network, points, cotangents),
            Head::Conservative(potential) => potential.evaluate(self, network, points, cotangents),
        }
    }

    /// What training needs from some pairs.
    pub(super) fn prepare(&self, pairs: &TrainingPairs) -> Result<PreparedPairs, DenoiserError> {
        let indices: Vec<usize> = (0..pairs.points.len()).collect();
        let answers = self.preconditioning.baseline.answers(&pairs.points)?;
        let parts: Vec<PreparedPairs> = indices
            .par_chunks(PAIRS_PER_TASK)
            .map(|indices| {
                let mut part = PreparedPairs { inputs: self.axes.len(), ..PreparedPairs::default() };
                indices
                    .iter()
                    .try_for_each(|&index| self.prepare_one(pairs, index, &answers[index], &mut part))?;
                Ok(part)
            })
            .collect::<Result<_, _>>()?;
        let mut all = PreparedPairs { inputs: self.axes.len(), ..PreparedPairs::default() };
        for part in parts {
            all.stride = part.stride;
            all.features.extend(part.features);
            all.by_y.extend(part.by_y);
            all.by_level.extend(part.by_level);
            all.targets.extend(part.targets);
            all.parts.extend(part.parts);
        }
        Ok(all)
    }

    fn prepare_one(
        &self,
        pairs: &TrainingPairs,
        index: usize,
        base: &(Vec<f64>, f64),
        prepared: &mut PreparedPairs,
    ) -> Result<(), DenoiserError> {
        let preconditioning = &self.preconditioning;
        let (point, mean) = (&pairs.points[index], &pairs.means[index]);
        let square = pairs.squared_displacements[index];
        let targets = match &self.head {
            Head::Plain { variance_log_scale } => {
                plain::targets(preconditioning, variance_log_scale.as_ref(), point, mean, square, base)
            }
            Head::Conservative(potential) => potential.targets(point, mean, square, base),
        };
        if targets.iter().any(|value| !value.is_finite()) {
            let message = format!("a training target at {point:?} is not finite: {targets:?}");
            return Err(DenoiserError::Data(message));
        }
        let jets = self.features(point);
        prepared.features.extend(jets.iter().map(|jet| jet.value as f32));
        if self.settings.conservative || self.settings.divergence_weight > 0.0 {
            prepared.by_y.extend(jets.iter().map(|jet| jet.by_y as f32));
        }
        if self.settings.conservative {
            prepared.by_level.extend(jets.iter().map(|jet| jet.by_level as f32));
        }
        prepared.stride = targets.len();
        prepared.targets.extend(targets.iter().map(|value| *value as f32));
        let parts = self.settings.level_parts;
        let part = 0.5 * (preconditioning.position(point.log_snr) + 1.0) * parts as f64;
        prepared.parts.push((part as usize).min(parts - 1));
        Ok(())
    }

    /// Loss of each row and, if requested, `share` times the gradient of their sum by the parameters.
    pub(super) fn loss(
        &self,
        network: &Network,
        pairs: &PreparedPairs,
        rows: &[usize],
        share: Option<f64>,
    ) -> (Vec<f64>, Option<Vec<f32>>) {
        match &self.head {
            Head::Plain { .. } => plain::loss(self, network, pairs, rows, share),
            Head::Conservative(_) => conservative::loss(self, network, pairs, rows, share),
        }
    }
}
