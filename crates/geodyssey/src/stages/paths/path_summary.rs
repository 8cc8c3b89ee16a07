//! What is kept of a path in memory.

use geodyssey_dynamics::Failure;
use geodyssey_paths::{Path, PathId, PathPoint};

use crate::problem::variables::{State, Variable};

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
    pub(super) last: Option<PathPoint>,
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
    pub(super) fn of(path: &Path) -> Self {
        Self {
            id: path.id,
            points: path.points.len(),
            frames: path.frames.len(),
            first_potential_energy: path.points.first().and_then(|point| point.potential_energy_kj_mol),
            last: path.points.last().cloned(),
            maximum_potential_energy: path.highest_potential_energy_kj_mol(),
            maximum_landscape_energy: path
                .highest_landscape_energy()
                .map(|energy| energy.with_segments_kj_mol),
            maximum_landscape_energy_at_steps: path
                .highest_landscape_energy()
                .map(|energy| energy.at_steps_kj_mol),
            failure: path.failure().cloned(),
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
        self.last.as_ref().filter(|_| self.is_whole()).map(|point| point.work_kj_mol)
    }
}
