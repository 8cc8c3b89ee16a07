//! What a collective variable is, and what a kind of them.

use super::quantity::Quantity;
use crate::MoleculeError;
use crate::replicas::Replicas;

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

/// Makes the variable of some atoms of a molecule with so many atoms.
pub type NewVariable = fn(&[usize], usize) -> Result<Box<dyn CollectiveVariable>, MoleculeError>;

/// A kind of variable of a molecule: what it measures, of how many atoms, and how it is made.
pub struct VariableDefinition {
    /// What it measures. Its name is the key under which a configuration has the atoms.
    pub quantity: Quantity,
    /// How many atoms it takes.
    pub atoms: usize,
    /// The variable of atoms of a molecule with so many atoms.
    pub new: NewVariable,
}
