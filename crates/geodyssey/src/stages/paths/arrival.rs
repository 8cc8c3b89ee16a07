//! Whether paths that arrive in the variables also arrive at the state's *structure*. A few variables do not determine a molecule's
//! structure: the same two ring torsions occur in a chair and in a boat.

use std::collections::BTreeMap;

use geodyssey_dynamics::{DynamicsError, MinimisationParameters, MinimisationTask};
use geodyssey_molecule::rotamers::Rotamers;
use geodyssey_paths::Direction;
use geodyssey_report::StructureMatch;

use super::path_summary::PathSummary;
use super::sampled::Sampled;
use crate::config::{Matching, Space};
use crate::error::Error;
use crate::problem::engine::ActsOn;
use crate::problem::state::State;
use crate::problem::{Molecule, Problem};

/// Torsions of the same rotamer differ by less than this after relaxation, degrees; those of different rotamers differ by 60° or more.
const TOLERANCE_DEGREES: f64 = 40.0;

/// Number of paths whose structures are relaxed, and held in memory, at a time.
const RELAXED_AT_ONCE: usize = 480;

/// Relaxes the last frame of every path that arrives in the variables, with the variables held at the state's own values, and
/// compares it with the state's structure by the torsions about all bonds between heavy atoms of the solute. Records for every path
/// whether it is the state's structure; none for paths without atoms.
pub(super) fn look(problem: &Problem, sampled: &mut Sampled<'_>) -> Result<Option<StructureMatch>, Error> {
    let (Space::Atoms, Some(molecule)) = (problem.config.space(), &problem.molecule) else { return Ok(None) };
    let Some(structures) = &molecule.structures else { return Ok(None) };
    let rotamers = Rotamers::of(&molecule.topology, &molecule.solute());
    let mut differing: BTreeMap<[usize; 2], usize> = BTreeMap::new();
    let mut counts = [[0_usize; 2]; 2];
    let states = problem.states()?;
    for (direction, target) in [(Direction::Forward, 1), (Direction::Backward, 0)] {
        let arrived: Vec<usize> = (0..sampled.paths.len())
            .filter(|&index| {
                let path = &sampled.paths[index];
                path.id.direction == direction && path.reached_variables(&states[target], &problem.variables)
            })
            .collect();
        for arrived in arrived.chunks(RELAXED_AT_ONCE) {
            let relaxed = relaxed(molecule, &states[target], &structures[target], arrived, sampled)?;
            for (&index, frame) in arrived.iter().zip(&relaxed) {
                let others = rotamers
                    .differing(&structures[target], frame, TOLERANCE_DEGREES.to_radians())
                    .map_err(|error| Error::failed("the structures that paths arrive at", error))?;
                for (bond, _) in &others {
                    *differing.entry(*bond).or_default() += 1;
                }
                sampled.paths[index].is_structure = Some(others.is_empty());
                counts[1 - target][0] += 1;
                counts[1 - target][1] += usize::from(others.is_empty());
            }
        }
    }
    let mut bonds: Vec<([usize; 2], usize)> = differing.into_iter().collect();
    bonds.sort_by_key(|&(bond, count)| (std::cmp::Reverse(count), bond));
    let label = |&([j, k], _): &([usize; 2], usize)| {
        format!("{} – {}", molecule.topology.label(j), molecule.topology.label(k))
    };
    let required =
        problem.config.states.as_ref().is_some_and(|states| states.matching == Matching::Structure);
    let [[arrived, same], [arrived_backward, same_backward]] = counts;
    Ok(Some(StructureMatch {
        required,
        tolerance_degrees: TOLERANCE_DEGREES,
        arrived,
        same_structure: same,
        arrived_backward,
        same_structure_backward: same_backward,
        differing_bonds: bonds.iter().map(label).collect(),
    }))
}

/// The last frames of some paths, relaxed with the variables held at the values of the state's structure.
fn relaxed(
    molecule: &Molecule,
    state: &State,
    structure: &[[f64; 3]],
    arrived: &[usize],
    sampled: &Sampled<'_>,
) -> Result<Vec<Vec<[f64; 3]>>, Error> {
    let failed = |error: DynamicsError| Error::failed("the structures that paths arrive at", error);
    let values = molecule.values(structure);
    let target = if values.iter().all(|value| value.is_finite()) { values } else { state.center.clone() };
    let last = |index: usize| match sampled.frames(index, structure.len())? {
        Some(mut frames) => frames.read(frames.len() - 1),
        None => Ok(structure.to_vec()),
    };
    let task = |&index: &usize| {
        Ok(MinimisationTask {
            positions: last(index)?,
            target: target.clone(),
            multipliers: vec![0.0; target.len()],
        })
    };
    let tasks = arrived.iter().map(task).collect::<Result<Vec<MinimisationTask>, Error>>()?;
    let engine = molecule.engine(ActsOn::Variables).map_err(failed)?;
    let parameters = MinimisationParameters::default();
    let found = engine.minimise(&tasks, &parameters).map_err(failed)?;
    Ok(found.into_iter().map(|one| one.positions).collect())
}

impl PathSummary {
    /// Whether it arrived as the configuration demands: in the variables, or also at the state's structure.
    pub(super) fn reached(&self, problem: &Problem, target: &State) -> bool {
        let structure = problem.config.states.as_ref().is_some_and(|states| {
            states.matching == Matching::Structure && problem.config.space() == Space::Atoms
        });
        self.reached_variables(target, &problem.variables)
            && (!structure || self.is_structure.unwrap_or(false))
    }
}
