//! Distance of two atoms.

use super::atoms::{check_atoms, exactly};
use super::collective_variable::{AtomCount, CollectiveVariable, VariableDefinition};
use super::lanes::{difference, dot, get, load, scale, set, store};
use super::quantity::{DefaultRadius, DefaultScale, Quantity, Unit};
use crate::MoleculeError;
use crate::replicas::{LANES, Replicas};

/// What a distance is to the rest of the program. Its scale: as a torsion moves on a circle of a bond's size, one radian of it moves atoms
/// by 0.1 nm.
pub(super) static DEFINITION: VariableDefinition = VariableDefinition {
    quantity: Quantity {
        name: "distance",
        unit: Unit::Nanometre,
        period: None,
        range: None,
        radius: DefaultRadius::Fixed(0.05),
        scale: DefaultScale::AtMost(0.1),
    },
    atoms: AtomCount::Exactly(2),
    new: |input| Ok(Box::new(Distance::new(exactly("distance", input.atoms)?, input.structure.len())?)),
};

/// Distance `|r_i - r_j|`, nm. Its gradient is not finite where the atoms coincide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distance {
    atoms: [usize; 2],
}

impl Distance {
    /// The distance of two atoms of a molecule with `atom_count` atoms.
    ///
    /// # Errors
    /// An atom named twice or outside the molecule.
    pub fn new(atoms: [usize; 2], atom_count: usize) -> Result<Self, MoleculeError> {
        check_atoms("distance", &atoms, atom_count)?;
        Ok(Self { atoms })
    }
}

impl CollectiveVariable for Distance {
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
            for lane in 0..LANES {
                let separation = difference(get(&x[0], lane), get(&x[1], lane));
                let distance = dot(separation, separation).sqrt();
                values[start + lane] = distance;
                set(&mut derivative[0], lane, scale(1.0 / distance, separation));
                set(&mut derivative[1], lane, scale(-1.0 / distance, separation));
            }
            store(&derivative, gradient, stride, start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_four_five() {
        let distance = Distance::new([2, 0], 3).unwrap();
        assert!((distance.value(&[[0.1, 0.1, 0.0], [9.0; 3], [0.4, 0.5, 0.0]]) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn atoms_are_checked() {
        assert!(matches!(Distance::new([1, 1], 4), Err(MoleculeError::AtomRepeated { index: 1, .. })));
        assert!(matches!(Distance::new([0, 4], 4), Err(MoleculeError::AtomOutside { index: 4, atoms: 4 })));
    }
}
