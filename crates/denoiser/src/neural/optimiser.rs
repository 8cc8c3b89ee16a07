//! Adam, gradient clipping and the moving average of the weights, in one loop over the parameters.

use super::NeuralSettings;
use super::activation::with_wide_vectors;

/// Moments of the gradient and averaged weights, one entry per parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Optimiser {
    pub(super) first_moment: Vec<f32>,
    pub(super) second_moment: Vec<f32>,
    pub(super) average: Vec<f32>,
}

impl Optimiser {
    pub(super) fn new(parameters: &[f32]) -> Self {
        let zeros = vec![0.0; parameters.len()];
        Self { first_moment: zeros.clone(), second_moment: zeros, average: parameters.to_vec() }
    }

    /// Step number `step`, counted from 0: Adam with bias correction (arXiv 1412.6980, Algorithm 1), then the average, whose decay rate
    /// rises to `average_decay`, so that the first weights are forgotten.
    pub(super) fn step(
        &mut self,
        settings: &NeuralSettings,
        step: usize,
        learning_rate: f64,
        gradient: &[f32],
        parameters: &mut [f32],
    ) {
        let norm = norm(gradient);
        let shorten = (settings.gradient_clip / norm).min(1.0) as f32;
        let (beta, gamma) = settings.adam_decay;
        let count = step as f64 + 1.0;
        let correction = |decay: f64| 1.0 - decay.powf(count);
        let rate = (learning_rate / correction(beta)) as f32;
        let spread = (1.0 / correction(gamma)) as f32;
        let decay = settings.average_decay.min(count / (9.0 + count)) as f32;
        let (beta, gamma) = (beta as f32, gamma as f32);
        let moments = self.first_moment.iter_mut().zip(&mut self.second_moment);
        let weights = parameters.iter_mut().zip(&mut self.average);
        with_wide_vectors(|| {
            for (((first, second), (parameter, average)), gradient) in moments.zip(weights).zip(gradient) {
                let gradient = gradient * shorten;
                *first = beta * *first + (1.0 - beta) * gradient;
                *second = gamma * *second + (1.0 - gamma) * gradient * gradient;
                *parameter -= rate * *first / ((*second * spread).sqrt() + 1e-8);
                *average = decay * *average + (1.0 - decay) * *parameter;
            }
        });
    }
}

/// Euclidean norm, summed in eight lanes so that it vectorises.
fn norm(gradient: &[f32]) -> f64 {
    let (blocks, rest) = gradient.as_chunks::<8>();
    let mut lanes = [0.0f64; 8];
    with_wide_vectors(|| {
        for block in blocks {
            lanes.iter_mut().zip(block).for_each(|(lane, g)| *lane += f64::from(*g) * f64::from(*g));
        }
    });
    let rest: f64 = rest.iter().map(|g| f64::from(*g).powi(2)).sum();
    (lanes.iter().sum::<f64>() + rest).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_has_the_length_of_the_learning_rate_and_a_parabola_is_descended() {
        let settings = NeuralSettings { gradient_clip: 1e9, ..NeuralSettings::default() };
        let mut parameters = vec![3.0f32, -2.0];
        let mut optimiser = Optimiser::new(&parameters);
        for step in 0..4000 {
            let gradient: Vec<f32> = parameters.iter().zip([1.0, 100.0]).map(|(x, k)| k * x).collect();
            optimiser.step(&settings, step, 0.01, &gradient, &mut parameters);
            if step == 0 {
                // Bias correction makes the first step lr × sign(gradient).
                assert!((parameters[0] - 2.99).abs() < 1e-5 && (parameters[1] + 1.99).abs() < 1e-5);
            }
        }
        assert!(parameters.iter().chain(&optimiser.average).all(|x| x.abs() < 1e-3), "{parameters:?}");
    }
}
