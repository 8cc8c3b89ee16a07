//! Metrics of transition path sampling, as TPS-DPS has them (K. Seong et al., arXiv 2405.19961): does a path of atoms end where it
//! should, how high does it go, and how near does it come.
//!
//! A path is first cut after the frame nearest to the target: that of least heavy-atom distance after superposition, under the labelling
//! of equivalent atoms that makes it least (theirs compares by name, which is the same if no atoms are equivalent). It hits if the
//! torsions there are within a radius of the target's, `Σ Δξ² < r²`. Its energy is the highest all-atom potential energy over every step
//! up to there; averaged over the paths that hit it is called ETS.

use geodyssey_paths::{Direction, Path};
use geodyssey_report::{RmsdSummary, TransitionSummary};

use super::moments::{energies, moments};
use super::sampled::{PathFrames, Sampled};
use crate::error::Error;
use crate::problem::{Molecule, Problem};

/// The quantity by which they are reported.
const TORSION: &str = "torsion";

/// What one path does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PathTransition {
    /// The frame nearest to the target, counted from 0: the path's last one here.
    pub(super) last_frame: usize,
    /// Heavy-atom distance of that frame from the target after superposition, nm.
    pub(super) rmsd_nm: f64,
    /// Distance of that frame's torsions from the target's, radian; none without torsions.
    pub(super) torsion_distance_rad: Option<f64>,
    /// Whether these are within the radius.
    pub(super) hit: bool,
    /// Highest potential energy over every step up to that frame, kJ/mol.
    pub(super) highest_potential_energy: f64,
}

/// The metrics of every path, in their order.
pub(super) fn of_all(problem: &Problem, sampled: &Sampled<'_>) -> Result<Vec<Option<PathTransition>>, Error> {
    let atoms = problem.molecule.as_ref().map_or(0, |molecule| molecule.topology.atom_count());
    let one = |index: usize| {
        let Some(mut frames) = sampled.frames(index, atoms)? else { return Ok(None) };
        of_path(problem, &*sampled.path(index)?, &mut frames)
    };
    (0..sampled.paths.len()).map(one).collect()
}

/// The metrics of one path; none for paths of variables and for failed ones.
fn of_path(problem: &Problem, path: &Path, frames: &mut PathFrames) -> Result<Option<PathTransition>, Error> {
    let (Some(molecule), None) = (&problem.molecule, &path.failure()) else { return Ok(None) };
    if path.points.iter().all(|point| point.highest_potential_energy_kj_mol.is_none()) {
        return Ok(None);
    }
    let Some(structures) = &molecule.structures else { return Ok(None) };
    let target = match path.id.direction {
        Direction::Forward => &structures[1],
        Direction::Backward => &structures[0],
    };
    let mut distances = Vec::with_capacity(frames.len());
    for frame in 0..frames.len() {
        let compared = molecule.labellings.compare(&frames.read(frame)?, target);
        let compared =
            compared.map_err(|error| Error::failed("the distance of a path from its target", error))?;
        distances.push(compared.rmsd_nm);
    }
    let nearest = (0..distances.len()).min_by(|&a, &b| distances[a].total_cmp(&distances[b]));
    let Some(last_frame) = nearest else { return Ok(None) };
    let point = path.frames[last_frame].point;
    let torsion_distance_rad = torsion_distance(problem, molecule, &frames.read(last_frame)?, target);
    let highest = path.points[..=point].iter().filter_map(|point| point.highest_potential_energy_kj_mol);
    Ok(Some(PathTransition {
        last_frame,
        rmsd_nm: distances[last_frame],
        torsion_distance_rad,
        hit: torsion_distance_rad
            .is_some_and(|distance| distance < problem.config.sampling.hit_radius_rad.get()),
        highest_potential_energy: highest.fold(f64::NEG_INFINITY, f64::max),
    }))
}

/// `√Σ Δξ²` over the torsions, each the shortest way round.
fn torsion_distance(
    problem: &Problem,
    molecule: &Molecule,
    frame: &[[f64; 3]],
    target: &[[f64; 3]],
) -> Option<f64> {
    let values = molecule.values(frame).into_iter().zip(molecule.values(target));
    let torsions: Vec<f64> = problem
        .variables
        .iter()
        .zip(values)
        .filter(|(variable, _)| variable.quantity.name == TORSION)
        .map(|(variable, (here, there))| variable.difference(here, there).powi(2))
        .collect();
    (!torsions.is_empty()).then(|| torsions.iter().sum::<f64>().sqrt())
}

/// The metrics of all forward paths; none where there is no path of atoms or no torsion. Failed paths count as misses.
pub(super) fn summary(
    problem: &Problem,
    sampled: &Sampled<'_>,
    transitions: &[Option<PathTransition>],
) -> Option<TransitionSummary> {
    let pairs = sampled.paths.iter().zip(transitions);
    let forward: Vec<Option<PathTransition>> = pairs
        .filter(|(path, _)| path.id.direction == Direction::Forward)
        .map(|(_, transition)| *transition)
        .collect();
    let paths = forward.len();
    let all: Vec<PathTransition> = forward.into_iter().flatten().collect();
    let hits: Vec<&PathTransition> = all.iter().filter(|path| path.hit).collect();
    let (mean_nm, std_nm, standard_error_nm) = moments(all.iter().map(|path| path.rmsd_nm))?;
    if all.iter().any(|path| path.torsion_distance_rad.is_none()) {
        return None;
    }
    let definition = "highest all-atom potential energy of a path that hits, over every step up to its frame nearest to the target; absolute, as the force field gives it";
    Some(TransitionSummary {
        definition: "paths cut after the frame nearest to the end state's structure by heavy-atom distance; a hit has its torsions within the radius of that structure's".to_owned(),
        hit_radius_rad: problem.config.sampling.hit_radius_rad.get(),
        paths,
        target_hit_share: hits.len() as f64 / paths as f64,
        energy: energies(definition, hits.iter().map(|path| path.highest_potential_energy).collect()),
        rmsd: RmsdSummary { paths: all.len(), mean_nm, std_nm, standard_error_nm },
    })
}
