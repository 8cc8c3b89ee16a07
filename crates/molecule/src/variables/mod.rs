//! Collective variables: functions `ξ(X)` of the atoms' positions.

mod angle;
mod distance;
mod lanes;
mod quantity;
mod scaled;
mod torsion;

pub use angle::Angle;
pub use distance::Distance;
pub use quantity::{COORDINATE, DefaultRadius, DefaultScale, Quantity, Unit};
pub use scaled::Scaled;
pub use torsion::Torsion;

use crate::MoleculeError;
use crate::replicas::Replicas;

/// Makes the variable of some atoms of a molecule with this many atoms.
pub type NewVariable = fn(&[usize], usize) -> Result<Box<dyn CollectiveVariable>, MoleculeError>;

/// A kind of variable of a molecule: what it measures, of how many atoms, and how it is made.
pub struct VariableDefinition {
    /// What it measures. Its name is the key under which a configuration has the atoms.
    pub quantity: Quantity,
    /// How many atoms it takes.
    pub atoms: usize,
    /// The variable of atoms of a molecule with this many atoms.
    pub new: NewVariable,
}

/// All kinds of variables. A new one is a file and a line here.
pub static VARIABLES: [&VariableDefinition; 3] =
    [&torsion::DEFINITION, &distance::DEFINITION, &angle::DEFINITION];

/// A function of the positions of a few atoms, evaluated for all replicas of a batch.
pub trait CollectiveVariable: Send + Sync {
    /// What it measures.
    fn quantity(&self) -> &'static Quantity;

    /// Indices of the atoms it depends on, in the order of its gradient.
    fn atoms(&self) -> &[usize];

    /// Writes `ξ` into `values` (one per replica, padding included: `stride` long) and `∂ξ/∂X` into `gradient`,
    /// laid out `[atom of atoms()][xyz][replica]`, `atoms().len() * 3 * stride` long.
    fn evaluate(&self, positions: &Replicas, values: &mut [f64], gradient: &mut [f64]);

    /// Period of the values, if there is one (2π for a torsion).
    fn period(&self) -> Option<f64> {
        self.quantity().period
    }

    /// The value for one set of positions (nm).
    fn value(&self, positions: &[[f64; 3]]) -> f64 {
        let batch = Replicas::repeat(positions, 1);
        let mut values = vec![0.0; batch.stride()];
        let mut gradient = vec![0.0; self.atoms().len() * 3 * batch.stride()];
        self.evaluate(&batch, &mut values, &mut gradient);
        values[0]
    }
}

/// So many atoms, whatever list they come in.
fn exactly<const N: usize>(variable: &'static str, atoms: &[usize]) -> Result<[usize; N], MoleculeError> {
    atoms.try_into().map_err(|_| MoleculeError::AtomsOfVariable { variable, expected: N, found: atoms.len() })
}

/// Distinct atoms, all inside the molecule.
fn check_atoms(variable: &'static str, atoms: &[usize], atom_count: usize) -> Result<(), MoleculeError> {
    for (slot, &index) in atoms.iter().enumerate() {
        if index >= atom_count {
            return Err(MoleculeError::AtomOutside { index, atoms: atom_count });
        }
        if atoms[..slot].contains(&index) {
            return Err(MoleculeError::AtomRepeated { variable, index });
        }
    }
    Ok(())
}
