//! The state of one chain of trials.

use serde::{Deserialize, Serialize};

/// A path that a chain stood at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShootingPath {
    /// Number of the path.
    pub path: u32,
    /// Its steps.
    pub steps: usize,
    /// Some of its frames, both ends included; values not wrapped.
    pub points: Vec<Vec<f64>>,
    /// Highest landscape energy at its steps, kJ/mol.
    pub maximum_energy_at_steps_kj_mol: f64,
    /// Highest landscape energy at its steps and on the segments between, kJ/mol.
    pub maximum_energy_kj_mol: f64,
}

/// A chain between two recorded paths. Stored and read back it goes on with the same bits, given a format that keeps doubles
/// exactly; all its numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShootingChain {
    pub(super) number: u32,
    pub(super) trials: u64,
    pub(super) accepted: u64,
    pub(super) energy_evaluations: u64,
    /// The present path, every step.
    pub(super) frames: Vec<Vec<f64>>,
    /// Of every step.
    pub(super) weights: Vec<f64>,
    first_path: u32,
    count: usize,
    paths: Vec<ShootingPath>,
}

impl ShootingChain {
    pub(super) fn new(
        number: u32,
        first_path: u32,
        count: usize,
        frames: Vec<Vec<f64>>,
        weights: Vec<f64>,
        energy_evaluations: u64,
    ) -> Self {
        Self {
            number,
            trials: 0,
            accepted: 0,
            energy_evaluations,
            frames,
            weights,
            first_path,
            count,
            paths: Vec::new(),
        }
    }

    pub(super) fn record(&mut self, points: Vec<Vec<f64>>, steps: usize, at_steps: f64, highest: f64) {
        self.paths.push(ShootingPath {
            path: self.first_path + self.paths.len() as u32,
            steps,
            points,
            maximum_energy_at_steps_kj_mol: at_steps,
            maximum_energy_kj_mol: highest,
        });
    }

    /// Number of its first path.
    pub fn first_path(&self) -> u32 {
        self.first_path
    }

    /// Paths that it is to record.
    pub fn path_count(&self) -> usize {
        self.count
    }

    /// The paths recorded so far.
    pub fn paths(&self) -> &[ShootingPath] {
        &self.paths
    }

    /// Trials so far.
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// Trials that gave a new path.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Evaluations of the landscape so far, those for highest energies included.
    pub fn energy_evaluations(&self) -> u64 {
        self.energy_evaluations
    }

    /// Whether all its paths are recorded.
    pub fn is_finished(&self) -> bool {
        self.paths.len() >= self.count
    }
}
