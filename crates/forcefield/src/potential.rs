//! The trait that the native kernels implement.

use geodyssey_molecule::Replicas;

use crate::error::PotentialError;
use crate::rigid_bond::RigidBond;

/// A potential energy `U(X)` of one molecule, evaluated for a batch of replicas.
///
/// Implementations hold only parameters; the caller holds the state. Evaluation may be called from several threads at once, each with its
/// own batch. The result of a replica is identical to the last bit whatever the other replicas of the batch are.
pub trait Potential: Send + Sync {
    /// Atomic masses, amu; their number is the number of atoms.
    fn masses(&self) -> &[f64];

    /// Overwrites `forces` with `-∂U/∂X` (kJ/mol/nm) and `energies` (one per replica, `stride` long) with `U` (kJ/mol).
    ///
    /// Overlapping atoms are not an error: they give infinities or NaN, which the caller must check for.
    ///
    /// # Errors
    /// If the energy cannot be computed at all. Sums of this crate's terms never fail.
    fn evaluate(
        &self,
        positions: &Replicas,
        forces: &mut Replicas,
        energies: &mut [f64],
    ) -> Result<(), PotentialError>;

    /// Rigid bonds, which the dynamics must constrain.
    fn rigid_bonds(&self) -> &[RigidBond] {
        &[]
    }

    /// Edges of the periodic cell (rows, nm); none without one.
    fn cell(&self) -> Option<[[f64; 3]; 3]> {
        None
    }

    /// Number of atoms.
    fn atoms(&self) -> usize {
        self.masses().len()
    }
}
