//! From which frames paths are shot.

use std::fmt;
use std::sync::Arc;

/// Weight of a frame as a function of the variables.
pub type FrameWeight = dyn Fn(&[f64]) -> f64 + Send + Sync;

/// Smallest weight. Every frame can be selected, so that no path is out of reach of the moves.
const LEAST_WEIGHT: f64 = 1e-3;

/// The probability with which a frame is selected for shooting, up to a factor. It depends on the frame alone and not on the path, so that the
/// frame has the same weight in the new path: the acceptance ratio is the ratio of the sums over the shooting frames of both paths.
#[derive(Clone, Default)]
pub struct FrameSelection {
    weight: Option<Arc<FrameWeight>>,
}

impl FrameSelection {
    /// All frames alike.
    #[must_use]
    pub fn uniform() -> Self {
        Self { weight: None }
    }

    /// By a weight between 0 and 1, such as `4 p (1 - p)` of an estimated committor `p`, or a bell around a place on a curve.
    #[must_use]
    pub fn weighted(weight: Arc<FrameWeight>) -> Self {
        Self { weight: Some(weight) }
    }

    /// Whether all frames weigh the same.
    #[must_use]
    pub fn is_uniform(&self) -> bool {
        self.weight.is_none()
    }

    /// Weight of a frame, positive.
    #[must_use]
    pub fn weight(&self, values: &[f64]) -> f64 {
        let Some(weight) = &self.weight else { return 1.0 };
        let weight = weight(values);
        // Not for NaN.
        if weight > LEAST_WEIGHT { weight.min(1.0) } else { LEAST_WEIGHT }
    }
}

impl fmt::Debug for FrameSelection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_uniform() { "uniform" } else { "weighted" })
    }
}
