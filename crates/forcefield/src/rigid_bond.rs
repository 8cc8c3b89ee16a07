//! Bonds of fixed length.

/// A bond of fixed length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RigidBond {
    /// Its atoms.
    pub atoms: [usize; 2],
    /// Its length, nm.
    pub length_nm: f64,
}
