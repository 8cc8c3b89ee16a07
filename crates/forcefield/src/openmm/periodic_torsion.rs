//! `<Torsion p1 p2 p3 p4 periodicity phase k>`.

use super::document::Element;
use crate::error::ForceFieldError;
use crate::terms::periodic_torsion::{HIGHEST_PERIODICITY, PeriodicTorsion, PeriodicTorsions};

pub(super) fn read(forces: &[&Element], atoms: usize) -> Result<PeriodicTorsions, ForceFieldError> {
    let mut torsions = Vec::new();
    for force in forces {
        force.without_periodic_boundaries("usesPeriodic")?;
        for torsion in &force.child("Torsions")?.children {
            let periodicity = torsion.integer("periodicity")?;
            if !(1..=HIGHEST_PERIODICITY).contains(&periodicity) {
                return Err(torsion.invalid(format!(
                    "periodicity={periodicity}, but it must lie between 1 and {HIGHEST_PERIODICITY}"
                )));
            }
            torsions.push(PeriodicTorsion {
                periodicity,
                phase_rad: torsion.number("phase")?,
                height_kj_mol: torsion.number("k")?,
                atoms: torsion.atoms(["p1", "p2", "p3", "p4"], atoms)?,
            });
        }
    }
    // All periodicities have been checked, so that this never fails.
    PeriodicTorsions::new(&torsions).ok_or_else(|| forces[0].invalid("a periodicity is out of range"))
}
