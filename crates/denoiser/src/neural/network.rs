//! A multilayer perceptron with forward-mode tangents and a reverse pass through both, as tensor operations.
//!
//! One forward pass carries the values and any number of tangents through the layers as rows of one matrix; one reverse
//! pass takes cotangents of both back to the inputs and the weights. That yields the denoiser and its divergence, the
//! vector–Jacobian products of the two, the loss gradient of a network and of a network's gradient.

use burn::tensor::{DType, Device, Tensor, TensorData};
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};

use super::Activation;
use super::activation::Slopes;
use crate::random::stream;

/// Where a network computes, and in which precision.
#[derive(Clone, Debug)]
pub(super) struct Placement {
    /// The device.
    pub(super) device: Device,
    /// Whether the device uses the program's own memory.
    pub(super) on_host: bool,
    /// Precision.
    pub(super) dtype: DType,
}

impl Placement {
    fn tensor(&self, data: TensorData) -> Tensor<2> {
        Tensor::from_data(data, (&self.device, self.dtype))
    }
}

/// The layers' sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Architecture {
    pub(super) inputs: usize,
    pub(super) width: usize,
    pub(super) hidden_layers: usize,
    pub(super) outputs: usize,
    pub(super) residual: bool,
    pub(super) activation: Activation,
}

impl Architecture {
    /// `(inputs, outputs)` of each layer, the linear output layer last.
    fn layers(&self) -> Vec<(usize, usize)> {
        (0..=self.hidden_layers)
            .map(|layer| {
                let inputs = if layer == 0 { self.inputs } else { self.width };
                (inputs, if layer == self.hidden_layers { self.outputs } else { self.width })
            })
            .collect()
    }

    /// Name, shape and place of each parameter in the flat vector of all; weights are `[outputs, inputs]`.
    pub(super) fn parameters(&self) -> Vec<(String, Vec<usize>, std::ops::Range<usize>)> {
        let mut named = Vec::new();
        let mut start = 0;
        for (layer, (inputs, outputs)) in self.layers().into_iter().enumerate() {
            let weights = start..start + inputs * outputs;
            named.push((format!("layer.{layer}.weight"), vec![outputs, inputs], weights.clone()));
            start = weights.end + outputs;
            named.push((format!("layer.{layer}.bias"), vec![outputs], weights.end..start));
        }
        named
    }

    /// Number of parameters.
    pub(super) fn size(&self) -> usize {
        self.parameters().last().map_or(0, |(_, _, range)| range.end)
    }

    /// Parameters before training: weights normal with variance `2/inputs`, those of the output layer small; no bias.
    /// A pure function of the seed.
    pub(super) fn initial(&self, seed: u64) -> Vec<f32> {
        let mut parameters = vec![0.0; self.size()];
        let named = self.parameters();
        for (layer, (inputs, _)) in self.layers().into_iter().enumerate() {
            let mut random = stream(seed, "neural weights", layer as u64);
            let scale = if layer == self.hidden_layers { 0.3 } else { std::f64::consts::SQRT_2 };
            let deviation = scale / (inputs as f64).sqrt();
            for parameter in &mut parameters[named[2 * layer].2.clone()] {
                let normal: f64 = StandardNormal.sample(&mut random);
                *parameter = (deviation * normal) as f32;
            }
        }
        parameters
    }
}

/// A network with its parameters on a device.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) placement: Placement,
    architecture: Architecture,
    /// Weight `[outputs, inputs]` and bias `[1, outputs]` of each layer.
    layers: Vec<(Tensor<2>, Tensor<2>)>,
    /// Bias of the output layer.
    output_bias: Vec<f64>,
}

/// Intermediate results of a forward pass for the reverse pass.
pub(super) struct Trace {
    rows: usize,
    /// Input of each layer.
    inputs: Vec<Tensor<2>>,
    slopes: Vec<Slopes>,
}

impl Network {
    /// A network of the flat vector of parameters.
    pub(super) fn new(architecture: &Architecture, parameters: &[f32], placement: &Placement) -> Self {
        let named = architecture.parameters();
        let tensor = |index: usize, shape: [usize; 2]| {
            placement.tensor(TensorData::new(parameters[named[index].2.clone()].to_vec(), shape))
        };
        let layers: Vec<_> = architecture
            .layers()
            .into_iter()
            .enumerate()
            .map(|(layer, (inputs, outputs))| {
                (tensor(2 * layer, [outputs, inputs]), tensor(2 * layer + 1, [1, outputs]))
            })
            .collect();
        let bias = named[named.len() - 1].2.clone();
        let output_bias = parameters[bias].iter().map(|value| f64::from(*value)).collect();
        Self { placement: placement.clone(), architecture: architecture.clone(), layers, output_bias }
    }

