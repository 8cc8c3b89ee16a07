//! The parameters of Langevin dynamics.

use geodyssey_statistics::WrongInput;

use crate::error::DynamicsError;

/// Parameters of Langevin dynamics; the integrator is up to the engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Langevin {
    time_step_ps: f64,
    friction_per_ps: f64,
    thermal_energy_kj_mol: f64,
}

impl Langevin {
    /// A time step (ps), a friction (1/ps) and a thermal energy kT (kJ/mol).
    ///
    /// # Errors
    /// If one of them is not positive and finite.
    pub fn new(
        time_step_ps: f64,
        friction_per_ps: f64,
        thermal_energy_kj_mol: f64,
    ) -> Result<Self, DynamicsError> {
        Ok(Self {
            time_step_ps: WrongInput::check_positive("the time step in ps", time_step_ps)?,
            friction_per_ps: WrongInput::check_positive("the friction in 1/ps", friction_per_ps)?,
            thermal_energy_kj_mol: WrongInput::check_positive(
                "the thermal energy in kJ/mol",
                thermal_energy_kj_mol,
            )?,
        })
    }

    /// Time step, ps.
    pub fn time_step_ps(&self) -> f64 {
        self.time_step_ps
    }

    /// Friction, 1/ps.
    pub fn friction_per_ps(&self) -> f64 {
        self.friction_per_ps
    }

    /// Thermal energy kT of replicas without their own, kJ/mol.
    pub fn thermal_energy_kj_mol(&self) -> f64 {
        self.thermal_energy_kj_mol
    }
}
