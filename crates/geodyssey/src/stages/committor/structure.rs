//! Structures whose committors are wanted.

/// A structure whose committor is wanted.
#[derive(Clone, Debug)]
pub(crate) struct CommittorStructure {
    /// Its name.
    pub(crate) name: String,
    /// Where it comes from: `saddle`, `led` or `given`.
    pub(crate) source: &'static str,
    /// The variables.
    pub(crate) values: Vec<f64>,
    /// Positions, nm: of the atoms, or of the particles that stand for the variables.
    pub(crate) positions: Vec<[f64; 3]>,
}
