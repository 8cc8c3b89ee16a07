//! Input and result of a minimisation of a molecule's energy with its variables held; see [`Engine::minimise`](crate::Engine::minimise).

use geodyssey_statistics::WrongInput;
use serde::{Deserialize, Serialize};

use crate::error::DynamicsError;

/// When a minimisation ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MinimisationParameters {
    /// Largest root mean square of the force components at which a minimisation counts as converged, kJ/mol/nm.
    pub force_tolerance_kj_mol_nm: f64,
    /// Largest number of evaluations of one minimisation.
    pub max_evaluations: u64,
}

impl Default for MinimisationParameters {
    fn default() -> Self {
        Self { force_tolerance_kj_mol_nm: 0.5, max_evaluations: 3000 }
    }
}

impl MinimisationParameters {
    /// Rejects impossible parameters.
    ///
    /// # Errors
    /// A tolerance or number of evaluations that is not positive.
    pub fn check(&self) -> Result<(), DynamicsError> {
        WrongInput::check_positive("the force tolerance in kJ/mol/nm", self.force_tolerance_kj_mol_nm)?;
        WrongInput::check_positive("the largest number of evaluations", self.max_evaluations as f64)?;
        Ok(())
    }
}

/// One minimisation to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct MinimisationTask {
    /// Positions to start from, nm.
    pub positions: Vec<[f64; 3]>,
    /// Target values of the variables; any image for periodic ones.
    pub target: Vec<f64>,
    /// Initial guess of the multipliers `μ`: those of a similar task, or zeros.
    pub multipliers: Vec<f64>,
}

/// Result of a minimisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MinimisedMolecule {
    /// Positions, nm.
    pub positions: Vec<[f64; 3]>,
    /// Relaxed energy at the target values of the variables, without the restraint, kJ/mol.
    pub energy_kj_mol: f64,
    /// Multipliers: minus the slope of the relaxed energy in the variables.
    pub multipliers: Vec<f64>,
    /// Evaluations of `U` and its gradient.
    pub evaluations: u64,
    /// Whether force and variables are within their tolerances.
    pub converged: bool,
}
