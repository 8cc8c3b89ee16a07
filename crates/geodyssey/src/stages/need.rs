//! What stages take in memory, as far as that is known before they begin.

/// Bytes of a number in memory, and of one in a checkpoint as text.
pub(crate) const NUMBER: f64 = 8.0;
pub(crate) const NUMBER_AS_TEXT: f64 = 20.0;
/// Vectors that are kept of every atom of a walker: positions, velocities, forces of three kinds, and the copy that is stored.
pub(crate) const VECTORS_OF_A_WALKER: f64 = 7.0;

/// One thing that takes memory.
pub(crate) struct Need {
    /// The key that makes it large.
    pub(crate) key: &'static str,
    /// What it is.
    pub(crate) what: String,
    /// How much it takes.
    pub(crate) bytes: f64,
}
