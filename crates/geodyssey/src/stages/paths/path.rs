//! A path as it comes out of the dynamics, whatever space these took place in, and what is kept of it in memory.

use geodyssey_dynamics::Failure;
use serde::{Deserialize, Serialize};

use crate::artifacts::path_id::PathId;
use crate::problem::variables::{State, Variable};

/// One point of a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SampledPoint {
    /// Index of the point on the curve, counted from the state where forward paths begin.
    pub(super) curve_point: usize,
    /// The variables.
    pub(super) variables: Vec<f64>,
    /// `U(X)`, kJ/mol; none for paths of variables.
    pub(super) potential_energy: Option<f64>,
    /// Highest `U(X)` over every step since the point before, kJ/mol; none for paths of variables.
    pub(super) highest_potential_energy: Option<f64>,
    /// Energy of the tether, kJ/mol.
    pub(super) tether_energy: f64,
    /// Work done so far, kJ/mol.
    pub(super) work: f64,
}

/// A path with all its points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SampledPath {
    /// Which it is.
    pub(super) id: PathId,
    /// Its points in the order in which it passed them; fewer than the curve's if it blew up.
    pub(super) points: Vec<SampledPoint>,
    /// Which of the points are frames.
    pub(super) frames: Vec<usize>,
    /// Where the frames' positions stand in the stream of its batch, in their order; empty for paths of variables.
    pub(super) frame_places: Vec<u64>,
    /// Highest `U(X)` over every step, kJ/mol.
    pub(super) maximum_potential_energy: Option<f64>,
    /// Highest landscape energy over every step and the segments between, kJ/mol; none without a landscape.
    pub(super) maximum_landscape_energy: Option<f64>,
    /// Highest landscape energy over every step, the segments left out, kJ/mol; none without a landscape.
    pub(super) maximum_landscape_energy_at_steps: Option<f64>,
    /// Set if it blew up.
    pub(super) failure: Option<Failure>,
}

/// What is kept in memory of a path: of any number of paths little.
#[derive(Clone, Debug)]
pub(super) struct PathSummary {
    /// Which it is.
    pub(super) id: PathId,
    /// How many points it passed.
    pub(super) points: usize,
    /// How many of them are frames.
    pub(super) frames: usize,
    /// `U(X)` at its first point, kJ/mol; none for paths of variables.
    pub(super) first_potential_energy: Option<f64>,
    /// The last point that it passed.
    pub(super) last: Option<SampledPoint>,
    /// Highest `U(X)` over every step, kJ/mol.
    pub(super) maximum_potential_energy: Option<f64>,
    /// Highest landscape energy over every step and the segments between, kJ/mol; none without a landscape.
    pub(super) maximum_landscape_energy: Option<f64>,
    /// Highest landscape energy over every step, the segments left out, kJ/mol; none without a landscape.
    pub(super) maximum_landscape_energy_at_steps: Option<f64>,
    /// Set if it blew up.
    pub(super) failure: Option<Failure>,
    /// Of a path of atoms that arrived in the variables: whether it arrived at the state's structure.
    pub(super) is_structure: Option<bool>,
}

impl PathSummary {
    /// Of a path.
    pub(super) fn of(path: &SampledPath) -> Self {
        Self {
            id: path.id,
            points: path.points.len(),
            frames: path.frames.len(),
            first_potential_energy: path.points.first().and_then(|point| point.potential_energy),
            last: path.points.last().cloned(),
            maximum_potential_energy: path.maximum_potential_energy,
            maximum_landscape_energy: path.maximum_landscape_energy,
            maximum_landscape_energy_at_steps: path.maximum_landscape_energy_at_steps,
            failure: path.failure.clone(),
            is_structure: None,
        }
    }

    /// Whether it came through.
    pub(super) fn is_whole(&self) -> bool {
        self.failure.is_none()
    }

    /// Distance of its last point from the centre of a state, in radii; none if it blew up.
    pub(super) fn final_distance(&self, target: &State, variables: &[Variable]) -> Option<f64> {
        let last = self.last.as_ref().filter(|_| self.is_whole())?;
        Some(target.distance(variables, &last.variables))
    }

    /// Whether it arrived in the variables.
    pub(super) fn reached_variables(&self, target: &State, variables: &[Variable]) -> bool {
        self.final_distance(target, variables).is_some_and(|distance| distance <= 1.0)
    }

    /// Work done on it, kJ/mol; none if it blew up.
    pub(super) fn work(&self) -> Option<f64> {
        self.last.as_ref().filter(|_| self.is_whole()).map(|point| point.work)
    }
}
