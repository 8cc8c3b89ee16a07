//! The model of a molecule's forces, whatever file it came from.

use std::sync::Arc;

use crate::energy_term::EnergyTerm;
use crate::force_field::ForceField;

/// A molecule's masses and energy terms, as read from a file.
#[derive(Clone)]
pub struct ForceModel {
    masses: Vec<f64>,
    terms: Vec<Arc<dyn EnergyTerm>>,
    held_pairs: Vec<([usize; 2], f64)>,
    ignored: Vec<String>,
}

impl ForceModel {
    /// Masses (amu), terms in the order in which they are shown and summed, pairs that are held (nm), and names of what its file has
    /// and what does not act on the potential energy.
    pub fn new(
        masses: Vec<f64>,
        terms: Vec<Arc<dyn EnergyTerm>>,
        held_pairs: Vec<([usize; 2], f64)>,
        ignored: Vec<String>,
    ) -> Self {
        Self { masses, terms, held_pairs, ignored }
    }

    /// Atomic masses, amu.
    pub fn masses(&self) -> &[f64] {
        &self.masses
    }

    /// Number of atoms.
    pub fn atoms(&self) -> usize {
        self.masses.len()
    }

    /// Pairs of atoms that harmonic bond terms hold, with the rest length in nm: bonds, and what else the force field
    /// holds in this way, such as the ends of an angle (Urey–Bradley). Terms of zero stiffness are left out.
    pub fn held_pairs(&self) -> &[([usize; 2], f64)] {
        &self.held_pairs
    }

    /// Names of the forces in the file that were left out, because they do not act on the potential energy.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The potential energy of its terms.
    pub fn force_field(&self) -> ForceField {
        ForceField::new(self.masses.clone(), self.terms.clone())
    }
}
