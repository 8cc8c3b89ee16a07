//! The trait behind which every force engine stands.

use geodyssey_molecule::Replicas;

use crate::block::{Block, Start, sweep};

/// A potential energy `U(X)` of one molecule, evaluated for a batch of replicas.
///
/// Implementations keep parameters only; the caller keeps the state. Evaluation may be called from
/// several threads at once, each with its own batch, and gives the same bits whatever the batch's other replicas are.
pub trait Engine: Send + Sync {
    /// Atomic masses, amu; their number is the number of atoms.
    fn masses(&self) -> &[f64];

    /// Overwrites `forces` with `-∂U/∂X` (kJ/mol/nm) and `energies` (one per replica, `stride` long) with `U` (kJ/mol).
    ///
    /// Never fails: a configuration that overlaps gives infinities or NaN, which the caller must look for.
    fn evaluate(&self, positions: &Replicas, forces: &mut Replicas, energies: &mut [f64]);

    /// Number of atoms.
    fn atoms(&self) -> usize {
        self.masses().len()
    }
}

/// One term of a force field: bonds, angles, torsions, …
pub trait EnergyTerm: Send + Sync {
    /// OpenMM's name of the force, as `energy` prints it.
    fn name(&self) -> &'static str;

    /// The atoms of a torsion of this term whose angle is undefined at these positions (nm), because three of them lie on
    /// a line: energy and forces are then not finite.
    fn undefined_torsion(&self, positions: &[[f64; 3]]) -> Option<[usize; 4]> {
        let _ = positions;
        None
    }

    /// Adds its forces (kJ/mol/nm) and energies (kJ/mol) for one strip of replicas to what is there.
    fn add_block(&self, block: &mut Block<'_>);

    /// Adds its forces (kJ/mol/nm) and energies (kJ/mol) to what is there.
    ///
    /// # Panics
    /// If `forces` or `energies` (`stride` long) do not have the shape of `positions`.
    fn add(&self, positions: &Replicas, forces: &mut Replicas, energies: &mut [f64]) {
        sweep(positions, forces, energies, Start::Present, |block| self.add_block(block));
    }
}
