//! `<Angle p1 p2 p3 a k>`.

use super::document::Element;
use crate::error::ForceFieldError;
use crate::terms::harmonic_angle::{HarmonicAngle, HarmonicAngles};

pub(super) fn read(forces: &[&Element], atoms: usize) -> Result<HarmonicAngles, ForceFieldError> {
    let mut angles = Vec::new();
    for force in forces {
        force.without_periodic_boundaries("usesPeriodic")?;
        for angle in &force.child("Angles")?.children {
            angles.push(HarmonicAngle {
                atoms: angle.atoms(["p1", "p2", "p3"], atoms)?,
                angle_rad: angle.number("a")?,
                stiffness_kj_mol_rad2: angle.number("k")?,
            });
        }
    }
    Ok(HarmonicAngles::new(angles))
}
