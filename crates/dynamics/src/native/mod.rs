//! The native engine: BAOAB with this project's own force kernels, a batch of replicas at a time, bit-identical everywhere.

mod baoab;
mod batch;
mod biased_energy;
mod descent;
mod restrained_minimisation;
mod state;

use geodyssey_forcefield::Potential;
use geodyssey_molecule::CollectiveVariable;
use geodyssey_statistics::{RandomStream, WrongInput};

use crate::bias::Bias;
use crate::engine::{Batch, Capabilities, Engine, EngineIdentity, Reproducibility};
use crate::error::DynamicsError;
use crate::langevin::Langevin;
use crate::minimisation::{MinimisationParameters, MinimisationTask, MinimisedMolecule};
use crate::snapshot::Replica;
use batch::NativeBatch;
use biased_energy::BiasedEnergy;
use restrained_minimisation::RestrainedMinimisation;

/// Its name.
const NAME: &str = "native engine";
/// Replicas in a batch. A constant, so that the division into batches, and with it every bit of the results, does not depend on the machine.
const REPLICAS_PER_BATCH: usize = 16;

/// A potential and the variables on which a bias acts.
#[derive(Clone, Copy)]
pub struct NativeEngine<'a> {
    energy: BiasedEnergy<'a>,
}

impl<'a> NativeEngine<'a> {
    /// Combines a potential and variables.
    ///
    /// # Errors
    /// If an atom has no positive mass, the force field has a periodic cell or rigid bonds, or a variable names an atom that the potential does not have.
    pub fn new(
        potential: &'a dyn Potential,
        variables: &'a [Box<dyn CollectiveVariable>],
    ) -> Result<Self, DynamicsError> {
        for (atom, &mass) in potential.masses().iter().enumerate() {
            if !(mass.is_finite() && mass > 0.0) {
                return Err(DynamicsError::Mass { atom, mass });
            }
        }
        if potential.cell().is_some() {
            let message = "it has no periodic cell, and the force field has one".to_owned();
            return Err(DynamicsError::Engine { engine: NAME.to_owned(), message });
        }
        if let Some(bond) = potential.rigid_bonds().first() {
            let [i, j] = bond.atoms;
            return Err(DynamicsError::Engine {
                engine: NAME.to_owned(),
                message: format!(
                    "it does not support rigid bonds, but the force field has one between atoms {i} and {j}"
                ),
            });
        }
        for variable in variables {
            if let Some(&atom) = variable.atoms().iter().find(|&&atom| atom >= potential.atoms()) {
                return Err(WrongInput::Count {
                    what: "atoms",
                    expected: atom + 1,
                    found: potential.atoms(),
                }
                .into());
            }
        }
        Ok(Self { energy: BiasedEnergy { potential, variables } })
    }
}

impl Engine for NativeEngine<'_> {
    fn identity(&self) -> EngineIdentity {
        EngineIdentity {
            name: NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: "CPU".to_owned(),
            precision: "double".to_owned(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            replicas_per_batch: REPLICAS_PER_BATCH,
            steps_per_observation: 1,
            reproducibility: Reproducibility::Bitwise,
        }
    }

    fn masses(&self) -> &[f64] {
        self.energy.potential.masses()
    }

    fn degrees_of_freedom(&self) -> usize {
        self.energy.degrees_of_freedom()
    }

    fn variables(&self) -> &[Box<dyn CollectiveVariable>] {
        self.energy.variables
    }

    fn minimise(
        &self,
        tasks: &[MinimisationTask],
        parameters: &MinimisationParameters,
    ) -> Result<Vec<MinimisedMolecule>, DynamicsError> {
        RestrainedMinimisation::new(self.energy, *parameters)?.minimise(tasks)
    }

    fn open<'e>(
        &'e self,
        replicas: &[Replica],
        law: Langevin,
        random: RandomStream,
        bias: &Bias,
    ) -> Result<Box<dyn Batch + 'e>, DynamicsError> {
        self.energy.check_bias(bias)?;
        Ok(Box::new(NativeBatch::open(self.energy, replicas, law, random, bias)?))
    }
}
