//! `<Particle q r scale>`, and the dielectric constants and surface energy of the force.

use super::document::Element;
use crate::error::ForceFieldError;
use crate::terms::gbsa_obc::{BornAtom, DIELECTRIC_OFFSET_NM, Dielectrics, GbsaObc};

/// OpenMM's default, which files of version 1 omit, kJ/mol/nm².
const DEFAULT_SURFACE_ENERGY: f64 = 2.25936;

pub(super) fn read(forces: &[&Element], atoms: usize) -> Result<GbsaObc, ForceFieldError> {
    let force = forces[0];
    if let Some(second) = forces.get(1) {
        return Err(second.unsupported("there is more than one GBSAOBCForce", "keep one of them"));
    }
    if force.integer("method")? != 0 {
        return Err(force.unsupported("it uses a cutoff", "create the System with nonbondedMethod=NoCutoff"));
    }
    let (solute, solvent) = (force.number("soluteDielectric")?, force.number("solventDielectric")?);
    if solute <= 0.0 || solvent <= 0.0 {
        return Err(force.invalid("the dielectric constants must be positive"));
    }
    let surface_energy_kj_mol_nm2 = match force.text("surfaceAreaEnergy") {
        Ok(_) => force.number("surfaceAreaEnergy")?,
        Err(_) => DEFAULT_SURFACE_ENERGY,
    };
    let particles = force.child("Particles")?;
    if particles.children.len() != atoms {
        return Err(particles.invalid(format!(
            "there are {} particles, but the system has {atoms}",
            particles.children.len()
        )));
    }
    let read_particle = |particle: &Element| {
        let (radius_nm, scale) = (particle.number("r")?, particle.non_negative("scale")?);
        if radius_nm - DIELECTRIC_OFFSET_NM <= 0.0 {
            return Err(
                particle.invalid(format!("r={radius_nm}, but it must exceed {DIELECTRIC_OFFSET_NM} nm"))
            );
        }
        Ok(BornAtom { charge: particle.number("q")?, radius_nm, scale })
    };
    let particles = particles.children.iter().map(read_particle).collect::<Result<Vec<BornAtom>, _>>()?;
    Ok(GbsaObc::new(&particles, Dielectrics { solute, solvent, surface_energy_kj_mol_nm2 }))
}
