//! Moves in path space, one file each.

mod one_way_shooting;
mod path_reversal;
mod spring_shooting;
mod two_way_shooting;
mod wire_fencing;

use std::sync::Arc;

use super::frame::FreePath;
use super::trial::{Attempt, Trial};

pub use one_way_shooting::OneWayShooting;
pub use path_reversal::PathReversal;
pub use spring_shooting::SpringShooting;
pub use two_way_shooting::TwoWayShooting;
pub use wire_fencing::WireFencing;

/// A move: proposes a path to replace the present one of a chain and decides whether it is accepted, so that the ensemble of the trial is
/// invariant. Acceptance ratios are derived in `docs/explanation/path-ensembles.md`.
pub trait PathMove<P>: Send + Sync {
    /// Its name in configurations and tables.
    fn name(&self) -> &'static str;

    /// Begins the move.
    fn begin(&self, present: Arc<FreePath<P>>, trial: &Trial<'_, P>) -> Box<dyn Attempt<P>>;
}
