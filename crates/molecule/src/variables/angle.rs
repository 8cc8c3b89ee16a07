//! Bond angle of three atoms.

use super::lanes::{combine, cross, difference, dot, each, load, store};
use super::{CollectiveVariable, VariableKind, check_atoms};
use crate::MoleculeError;
use crate::replicas::{LANES, Replicas};

/// Angle `θ ∈ [0, π]` at atom `j` between `i` and `k`, radian.
///
/// `θ = atan2(|u × v|, u·v)` with `u = r_i - r_j`, `v = r_k - r_j`, exact near 0 and π too. The gradient
/// (`∂θ/∂r_i = ((u·v) u/|u|² - v) / |u × v|`) is not finite where the three atoms lie on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Angle {
    atoms: [usize; 3],
}

impl Angle {
    /// The angle of three atoms, the middle one at its vertex, of a molecule with `atom_count` atoms.
    ///
    /// # Errors
    /// An atom named twice or outside the molecule.
    pub fn new(atoms: [usize; 3], atom_count: usize) -> Result<Self, MoleculeError> {
        check_atoms("angle", &atoms, atom_count)?;
        Ok(Self { atoms })
    }
}

impl CollectiveVariable for Angle {
    fn kind(&self) -> VariableKind {
        VariableKind::Angle
    }

    fn atoms(&self) -> &[usize] {
        &self.atoms
    }

    fn evaluate(&self, positions: &Replicas, values: &mut [f64], gradient: &mut [f64]) {
        let stride = positions.stride();
        for start in (0..stride).step_by(LANES) {
            let [i, j, k] = self.atoms.map(|atom| load(positions, atom, start));
            let (u, v) = (difference(&i, &j), difference(&k, &j));
            let normal = cross(&u, &v);
            let squared = dot(&normal, &normal);
            let sine = each(|lane| squared[lane].sqrt());
            let (cosine, u2, v2) = (dot(&u, &v), dot(&u, &u), dot(&v, &v));
            for lane in 0..LANES {
                values[start + lane] = sine[lane].atan2(cosine[lane]);
            }
            let across = each(|lane| -1.0 / sine[lane]);
            let first = combine(&each(|lane| cosine[lane] / (u2[lane] * sine[lane])), &u, &across, &v);
            let last = combine(&each(|lane| cosine[lane] / (v2[lane] * sine[lane])), &v, &across, &u);
            let minus = [-1.0; LANES];
            store(gradient, 0, stride, start, &first);
            store(gradient, 1, stride, start, &combine(&minus, &first, &minus, &last));
            store(gradient, 2, stride, start, &last);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn known_angles() {
        let angle = Angle::new([0, 1, 2], 3).unwrap();
        for degrees in [0.0_f64, 1e-5, 30.0, 90.0, 109.47, 179.9999, 180.0] {
            let radians = degrees.to_radians();
            let end = [0.3 * radians.cos() + 1.0, 2.0, 0.3 * radians.sin()];
            let value = angle.value(&[[1.1, 2.0, 0.0], [1.0, 2.0, 0.0], end]);
            assert!((value - radians).abs() < 1e-12 && (0.0..=PI).contains(&value), "{degrees}: {value}");
        }
    }

    #[test]
    fn atoms_are_checked() {
        assert!(matches!(Angle::new([1, 0, 1], 4), Err(MoleculeError::AtomRepeated { index: 1, .. })));
        assert!(matches!(Angle::new([0, 1, 4], 4), Err(MoleculeError::AtomOutside { index: 4, atoms: 4 })));
    }
}
