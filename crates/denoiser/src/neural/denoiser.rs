//! The trained network as a denoiser.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::checkpoint;
use super::model::{Evaluation, Model};
use super::network::Network;
use super::{ComputeDevice, NeuralIdentity, NeuralSettings};
use crate::denoiser::{check_point, check_vectors};
use crate::{
    Denoiser, DenoiserError, PosteriorMoments, Preconditioning, SpacetimePoint, WeightsExpectation,
    WeightsFile,
};

/// How far outside the trained range of `λ` a point may lie, as a share of the range: a solver at its edge takes short steps
/// across, and the network is smooth there.
const RANGE_SLACK: f64 = 0.01;
/// Points of one pass of the network on the CPU. Fixed, and short batches are padded, so that a point's result depends neither on the other
/// points nor on the number of threads.
const POINTS_PER_PASS: usize = 16;
/// The same on a GPU, where passes run one after another.
const POINTS_PER_PASS_ON_GPU: usize = 256;

/// A learned denoiser: `D = D_0 + c N(λ, y)` with a baseline `D_0` and a network `N`, or the gradient of a learned potential.
///
/// Moments are computed in double precision on the CPU, in single precision on a GPU. The divergence in
/// `μ = (D, |D|² + e^{-λ} div D)` is exact up to [`NeuralSettings::exact_divergence_up_to`] variables, and always for the conservative
/// variant, whose `log Z` is known up to a constant. Points more than 1 % of the trained range of `λ`
/// outside it are errors.
#[derive(Clone, Debug)]
pub struct NeuralDenoiser {
    model: Model,
    network: Network,
    parameters: Vec<f32>,
    identity: NeuralIdentity,
}

impl NeuralDenoiser {
    /// Kind of file, in the header of its weight files.
    pub const KIND: &'static str = checkpoint::DENOISER;

    pub(super) fn new(
        model: Model,
        parameters: Vec<f32>,
        identity: NeuralIdentity,
        device: &ComputeDevice,
    ) -> Self {
        let network = Network::new(&model.architecture(), &parameters, &device.for_inference());
        Self { model, network, parameters, identity }
    }

