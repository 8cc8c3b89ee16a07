//! Implicit solvent: generalised Born energy with OBC radii and a surface term.
//!
//! Born radii: A. Onufriev, D. Bashford, D. A. Case, Proteins 55, 383 (2004), parameters α = 1, β = 0.8, γ = 4.85
//! ("OBC II"), with the descreening integral of G. D. Hawkins, C. J. Cramer, D. G. Truhlar, J. Phys. Chem. 100, 19824
//! (1996). Surface term: M. Schaefer, C. Bartels, M. Karplus, J. Mol. Biol. 284, 835 (1998). No cutoff.
//!
//! With offset radii `o = R - 0.009 nm`, scaled radii `s = scale · o` and `L = max(o_i, |r - s_j|)`, `U = r + s_j`:
//!
//! `I_i = Σ_j 1/L - 1/U + ¼ (1/L² - 1/U²)(s_j²/r - r) + ln(L/U)/(2r)`, plus `2 (1/o_i - 1/L)` where i lies inside j
//!
//! `1/B_i = 1/o_i - tanh(αψ - βψ² + γψ³)/R_i`, `ψ = ½ o_i I_i`
//!
//! `E = -½ C (1/ε_in - 1/ε_out) Σ_ij q_i q_j / sqrt(r² + B_i B_j exp(-r²/(4 B_i B_j))) + 4π γ_s Σ_i (R_i + 0.14 nm)² (R_i/B_i)⁶`

use std::f64::consts::PI;

use geodyssey_molecule::LANES;

use crate::block::Block;
use crate::energy_term::EnergyTerm;
use crate::simd::{Kernel, Simd, Vector3, dispatch, exp, ln, tanh};
use crate::terms::COULOMB_KJ_NM_MOL;

/// OpenMM's name.
pub(crate) const NAME: &str = "GBSAOBCForce";

/// Offset subtracted from atomic radii, nm.
pub const DIELECTRIC_OFFSET_NM: f64 = 0.009;
const PROBE_RADIUS_NM: f64 = 0.14;
const ALPHA: f64 = 1.0;
const BETA: f64 = 0.8;
const GAMMA: f64 = 4.85;

struct Particle {
    charge: f64,
    /// R, nm
    radius: f64,
    /// o, nm
    offset_radius: f64,
    /// s, nm
    scaled_radius: f64,
    /// `4π γ_s (R + 0.14 nm)² R⁶`, kJ/mol·nm⁶
    surface: f64,
}

/// An atom in implicit solvent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BornAtom {
    /// Charge, e.
    pub charge: f64,
    /// `R`, nm; above [`DIELECTRIC_OFFSET_NM`].
    pub radius_nm: f64,
    /// Scale of its offset radius in descreening others.
    pub scale: f64,
}

/// The solvent and the molecule in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dielectrics {
    /// `ε_in` of the molecule.
    pub solute: f64,
    /// `ε_out` of the solvent.
    pub solvent: f64,
    /// `γ_s` of the surface, kJ/mol/nm².
    pub surface_energy_kj_mol_nm2: f64,
}

/// Generalised Born energy and surface term of a molecule.
pub struct GbsaObc {
    particles: Vec<Particle>,
    /// `-C (1/ε_in - 1/ε_out)`, kJ/mol·nm
    prefactor: f64,
}

impl GbsaObc {
    /// The term of these atoms.
    pub fn new(atoms: &[BornAtom], dielectrics: Dielectrics) -> Self {
        let Dielectrics { solute, solvent, surface_energy_kj_mol_nm2: surface_energy } = dielectrics;
        let particle = |&BornAtom { charge, radius_nm: radius, scale }: &BornAtom| {
            let offset_radius = radius - DIELECTRIC_OFFSET_NM;
            Particle {
                charge,
                radius,
                offset_radius,
                scaled_radius: scale * offset_radius,
                surface: 4.0 * PI * surface_energy * (radius + PROBE_RADIUS_NM).powi(2) * radius.powi(6),
            }
        };
        Self {
            particles: atoms.iter().map(particle).collect(),
            prefactor: -COULOMB_KJ_NM_MOL * (1.0 / solute - 1.0 / solvent),
        }
    }
}

impl EnergyTerm for GbsaObc {
    fn name(&self) -> &'static str {
        NAME
    }

    fn add_block(&self, block: &mut Block<'_>) {
        dispatch(self, block);
    }
}

/// Descreening of atom i of radius `o` by atom j of radius `s` at the distance r.
struct Descreening<V> {
    /// The summand of `I_i`.
    integral: V,
    /// `-½ ∂I_i/∂r / r`.
    slope: V,
}

