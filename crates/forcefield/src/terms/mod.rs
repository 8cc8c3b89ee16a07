//! The energy terms, one file each: parameters and kernel.

pub mod cmap_torsion;
mod dihedral;
mod dihedral_polynomial;
pub mod gbsa_obc;
pub mod harmonic_angle;
pub mod harmonic_bond;
pub mod nonbonded;
pub mod periodic_torsion;
pub mod ryckaert_bellemans_torsion;

/// Coulomb's constant `e²/(4πε₀)` in kJ·nm/mol, from CODATA 2018 as in OpenMM.
pub(crate) const COULOMB_KJ_NM_MOL: f64 = 138.935_457_644_382;
