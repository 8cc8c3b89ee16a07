//! The model of a molecule's forces, whatever file it came from.

use std::sync::Arc;

use crate::energy_term::EnergyTerm;
use crate::force_field::ForceField;
use crate::rigid_bond::RigidBond;

/// A molecule's masses, energy terms and rigid bonds, as read from a file.
#[derive(Clone, Default)]
pub struct ForceModel {
    /// Atomic masses, amu.
    pub masses: Vec<f64>,
    /// Terms, in the order in which they are shown and summed.
    pub terms: Vec<Arc<dyn EnergyTerm>>,
    /// Bonds of fixed length.
    pub rigid_bonds: Vec<RigidBond>,
    /// Edges of the periodic cell (rows, nm); none without one.
    pub cell: Option<[[f64; 3]; 3]>,
    /// Pairs of atoms that harmonic bond terms hold, with the rest length in nm: bonds, and what else the force field holds in this way,
    /// such as the ends of an angle (Urey–Bradley). Terms of zero stiffness are left out.
    pub held_pairs: Vec<([usize; 2], f64)>,
    /// Names of what stands in the file and does not act on the potential energy.
    pub ignored: Vec<String>,
}

impl ForceModel {
    /// Number of atoms.
    pub fn atoms(&self) -> usize {
        self.masses.len()
    }

    /// The potential energy of its terms.
    pub fn force_field(&self) -> ForceField {
        ForceField::new(self.masses.clone(), self.terms.clone())
            .with_rigid_bonds(self.rigid_bonds.clone())
            .with_cell(self.cell)
    }
}
