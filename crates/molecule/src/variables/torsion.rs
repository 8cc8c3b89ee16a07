//! Dihedral angle of four atoms.

use std::f64::consts::PI;

use super::lanes::{combine, cross, difference, dot, each, load, scale, store};
use super::{CollectiveVariable, VariableKind, check_atoms};
use crate::MoleculeError;
use crate::replicas::{LANES, Replicas};

/// Dihedral angle `φ ∈ [-π, π)` of the atoms `i j k l` about the bond `j k`, radian.
///
/// Sign as IUPAC has it (Pure Appl. Chem. 1996, 68, 2193, "torsion angle"): zero when `i` and `l` eclipse each other,
/// positive when the far bond is turned clockwise seen along `j → k`. With `F = r_i - r_j`, `G = r_j - r_k`,
/// `H = r_l - r_k`, `A = F × G`, `B = H × G`: `φ = atan2((B × A)·G / |G|, A·B)`.
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
    fn kind(&self) -> VariableKind {
        VariableKind::Torsion
    }

    fn atoms(&self) -> &[usize] {
        &self.atoms
    }

    fn evaluate(&self, positions: &Replicas, values: &mut [f64], gradient: &mut [f64]) {
        let stride = positions.stride();
        for start in (0..stride).step_by(LANES) {
            let [i, j, k, l] = self.atoms.map(|atom| load(positions, atom, start));
            let (f, g, h) = (difference(&i, &j), difference(&j, &k), difference(&l, &k));
            let (a, b) = (cross(&f, &g), cross(&h, &g));
            let (a2, b2, g2) = (dot(&a, &a), dot(&b, &b), dot(&g, &g));
            let length = each(|lane| g2[lane].sqrt());
            let sine = dot(&cross(&b, &a), &g);
            let cosine = dot(&a, &b);
            for lane in 0..LANES {
                let angle = (sine[lane] / length[lane]).atan2(cosine[lane]);
                values[start + lane] = if angle >= PI { -PI } else { angle };
            }
            let (fg, hg) = (dot(&f, &g), dot(&h, &g));
            let first = each(|lane| -length[lane] / a2[lane]);
            let last = each(|lane| length[lane] / b2[lane]);
            let along_a = each(|lane| fg[lane] / (a2[lane] * length[lane]));
            let along_b = each(|lane| -hg[lane] / (b2[lane] * length[lane]));
            store(gradient, 0, stride, start, &scale(&first, &a));
            store(gradient, 1, stride, start, &combine(&each(|x| along_a[x] - first[x]), &a, &along_b, &b));
            let (minus_a, minus_b) = (each(|x| -along_a[x]), each(|x| -along_b[x] - last[x]));
            store(gradient, 2, stride, start, &combine(&minus_a, &a, &minus_b, &b));
            store(gradient, 3, stride, start, &scale(&last, &b));
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
