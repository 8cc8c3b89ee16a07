//! The files of the paths: a trajectory and a table for each, and one table of all. Their columns are those of the artifacts.

use geodyssey_paths::{Direction, Path, PathFrame};
use geodyssey_trajectory::{TrajectoryFormat, renamed_in_pdb, write_pdb_structure};

use super::path_summary::PathSummary;
use super::sampled::Sampled;
use super::transition::PathTransition;
use crate::artifacts::all_paths::{self, PathRow, paths_csv};
use crate::artifacts::atom_names::atom_names_csv;
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::path_table::{FOLDER, FrameRow, KnownEnergies, path_csv, table_of};
use crate::artifacts::paths::{END_FILE, START_FILE, TOPOLOGY_FILE};
use crate::artifacts::trajectories::write_trajectory;
use crate::error::Error;
use crate::problem::NAMES_FILE;
use crate::run_context::Run;

/// Writes all files; their names.
pub(super) fn write(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    sampled: &Sampled<'_>,
    transitions: &[Option<PathTransition>],
) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    if let Some(molecule) = &run.problem.molecule
        && let Some([start, end]) = &molecule.structures
    {
        for (name, positions) in [(TOPOLOGY_FILE, start), (START_FILE, start), (END_FILE, end)] {
            let path = run.directory.claim(name)?;
            write_pdb_structure(&path, &molecule.topology, positions)
                .map_err(|error| Error::file("write", &path, error))?;
            names.push(name.to_owned());
        }
        let renamed = renamed_in_pdb(&molecule.topology);
        if !renamed.is_empty() {
            run.directory.write(NAMES_FILE, &atom_names_csv(renamed)?)?;
            names.push(NAMES_FILE.to_owned());
        }
    }
    for (index, PathSummary { id, .. }) in sampled.paths.iter().enumerate() {
        let table = table_of(*id);
        run.directory.write(&table, &of_path(run, landscape, geodesic, &*sampled.path(index)?)?)?;
        names.push(table);
        let Some(molecule) = &run.problem.molecule else { continue };
        if let Some(mut frames) = sampled.frames(index, molecule.topology.atom_count())? {
            let name = format!("{FOLDER}{id}.{}", TrajectoryFormat::Xtc.extension());
            let file = run.directory.claim(&name)?;
            let frames = molecule
                .aligned(frames.read_all()?)
                .map_err(|error| Error::failed("aligning a path", error))?;
            write_trajectory(TrajectoryFormat::Xtc, &file, &molecule.topology, &frames)?;
            names.push(name);
        }
    }
    let rows = rows(run, landscape, sampled, transitions)?;
    run.directory.write(all_paths::FILE, &paths_csv(&rows)?)?;
    names.push(all_paths::FILE.to_owned());
    Ok(names)
}

/// The table of a path.
fn of_path(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    path: &Path,
) -> Result<Vec<u8>, Error> {
    let known = KnownEnergies {
        potential: path.points.first().is_some_and(|point| point.potential_energy_kj_mol.is_some()),
        landscape: landscape.landscape.is_some(),
    };
    let frame = |(frame, kept): (usize, &PathFrame)| {
        let point = path.points.get(kept.point)?;
        let at = point.curve_point;
        let surface = landscape.landscape.as_ref();
        Some(FrameRow {
            frame,
            point: at,
            arc_length: geodesic.curve.arc_length[at],
            log_snr: geodesic.curve.points[at].log_snr,
            variables: &point.variables,
            potential_energy: point.potential_energy_kj_mol,
            landscape_energy: surface.map(|surface| surface.energy(&point.variables) - landscape.minimum),
            tether_energy: point.tether_energy_kj_mol,
            work: point.work_kj_mol,
        })
    };
    path_csv(&run.problem.variables, known, path.frames.iter().enumerate().filter_map(frame))
}

/// What the table of all paths says of each.
fn rows(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    sampled: &Sampled<'_>,
    transitions: &[Option<PathTransition>],
) -> Result<Vec<PathRow>, Error> {
    let [start, end] = run.problem.states()?;
    let rows = sampled.paths.iter().zip(transitions).map(|(path, transition)| {
        let target = match path.id.direction {
            Direction::Forward => end,
            Direction::Backward => start,
        };
        let above = |energy: Option<f64>| energy.map(|energy| energy - landscape.minimum);
        let with_torsions = transition.filter(|transition| transition.torsion_distance_rad.is_some());
        PathRow {
            path: path.id.to_string(),
            direction: path.id.direction,
            reached: u8::from(path.reached(run.problem, target)),
            same_structure: path.is_structure.map(u8::from),
            final_distance_radii: path.final_distance(target, &run.problem.variables),
            frames: path.frames,
            max_potential_energy_kj_mol: path.maximum_potential_energy,
            max_landscape_energy_kj_mol: above(path.maximum_landscape_energy)
                .filter(|energy| energy.is_finite()),
            max_landscape_energy_at_steps_kj_mol: above(path.maximum_landscape_energy_at_steps),
            work_kj_mol: path.work().filter(|_| sampled.shooting.is_none()),
            hit: with_torsions.map(|transition| u8::from(transition.hit)),
            nearest_frame: transition.map(|transition| transition.last_frame),
            nearest_rmsd_nm: transition.map(|transition| transition.rmsd_nm),
            nearest_torsion_distance_rad: transition.and_then(|transition| transition.torsion_distance_rad),
            max_potential_energy_to_nearest_kj_mol: transition
                .map(|transition| transition.highest_potential_energy),
            failure: path.failure.as_ref().map(ToString::to_string),
        }
    });
    Ok(rows.collect())
}
