//! Bond angle of three atoms.

use std::f64::consts::PI;

use super::atoms::{check_atoms, exactly};
use super::collective_variable::{AtomCount, CollectiveVariable, VariableDefinition};
use super::lanes::{combine, cross, difference, dot, get, load, set, store};
use super::quantity::{DefaultRadius, DefaultScale, Quantity, Unit};
use crate::MoleculeError;
use crate::replicas::{LANES, Replicas};

/// What an angle is to the rest of the program.
pub(super) static DEFINITION: VariableDefinition = VariableDefinition {
    quantity: Quantity {
        name: "angle",
        unit: Unit::Radian,
        period: None,
        range: Some((0.0, PI)),
        radius: DefaultRadius::Fixed(20.0 * (PI / 180.0)),
        scale: DefaultScale::AtMost(1.0),
    },
    atoms: AtomCount::Exactly(3),
    new: |input| Ok(Box::new(Angle::new(exactly("angle", input.atoms)?, input.structure.len())?)),
};

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
                let [i, j, k] = [get(&x[0], lane), get(&x[1], lane), get(&x[2], lane)];
                let (u, v) = (difference(i, j), difference(k, j));
                let normal = cross(u, v);
                let (s, c) = (dot(normal, normal).sqrt(), dot(u, v));
                (sine[lane], cosine[lane]) = (s, c);
                let first = combine(c / (dot(u, u) * s), u, -1.0 / s, v);
                let last = combine(c / (dot(v, v) * s), v, -1.0 / s, u);
                set(&mut derivative[0], lane, first);
                set(&mut derivative[1], lane, combine(-1.0, first, -1.0, last));
                set(&mut derivative[2], lane, last);
            }
            for lane in 0..LANES {
                values[start + lane] = sine[lane].atan2(cosine[lane]);
            }
            store(&derivative, gradient, stride, start);
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
