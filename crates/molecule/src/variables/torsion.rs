//! Dihedral angle of four atoms.

use std::f64::consts::{PI, TAU};

use super::atoms::{check_atoms, exactly};
use super::collective_variable::{AtomCount, CollectiveVariable, VariableDefinition};
use super::lanes::{combine, cross, difference, dot, get, load, scale, set, store};
use super::quantity::{DefaultRadius, DefaultScale, Quantity, Unit};
use crate::MoleculeError;
use crate::replicas::{LANES, Replicas};

/// What a torsion is to the rest of the program.
pub(super) static DEFINITION: VariableDefinition = VariableDefinition {
    quantity: Quantity {
        name: "torsion",
        unit: Unit::Radian,
        period: Some(TAU),
        range: Some((-PI, PI)),
        radius: DefaultRadius::Fixed(20.0 * (PI / 180.0)),
        scale: DefaultScale::Fixed(1.0),
    },
    atoms: AtomCount::Exactly(4),
    new: |input| Ok(Box::new(Torsion::new(exactly("torsion", input.atoms)?, input.structure.len())?)),
};

/// Dihedral angle `φ ∈ [-π, π)` of the atoms `i j k l` about the bond `j k`, radian.
///
/// Sign as IUPAC has it (Pure Appl. Chem. 1996, 68, 2193, "torsion angle"): zero when `i` and `l` eclipse each other,
/// positive when the far bond is turned clockwise seen along `j → k`. With `F = r_i - r_j`, `G = r_j - r_k`,
/// `H = r_l - r_k`, `A = F × G`, `B = H × G`: `φ = atan2(-|G| F·B, A·B)`.
/// The gradient has no singularity at 0 or π (Blondel & Karplus, J. Comput. Chem. 1996, 17, 1132, Eq. 27);
/// it is not finite where three neighbouring atoms lie on a line, since the angle is undefined there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torsion {
    atoms: [usize; 4],
}

impl Torsion {
    /// The torsion of four atoms of a molecule with `atom_count` atoms.
    ///
    /// # Errors
    /// An atom named twice or outside the molecule.
    pub fn new(atoms: [usize; 4], atom_count: usize) -> Result<Self, MoleculeError> {
        check_atoms("torsion", &atoms, atom_count)?;
        Ok(Self { atoms })
    }

    /// The two middle atoms: the bond that it turns.
    pub fn turned_bond(&self) -> [usize; 2] {
        [self.atoms[1], self.atoms[2]]
    }
}

impl CollectiveVariable for Torsion {
    fn quantity(&self) -> &'static Quantity {
        &DEFINITION.quantity
    }

    fn atoms(&self) -> &[usize] {
        &self.atoms
    }

    fn evaluate(&self, positions: &Replicas, values: &mut [f64], gradient: &mut [f64]) {
        let stride = positions.stride();
        for start in (0..stride).step_by(LANES) {
            let x = load(positions, &self.atoms, start);
            let mut derivative = x;
            let (mut sine, mut cosine) = ([0.0; LANES], [0.0; LANES]);
            for lane in 0..LANES {
                let [i, j, k, l] = [get(&x[0], lane), get(&x[1], lane), get(&x[2], lane), get(&x[3], lane)];
                let (f, g, h) = (difference(i, j), difference(j, k), difference(l, k));
                let (a, b) = (cross(f, g), cross(h, g));
                let length = dot(g, g).sqrt();
                sine[lane] = -length * dot(f, b);
                cosine[lane] = dot(a, b);
                let (per_a2, per_b2, per_length) = (1.0 / dot(a, a), 1.0 / dot(b, b), 1.0 / length);
                let (first, last) = (-length * per_a2, length * per_b2);
                let along_a = dot(f, g) * per_a2 * per_length;
                let along_b = -dot(h, g) * per_b2 * per_length;
                set(&mut derivative[0], lane, scale(first, a));
                set(&mut derivative[1], lane, combine(along_a - first, a, along_b, b));
                set(&mut derivative[2], lane, combine(-along_a, a, -along_b - last, b));
                set(&mut derivative[3], lane, scale(last, b));
            }
            for lane in 0..LANES {
                let angle = sine[lane].atan2(cosine[lane]);
                values[start + lane] = if angle >= PI { -PI } else { angle };
            }
            store(&derivative, gradient, stride, start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen along j → k, the bond k–l turned clockwise by `angle` from the eclipsed position.
    fn turned(angle: f64) -> [[f64; 3]; 4] {
        [[0.0, 0.1, 0.0], [0.0; 3], [0.0, 0.0, 0.15], [-0.1 * angle.sin(), 0.1 * angle.cos(), 0.15]]
    }

    #[test]
    fn sign_and_range() {
        let torsion = Torsion::new([0, 1, 2, 3], 4).unwrap();
        // Looking along +z with y up, x points to the left, so -x is to the right: clockwise from the top.
        for degrees in (-180..180).step_by(15) {
            let angle = f64::from(degrees).to_radians();
            let value = torsion.value(&turned(angle));
            assert!((value - angle).abs() < 1e-12, "{degrees}: {value}");
        }
        assert_eq!(torsion.value(&[[0.0, 0.1, 0.0], [0.0; 3], [0.0, 0.0, 0.1], [0.0, -0.1, 0.1]]), -PI);
    }

    #[test]
    fn atoms_are_checked() {
        assert!(matches!(Torsion::new([0, 1, 1, 3], 4), Err(MoleculeError::AtomRepeated { index: 1, .. })));
        assert!(matches!(
            Torsion::new([0, 1, 2, 4], 4),
            Err(MoleculeError::AtomOutside { index: 4, atoms: 4 })
        ));
        assert_eq!(Torsion::new([4, 6, 8, 14], 22).unwrap().turned_bond(), [6, 8]);
    }
}
