//! A path, whatever dynamics it came from.

use geodyssey_dynamics::Failure;
use serde::{Deserialize, Serialize};

use crate::path_id::PathId;

/// A path from one state towards the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Which it is.
    pub id: PathId,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Its points in the order in which it passed them; it ends early if it blew up.
    pub points: Vec<PathPoint>,
    /// Which of the points are frames.
    pub frames: Vec<PathFrame>,
    /// How it ended.
    pub end: End,
}

/// Where a path comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Provenance {
    /// A tether led it along a curve.
    Led {
        /// What that took up to its last point, kJ/mol.
        work_kj_mol: f64,
    },
    /// Nothing led it: a sample of the ensemble of unbiased paths.
    Free {
        /// The path of its chain that was recorded before it.
        parent: Option<PathId>,
        /// Trials of its chain until it was recorded.
        trials: u64,
        /// How many of them were accepted.
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
    /// It came through, as far as it has been computed.
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
    /// Highest `U(X)` over every step since the point before, kJ/mol; none for paths of variables.
    pub highest_potential_energy_kj_mol: Option<f64>,
    /// Energy of the landscape that moves the variables, kJ/mol; none for paths of atoms.
    pub landscape_energy_kj_mol: Option<f64>,
    /// Highest energy of the landscape since the point before, of a free path over all of it with its last point; none where there is
    /// none.
    pub highest_landscape_energy: Option<HighestLandscapeEnergy>,
    /// Energy of the tether, kJ/mol; zero for free paths.
    pub tether_energy_kj_mol: f64,
    /// Work done so far by switching the tether, kJ/mol; zero for free paths.
    pub work_kj_mol: f64,
}

/// Highest energy of a landscape over a piece of a path, kJ/mol.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HighestLandscapeEnergy {
    /// After every step.
    pub at_steps_kj_mol: f64,
    /// The same with the segments between steps.
    pub with_segments_kj_mol: f64,
}

/// A point of a path whose atoms, if it has any, are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathFrame {
    /// Which of the path's points it is.
    pub point: usize,
    /// Where its positions stand in the store of its batch, counted in frames; none where they are not there.
    pub place: Option<u64>,
}

impl Path {
    /// A path that is led, before its first point.
    #[must_use]
    pub fn led(id: PathId) -> Self {
        let provenance = Provenance::Led { work_kj_mol: 0.0 };
        Self { id, provenance, points: Vec::new(), frames: Vec::new(), end: End::Whole }
    }

    /// Whether it came through.
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

    /// Highest `U(X)` over every step, kJ/mol; none for paths of variables.
    #[must_use]
    pub fn highest_potential_energy_kj_mol(&self) -> Option<f64> {
        self.points.iter().filter_map(|point| point.highest_potential_energy_kj_mol).reduce(f64::max)
    }

    /// Highest energy of the landscape over every step; none where there is none.
    #[must_use]
    pub fn highest_landscape_energy(&self) -> Option<HighestLandscapeEnergy> {
        let all = self.points.iter().filter_map(|point| point.highest_landscape_energy);
        all.reduce(|a, b| HighestLandscapeEnergy {
            at_steps_kj_mol: a.at_steps_kj_mol.max(b.at_steps_kj_mol),
            with_segments_kj_mol: a.with_segments_kj_mol.max(b.with_segments_kj_mol),
        })
    }

    /// Adds the next point of a path that is led.
    pub(crate) fn pass(&mut self, point: PathPoint, is_frame: bool) {
        if is_frame {
            self.frames.push(PathFrame { point: self.points.len(), place: None });
        }
        self.provenance = Provenance::Led { work_kj_mol: point.work_kj_mol };
        self.points.push(point);
    }
}
