//! The state of one replica, as exchanged between engines and samplers and as stored.

use serde::{Deserialize, Serialize};

use crate::error::Failure;

/// Everything that an engine needs to continue one replica. All numbers are finite, so that it can be stored in any format that keeps
/// doubles exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Steps done.
    pub step: u64,
    /// Positions, nm.
    pub positions: Vec<[f64; 3]>,
    /// Velocities, nm/ps; if none, the engine draws thermal ones.
    pub velocities: Option<Vec<[f64; 3]>>,
    /// Edges of the periodic cell (rows, nm), if any.
    pub cell: Option<[[f64; 3]; 3]>,
}

impl Snapshot {
    /// A replica before its first step, without a cell.
    pub fn new(positions: Vec<[f64; 3]>) -> Self {
        Self { step: 0, positions, velocities: None, cell: None }
    }
}

/// One replica of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    /// Its number, which selects its random numbers: a replica moves identically in any batch.
    pub path: u32,
    /// Its thermal energy, kJ/mol.
    pub thermal_energy_kj_mol: f64,
    /// Its state.
    pub snapshot: Snapshot,
    /// Set if it blew up and was frozen.
    pub failure: Option<Failure>,
}

impl Replica {
    /// A replica before its first step, without velocities.
    pub fn new(path: u32, positions: Vec<[f64; 3]>, thermal_energy_kj_mol: f64) -> Self {
        Self { path, thermal_energy_kj_mol, snapshot: Snapshot::new(positions), failure: None }
    }
}
