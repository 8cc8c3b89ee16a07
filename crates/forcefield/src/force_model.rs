//! The model of a molecule's forces, independent of the file format.

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
    /// Pairs of atoms with a harmonic bond term and its rest length in nm: bonds, and other pairs such as the ends of an angle
    /// (Urey–Bradley). Terms of zero stiffness are excluded.
    pub held_pairs: Vec<([usize; 2], f64)>,
    /// Names of forces in the file that do not contribute to the potential energy.
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
