//! Harmonic bonds: `E = ½ k (r - d)²`.

use geodyssey_molecule::LANES;

use crate::block::Block;
use crate::energy_term::EnergyTerm;
use crate::simd::{Kernel, Simd, dispatch};

/// OpenMM's name.
pub(crate) const NAME: &str = "HarmonicBondForce";

/// One bond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HarmonicBond {
    /// Its atoms.
    pub atoms: [usize; 2],
    /// Rest length `d`, nm.
    pub length_nm: f64,
    /// `k`, kJ/mol/nm².
    pub stiffness_kj_mol_nm2: f64,
}

/// All harmonic bonds of a molecule.
pub struct HarmonicBonds(Vec<HarmonicBond>);

impl HarmonicBonds {
    /// The term of these bonds.
    pub fn new(bonds: Vec<HarmonicBond>) -> Self {
        Self(bonds)
    }

    /// Bonded pairs of atoms with their rest lengths (nm); bonds of zero stiffness are excluded.
    pub fn held_pairs(&self) -> Vec<([usize; 2], f64)> {
        let held = self.0.iter().filter(|bond| bond.stiffness_kj_mol_nm2 != 0.0);
        held.map(|bond| (bond.atoms, bond.length_nm)).collect()
    }
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
                let stretch = distance - V::splat(bond.length_nm);
                let slope = V::splat(bond.stiffness_kj_mol_nm2) * stretch;
                energy = (V::splat(0.5) * slope).mul_add(stretch, energy);
                let force = separation * (slope / distance);
                block.add_force(i, part, force);
                block.add_force(j, part, -force);
            }
            block.add_energy(part, energy);
        }
    }
}
