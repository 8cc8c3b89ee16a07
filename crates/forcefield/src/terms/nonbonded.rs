//! Lennard-Jones and Coulomb energies of pairs, without cutoff: `E = 4ε ((σ/r)¹² - (σ/r)⁶) + q_i q_j e²/(4πε₀ r)`.

use std::collections::BTreeMap;
use std::sync::Arc;

use geodyssey_molecule::LANES;

use crate::block::Block;
use crate::document::Element;
use crate::engine::EnergyTerm;
use crate::error::ForceFieldError;
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

/// All pairs of a molecule that interact, by their first atom.
struct Pairs(Vec<(usize, Vec<Partner>)>);

/// Reads `<Particle q sig eps>` and `<Exception p1 p2 q sig eps>`; an exception replaces what the particles say.
pub(crate) fn read(forces: &[&Element], atoms: usize) -> Result<Arc<dyn EnergyTerm>, ForceFieldError> {
    let force = forces[0];
    if let Some(second) = forces.get(1) {
        return Err(second.unsupported("there is more than one NonbondedForce", "keep one of them"));
    }
    if force.integer("method")? != 0 {
        return Err(force.unsupported(
            "it uses a cutoff, Ewald sums or periodic boundary conditions",
            "the native engine has no explicit solvent: make the System of the molecule alone, in vacuum or implicit solvent, with \
             nonbondedMethod=NoCutoff",
        ));
    }
    force.without("GlobalParameters", "make the System without parameter offsets")?;
    force.without("ParticleOffsets", "make the System without parameter offsets")?;
    force.without("ExceptionOffsets", "make the System without parameter offsets")?;

    let particles = force.child("Particles")?;
    if particles.children.len() != atoms {
        return Err(particles.invalid(format!(
            "there are {} particles, but the system has {atoms}",
            particles.children.len()
        )));
    }
    let mut parameters = Vec::new();
    for particle in &particles.children {
        parameters.push((
            particle.number("q")?,
            particle.non_negative("sig")?,
            particle.non_negative("eps")?,
        ));
    }
    let mut exceptions = BTreeMap::new();
    for exception in &force.child("Exceptions")?.children {
        let [i, j] = exception.atoms(["p1", "p2"], atoms)?;
        let values = (exception.number("q")?, exception.non_negative("sig")?, exception.non_negative("eps")?);
        if exceptions.insert((i.min(j), i.max(j)), values).is_some() {
            return Err(exception.invalid(format!("there is a second exception for the atoms {i} and {j}")));
        }
    }

    let mut pairs = Vec::new();
    for i in 0..atoms {
        let mut partners = Vec::new();
        for j in i + 1..atoms {
            let ((q_i, sigma_i, epsilon_i), (q_j, sigma_j, epsilon_j)) = (parameters[i], parameters[j]);
            let mixed = (q_i * q_j, 0.5 * (sigma_i + sigma_j), (epsilon_i * epsilon_j).sqrt());
            let (charge_product, sigma, epsilon) = exceptions.get(&(i, j)).copied().unwrap_or(mixed);
            if charge_product != 0.0 || (epsilon != 0.0 && sigma != 0.0) {
                partners.push(Partner {
                    atom: j,
                    repulsion: 48.0 * epsilon * sigma.powi(12),
                    attraction: 24.0 * epsilon * sigma.powi(6),
                    charge_product: COULOMB_KJ_NM_MOL * charge_product,
                });
            }
        }
        if !partners.is_empty() {
            pairs.push((i, partners));
        }
    }
    Ok(Arc::new(Pairs(pairs)))
}

impl EnergyTerm for Pairs {
    fn name(&self) -> &'static str {
        NAME
    }

    fn add_block(&self, block: &mut Block<'_>) {
        dispatch(self, block);
    }
}

impl Kernel for Pairs {
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
