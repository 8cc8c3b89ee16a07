//! Energies `P(cos φ) + sin φ · Q(cos φ)` of dihedral angles, grouped by axis.
//!
//! Every Fourier series in φ has this form (Chebyshev polynomials of the first kind in P, of the second in Q), so a
//! torsion costs two Horner schemes and no trigonometric function.

use std::collections::BTreeMap;

use geodyssey_molecule::LANES;

use crate::block::Block;
use crate::simd::{Kernel, Simd, Vector3};
use crate::terms::dihedral::{Axis, HalfPlane, is_undefined};

/// Largest number of end atoms on each side of an axis that are treated together.
const MOST_ENDS: usize = 4;

/// Coefficients of P and Q in ascending powers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DihedralPolynomial {
    pub(crate) cosine: Vec<f64>,
    pub(crate) sine: Vec<f64>,
}

impl DihedralPolynomial {
    /// Adds another polynomial.
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, summand) in [(&mut self.cosine, &other.cosine), (&mut self.sine, &other.sine)] {
            sum.resize(sum.len().max(summand.len()), 0.0);
            for (sum, summand) in sum.iter_mut().zip(summand) {
                *sum += summand;
            }
        }
    }

    /// Whether it does not depend on φ, so that φ need not be defined.
    fn is_constant(&self) -> bool {
        !self.has_sine() && self.cosine.iter().skip(1).all(|&coefficient| coefficient == 0.0)
    }

    /// Whether Q is non-zero.
    fn has_sine(&self) -> bool {
        self.sine.iter().any(|&coefficient| coefficient != 0.0)
    }
}

/// A torsion between two ends of its group.
struct Torsion {
    first: usize,
    last: usize,
    polynomial: DihedralPolynomial,
}

/// Torsions about one axis.
struct Group {
    axis: [usize; 2],
    firsts: Vec<usize>,
    lasts: Vec<usize>,
    torsions: Vec<Torsion>,
}

/// All torsions of a molecule.
pub(crate) struct DihedralPolynomials {
    groups: Vec<Group>,
    /// Energy of torsions that do not depend on their angle, kJ/mol. Their angle may be undefined, such as at a triple bond, whose atoms
    /// are collinear.
    constant: f64,
}

impl DihedralPolynomials {
    /// Groups torsions; those of the same atoms are merged.
    pub(crate) fn new(torsions: impl IntoIterator<Item = ([usize; 4], DihedralPolynomial)>) -> Self {
        // φ is the same read from either end.
        let mut by_atoms: BTreeMap<[usize; 4], DihedralPolynomial> = BTreeMap::new();
        for ([i, j, k, l], polynomial) in torsions {
            let key = if j < k { [j, k, i, l] } else { [k, j, l, i] };
            by_atoms.entry(key).or_default().add(&polynomial);
        }
        let mut groups: Vec<Group> = Vec::new();
        let mut constant = 0.0;
        for ([j, k, i, l], polynomial) in by_atoms {
            if polynomial.is_constant() {
                constant += polynomial.cosine.first().copied().unwrap_or(0.0);
                continue;
            }
            let fits = |group: &Group| {
                let room = |ends: &[usize], end| ends.contains(&end) || ends.len() < MOST_ENDS;
                group.axis == [j, k] && room(&group.firsts, i) && room(&group.lasts, l)
            };
            let group = match groups.iter().position(fits) {
                Some(index) => &mut groups[index],
                None => {
                    groups.push(Group { axis: [j, k], firsts: vec![], lasts: vec![], torsions: vec![] });
                    let last = groups.len() - 1;
                    &mut groups[last]
                }
            };
            let first = rank(&mut group.firsts, i);
            let last = rank(&mut group.lasts, l);
            let polynomial = if polynomial.has_sine() {
                polynomial
            } else {
                DihedralPolynomial { sine: vec![], ..polynomial }
            };
            group.torsions.push(Torsion { first, last, polynomial });
        }
        Self { groups, constant }
    }

