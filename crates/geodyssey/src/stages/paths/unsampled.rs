//! Paths through regions that the landscape did not sample.

use geodyssey_paths::Direction;
use geodyssey_report::Warning;

use super::sampled::Sampled;
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::paths::STAGE;
use crate::error::Error;

/// What must be known about paths through unsampled regions: their landscape energies there are not estimates.
pub(super) fn warning(landscape: &LandscapeResult, sampled: &Sampled<'_>) -> Result<Option<Warning>, Error> {
    let Some(ground) = &landscape.ground else { return Ok(None) };
    let mut off = 0;
    for path in sampled.each(Direction::Forward).chain(sampled.each(Direction::Backward)) {
        off += usize::from(path?.points.iter().any(|point| !ground.contains(&point.variables)));
    }
    Ok((off > 0).then(|| {
        Warning::new(
            STAGE,
            format!(
                "{off} of {} paths entered regions that the landscape did not sample: their landscape energies there, and the \
                 highest among them, are only assumed.",
                sampled.paths.len()
            ),
        )
    }))
}
