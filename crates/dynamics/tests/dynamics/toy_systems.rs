//! Systems with known answers behind the traits that molecules use.

use geodyssey_forcefield::{Potential, PotentialError};
use geodyssey_molecule::{
    CollectiveVariable, Replicas,
    variables::{Quantity, VARIABLES},
};

/// Every coordinate in a well of its own: `½ k x² + ¼ q x⁴`.
pub(crate) struct Wells {
    pub(crate) masses: Vec<f64>,
    pub(crate) stiffness: f64,
    pub(crate) quartic: f64,
}

impl Potential for Wells {
    fn masses(&self) -> &[f64] {
        &self.masses
    }

    fn evaluate(
        &self,
        positions: &Replicas,
        forces: &mut Replicas,
        energies: &mut [f64],
    ) -> Result<(), PotentialError> {
        energies.fill(0.0);
        for atom in 0..self.masses.len() {
            for axis in 0..3 {
                let rows = forces.row_mut(atom, axis).iter_mut().zip(positions.row(atom, axis));
                for ((force, &x), energy) in rows.zip(energies.iter_mut()) {
                    *force = -(self.stiffness * x + self.quartic * x * x * x);
                    *energy += 0.5 * self.stiffness * x * x + 0.25 * self.quartic * x * x * x * x;
                }
            }
        }
        Ok(())
    }
}

/// The x coordinate of one atom.
pub(crate) struct Coordinate(pub(crate) [usize; 1]);

impl CollectiveVariable for Coordinate {
    fn quantity(&self) -> &'static Quantity {
        let distance = VARIABLES.iter().find(|kind| kind.quantity.name == "distance");
        &distance.expect("distances").quantity
    }

    fn atoms(&self) -> &[usize] {
        &self.0
    }

    fn evaluate(&self, positions: &Replicas, values: &mut [f64], gradient: &mut [f64]) {
        values.copy_from_slice(positions.row(self.0[0], 0));
        gradient.fill(0.0);
        gradient[..positions.stride()].fill(1.0);
    }
}

/// The x coordinates of these atoms, one variable each.
pub(crate) fn coordinates(atoms: &[usize]) -> Vec<Box<dyn CollectiveVariable>> {
    atoms.iter().map(|&atom| Box::new(Coordinate([atom])) as Box<dyn CollectiveVariable>).collect()
}
