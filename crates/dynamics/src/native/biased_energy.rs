//! The total energy that the native engine integrates and minimises.

use geodyssey_forcefield::Potential;
use geodyssey_molecule::CollectiveVariable;
use geodyssey_statistics::WrongInput;

use super::state::LangevinState;
use crate::bias::Bias;
use crate::error::DynamicsError;

/// `U(X) + V(ξ(X))`: a potential `U` and the variables `ξ` on which a bias acts.
#[derive(Clone, Copy)]
pub(super) struct BiasedEnergy<'a> {
    pub(super) potential: &'a dyn Potential,
    pub(super) variables: &'a [Box<dyn CollectiveVariable>],
}

impl BiasedEnergy<'_> {
    /// Three for every atom, since Langevin dynamics does not conserve momentum, minus one for every rigid bond.
    pub(super) fn degrees_of_freedom(&self) -> usize {
        3 * self.potential.atoms() - self.potential.rigid_bonds().len()
    }

    /// Evaluates `U`, the variables and the bias at the state's positions, and the total forces
    /// `-∂U/∂X - Σ ∂V/∂ξ ∂ξ/∂X`.
    pub(super) fn evaluate(&self, bias: &Bias, state: &mut LangevinState) -> Result<(), DynamicsError> {
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

    /// Evaluates only the bias, at the variables as last evaluated, and the total forces: bit-identical to [`BiasedEnergy::evaluate`]
    /// without a force evaluation. For a bias that has changed.
    pub(super) fn evaluate_bias(&self, bias: &Bias, state: &mut LangevinState) {
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
    pub(super) fn check_bias(&self, bias: &Bias) -> Result<(), DynamicsError> {
        match bias.dimension() {
            Some(dimension) => {
                Ok(WrongInput::check_count("variables of a bias", self.variables.len(), dimension)?)
            }
            None => Ok(()),
        }
    }
}
