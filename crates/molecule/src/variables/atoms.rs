//! The atoms that a variable is given: so many, distinct, and there.

use crate::MoleculeError;

/// So many atoms, whatever list they come in.
pub(super) fn exactly<const N: usize>(
    variable: &'static str,
    atoms: &[usize],
) -> Result<[usize; N], MoleculeError> {
    atoms.try_into().map_err(|_| MoleculeError::AtomsOfVariable { variable, expected: N, found: atoms.len() })
}

/// Distinct atoms, all inside the molecule.
pub(super) fn check_atoms(
    variable: &'static str,
    atoms: &[usize],
    atom_count: usize,
) -> Result<(), MoleculeError> {
    for (slot, &index) in atoms.iter().enumerate() {
        if index >= atom_count {
            return Err(MoleculeError::AtomOutside { index, atoms: atom_count });
        }
        if atoms[..slot].contains(&index) {
            return Err(MoleculeError::AtomRepeated { variable, index });
        }
    }
    Ok(())
}
