//! `<Bond p1 p2 d k>`.

use super::document::Element;
use crate::error::ForceFieldError;
use crate::terms::harmonic_bond::{HarmonicBond, HarmonicBonds};

pub(super) fn read(forces: &[&Element], atoms: usize) -> Result<HarmonicBonds, ForceFieldError> {
    let mut bonds = Vec::new();
    for force in forces {
        force.without_periodic_boundaries("usesPeriodic")?;
        for bond in &force.child("Bonds")?.children {
            bonds.push(HarmonicBond {
                atoms: bond.atoms(["p1", "p2"], atoms)?,
                length_nm: bond.non_negative("d")?,
                stiffness_kj_mol_nm2: bond.number("k")?,
            });
        }
    }
    Ok(HarmonicBonds::new(bonds))
}
