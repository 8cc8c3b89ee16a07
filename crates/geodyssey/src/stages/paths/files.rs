//! The files of the paths: a trajectory and a table for each, and one table of all.

use geodyssey_molecule::superposition::{align_frames, superposed};
use geodyssey_report::Direction;
use geodyssey_trajectory::{TrajectoryFormat, renamed_in_pdb, write_pdb_structure};

use super::path::{PathSummary, SampledPath};
use super::sampled::Sampled;
use super::transition::PathTransition;
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::path_id::FOLDER;
use crate::artifacts::paths::{END_FILE, START_FILE, TABLE_FILE, TOPOLOGY_FILE};
use crate::artifacts::trajectories::write_trajectory;
use crate::error::Error;
use crate::problem::{Molecule, NAMES_FILE};
use crate::run_context::Run;
use crate::stages::rows::csv_of;

/// What the tables are, for errors.
const TABLES: &str = "a table of the paths";
/// Columns of the table of names.
const NAME_COLUMNS: [&str; 3] = ["atom", "name", "name_in_pdb"];
/// Columns of the table of all paths.
const COLUMNS: [&str; 16] = [
    "path",
    "direction",
    "reached",
    "same_structure",
    "final_distance_radii",
    "frames",
    "max_potential_energy_kj_mol",
    "max_landscape_energy_kj_mol",
    "max_landscape_energy_at_steps_kj_mol",
    "work_kj_mol",
    "hit",
    "nearest_frame",
    "nearest_rmsd_nm",
    "nearest_torsion_distance_rad",
    "max_potential_energy_to_nearest_kj_mol",
    "failure",
];

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
            let mut rows = vec![NAME_COLUMNS.map(str::to_owned).to_vec()];
            rows.extend(
                renamed.into_iter().map(|atom| vec![atom.atom.to_string(), atom.name, atom.written_as]),
            );
            run.directory.write(NAMES_FILE, &csv_of("the table of names", rows)?)?;
            names.push(NAMES_FILE.to_owned());
        }
    }
    for (index, PathSummary { id, .. }) in sampled.paths.iter().enumerate() {
        let table = id.table();
        run.directory.write(&table, &path_csv(run, landscape, geodesic, &*sampled.path(index)?)?)?;
        names.push(table);
        let Some(molecule) = &run.problem.molecule else { continue };
        if let Some(mut frames) = sampled.frames(index, molecule.topology.atom_count())? {
            let name = format!("{FOLDER}{id}.{}", TrajectoryFormat::Xtc.extension());
            let file = run.directory.claim(&name)?;
            let frames = aligned(molecule, frames.read_all()?)?;
            write_trajectory(TrajectoryFormat::Xtc, &file, &molecule.topology, &frames)?;
            names.push(name);
        }
    }
    run.directory.write(TABLE_FILE, &all_csv(run, landscape, sampled, transitions)?)?;
    names.push(TABLE_FILE.to_owned());
    Ok(names)
}

/// The frames of a path superposed on the first, and the first on the state's structure, by the heavy atoms.
fn aligned(molecule: &Molecule, mut frames: Vec<Vec<[f64; 3]>>) -> Result<Vec<Vec<[f64; 3]>>, Error> {
    let failed = |error| Error::failed("aligning a path", error);
    let atoms = molecule.aligned_atoms();
    if let (Some(first), Some([start, _])) = (frames.first_mut(), &molecule.structures) {
        *first = superposed(first, start, &atoms).map_err(failed)?;
    }
    align_frames(&mut frames, &atoms).map_err(failed)?;
    Ok(frames)
}

fn path_csv(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    path: &SampledPath,
) -> Result<Vec<u8>, Error> {
    let variables = &run.problem.variables;
    let with_atoms = path.points.first().is_some_and(|point| point.potential_energy.is_some());
    let mut header =
        vec!["frame".to_owned(), "point".to_owned(), "arc_length".to_owned(), "log_snr".to_owned()];
    header.extend(variables.iter().map(|variable| variable.column()));
    if with_atoms {
        header.push("potential_energy_kj_mol".to_owned());
    }
    if landscape.landscape.is_some() {
        header.push("landscape_energy_kj_mol".to_owned());
    }
    header.extend(["tether_energy_kj_mol".to_owned(), "work_kj_mol".to_owned()]);
    let mut rows = vec![header];
    for (frame, &index) in path.frames.iter().enumerate() {
        let Some(point) = path.points.get(index) else { continue };
        let at = point.curve_point;
        let mut cells = vec![frame.to_string(), at.to_string()];
        cells.push(geodesic.arc_length[at].to_string());
        cells.push(geodesic.points[at].log_snr.to_string());
        cells.extend(point.variables.iter().map(f64::to_string));
        cells.extend(point.potential_energy.map(|energy| energy.to_string()));
        cells.extend(
            landscape
                .landscape
                .as_ref()
                .map(|surface| (surface.energy(&point.variables) - landscape.minimum).to_string()),
        );
        cells.extend([point.tether_energy.to_string(), point.work.to_string()]);
        rows.push(cells);
    }
    csv_of(TABLES, rows)
}

fn all_csv(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    sampled: &Sampled<'_>,
    transitions: &[Option<PathTransition>],
) -> Result<Vec<u8>, Error> {
    let [start, end] = run.problem.states()?;
    let variables = &run.problem.variables;
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    let cell = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for (path, transition) in sampled.paths.iter().zip(transitions) {
        let (direction, target) = match path.id.direction {
            Direction::Forward => ("forward", end),
            Direction::Backward => ("backward", start),
        };
        let highest = path
            .maximum_landscape_energy
            .map(|energy| energy - landscape.minimum)
            .filter(|energy| energy.is_finite());
        let cells = [
            path.id.to_string(),
            direction.to_owned(),
            u8::from(path.reached(run.problem, target)).to_string(),
            path.is_structure.map_or_else(String::new, |same| u8::from(same).to_string()),
            cell(path.final_distance(target, variables)),
            path.frames.to_string(),
            cell(path.maximum_potential_energy),
            cell(highest),
            cell(path.maximum_landscape_energy_at_steps.map(|energy| energy - landscape.minimum)),
            cell(path.work().filter(|_| sampled.shooting.is_none())),
            transition
                .filter(|transition| transition.torsion_distance_rad.is_some())
                .map_or_else(String::new, |transition| u8::from(transition.hit).to_string()),
            transition.map_or_else(String::new, |transition| transition.last_frame.to_string()),
            cell(transition.map(|transition| transition.rmsd_nm)),
            cell(transition.and_then(|transition| transition.torsion_distance_rad)),
            cell(transition.map(|transition| transition.highest_potential_energy)),
            path.failure.as_ref().map_or_else(String::new, ToString::to_string),
        ];
        rows.push(cells.to_vec());
    }
    csv_of(TABLES, rows)
}
