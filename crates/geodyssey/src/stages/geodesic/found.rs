//! A curve to one image of the end, before anything is measured on it.

use geodyssey_denoiser::SpacetimePoint;
use geodyssey_report::Warning;
use serde::{Deserialize, Serialize};

/// What the search for a curve came to; why there is none is part of the result.
pub(super) type Outcome = Result<Found, String>;

/// A curve to one image of the end, and how it was found: what is kept of a finished winding. Everything else about it is computed from
/// this anew.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Found {
    /// Its points, both ends included.
    pub(super) curve: Vec<SpacetimePoint>,
    /// Iterations of the solver.
    pub(super) iterations: u64,
    /// Points at which the denoiser was evaluated.
    pub(super) evaluations: u64,
    /// Why the solver stopped, or what the curve is.
    pub(super) remark: String,
    /// What must be known before trusting it.
    pub(super) warnings: Vec<Warning>,
}
