//! Paths over ground that the landscape knows nothing of.

use geodyssey_report::{Direction, Warning};

use super::sampled::Sampled;
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::paths::STAGE;

/// What must be known of paths that were on ground that was not sampled: their landscape energies there are no estimates.
pub(super) fn warning(landscape: &LandscapeResult, sampled: &Sampled) -> Option<Warning> {
    let ground = landscape.ground.as_ref()?;
    let paths = || sampled.of(Direction::Forward).chain(sampled.of(Direction::Backward));
    let off =
        paths().filter(|path| path.points.iter().any(|point| !ground.contains(&point.variables))).count();
    (off > 0).then(|| {
        Warning::new(
            STAGE,
            format!(
                "{off} of {} paths were on ground that the landscape did not sample: their landscape energies there, and the \
                 highest among them, are what unsampled ground is taken for.",
                paths().count()
            ),
        )
    })
}
