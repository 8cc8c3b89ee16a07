//! Runs that can be compared.

use geodyssey_report::LeftOut;

use super::finished::Finished;

/// Finished runs between the same states on the same landscape.
pub(crate) struct Group {
    /// The runs: as given, then the baselines.
    pub(crate) rows: Vec<Finished>,
    /// Baselines that could not be computed.
    pub(crate) left_out: Vec<LeftOut>,
}
