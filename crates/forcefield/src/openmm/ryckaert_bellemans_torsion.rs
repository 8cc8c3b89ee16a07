//! `<Torsion p1 p2 p3 p4 c0 … c5>`.

use super::document::Element;
use crate::error::ForceFieldError;
use crate::terms::ryckaert_bellemans_torsion::{RyckaertBellemansTorsion, RyckaertBellemansTorsions};

pub(super) fn read(forces: &[&Element], atoms: usize) -> Result<RyckaertBellemansTorsions, ForceFieldError> {
    let mut torsions = Vec::new();
    for force in forces {
        force.without_periodic_boundaries("usesPeriodic")?;
        for torsion in &force.child("Torsions")?.children {
            let mut coefficients_kj_mol = [0.0; 6];
            for (coefficient, name) in
                coefficients_kj_mol.iter_mut().zip(["c0", "c1", "c2", "c3", "c4", "c5"])
            {
                *coefficient = torsion.number(name)?;
            }
            let atoms = torsion.atoms(["p1", "p2", "p3", "p4"], atoms)?;
            torsions.push(RyckaertBellemansTorsion { atoms, coefficients_kj_mol });
        }
    }
    Ok(RyckaertBellemansTorsions::new(&torsions))
}