    /// Values `[rows, outputs]`, then the tangents of each direction in the same shape.
    ///
    /// `inputs` has the shape `[1 + directions][rows][inputs]`: features, then their tangents along each direction.
    pub(super) fn forward(&self, inputs: TensorData, rows: usize) -> (Vec<f64>, Trace) {
        let mut activity = self.placement.tensor(inputs);
        let mut trace = Trace { rows, inputs: Vec::new(), slopes: Vec::new() };
        let (output, hidden) = self.layers.split_last().expect("a network has an output layer");
        for (layer, (weight, bias)) in hidden.iter().enumerate() {
            let previous = (self.architecture.residual && layer > 0).then(|| activity.clone());
            let z = activity.clone().matmul(weight.clone().transpose());
            trace.inputs.push(activity);
            let slopes;
            (activity, slopes) =
                self.architecture.activation.forward(z, bias, rows, previous, self.placement.on_host);
            trace.slopes.push(slopes);
        }
        let mut outputs = to_host(activity.clone().matmul(output.0.clone().transpose()));
        trace.inputs.push(activity);
        for row in outputs[..rows * self.output_bias.len()].chunks_exact_mut(self.output_bias.len()) {
            row.iter_mut().zip(&self.output_bias).for_each(|(value, bias)| *value += bias);
        }
        (outputs, trace)
    }

    /// Cotangents of the inputs, `[copies][1 + directions][rows][inputs]`, from those of the outputs in the like shape.
    pub(super) fn pull_back(&self, trace: Trace, cotangents: Vec<f64>) -> Vec<f64> {
        let (mut cotangent, _) = self.backward(trace, cotangents, false);
        cotangent = cotangent.matmul(self.layers[0].0.clone());
        to_host(cotangent)
    }

    /// Gradient by the flat vector of parameters, from cotangents of the outputs `[1 + directions][rows][outputs]`.
    pub(super) fn parameter_gradient(&self, trace: Trace, cotangents: Vec<f64>) -> Vec<f32> {
        let (_, gradients) = self.backward(trace, cotangents, true);
        let mut flat = Vec::with_capacity(self.architecture.size());
        for (weight, bias) in gradients.into_iter().rev() {
            for tensor in [weight, bias] {
                flat.extend_from_slice(
                    tensor.into_data().as_slice::<f32>().expect("trained in single precision"),
                );
            }
        }
        flat
    }

    /// Propagates back to the sums `z` of the first layer, collecting the gradients of the layers from the last to the first.
    fn backward(
        &self,
        trace: Trace,
        cotangents: Vec<f64>,
        collect: bool,
    ) -> (Tensor<2>, Vec<(Tensor<2>, Tensor<2>)>) {
        let Trace { rows, inputs, mut slopes } = trace;
        let outputs = self.architecture.outputs;
        let shape = [cotangents.len() / outputs, outputs];
        let mut cotangent = self.placement.tensor(TensorData::new(cotangents, shape));
        let mut gradients = Vec::new();
        let mut passed_over: Option<Tensor<2>> = None;
        for (layer, input) in inputs.into_iter().enumerate().rev() {
            if collect {
                let bias = cotangent.clone().narrow(0, 0, rows).sum_dim(0);
                gradients.push((cotangent.clone().transpose().matmul(input), bias));
            }
            if layer == 0 {
                break;
            }
            let mut activity = cotangent.matmul(self.layers[layer].0.clone());
            if let Some(passed_over) = passed_over.take() {
                activity = activity + passed_over;
            }
            if self.architecture.residual && layer > 1 {
                passed_over = Some(activity.clone());
            }
            let slopes = slopes.pop().expect("every hidden layer left its slopes");
            cotangent = slopes.backward(activity, self.placement.on_host);
        }
        (cotangent, gradients)
    }
}

/// Reads a tensor back in double precision.
fn to_host(tensor: Tensor<2>) -> Vec<f64> {
    let data = tensor.into_data();
    match data.dtype() {
        DType::F64 => data.as_slice::<f64>().expect("its number type was asked for").to_vec(),
        _ => {
            data.as_slice::<f32>().expect("its number type was asked for").iter().map(|&x| x.into()).collect()
        }
    }
}
