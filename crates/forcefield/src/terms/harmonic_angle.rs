//! Harmonic angles: `E = ½ k (θ - θ₀)²`.

use geodyssey_molecule::LANES;

use crate::block::Block;
use crate::energy_term::EnergyTerm;
use crate::simd::{Kernel, Simd, atan2, dispatch};

/// OpenMM's name.
pub(crate) const NAME: &str = "HarmonicAngleForce";

/// Least `|a × c|`, nm², for which the plane of the angle counts as defined (as in OpenMM).
const LEAST_CROSS_PRODUCT_NM2: f64 = 1e-6;

/// One angle; the second atom is its vertex.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HarmonicAngle {
    /// Its atoms.
    pub atoms: [usize; 3],
    /// Rest angle `θ₀`, radian.
    pub angle_rad: f64,
    /// `k`, kJ/mol/rad².
    pub stiffness_kj_mol_rad2: f64,
}

/// All harmonic angles of a molecule.
pub struct HarmonicAngles(Vec<HarmonicAngle>);

impl HarmonicAngles {
    /// The term of these angles.
    pub fn new(angles: Vec<HarmonicAngle>) -> Self {
        Self(angles)
    }
}

impl EnergyTerm for HarmonicAngles {
    fn name(&self) -> &'static str {
        NAME
    }

    fn add_block(&self, block: &mut Block<'_>) {
        dispatch(self, block);
    }
}

impl Kernel for HarmonicAngles {
    #[inline(always)]
    fn run<V: Simd>(&self, block: &mut Block<'_>) {
        for part in 0..LANES / V::WIDTH {
            let mut energy = V::zero();
            for angle in &self.0 {
                let [i, j, k] = angle.atoms;
                let vertex = block.position::<V>(j, part);
                let a = block.position::<V>(i, part) - vertex;
                let c = block.position::<V>(k, part) - vertex;
                // θ from its tangent |a × c| / a·c, which is accurate near 0 and π too.
                let normal = a.cross(c);
                let sine = V::splat(LEAST_CROSS_PRODUCT_NM2).max(normal.dot(normal).sqrt());
                let bend = atan2(sine, a.dot(c)) - V::splat(angle.angle_rad);
                let slope = V::splat(angle.stiffness_kj_mol_rad2) * bend;
                energy = (V::splat(0.5) * slope).mul_add(bend, energy);
                // ∂θ/∂x_i = a × (a × c) / (a² |a × c|), ∂θ/∂x_k = (a × c) × c / (c² |a × c|).
                let (a_square, c_square) = (a.dot(a), c.dot(c));
                let scale = -slope / (a_square * c_square * sine);
                let force_i = a.cross(normal) * (scale * c_square);
                let force_k = normal.cross(c) * (scale * a_square);
                block.add_force(i, part, force_i);
                block.add_force(k, part, force_k);
                block.add_force(j, part, -(force_i + force_k));
            }
            block.add_energy(part, energy);
        }
    }
}
