//! `<Particle q sig eps>` and `<Exception p1 p2 q sig eps>`; an exception replaces the parameters of its particles.

use std::collections::BTreeMap;

use super::document::Element;
use crate::error::ForceFieldError;
use crate::terms::nonbonded::{NonbondedPairs, NonbondedParameters};

pub(super) fn read(forces: &[&Element], atoms: usize) -> Result<NonbondedPairs, ForceFieldError> {
    let force = forces[0];
    if let Some(second) = forces.get(1) {
        return Err(second.unsupported("there is more than one NonbondedForce", "keep one of them"));
    }
    if force.integer("method")? != 0 {
        return Err(force.unsupported(
            "it uses a cutoff, Ewald sums or periodic boundary conditions",
            "the native engine does not support explicit solvent: create the System for the molecule alone, in vacuum or implicit solvent, with \
             nonbondedMethod=NoCutoff",
        ));
    }
    force.without("GlobalParameters", "create the System without parameter offsets")?;
    force.without("ParticleOffsets", "create the System without parameter offsets")?;
    force.without("ExceptionOffsets", "create the System without parameter offsets")?;

    let particles = force.child("Particles")?;
    if particles.children.len() != atoms {
        return Err(particles.invalid(format!(
            "there are {} particles, but the system has {atoms}",
            particles.children.len()
        )));
    }
    let parameters =
        particles.children.iter().map(parameters_of).collect::<Result<Vec<NonbondedParameters>, _>>()?;
    let mut exceptions = BTreeMap::new();
    for exception in &force.child("Exceptions")?.children {
        let [i, j] = exception.atoms(["p1", "p2"], atoms)?;
        if exceptions.insert((i.min(j), i.max(j)), parameters_of(exception)?).is_some() {
            return Err(exception.invalid(format!("there is a second exception for the atoms {i} and {j}")));
        }
    }
    Ok(NonbondedPairs::new(&parameters, &exceptions))
}

fn parameters_of(element: &Element) -> Result<NonbondedParameters, ForceFieldError> {
    Ok(NonbondedParameters {
        charge: element.number("q")?,
        sigma_nm: element.non_negative("sig")?,
        epsilon_kj_mol: element.non_negative("eps")?,
    })
}