#[inline(always)]
fn descreening<V: Simd>(
    distance: V,
    inverse_distance: V,
    offset_radius: f64,
    scaled_radius: f64,
) -> Descreening<V> {
    let (o, s) = (V::splat(offset_radius), V::splat(scaled_radius));
    let (r, inverse_r) = (distance, inverse_distance);
    let upper = r + s;
    let lower = o.max((r - s).abs());
    let inverse = V::splat(1.0) / (lower * upper);
    let (l, u) = (inverse * upper, inverse * lower);
    let squares = l.mul_add(l, -(u * u));
    let logarithm = ln(lower * u);
    let quarter = V::splat(0.25);
    let square_over_r = s * s * inverse_r;
    let outside = (l - u) + quarter * squares * (square_over_r - r) + V::splat(0.5) * inverse_r * logarithm;
    // Inside the other atom's sphere the integral starts at its far side.
    let inside = outside + V::splat(2.0 / offset_radius) - (l + l);
    let integral = o.select_below(s - r, inside, outside);
    let slope = (V::splat(0.125) * square_over_r.mul_add(inverse_r, V::splat(1.0)))
        .mul_add(squares, quarter * logarithm * inverse_r * inverse_r)
        * inverse_r;
    // An atom entirely inside i does not descreen it.
    let zero = V::zero();
    Descreening { integral: upper.select_below(o, zero, integral), slope: upper.select_below(o, zero, slope) }
}

/// Rows of intermediate results, one vector each.
struct Rows<'a>(&'a mut [f64]);

impl Rows<'_> {
    #[inline(always)]
    fn get<V: Simd>(&self, row: usize) -> V {
        V::load(&self.0[row * V::WIDTH..])
    }

    #[inline(always)]
    fn set<V: Simd>(&mut self, row: usize, value: V) {
        value.store(&mut self.0[row * V::WIDTH..]);
    }

    #[inline(always)]
    fn add<V: Simd>(&mut self, row: usize, value: V) {
        self.set(row, self.get::<V>(row) + value);
    }
}

/// Rows of each part's results that belong to atoms.
const ATOM_ROWS: usize = 4;

impl Kernel for GbsaObc {
    #[inline(always)]
    fn run<V: Simd>(&self, block: &mut Block<'_>) {
        let row = self.particles.len() * V::WIDTH;
        let mut scratch = std::mem::take(block.scratch);
        let wanted = ATOM_ROWS * row + row * self.particles.len().saturating_sub(1);
        if scratch.len() < wanted {
            scratch.resize(wanted, 0.0);
        }
        for part in 0..LANES / V::WIDTH {
            let (atoms, pairs) = scratch.split_at_mut(ATOM_ROWS * row);
            atoms.fill(0.0);
            let (radii, atoms) = atoms.split_at_mut(row);
            let (inverse_radii, atoms) = atoms.split_at_mut(row);
            let (chain, slopes) = atoms.split_at_mut(row);
            let mut work = Work {
                radii: Rows(radii),
                inverse_radii: Rows(inverse_radii),
                chain: Rows(chain),
                slopes: Rows(slopes),
                pairs: Rows(pairs),
            };
            self.sum_integrals::<V>(block, part, &mut work);
            let single = self.radii_and_surface::<V>(&mut work);
            let pairwise = self.pair_energies::<V>(block, part, &mut work);
            self.descreening_forces::<V>(block, part, &mut work);
            block.add_energy(part, single + pairwise);
        }
        *block.scratch = scratch;
    }
}

/// Intermediate results; all but `pairs` start from zero.
struct Work<'a> {
    /// `I_i`, then `B_i`.
    radii: Rows<'a>,
    /// `1/B_i`.
    inverse_radii: Rows<'a>,
    /// `2 ∂B_i/∂I_i`.
    chain: Rows<'a>,
    /// `∂E/∂B_i`.
    slopes: Rows<'a>,
    /// For every pair i < j the slopes of `I_i` and `I_j`.
    pairs: Rows<'a>,
}

impl GbsaObc {
    /// The descreening integrals and their slopes.
    #[inline(always)]
    fn sum_integrals<V: Simd>(&self, block: &Block<'_>, part: usize, work: &mut Work<'_>) {
        let mut pair = 0;
        for (i, a) in self.particles.iter().enumerate() {
            let position = block.position::<V>(i, part);
            let mut sum = work.radii.get::<V>(i);
            for (j, b) in (i + 1..).zip(&self.particles[i + 1..]) {
                let separation = block.position(j, part) - position;
                let square = separation.dot(separation);
                let distance = square.sqrt();
                let inverse_distance = distance / square;
                let on_first = descreening(distance, inverse_distance, a.offset_radius, b.scaled_radius);
                let on_second = descreening(distance, inverse_distance, b.offset_radius, a.scaled_radius);
                sum = sum + on_first.integral;
                work.radii.add(j, on_second.integral);
                work.pairs.set(pair, on_first.slope);
                work.pairs.set(pair + 1, on_second.slope);
                pair += 2;
            }
            work.radii.set(i, sum);
        }
    }

