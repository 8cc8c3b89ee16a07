//! Random rectified linear features, those of the ridge paper's toy.

use rand_distr::{Distribution as _, StandardNormal};

use crate::random::stream;

/// `ψ_m = max(0, w_m·x + v_m·φ(t) + b_m)/√M`, `φ(t) = (1, sin 2πkt, cos 2πkt, …)` with `k = 1..K`.
///
/// The features of the random feature model of Y. He, Y. Qiu and M. Tao, arXiv 2602.06021, as its authors' research code draws
/// them: entries of `w` are `N(0, 1/d)`, of `v` `N(0, 1/(2K + 1))`, and `b` is `N(0, 1)`.
#[derive(Clone, Debug)]
pub struct RectifierFeatures {
    /// `w`, `[feature][variable]`.
    weights: Vec<f64>,
    /// `v`, `[feature][1, sin, cos, sin, …]`.
    time_weights: Vec<f64>,
    /// `b`.
    biases: Vec<f64>,
    dimension: usize,
    harmonics: usize,
}

impl RectifierFeatures {
    /// Draws `count` features of `dimension` variables with `harmonics` of the time.
    #[must_use]
    pub fn draw(count: usize, dimension: usize, harmonics: usize, seed: u64) -> Self {
        let times = 2 * harmonics + 1;
        let normals = |purpose: &str, length: usize, scale: f64| -> Vec<f64> {
            let mut random = stream(seed, purpose, 0);
            (0..length)
                .map(|_| {
                    let normal: f64 = StandardNormal.sample(&mut random);
                    scale * normal
                })
                .collect()
        };
        Self {
            weights: normals("rectifiers: weights", count * dimension, 1.0 / (dimension as f64).sqrt()),
            time_weights: normals("rectifiers: time", count * times, 1.0 / (times as f64).sqrt()),
            biases: normals("rectifiers: biases", count, 1.0),
            dimension,
            harmonics,
        }
    }

    /// Number of features.
    #[must_use]
    pub fn count(&self) -> usize {
        self.biases.len()
    }

    /// `v·φ(t) + b` of every feature, for `time` in periods.
    #[must_use]
    pub fn offsets(&self, time: f64) -> Vec<f64> {
        let angle = std::f64::consts::TAU * time;
        let waves: Vec<(f64, f64)> = (1..=self.harmonics).map(|k| (k as f64 * angle).sin_cos()).collect();
        let offset = |(weights, bias): (&[f64], &f64)| {
            let pairs = weights[1..].chunks_exact(2).zip(&waves);
            bias + weights[0] + pairs.map(|(pair, wave)| pair[0] * wave.0 + pair[1] * wave.1).sum::<f64>()
        };
        self.time_weights.chunks_exact(2 * self.harmonics + 1).zip(&self.biases).map(offset).collect()
    }

    /// All features at `x`, with the `offsets` of its time.
    pub fn values(&self, x: &[f64], offsets: &[f64], values: &mut [f64]) {
        let norm = 1.0 / (self.count() as f64).sqrt();
        let rows = self.weights.chunks_exact(self.dimension).zip(offsets);
        for (value, (weights, offset)) in values.iter_mut().zip(rows) {
            let sum: f64 = weights.iter().zip(x).map(|(weight, x)| weight * x).sum();
            *value = norm * (sum + offset).max(0.0);
        }
    }
}
