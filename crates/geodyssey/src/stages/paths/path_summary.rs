//! What is kept in memory of a path.

use geodyssey_dynamics::Failure;
use geodyssey_paths::{Path, PathId, PathPoint};

use crate::problem::state::State;

use crate::problem::variables::Variable;

/// What is kept in memory of a path: little, however many paths there are.
#[derive(Clone, Debug)]
pub(super) struct PathSummary {
    /// Its name.
    pub(super) id: PathId,
    /// Number of its points.
    pub(super) points: usize,
    /// Number of points that are frames.
    pub(super) frames: usize,
    /// `U(X)` at its first point, kJ/mol; none for paths of variables.
    pub(super) first_potential_energy: Option<f64>,
    /// Its last point.
    pub(super) last: Option<PathPoint>,
    /// Highest `U(X)` over every step, kJ/mol.
    pub(super) maximum_potential_energy: Option<f64>,
    /// Highest landscape energy over all steps and the segments between them, kJ/mol; none without a landscape.
    pub(super) maximum_landscape_energy: Option<f64>,
    /// Highest landscape energy over all steps, without the segments, kJ/mol; none without a landscape.
    pub(super) maximum_landscape_energy_at_steps: Option<f64>,
    /// Why it failed, if it did.
    pub(super) failure: Option<Failure>,
    /// For a path of atoms that arrived in the variables: whether it arrived at the state's structure.
    pub(super) is_structure: Option<bool>,
}

impl PathSummary {
    /// The summary of a path.
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

    /// Whether it did not fail.
    pub(super) fn is_whole(&self) -> bool {
        self.failure.is_none()
    }

    /// Distance of its last point from the centre of a state, in radii; none if it failed.
    pub(super) fn final_distance(&self, target: &State, variables: &[Variable]) -> Option<f64> {
        let last = self.last.as_ref().filter(|_| self.is_whole())?;
        Some(target.distance(variables, &last.variables))
    }

    /// Whether it arrived in the variables.
    pub(super) fn reached_variables(&self, target: &State, variables: &[Variable]) -> bool {
        let last = self.last.as_ref().filter(|_| self.is_whole());
        last.is_some_and(|last| target.contains(variables, &last.variables))
    }

    /// Work done on it, kJ/mol; none if it failed.
    pub(super) fn work(&self) -> Option<f64> {
        self.last.as_ref().filter(|_| self.is_whole()).map(|point| point.work_kj_mol)
    }
}