    /// The atoms of a torsion whose angle is undefined at these positions (nm), because three of them are collinear.
    pub(crate) fn undefined(&self, positions: &[[f64; 3]]) -> Option<[usize; 4]> {
        self.groups.iter().find_map(|group| {
            let [j, k] = group.axis;
            let atoms = |torsion: &Torsion| [group.firsts[torsion.first], j, k, group.lasts[torsion.last]];
            group.torsions.iter().map(atoms).find(|&atoms| is_undefined(positions, atoms))
        })
    }
}

/// Index of an atom in a list, to which it is added if necessary.
fn rank(ends: &mut Vec<usize>, end: usize) -> usize {
    ends.iter().position(|&known| known == end).unwrap_or_else(|| {
        ends.push(end);
        ends.len() - 1
    })
}

/// Value and derivative of `Σ coefficients[k] x^k`.
#[inline(always)]
fn value_and_derivative<V: Simd>(x: V, coefficients: &[f64]) -> (V, V) {
    let (mut value, mut derivative) = (V::zero(), V::zero());
    for &coefficient in coefficients.iter().rev() {
        derivative = derivative.mul_add(x, value);
        value = value.mul_add(x, V::splat(coefficient));
    }
    (value, derivative)
}

impl Kernel for DihedralPolynomials {
    #[inline(always)]
    fn run<V: Simd>(&self, block: &mut Block<'_>) {
        for part in 0..LANES / V::WIDTH {
            let mut energy = V::splat(self.constant);
            for group in &self.groups {
                energy = energy + group.add_forces(block, part);
            }
            block.add_energy(part, energy);
        }
    }
}

impl Group {
    /// Adds the forces and returns the energy.
    #[inline(always)]
    fn add_forces<V: Simd>(&self, block: &mut Block<'_>, part: usize) -> V {
        let [j, k] = self.axis;
        let axis = Axis::<V>::new(block.position(j, part), block.position(k, part));
        let unset = HalfPlane::unset();
        let (mut firsts, mut lasts) = ([unset; MOST_ENDS], [unset; MOST_ENDS]);
        let mut turned = [Vector3::zero(); MOST_ENDS];
        let (mut first_slopes, mut last_slopes) = ([V::zero(); MOST_ENDS], [V::zero(); MOST_ENDS]);
        for ((plane, turned), &i) in firsts.iter_mut().zip(&mut turned).zip(&self.firsts) {
            *plane = axis.half_plane(block.position(i, part) - axis.from);
            *turned = axis.turned(plane.normal);
        }
        for (plane, &l) in lasts.iter_mut().zip(&self.lasts) {
            *plane = axis.half_plane(block.position(l, part) - axis.to);
        }

        let mut energy = V::zero();
        for Torsion { first, last, polynomial } in &self.torsions {
            let cosine = firsts[*first].normal.dot(lasts[*last].normal);
            let sine = turned[*first].dot(lasts[*last].normal);
            let (value, derivative) = value_and_derivative(cosine, &polynomial.cosine);
            energy = energy + value;
            let mut slope = -(sine * derivative);
            if !polynomial.sine.is_empty() {
                let (value, derivative) = value_and_derivative(cosine, &polynomial.sine);
                energy = sine.mul_add(value, energy);
                slope = cosine.mul_add(value, slope) - sine * sine * derivative;
            }
            first_slopes[*first] = first_slopes[*first] + slope;
            last_slopes[*last] = last_slopes[*last] + slope;
        }

        let (mut on_from, mut on_to) = (Vector3::zero(), Vector3::zero());
        for ((plane, &slope), &i) in firsts.iter().zip(&first_slopes).zip(&self.firsts) {
            let forces = plane.first_forces(slope);
            block.add_force(i, part, forces.end);
            on_from = on_from + forces.from;
            on_to = on_to + forces.to;
        }
        for ((plane, &slope), &l) in lasts.iter().zip(&last_slopes).zip(&self.lasts) {
            let forces = plane.last_forces(slope);
            block.add_force(l, part, forces.end);
            on_from = on_from + forces.from;
            on_to = on_to + forces.to;
        }
        block.add_force(j, part, on_from);
        block.add_force(k, part, on_to);
        energy
    }
}
