//! The trait that every term of a force field implements.

use geodyssey_molecule::Replicas;

use crate::block::{Block, Start, sweep};

/// One term of a force field: bonds, angles, torsions, …
pub trait EnergyTerm: Send + Sync {
    /// OpenMM's name of the force, as `energy` prints it.
    fn name(&self) -> &'static str;

    /// The atoms of a torsion of this term whose angle is undefined at these positions (nm), because three of them are collinear: energy
    /// and forces are then not finite.
    fn undefined_torsion(&self, positions: &[[f64; 3]]) -> Option<[usize; 4]> {
        let _ = positions;
        None
    }

    /// Adds its forces (kJ/mol/nm) and energies (kJ/mol) for one strip of replicas.
    fn add_block(&self, block: &mut Block<'_>);

    /// Adds its forces (kJ/mol/nm) and energies (kJ/mol).
    ///
    /// # Panics
    /// If `forces` or `energies` (`stride` long) do not have the shape of `positions`.
    fn add(&self, positions: &Replicas, forces: &mut Replicas, energies: &mut [f64]) {
        sweep(positions, forces, energies, Start::Present, |block| self.add_block(block));
    }
}