    /// Computes the Born radii; returns the self-energy of the atoms and the surface energy.
    #[inline(always)]
    fn radii_and_surface<V: Simd>(&self, work: &mut Work<'_>) -> V {
        let one = V::splat(1.0);
        let mut energy = V::zero();
        for (i, particle) in self.particles.iter().enumerate() {
            let psi = work.radii.get::<V>(i) * V::splat(0.5 * particle.offset_radius);
            let series = V::splat(GAMMA).mul_add(psi, V::splat(-BETA)).mul_add(psi, V::splat(ALPHA));
            let saturation = tanh(psi * series);
            let inverse_radius =
                V::splat(1.0 / particle.offset_radius) - saturation * V::splat(1.0 / particle.radius);
            let radius = one / inverse_radius;
            let series_slope =
                V::splat(3.0 * GAMMA).mul_add(psi, V::splat(-2.0 * BETA)).mul_add(psi, V::splat(ALPHA));
            let chain = (one - saturation * saturation)
                * series_slope
                * V::splat(particle.offset_radius / particle.radius)
                * (radius * radius);
            work.radii.set(i, radius);
            work.inverse_radii.set(i, inverse_radius);
            work.chain.set(i, chain);

            let own = V::splat(0.5 * self.prefactor * particle.charge * particle.charge) * inverse_radius;
            let cube = inverse_radius * inverse_radius * inverse_radius;
            let surface = V::splat(particle.surface) * cube * cube;
            energy = energy + own + surface;
            work.slopes.set(i, -(surface.mul_add(V::splat(6.0), own) * inverse_radius));
        }
        energy
    }

    /// Energy of the pairs, their forces at fixed radii, and the derivatives of the energy by the radii.
    #[inline(always)]
    fn pair_energies<V: Simd>(&self, block: &mut Block<'_>, part: usize, work: &mut Work<'_>) -> V {
        let one = V::splat(1.0);
        let mut energy = V::zero();
        for (i, a) in self.particles.iter().enumerate() {
            let position = block.position::<V>(i, part);
            let (radius_i, inverse_i) = (work.radii.get::<V>(i), work.inverse_radii.get::<V>(i));
            let mut force = Vector3::zero();
            let mut slope_i = work.slopes.get::<V>(i);
            for (j, b) in (i + 1..).zip(&self.particles[i + 1..]) {
                let separation = block.position(j, part) - position;
                let square = separation.dot(separation);
                let radius_j = work.radii.get::<V>(j);
                let quotient = V::splat(0.25) * square * (inverse_i * work.inverse_radii.get(j));
                let exponential = exp(-quotient);
                let inverse = one / (radius_i * radius_j).mul_add(exponential, square);
                let pair = V::splat(self.prefactor * a.charge * b.charge) * inverse.sqrt();
                energy = energy + pair;
                let scaled = pair * inverse;
                // -∂/∂r / r, and ∂/∂(B_i B_j).
                let virial = scaled * (-exponential).mul_add(V::splat(0.25), one);
                let by_product = V::splat(-0.5) * scaled * exponential * (one + quotient);
                slope_i = by_product.mul_add(radius_j, slope_i);
                work.slopes.add(j, by_product * radius_i);
                let pair_force = separation * virial;
                force = force - pair_force;
                block.add_force(j, part, pair_force);
            }
            work.slopes.set(i, slope_i);
            block.add_force(i, part, force);
        }
        energy
    }

    /// Forces due to the change of the radii.
    #[inline(always)]
    fn descreening_forces<V: Simd>(&self, block: &mut Block<'_>, part: usize, work: &mut Work<'_>) {
        let atoms = self.particles.len();
        for i in 0..atoms {
            work.slopes.set(i, work.slopes.get::<V>(i) * work.chain.get(i));
        }
        let mut pair = 0;
        for i in 0..atoms {
            let position = block.position::<V>(i, part);
            let slope_i = work.slopes.get::<V>(i);
            let mut force = Vector3::zero();
            for j in i + 1..atoms {
                let separation = block.position(j, part) - position;
                let by_first = slope_i * work.pairs.get(pair);
                let virial = work.slopes.get::<V>(j).mul_add(work.pairs.get(pair + 1), by_first);
                pair += 2;
                let pair_force = separation * virial;
                force = force - pair_force;
                block.add_force(j, part, pair_force);
            }
            block.add_force(i, part, force);
        }
    }
}
