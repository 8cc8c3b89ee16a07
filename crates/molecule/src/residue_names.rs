//! Names of residues that mean something: polymers with their caps, and ions.

use crate::Element;

/// Residues of polymers and their caps, as force fields name them.
const POLYMER_RESIDUES: [&str; 55] = [
    "ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE", "LEU", "LYS", "MET", "PHE", "PRO",
    "SER", "THR", "TRP", "TYR", "VAL", "ASH", "ASX", "CYM", "CYX", "GLH", "GLX", "HID", "HIE", "HIP", "HSD",
    "HSE", "HSP", "LYN", "ACE", "FOR", "NH2", "NHE", "NMA", "NME", "A", "C", "G", "U", "DA", "DC", "DG",
    "DT", "A3", "A5", "C3", "C5", "G3", "G5", "U3", "U5",
];

/// Names of ions that are not element symbols: those of CHARMM, and of older AMBER and GROMACS files.
const ION_NAMES: [(&str, &str); 13] = [
    ("SOD", "Na"),
    ("NIO", "Na"),
    ("POT", "K"),
    ("CLA", "Cl"),
    ("CIO", "Cl"),
    ("CAL", "Ca"),
    ("CES", "Cs"),
    ("LIT", "Li"),
    ("RUB", "Rb"),
    ("BAR", "Ba"),
    ("CAD", "Cd"),
    ("IOD", "I"),
    ("BRO", "Br"),
];

/// Whether a residue of this name is part of a polymer, or a cap of one (these are `ATOM` records in a PDB file, all
/// others `HETATM`).
pub fn is_polymer_residue(name: &str) -> bool {
    POLYMER_RESIDUES.contains(&name)
}

/// The element of an ion, told by the names of its residue and of its only atom: `SOD`, `CLA`, `ZN2`, `Na+`, and
/// `CA` in a residue `CA`. None where the names do not say that it is an ion.
pub fn ion_element(residue_name: &str, atom_name: &str) -> Option<Element> {
    let bare = |name: &str| {
        let trimmed = name.trim().trim_end_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
        trimmed.to_ascii_uppercase()
    };
    let (residue, atom) = (bare(residue_name), bare(atom_name));
    let named = |name: &str| ION_NAMES.iter().find(|(ion, _)| *ion == name).map(|(_, symbol)| *symbol);
    if let Some(symbol) = named(&residue) {
        // The atom of a residue `SOD` is called `SOD` or `NA`.
        let agrees = atom == residue || atom.eq_ignore_ascii_case(symbol);
        return Element::from_symbol(symbol).filter(|_| agrees);
    }
    Element::from_symbol(&residue).filter(|_| atom == residue && !is_polymer_residue(residue_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ions_are_told_from_alpha_carbons() {
        let symbol = |residue, atom| ion_element(residue, atom).map(Element::symbol);
        for (residue, atom, expected) in [
            ("SOD", "SOD", "Na"),
            ("SOD", "NA", "Na"),
            ("POT", "POT", "K"),
            ("CLA", "CLA", "Cl"),
            ("Na+", "Na+", "Na"),
            ("CL", "CL", "Cl"),
            ("CA", "CA", "Ca"),
            ("ZN2", "ZN", "Zn"),
            ("CAL", "CAL", "Ca"),
        ] {
            assert_eq!(symbol(residue, atom), Some(expected), "{residue} {atom}");
        }
        for (residue, atom) in [("ALA", "CA"), ("HOH", "O"), ("LIG", "CAL"), ("C", "C"), ("SOD", "O")] {
            assert_eq!(symbol(residue, atom), None, "{residue} {atom}");
        }
    }
}
