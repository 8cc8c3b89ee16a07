//! The state of one chain of trials.

use serde::{Deserialize, Serialize};

use super::mover::PresentPath;
use crate::path::{End, HighestLandscapeEnergy, Path, PathFrame, PathPoint, Provenance};
use crate::path_id::PathId;

/// A chain between two recorded paths. Stored in a format that keeps doubles exactly and read back, it continues with identical bits; all
/// its numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShootingChain {
    pub(super) number: u32,
    pub(super) trials: u64,
    pub(super) accepted: u64,
    pub(super) energy_evaluations: u64,
    /// The current path.
    pub(super) present: PresentPath,
    first_path: u32,
    count: usize,
    paths: Vec<Path>,
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
            present: PresentPath { frames, weights },
            first_path,
            count,
            paths: Vec::new(),
        }
    }

    /// Records the current path by equally spaced frames.
    pub(super) fn record(
        &mut self,
        points: Vec<Vec<f64>>,
        frame_stride: usize,
        highest: HighestLandscapeEnergy,
    ) {
        let last = points.len() - 1;
        let point = |(index, variables): (usize, Vec<f64>)| PathPoint {
            curve_point: index,
            time_ps: None,
            variables,
            potential_energy_kj_mol: None,
            highest_potential_energy_kj_mol: None,
            landscape_energy_kj_mol: None,
            highest_landscape_energy: (index == last).then_some(highest),
            tether_energy_kj_mol: 0.0,
            work_kj_mol: 0.0,
        };
        let is_frame = |point: &usize| point.is_multiple_of(frame_stride) || *point == last;
        self.paths.push(Path {
            id: PathId::forward(self.first_path + self.paths.len() as u32),
            provenance: Provenance::Free {
                parent: self.paths.last().map(|path| path.id),
                trials: self.trials,
                accepted: self.accepted,
                weight: 1.0,
                steps: self.present.steps() as u64,
            },
            frames: (0..=last).filter(is_frame).map(|point| PathFrame { point, place: None }).collect(),
            points: points.into_iter().enumerate().map(point).collect(),
            end: End::Whole,
        });
    }

    /// Its first path.
    pub fn first_path(&self) -> PathId {
        PathId::forward(self.first_path)
    }

    /// Number of paths to record.
    pub fn path_count(&self) -> usize {
        self.count
    }

    /// The paths, by value.
    pub fn into_paths(self) -> Vec<Path> {
        self.paths
    }

    /// The paths recorded so far.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// Number of trials so far.
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// Number of accepted trials.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Evaluations of the landscape so far, including those for highest energies.
    pub fn energy_evaluations(&self) -> u64 {
        self.energy_evaluations
    }

    /// Whether all its paths are recorded.
    pub fn is_finished(&self) -> bool {
        self.paths.len() >= self.count
    }
}
