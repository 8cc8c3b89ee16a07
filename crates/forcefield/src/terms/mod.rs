//! The energy terms, one file each: what the file's entries mean, and the kernel.

pub(crate) mod cmap_torsion;
mod dihedral;
mod dihedral_polynomial;
pub(crate) mod gbsa_obc;
pub(crate) mod harmonic_angle;
pub(crate) mod harmonic_bond;
pub(crate) mod nonbonded;
pub(crate) mod periodic_torsion;
pub(crate) mod ryckaert_bellemans_torsion;

/// Coulomb's constant `e²/(4πε₀)` in kJ·nm/mol, from CODATA 2018 as OpenMM has it.
pub(crate) const COULOMB_KJ_NM_MOL: f64 = 138.935_457_644_382;
