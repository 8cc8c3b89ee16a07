//! What a collective variable is, and what a kind of them.

use std::fmt;

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

/// What a variable is made from.
#[derive(Clone, Copy, Debug)]
pub struct VariableInput<'i> {
    /// The atoms that it names.
    pub atoms: &'i [usize],
    /// Positions of the topology's own structure, nm: as many as the molecule has atoms, and a reference for variables that need one.
    pub structure: &'i [[f64; 3]],
}

/// Makes a variable.
pub type NewVariable = fn(VariableInput<'_>) -> Result<Box<dyn CollectiveVariable>, MoleculeError>;

/// How many atoms a kind of variable takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtomCount {
    /// So many.
    Exactly(usize),
    /// So many or more.
    AtLeast(usize),
}

impl AtomCount {
    /// Whether a variable may have so many atoms.
    #[must_use]
    pub fn allows(self, atoms: usize) -> bool {
        match self {
            Self::Exactly(count) => atoms == count,
            Self::AtLeast(count) => atoms >= count,
        }
    }
}

impl fmt::Display for AtomCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(count) => write!(formatter, "{count}"),
            Self::AtLeast(count) => write!(formatter, "at least {count}"),
        }
    }
}

/// A kind of variable of a molecule: what it measures, of how many atoms, and how it is made.
pub struct VariableDefinition {
    /// What it measures. Its name is the key under which a configuration has the atoms.
    pub quantity: Quantity,
    /// How many atoms it takes.
    pub atoms: AtomCount,
    /// Makes one.
    pub new: NewVariable,
}
