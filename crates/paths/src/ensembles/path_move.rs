//! What a move in path space is.

use std::sync::Arc;

use super::frame::FreePath;
use super::trial::{Attempt, Trial};

/// A move: proposes a path to replace the present one of a chain and decides whether it is accepted, so that the ensemble of the trial is
/// invariant. Acceptance ratios are derived in `docs/explanation/path-ensembles.md`.
pub trait PathMove<P>: Send + Sync {
    /// Its name in configurations and tables.
    fn name(&self) -> &'static str;

    /// Begins the move.
    fn begin(&self, present: Arc<FreePath<P>>, trial: &Trial<'_, P>) -> Box<dyn Attempt<P>>;
}