    /// The same weights on another device.
    #[must_use]
    pub fn on_device(&self, device: &ComputeDevice) -> Self {
        Self::new(self.model.clone(), self.parameters.clone(), self.identity.clone(), device)
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &NeuralSettings {
        &self.model.settings
    }

    /// The scale of its task.
    #[must_use]
    pub fn preconditioning(&self) -> &Preconditioning {
        &self.model.preconditioning
    }

    /// What it was trained on.
    #[must_use]
    pub fn identity(&self) -> &NeuralIdentity {
        &self.identity
    }

    /// Number of weights.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    /// The weights as a file: single precision, `layer.K.weight` `[outputs, inputs]` and `layer.K.bias`.
    ///
    /// # Errors
    /// [`DenoiserError::Weights`] if the header cannot be written.
    pub fn to_weights(&self) -> Result<WeightsFile, DenoiserError> {
        let named = self.model.architecture().parameters();
        let tensors = named.into_iter().map(|(name, shape, range)| (name, shape, &self.parameters[range]));
        checkpoint::write(checkpoint::DENOISER, &self.model, &self.identity, None, tensors)
    }

    /// The denoiser from a file written by [`NeuralDenoiser::to_weights`].
    ///
    /// # Errors
    /// [`DenoiserError::Weights`] if it is of another kind, for other variables, periods or data than expected, or incomplete.
    pub fn from_weights(
        file: &WeightsFile,
        expected: &WeightsExpectation<'_>,
        device: &ComputeDevice,
    ) -> Result<Self, DenoiserError> {
        let (model, identity, _) = checkpoint::read(file, expected)?;
        let architecture = model.architecture();
        let mut parameters = vec![0.0; architecture.size()];
        for (name, shape, range) in architecture.parameters() {
            parameters[range].copy_from_slice(file.single(&name, &shape)?);
        }
        Ok(Self::new(model, parameters, identity, device))
    }

    /// Runs the network over all points, in passes of a fixed size.
    fn evaluate(
        &self,
        points: &[SpacetimePoint],
        cotangents: &(dyn Fn(usize) -> Vec<DVector<f64>> + Sync),
    ) -> Result<Vec<Evaluation>, DenoiserError> {
        for (index, point) in points.iter().enumerate() {
            self.check(index, point)?;
        }
        let on_host = self.network.placement.on_host;
        let size = if on_host { POINTS_PER_PASS } else { POINTS_PER_PASS_ON_GPU };
        let pass = |(number, chunk): (usize, &[SpacetimePoint])| {
            let index = |place: usize| number * size + place.min(chunk.len() - 1);
            let filled: Vec<SpacetimePoint> = (0..size).map(|place| points[index(place)].clone()).collect();
            let cotangents: Vec<_> = (0..size).map(|place| cotangents(index(place))).collect();
            let mut evaluations = self.model.evaluate(&self.network, &filled, &cotangents)?;
            evaluations.truncate(chunk.len());
            Ok(evaluations)
        };
        let passes: Vec<Vec<Evaluation>> = if on_host {
            points.par_chunks(size).enumerate().map(pass).collect::<Result<_, DenoiserError>>()?
        } else {
            points.chunks(size).enumerate().map(pass).collect::<Result<_, DenoiserError>>()?
        };
        let evaluations: Vec<Evaluation> = passes.into_iter().flatten().collect();
        for (index, evaluation) in evaluations.iter().enumerate() {
            let products = evaluation.products.iter().flat_map(|product| product.iter());
            if evaluation.expectation_parameter.iter().chain(products).any(|value| !value.is_finite()) {
                let reason =
                    format!("the network's output there is not finite: {}", evaluation.expectation_parameter);
                return Err(DenoiserError::Point { index, reason });
            }
        }
        Ok(evaluations)
    }

    fn check(&self, index: usize, point: &SpacetimePoint) -> Result<(), DenoiserError> {
        let (low, high) = self.log_snr_range();
        let slack = RANGE_SLACK * (high - low);
        let near = (low - slack..=high + slack).contains(&point.log_snr);
        let range = if near { (f64::NEG_INFINITY, f64::INFINITY) } else { (low, high) };
        check_point(index, point, self.model.dimension(), range)
    }
}

impl Denoiser for NeuralDenoiser {
    fn periods(&self) -> &[Option<f64>] {
        &self.model.preconditioning.periods
    }

    fn log_snr_range(&self) -> (f64, f64) {
        self.model.preconditioning.log_snr
    }

    fn expectation_parameters(&self, points: &[SpacetimePoint]) -> Result<Vec<DVector<f64>>, DenoiserError> {
        let evaluations = self.evaluate(points, &|_| Vec::new())?;
        Ok(evaluations.into_iter().map(|evaluation| evaluation.expectation_parameter).collect())
    }

    fn vector_jacobian_products(
        &self,
        points: &[SpacetimePoint],
        cotangents: &[DVector<f64>],
    ) -> Result<Vec<DVector<f64>>, DenoiserError> {
        check_vectors(points, cotangents, self.dimension() + 1)?;
        let evaluations = self.evaluate(points, &|index| vec![cotangents[index].clone()])?;
        Ok(evaluations.into_iter().flat_map(|evaluation| evaluation.products).collect())
    }

    fn moments(&self, points: &[SpacetimePoint]) -> Result<Vec<PosteriorMoments>, DenoiserError> {
        let size = self.dimension() + 1;
        let units: Vec<DVector<f64>> = (0..size)
            .map(|row| DVector::from_fn(size, |entry, _| if entry == row { 1.0 } else { 0.0 }))
            .collect();
        let evaluations = self.evaluate(points, &|_| units.clone())?;
        let moments = evaluations.into_iter().map(|evaluation| {
            let mut metric = DMatrix::from_fn(size, size, |row, column| evaluation.products[row][column]);
            if self.model.settings.conservative {
                // Symmetric except for rounding; now exactly.
                metric = 0.5 * (&metric + metric.transpose());
            }
            PosteriorMoments {
                expectation_parameter: evaluation.expectation_parameter,
                metric,
                log_normaliser: evaluation.log_normaliser,
            }
        });
        Ok(moments.collect())
    }
}
