//! What can be wrong with a molecule, a selection or two states of it.

/// An error of this crate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MoleculeError {
    /// A topology does not hold together.
    #[error("the topology is not consistent: {0}")]
    Topology(String),
    /// A selection is not written as one.
    #[error(
        "`{selection}` selects no atom: {reason}; write \"ALA 2 CA\", \"ALA 52A CA\" (insertion code), \"A:ALA 2 CA\" (chain) or an index from 0"
    )]
    Selection {
        /// As written.
        selection: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No atom is called so.
    #[error("no atom is `{selection}`{}", nearest_clause(nearest))]
    AtomNotFound {
        /// As written.
        selection: String,
        /// The most similar atoms of the molecule, best first.
        nearest: Vec<String>,
    },
    /// Several atoms are called so.
    #[error("`{selection}` is ambiguous: it could be {}", matches.join(", "))]
    AtomAmbiguous {
        /// As written.
        selection: String,
        /// The atoms, with chain and index.
        matches: Vec<String>,
    },
    /// An atom's index is beyond the molecule.
    #[error("atom index {index} is outside the molecule, which has atoms 0 to {}", atoms.saturating_sub(1))]
    AtomOutside {
        /// The index.
        index: usize,
        /// Number of atoms.
        atoms: usize,
    },
    /// A collective variable takes another number of atoms.
    #[error("a {variable} takes {expected} atoms, found {found}")]
    AtomsOfVariable {
        /// Name of its quantity.
        variable: &'static str,
        /// How many it takes.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A collective variable names an atom twice.
    #[error("a {variable} needs distinct atoms, but atom {index} appears twice")]
    AtomRepeated {
        /// `torsion`, `angle` or `distance`.
        variable: &'static str,
        /// The atom.
        index: usize,
    },
    /// A fit needs atoms and finite positions of the same number.
    #[error("the structures cannot be superposed: {0}")]
    Superposition(String),
    /// A force field is not that of the topology, or has its atoms in another order.
    #[error(
        "the force field does not match the topology: {difference}; the atoms must be in the same order in both"
    )]
    DifferentForceField {
        /// The first difference.
        difference: String,
    },
    /// A structure is not the molecule of the topology.
    #[error("the {state} structure is a different molecule: {difference}")]
    DifferentMolecule {
        /// `start` or `end`.
        state: String,
        /// The first difference.
        difference: String,
    },
    /// A stereocentre is inverted between the states.
    #[error(
        "{atom} has opposite chirality in the start and the end; no path connects them without breaking bonds (is one of the \
         structures a mirror image, a D-amino acid?)"
    )]
    Chirality {
        /// The stereocentre.
        atom: String,
    },
    /// A stiff bond is cis in one state and trans in the other, and no variable turns it.
    #[error(
        "the bond {bond} is {start} in the start and {end} in the end, and no torsion variable rotates it; make {atoms} a torsion \
         variable or use states that agree"
    )]
    CisTrans {
        /// Its two atoms.
        bond: String,
        /// The four atoms whose torsion was compared.
        atoms: String,
        /// `cis` or `trans`, with the torsion in degrees.
        start: String,
        /// As `start`.
        end: String,
    },
    /// The two states are one.
    #[error("the two states are the same structure: RMSD of all atoms {rmsd_nm:.2e} nm after superposition")]
    StatesEqual {
        /// RMSD of all atoms after superposition, nm.
        rmsd_nm: f64,
    },
}

fn nearest_clause(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; nearest: {}", nearest.join(", ")) }
}
