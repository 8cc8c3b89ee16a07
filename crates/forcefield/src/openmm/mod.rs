//! Reader of OpenMM's System XML: which forces are read, which are ignored, and why others are rejected. One file for each kind of force.

mod cmap_torsion;
mod document;
mod gbsa_obc;
mod harmonic_angle;
mod harmonic_bond;
mod nonbonded;
mod periodic_torsion;
mod refused;
mod ryckaert_bellemans_torsion;

use std::sync::Arc;

use crate::energy_term::EnergyTerm;
use crate::error::ForceFieldError;
use crate::force_field_format::ForceFieldFormat;
use crate::force_model::ForceModel;
use crate::terms;
use document::{Element, parse};
use refused::reason_and_remedy;

/// Reads all `<Force>` elements of one type (at least one) of a system with that many atoms into one term.
type TermReader = fn(&[&Element], usize) -> Result<Arc<dyn EnergyTerm>, ForceFieldError>;

/// The supported forces, in the order in which they are shown, with the highest supported version of their element (that of OpenMM 8.6).
const READERS: &[(&str, usize, TermReader)] = &[
    (terms::harmonic_bond::NAME, 2, |forces, atoms| Ok(Arc::new(harmonic_bond::read(forces, atoms)?))),
    (terms::harmonic_angle::NAME, 2, |forces, atoms| Ok(Arc::new(harmonic_angle::read(forces, atoms)?))),
    (terms::periodic_torsion::NAME, 2, |forces, atoms| Ok(Arc::new(periodic_torsion::read(forces, atoms)?))),
    (terms::ryckaert_bellemans_torsion::NAME, 2, |forces, atoms| {
        Ok(Arc::new(ryckaert_bellemans_torsion::read(forces, atoms)?))
    }),
    (terms::cmap_torsion::NAME, 2, |forces, atoms| Ok(Arc::new(cmap_torsion::read(forces, atoms)?))),
    (terms::nonbonded::NAME, 4, |forces, atoms| Ok(Arc::new(nonbonded::read(forces, atoms)?))),
    (terms::gbsa_obc::NAME, 2, |forces, atoms| Ok(Arc::new(gbsa_obc::read(forces, atoms)?))),
];

/// The supported version of the whole file.
const SYSTEM_VERSION: usize = 1;

/// Forces without an effect on the potential energy.
const IGNORED: &[&str] = &["CMMotionRemover"];

/// OpenMM's System XML, as `openmm.XmlSerializer.serialize` writes it.
pub(crate) static FORMAT: ForceFieldFormat = ForceFieldFormat {
    name: "OpenMM System XML",
    recognises: |text| text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('<'),
    read,
};

/// Reads a System and rejects what is not supported: constraints, cutoffs, virtual sites, other forces, ….
fn read(xml: &str) -> Result<ForceModel, ForceFieldError> {
    let root = parse(xml)?;
    if root.name != "System" {
        return Err(ForceFieldError::NotASystem { line: root.line, found: root.name });
    }
    root.known_version(SYSTEM_VERSION)?;
    root.without("Constraints", "create the System with constraints=None and rigidWater=False")?;
    let masses = read_masses(root.child("Particles")?)?;

    let forces = &root.child("Forces")?.children;
    let mut ignored = Vec::new();
    for force in forces {
        let kind = force.text("type")?;
        if IGNORED.contains(&kind) {
            ignored.push(kind.to_owned());
        } else if let Some((_, version, _)) = READERS.iter().find(|(name, ..)| *name == kind) {
            force.known_version(*version)?;
        } else {
            let (reason, remedy) = reason_and_remedy(kind);
            return Err(force.unsupported(reason, remedy));
        }
    }
    let mut terms = Vec::new();
    for (name, _, read) in READERS {
        let elements: Vec<&Element> = forces.iter().filter(|force| force.text("type") == Ok(name)).collect();
        if !elements.is_empty() {
            terms.push(read(&elements, masses.len())?);
        }
    }
    let bond_forces: Vec<&Element> =
        forces.iter().filter(|force| force.text("type") == Ok(terms::harmonic_bond::NAME)).collect();
    let held_pairs = harmonic_bond::read(&bond_forces, masses.len())?.held_pairs();
    if terms.is_empty() {
        return Err(root.invalid("it contains no force that contributes to the potential energy"));
    }
    Ok(ForceModel { masses, terms, rigid_bonds: Vec::new(), cell: None, held_pairs, ignored })
}

/// Masses of all particles, amu.
fn read_masses(particles: &Element) -> Result<Vec<f64>, ForceFieldError> {
    if particles.children.is_empty() {
        return Err(particles.invalid("it contains no particle"));
    }
    let mass = |(index, particle): (usize, &Element)| {
        if let Some(site) = particle.children.first() {
            return Err(site.unsupported(
                &format!("particle {index} is a virtual site ({})", site.name),
                "use a model without virtual sites",
            ));
        }
        let mass = particle.number("mass")?;
        if mass <= 0.0 {
            return Err(particle.unsupported(
                &format!("particle {index} has the mass {mass} and cannot move"),
                "give every particle a positive mass",
            ));
        }
        Ok(mass)
    };
    particles.children.iter().enumerate().map(mass).collect()
}
