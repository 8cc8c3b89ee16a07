//! Harmonic bonds: `E = ½ k (r - d)²`.

use std::sync::Arc;

use geodyssey_molecule::LANES;

use crate::block::Block;
use crate::document::Element;
use crate::engine::EnergyTerm;
use crate::error::ForceFieldError;
use crate::simd::{Kernel, Simd, dispatch};

/// OpenMM's name.
pub(crate) const NAME: &str = "HarmonicBondForce";

/// One bond.
struct Bond {
    atoms: [usize; 2],
    /// nm
    length: f64,
    /// kJ/mol/nm²
    stiffness: f64,
}

struct HarmonicBonds(Vec<Bond>);

/// Reads `<Bond p1 p2 d k>`.
pub(crate) fn read(forces: &[&Element], atoms: usize) -> Result<Arc<dyn EnergyTerm>, ForceFieldError> {
    Ok(Arc::new(HarmonicBonds(bonds(forces, atoms)?)))
}

/// Pairs with their rest lengths, nm, but for terms of zero stiffness.
pub(crate) fn held_pairs(
    forces: &[&Element],
    atoms: usize,
) -> Result<Vec<([usize; 2], f64)>, ForceFieldError> {
    let held = bonds(forces, atoms)?.into_iter().filter(|bond| bond.stiffness != 0.0);
    Ok(held.map(|bond| (bond.atoms, bond.length)).collect())
}

fn bonds(forces: &[&Element], atoms: usize) -> Result<Vec<Bond>, ForceFieldError> {
    let mut bonds = Vec::new();
    for force in forces {
        force.without_periodic_boundaries("usesPeriodic")?;
        for bond in &force.child("Bonds")?.children {
            bonds.push(Bond {
                atoms: bond.atoms(["p1", "p2"], atoms)?,
                length: bond.non_negative("d")?,
                stiffness: bond.number("k")?,
            });
        }
    }
    Ok(bonds)
}

impl EnergyTerm for HarmonicBonds {
    fn name(&self) -> &'static str {
        NAME
    }

    fn add_block(&self, block: &mut Block<'_>) {
        dispatch(self, block);
    }
}

impl Kernel for HarmonicBonds {
    #[inline(always)]
    fn run<V: Simd>(&self, block: &mut Block<'_>) {
        for part in 0..LANES / V::WIDTH {
            let mut energy = V::zero();
            for bond in &self.0 {
                let [i, j] = bond.atoms;
                let separation = block.position::<V>(j, part) - block.position(i, part);
                let distance = separation.dot(separation).sqrt();
                let stretch = distance - V::splat(bond.length);
                let slope = V::splat(bond.stiffness) * stretch;
                energy = (V::splat(0.5) * slope).mul_add(stretch, energy);
                let force = separation * (slope / distance);
                block.add_force(i, part, force);
                block.add_force(j, part, -force);
            }
            block.add_energy(part, energy);
        }
    }
}
