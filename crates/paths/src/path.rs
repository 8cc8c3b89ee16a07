//! A path, from whatever dynamics.

use geodyssey_dynamics::Failure;
use serde::{Deserialize, Serialize};

use crate::path_id::PathId;

/// A path from one state towards the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Its name.
    pub id: PathId,
    /// How it was sampled.
    pub provenance: Provenance,
    /// Its points in order; a path that blew up ends early.
    pub points: Vec<PathPoint>,
    /// Which of the points are frames.
    pub frames: Vec<PathFrame>,
    /// How it ended.
    pub end: End,
}

/// How a path was sampled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Provenance {
    /// Driven along a curve by a tether.
    Led {
        /// Work up to its last point, kJ/mol.
        work_kj_mol: f64,
    },
    /// A sample of the ensemble of unbiased paths.
    Free {
        /// The previously recorded path of its chain.
        parent: Option<PathId>,
        /// Number of trials of its chain until it was recorded.
        trials: u64,
        /// How many trials were accepted.
        accepted: u64,
        /// Its weight in the ensemble.
        weight: f64,
        /// Steps of the dynamics from its first frame to its last.
        steps: u64,
    },
}

/// How a path ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum End {
    /// No failure, as far as it has been computed.
    Whole,
    /// It blew up.
    BlewUp(Failure),
}

/// One point of a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathPoint {
    /// Index of the point on the curve that leads it, in the direction of the path; of a free path, of the equal part of its steps. The
    /// driver counts it from the start state, also for paths that go backward.
    pub curve_point: usize,
    /// Time since the path began, ps; none on a landscape, which has no unit of time.
    pub time_ps: Option<f64>,
    /// The variables, in the units of the tether or landscape; in their own units once the driver has them.
    pub variables: Vec<f64>,
    /// `U(X)`, kJ/mol; none for paths of variables.
    pub potential_energy_kj_mol: Option<f64>,
    /// Highest `U(X)` over all steps since the previous point, kJ/mol; none for paths of variables.
    pub highest_potential_energy_kj_mol: Option<f64>,
    /// Energy of the landscape that moves the variables, kJ/mol; none for paths of atoms.
    pub landscape_energy_kj_mol: Option<f64>,
    /// Highest energy of the landscape since the previous point; for an unbiased path, over the whole path at its last point; none without
    /// a landscape.
    pub highest_landscape_energy: Option<HighestLandscapeEnergy>,
    /// Energy of the tether, kJ/mol; zero for unbiased paths.
    pub tether_energy_kj_mol: f64,
    /// Work done so far by switching the tether, kJ/mol; zero for unbiased paths.
    pub work_kj_mol: f64,
}

/// Highest energy of a landscape over a part of a path, kJ/mol.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HighestLandscapeEnergy {
    /// At the ends of the steps.
    pub at_steps_kj_mol: f64,
    /// The same, including the segments between steps.
    pub with_segments_kj_mol: f64,
}

/// A point of a path whose atoms, if it has any, are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathFrame {
    /// Which of the path's points it is.
    pub point: usize,
    /// Index of its positions in the stored frames of its batch; none if they are not stored.
    pub place: Option<u64>,
}

impl Path {
    /// A driven path before its first point.
    #[must_use]
    pub fn led(id: PathId) -> Self {
        let provenance = Provenance::Led { work_kj_mol: 0.0 };
        Self { id, provenance, points: Vec::new(), frames: Vec::new(), end: End::Whole }
    }

    /// Whether it did not blow up.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.end, End::Whole)
    }

    /// Why it blew up; none if it did not.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.end {
            End::Whole => None,
            End::BlewUp(failure) => Some(failure),
        }
    }

    /// Highest `U(X)` over all steps, kJ/mol; none for paths of variables.
    #[must_use]
    pub fn highest_potential_energy_kj_mol(&self) -> Option<f64> {
        self.points.iter().filter_map(|point| point.highest_potential_energy_kj_mol).reduce(f64::max)
    }

    /// Highest energy of the landscape over the whole path; none without a landscape.
    #[must_use]
    pub fn highest_landscape_energy(&self) -> Option<HighestLandscapeEnergy> {
        let all = self.points.iter().filter_map(|point| point.highest_landscape_energy);
        all.reduce(|a, b| HighestLandscapeEnergy {
            at_steps_kj_mol: a.at_steps_kj_mol.max(b.at_steps_kj_mol),
            with_segments_kj_mol: a.with_segments_kj_mol.max(b.with_segments_kj_mol),
        })
    }

    /// Adds the next point of a driven path.
    pub(crate) fn pass(&mut self, point: PathPoint, is_frame: bool) {
        if is_frame {
            self.frames.push(PathFrame { point: self.points.len(), place: None });
        }
        self.provenance = Provenance::Led { work_kj_mol: point.work_kj_mol };
        self.points.push(point);
    }
}
