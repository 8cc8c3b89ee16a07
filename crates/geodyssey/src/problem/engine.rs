//! The engine that moves a molecule's atoms: the one place that knows which it is.

use geodyssey_dynamics::{DynamicsError, Engine, NativeEngine};
use geodyssey_molecule::CollectiveVariable;

use super::molecule::Molecule;

/// The variables that biases act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActsOn {
    /// None.
    Nothing,
    /// The molecule's variables in their own units, as landscapes have them.
    Variables,
    /// The same in the spacetime's units, as tethers have them.
    ScaledVariables,
}

impl Molecule {
    /// The engine for this molecule.
    pub(crate) fn engine(&self, acts_on: ActsOn) -> Result<Box<dyn Engine + '_>, DynamicsError> {
        let variables: &[Box<dyn CollectiveVariable>] = match acts_on {
            ActsOn::Nothing => &[],
            ActsOn::Variables => &self.variables,
            ActsOn::ScaledVariables => &self.tethered,
        };
        Ok(Box::new(NativeEngine::new(&self.force_field, variables)?))
    }
}
