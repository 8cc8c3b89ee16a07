//! The learning rate, and the noise levels from which training pairs are drawn.

use serde::{Deserialize, Serialize};

use super::NeuralSettings;

impl NeuralSettings {
    /// Learning rate of a step, counted from 0: a linear rise over `warm_up_steps`, times a half cosine that ends at zero.
    #[must_use]
    pub fn learning_rate_at(&self, step: usize) -> f64 {
        let warm_up = ((step + 1) as f64 / self.warm_up_steps.max(1) as f64).min(1.0);
        let phase = std::f64::consts::PI * step as f64 / self.steps as f64;
        self.learning_rate * warm_up * 0.5 * (1.0 + phase.cos())
    }
}

/// Losses by noise level in the current round, and the density from which its levels were drawn.
///
/// Levels of larger loss are drawn more often, and this is not compensated in the loss: difficult levels are trained more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LevelImportance {
    /// Density on equal parts of the range of `λ`; empty means uniform.
    pub(super) density: Vec<f64>,
    sums: Vec<f64>,
    counts: Vec<u64>,
}

impl LevelImportance {
    pub(super) fn new(parts: usize) -> Self {
        Self { density: Vec::new(), sums: vec![0.0; parts], counts: vec![0; parts] }
    }

    pub(super) fn record(&mut self, part: usize, loss: f64) {
        self.sums[part] += loss;
        self.counts[part] += 1;
    }

    /// Starts a new round: the density becomes `uniform_share` plus the rest in proportion to the mean losses.
    pub(super) fn start_round(&mut self, uniform_share: f64) {
        let total: f64 = self.sums.iter().sum();
        let count: u64 = self.counts.iter().sum();
        if count > 0 && total > 0.0 {
            let overall = total / count as f64;
            let means: Vec<f64> = self
                .sums
                .iter()
                .zip(&self.counts)
                .map(|(sum, &count)| if count > 0 { sum / count as f64 } else { overall })
                .collect();
            let scale = means.len() as f64 / means.iter().sum::<f64>();
            self.density =
                means.iter().map(|mean| uniform_share + (1.0 - uniform_share) * scale * mean).collect();
        }
        *self = Self { density: std::mem::take(&mut self.density), ..Self::new(self.sums.len()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_rises_then_falls_to_zero() {
        let settings =
            NeuralSettings { steps: 1000, warm_up_steps: 100, learning_rate: 0.5, ..Default::default() };
        assert!((settings.learning_rate_at(0) - 0.005).abs() < 1e-6);
        assert!((settings.learning_rate_at(500) - 0.25).abs() < 1e-12);
        assert!(settings.learning_rate_at(999) < 1e-5);
        for step in 100..998 {
            assert!(settings.learning_rate_at(step + 1) < settings.learning_rate_at(step));
        }
    }

    #[test]
    fn hard_levels_are_drawn_more_often_and_none_is_forgotten() {
        let mut levels = LevelImportance::new(4);
        for (part, loss) in [(0, 1.0), (1, 3.0), (2, 0.0), (3, 0.0), (1, 3.0)] {
            levels.record(part, loss);
        }
        levels.start_round(0.25);
        let expected = [0.25 + 0.75, 0.25 + 2.25, 0.25, 0.25];
        assert!(levels.density.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
        let kept = levels.density.clone();
        levels.start_round(0.25);
        assert_eq!(levels.density, kept, "a round without losses changes nothing");
    }
}
