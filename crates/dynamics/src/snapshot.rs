//! The state of one replica, as it crosses the seam between engines and samplers and as it is stored.

use serde::{Deserialize, Serialize};

use crate::error::Failure;

/// All that an engine needs to go on with one replica. All numbers are finite, so that any format that keeps doubles exactly keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Steps done.
    pub step: u64,
    /// Positions, nm.
    pub positions: Vec<[f64; 3]>,
    /// Velocities, nm/ps; none for thermal ones, to be drawn by the engine.
    pub velocities: Option<Vec<[f64; 3]>>,
    /// Edges of the periodic cell (rows, nm), if there is one.
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
    /// Its number, which selects its random numbers: a replica moves alike in any batch.
    pub path: u32,
    /// Its thermal energy, kJ/mol.
    pub thermal_energy_kj_mol: f64,
    /// Its state.
    pub snapshot: Snapshot,
    /// Set if it blew up: it is held where it is.
    pub failure: Option<Failure>,
}

impl Replica {
    /// A replica before its first step, without velocities.
    pub fn new(path: u32, positions: Vec<[f64; 3]>, thermal_energy_kj_mol: f64) -> Self {
        Self { path, thermal_energy_kj_mol, snapshot: Snapshot::new(positions), failure: None }
    }
}
