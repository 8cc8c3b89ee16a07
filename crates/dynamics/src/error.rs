//! What can go wrong before and during dynamics.

use geodyssey_forcefield::PotentialError;
use geodyssey_statistics::{StatisticsError, WrongInput};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Wrong input to a sampler. A path that blows up is not an error: see [`Failure`].
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DynamicsError {
    /// Wrong numbers, or too few.
    #[error(transparent)]
    Input(#[from] WrongInput),
    /// An atom cannot be moved by Langevin dynamics.
    #[error("atom {atom} has mass {mass} amu; every atom needs a positive mass")]
    Mass {
        /// Index of the atom.
        atom: usize,
        /// Its mass, amu.
        mass: f64,
    },
    /// Inconsistent parameters.
    #[error("{0}")]
    Parameters(String),
    /// The energy of the molecule could not be computed.
    #[error(transparent)]
    Potential(#[from] PotentialError),
    /// An engine could not do what was requested.
    #[error("{engine}: {message}")]
    Engine {
        /// Its name.
        engine: String,
        /// Its message.
        message: String,
    },
    /// A replica's positions or energy are no longer finite, or far too large.
    #[error(
        "replica {replica}, at {temperature_k:.0} K, blew up after {time_ps} ps; a smaller time step, a lower highest temperature or relaxed starting structures may help"
    )]
    Diverged {
        /// Which replica, from 0.
        replica: usize,
        /// Its temperature then, K.
        temperature_k: f64,
        /// Simulated time until then, ps.
        time_ps: f64,
    },
    /// An estimate from the samples cannot be made.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
}

/// A path that blew up: where, when, and its energy there.
///
/// It is removed from the dynamics; the others are not affected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Number of the path.
    pub path: u32,
    /// Number of the step whose result is not usable, from 0 at the start of the path.
    pub step: u64,
    /// Potential energy after that step; `None` if infinite or NaN.
    pub potential_energy_kj_mol: Option<f64>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "path {} blew up in step {}: ", self.path, self.step)?;
        match self.potential_energy_kj_mol {
            Some(energy) => write!(f, "the step was far too long, at an energy of {energy:.1} kJ/mol"),
            None => write!(f, "the energy is not a finite number"),
        }
    }
}
