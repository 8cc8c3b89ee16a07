//! The native engine: BAOAB on this project's own force kernels, a batch of replicas at a time, the same bits everywhere.

mod baoab;
mod batch;
mod descent;
mod restrained_minimisation;
mod state;

use geodyssey_forcefield::Potential;
use geodyssey_molecule::CollectiveVariable;
use geodyssey_statistics::RandomStream;

use crate::bias::Bias;
use crate::engine::{Batch, Capabilities, Engine, EngineIdentity, Reproducibility};
use crate::error::DynamicsError;
use crate::langevin::Langevin;
use crate::minimisation::{MinimisationParameters, MinimisationTask, MinimisedMolecule};
use crate::snapshot::Replica;
use batch::NativeBatch;
use restrained_minimisation::RestrainedMinimisation;
use state::LangevinState;

/// Its name.
const NAME: &str = "native engine";
/// Replicas of a batch. A constant, so that the split into batches, and with it every bit of the results, depends on nothing else.
const REPLICAS_PER_BATCH: usize = 16;

/// A potential and the variables that a bias acts on.
#[derive(Clone, Copy)]
pub struct NativeEngine<'a> {
    potential: &'a dyn Potential,
    variables: &'a [Box<dyn CollectiveVariable>],
}

impl<'a> NativeEngine<'a> {
    /// Puts a potential and variables together.
    ///
    /// # Errors
    /// If an atom has no positive mass, a bond is rigid, or a variable names an atom that the potential does not have.
    pub fn new(
        potential: &'a dyn Potential,
        variables: &'a [Box<dyn CollectiveVariable>],
    ) -> Result<Self, DynamicsError> {
        for (atom, &mass) in potential.masses().iter().enumerate() {
            if !(mass.is_finite() && mass > 0.0) {
                return Err(DynamicsError::Mass { atom, mass });
            }
        }
        if let Some(bond) = potential.rigid_bonds().first() {
            let [i, j] = bond.atoms;
            return Err(DynamicsError::Engine {
                engine: NAME.to_owned(),
                message: format!("it has no rigid bonds, and the force field holds atoms {i} and {j} in one"),
            });
        }
        for variable in variables {
            if let Some(&atom) = variable.atoms().iter().find(|&&atom| atom >= potential.atoms()) {
                return Err(DynamicsError::Count {
                    what: "atoms",
                    expected: atom + 1,
                    found: potential.atoms(),
                });
            }
        }
        Ok(Self { potential, variables })
    }

    /// Evaluates `U`, the variables and the bias at the state's positions, and the total forces
    /// `-∂U/∂X - Σ ∂V/∂ξ ∂ξ/∂X`.
    fn evaluate(&self, bias: &Bias, state: &mut LangevinState) -> Result<(), DynamicsError> {
        self.potential.evaluate(
            &state.positions,
            &mut state.potential_forces,
            &mut state.potential_energies,
        )?;
        let stride = state.positions.stride();
        for ((variable, values), gradient) in self
            .variables
            .iter()
            .zip(state.variable_values.chunks_exact_mut(stride))
            .zip(&mut state.variable_gradients)
        {
            variable.evaluate(&state.positions, values, gradient);
        }
        self.evaluate_bias(bias, state);
        Ok(())
    }

    /// Evaluates only the bias, at the variables as last evaluated, and the total forces: the same bits as
    /// [`NativeEngine::evaluate`] at the price of no force evaluation. For a bias that changed.
    fn evaluate_bias(&self, bias: &Bias, state: &mut LangevinState) {
        let stride = state.positions.stride();
        bias.evaluate(&state.variable_values, stride, &mut state.bias_energies, &mut state.bias_derivatives);
        state.forces.as_mut_slice().copy_from_slice(state.potential_forces.as_slice());
        for ((variable, derivative), gradient) in self
            .variables
            .iter()
            .zip(state.bias_derivatives.chunks_exact(stride))
            .zip(&state.variable_gradients)
        {
            for (&atom, gradient) in variable.atoms().iter().zip(gradient.chunks_exact(3 * stride)) {
                for (axis, gradient) in gradient.chunks_exact(stride).enumerate() {
                    for ((force, slope), gradient) in
                        state.forces.row_mut(atom, axis).iter_mut().zip(derivative).zip(gradient)
                    {
                        *force -= slope * gradient;
                    }
                }
            }
        }
    }

    /// The bias must act on as many variables as there are.
    fn check_bias(&self, bias: &Bias) -> Result<(), DynamicsError> {
        match bias.dimension() {
            Some(dimension) => {
                DynamicsError::check_count("variables of a bias", self.variables.len(), dimension)
            }
            None => Ok(()),
        }
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
        self.potential.masses()
    }

    /// Three for every atom, as Langevin dynamics conserves no momentum, less one for every rigid bond.
    fn degrees_of_freedom(&self) -> usize {
        3 * self.potential.atoms() - self.potential.rigid_bonds().len()
    }

    fn variables(&self) -> &[Box<dyn CollectiveVariable>] {
        self.variables
    }

    fn minimise(
        &self,
        tasks: &[MinimisationTask],
        parameters: &MinimisationParameters,
    ) -> Result<Vec<MinimisedMolecule>, DynamicsError> {
        RestrainedMinimisation::new(*self, *parameters)?.minimise(tasks)
    }

    fn open<'e>(
        &'e self,
        replicas: &[Replica],
        law: Langevin,
        random: RandomStream,
        bias: &Bias,
    ) -> Result<Box<dyn Batch + 'e>, DynamicsError> {
        self.check_bias(bias)?;
        Ok(Box::new(NativeBatch::open(*self, replicas, law, random, bias)?))
    }
}
