//! A molecule as a sampler sees it: an engine and the variables that a bias acts on.

use geodyssey_forcefield::Engine;
use geodyssey_molecule::CollectiveVariable;

use crate::bias::BiasPotential;
use crate::error::SamplingError;
use crate::state::LangevinState;

/// The total energy `U(X) + V(ξ(X))` is made of an engine's `U`, these variables `ξ` and a bias `V`.
#[derive(Clone, Copy)]
pub struct MolecularSystem<'a> {
    engine: &'a dyn Engine,
    variables: &'a [Box<dyn CollectiveVariable>],
}

impl<'a> MolecularSystem<'a> {
    /// Puts an engine and variables together.
    ///
    /// # Errors
    /// If an atom has no positive mass or a variable names an atom that the engine does not have.
    pub fn new(
        engine: &'a dyn Engine,
        variables: &'a [Box<dyn CollectiveVariable>],
    ) -> Result<Self, SamplingError> {
        for (atom, &mass) in engine.masses().iter().enumerate() {
            if !(mass.is_finite() && mass > 0.0) {
                return Err(SamplingError::Mass { atom, mass });
            }
        }
        for variable in variables {
            if let Some(&atom) = variable.atoms().iter().find(|&&atom| atom >= engine.atoms()) {
                return Err(SamplingError::Count {
                    what: "atoms",
                    expected: atom + 1,
                    found: engine.atoms(),
                });
            }
        }
        Ok(Self { engine, variables })
    }

    /// What gives the potential energy.
    pub fn engine(&self) -> &'a dyn Engine {
        self.engine
    }

    /// The collective variables.
    pub fn variables(&self) -> &'a [Box<dyn CollectiveVariable>] {
        self.variables
    }

    /// Period of every variable.
    pub fn periods(&self) -> Vec<Option<f64>> {
        self.variables.iter().map(|variable| variable.period()).collect()
    }

    /// Evaluates `U`, the variables and the bias at the state's positions, and the total forces
    /// `-∂U/∂X - Σ ∂V/∂ξ ∂ξ/∂X`.
    pub fn evaluate(&self, bias: &dyn BiasPotential, state: &mut LangevinState) {
        self.engine.evaluate(&state.positions, &mut state.potential_forces, &mut state.potential_energies);
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
    }

    /// Evaluates only the bias, at the variables as last evaluated, and the total forces: the same bits as
    /// [`MolecularSystem::evaluate`] at the price of no force evaluation. For a bias that changed.
    pub fn evaluate_bias(&self, bias: &dyn BiasPotential, state: &mut LangevinState) {
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
}
