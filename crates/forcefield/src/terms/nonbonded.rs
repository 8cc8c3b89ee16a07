//! Lennard-Jones and Coulomb energies of pairs, without cutoff: `E = 4ε ((σ/r)¹² - (σ/r)⁶) + q_i q_j e²/(4πε₀ r)`.

use std::collections::BTreeMap;

use geodyssey_molecule::LANES;

use crate::block::Block;
use crate::energy_term::EnergyTerm;
use crate::simd::{Kernel, Simd, Vector3, dispatch};
use crate::terms::COULOMB_KJ_NM_MOL;

/// OpenMM's name.
pub(crate) const NAME: &str = "NonbondedForce";

/// The second atom of a pair, and the pair's parameters.
struct Partner {
    atom: usize,
    /// `12 · 4 ε σ¹²`, kJ/mol·nm¹²
    repulsion: f64,
    /// `6 · 4 ε σ⁶`, kJ/mol·nm⁶
    attraction: f64,
    /// `q_i q_j e²/(4πε₀)`, kJ/mol·nm
    charge_product: f64,
}

/// Charge and Lennard-Jones parameters of an atom, or of a pair of atoms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NonbondedParameters {
    /// Charge, e; for a pair the product of both charges, e².
    pub charge: f64,
    /// `σ`, nm.
    pub sigma_nm: f64,
    /// `ε`, kJ/mol.
    pub epsilon_kj_mol: f64,
}

/// All pairs of a molecule that interact, by their first atom.
pub struct NonbondedPairs(Vec<(usize, Vec<Partner>)>);

impl NonbondedPairs {
    /// The term of these atoms by the Lorentz–Berthelot rules; an exception, keyed by its atoms in ascending order, replaces their
    /// parameters.
    pub fn new(
        atoms: &[NonbondedParameters],
        exceptions: &BTreeMap<(usize, usize), NonbondedParameters>,
    ) -> Self {
        let mut pairs = Vec::new();
        for i in 0..atoms.len() {
            let mut partners = Vec::new();
            for j in i + 1..atoms.len() {
                let mixed = NonbondedParameters {
                    charge: atoms[i].charge * atoms[j].charge,
                    sigma_nm: 0.5 * (atoms[i].sigma_nm + atoms[j].sigma_nm),
                    epsilon_kj_mol: (atoms[i].epsilon_kj_mol * atoms[j].epsilon_kj_mol).sqrt(),
                };
                let NonbondedParameters { charge, sigma_nm: sigma, epsilon_kj_mol: epsilon } =
                    exceptions.get(&(i, j)).copied().unwrap_or(mixed);
                if charge != 0.0 || (epsilon != 0.0 && sigma != 0.0) {
                    partners.push(Partner {
                        atom: j,
                        repulsion: 48.0 * epsilon * sigma.powi(12),
                        attraction: 24.0 * epsilon * sigma.powi(6),
                        charge_product: COULOMB_KJ_NM_MOL * charge,
                    });
                }
            }
            if !partners.is_empty() {
                pairs.push((i, partners));
            }
        }
        Self(pairs)
    }
}

impl EnergyTerm for NonbondedPairs {
    fn name(&self) -> &'static str {
        NAME
    }

    fn add_block(&self, block: &mut Block<'_>) {
        dispatch(self, block);
    }
}

impl Kernel for NonbondedPairs {
    #[inline(always)]
    fn run<V: Simd>(&self, block: &mut Block<'_>) {
        for part in 0..LANES / V::WIDTH {
            let mut energy = V::zero();
            for (i, partners) in &self.0 {
                let position = block.position::<V>(*i, part);
                let mut force = Vector3::zero();
                for partner in partners {
                    let separation = block.position(partner.atom, part) - position;
                    let inverse_square = V::splat(1.0) / separation.dot(separation);
                    let coulomb = V::splat(partner.charge_product) * inverse_square.sqrt();
                    let inverse_sixth = inverse_square * inverse_square * inverse_square;
                    let repulsion = V::splat(partner.repulsion) * inverse_sixth;
                    let attraction = V::splat(partner.attraction);
                    // E = r⁻⁶ (12A r⁻⁶/12 - 6B/6) + C/r;  -r ∂E/∂r = r⁻⁶ (12A r⁻⁶ - 6B) + C/r.
                    let sixths = repulsion.mul_add(V::splat(0.5), -attraction) * V::splat(1.0 / 6.0);
                    energy = inverse_sixth.mul_add(sixths, energy) + coulomb;
                    let virial = inverse_sixth.mul_add(repulsion - attraction, coulomb);
                    let pair_force = separation * (virial * inverse_square);
                    force = force - pair_force;
                    block.add_force(partner.atom, part, pair_force);
                }
                block.add_force(*i, part, force);
            }
            block.add_energy(part, energy);
        }
    }
}
