//! What can go wrong with a landscape.

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum LandscapeError {
    /// A formula's name is not known.
    #[error("there is no formula `{name}`; the nearest name is `{nearest}` (known: {known})")]
    UnknownFormula {
        /// The name that was asked for.
        name: String,
        /// The known name that is most like it.
        nearest: &'static str,
        /// All known names.
        known: String,
    },
    /// A line of a table cannot be used.
    #[error("line {line} of the table: {reason}")]
    TableLine {
        /// Line number, from 1, the header included.
        line: u64,
        /// What is wrong with it, and what was expected.
        reason: String,
    },
    /// A table as a whole cannot be used.
    #[error("the table cannot be used: {0}")]
    Table(String),
    /// A grid's axes or values do not fit together.
    #[error("the grid cannot be used: {0}")]
    Grid(String),
    /// No barrier can be found between two points.
    #[error("no bottleneck: {0}")]
    Bottleneck(String),
    /// The committor of two states cannot be computed.
    #[error("no committor: {0}")]
    Committor(String),
    /// No minimum-energy path can be looked for.
    #[error("no minimum-energy path: {0}")]
    Path(String),
    /// A number that metadynamics was given cannot be used.
    #[error("metadynamics: {0}")]
    Parameters(String),
    /// The sampler refused its input.
    #[error("metadynamics: {0}")]
    Sampling(#[from] geodyssey_dynamics::DynamicsError),
    /// A relaxed scan cannot be begun or finished.
    #[error("relaxed scan: {0}")]
    Scan(String),
    /// A walker's positions or energy are no longer finite.
    #[error(
        "metadynamics: walker {walker} blew up after {time_ps} ps; a smaller time step or relaxed starting structures may help"
    )]
    Diverged {
        /// Which walker, from 0.
        walker: usize,
        /// Simulated time at the end of the interval in which it happened, ps.
        time_ps: f64,
    },
    /// The computation was stopped on request.
    #[error("stopped on request")]
    Interrupted,
}

impl From<geodyssey_dynamics::GridError> for LandscapeError {
    fn from(error: geodyssey_dynamics::GridError) -> Self {
        Self::Grid(error.0)
    }
}
