//! `export RUN --format F`: the paths of a finished run in another format.

mod arrays;
mod folder;
mod paths;

use std::path::{Path, PathBuf};

use geodyssey_molecule::Topology;
use geodyssey_molecule::solute::superposition_atoms;
use geodyssey_molecule::superposition::superposed;
use geodyssey_run::{FinishedRun, write_whole};
use geodyssey_trajectory::{TrajectoryFormat, read_structure};

use crate::artifacts::path_frames::frame_table;
use crate::artifacts::paths::TOPOLOGY_FILE;
use crate::artifacts::trajectories::write_trajectory_with;
use crate::cli::{AlignedAtoms, ExportArguments};
use crate::error::Error;
use crate::terminal::say;
use folder::ExportFolder;
use paths::{Chosen, ExportedPath, Selection};

/// Name of a file that holds every path.
const ALL_PATHS: &str = "paths";
/// NumPy's archive of arrays.
const NPZ: &str = "npz";

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Trajectory(TrajectoryFormat),
    Arrays,
}

impl Format {
    fn from_name(name: &str) -> Result<Self, Error> {
        let wanted = name.trim().to_lowercase();
        if wanted == NPZ {
            return Ok(Self::Arrays);
        }
        TrajectoryFormat::from_name(name).map(Self::Trajectory).map_err(|_| {
            let names: Vec<&str> =
                TrajectoryFormat::ALL.map(TrajectoryFormat::name).into_iter().chain([NPZ]).collect();
            let distance = |known: &&&str| strsim::damerau_levenshtein(known, &wanted);
            let nearest = names.iter().min_by_key(distance).copied().unwrap_or("xtc");
            Error::input(format!(
                "`{name}` is not an export format; did you mean `{nearest}`? The formats are {}",
                names.join(", ")
            ))
        })
    }
}

/// Carries the command out.
pub(crate) fn export(arguments: &ExportArguments) -> Result<(), Error> {
    let format = Format::from_name(&arguments.format)?;
    let finished = FinishedRun::open(&arguments.run)?;
    let run = &arguments.run;
    let topology = if finished.has(TOPOLOGY_FILE) {
        let structure = read_structure(finished.verified(TOPOLOGY_FILE)?);
        Some(structure.map_err(|error| Error::input(error.to_string()))?.into_parts().0)
    } else {
        None
    };
    let selection = Selection {
        wanted: &arguments.path,
        stride: arguments.stride.into(),
        atoms_needed: format != Format::Arrays && topology.is_some(),
    };
    let Chosen { paths: mut chosen, left_out } = paths::read(&finished, topology.as_ref(), &selection)?;
    let without = chosen.iter().filter(|path| path.positions.is_empty()).count();
    let target = arguments.out.clone().unwrap_or_else(|| run.join("export"));
    let mut said = match (&topology, arguments.align) {
        (Some(_), Some(_)) if without == chosen.len() => {
            return Err(Error::input("--align needs atoms, and none of these paths has any"));
        }
        (Some(topology), Some(atoms)) => align(&mut chosen, topology, atoms)?,
        (None, Some(_)) => return Err(no_atoms(run, "--align needs atoms")),
        (_, None) => String::new(),
    };
    if format != Format::Arrays && topology.is_none() {
        return Err(no_atoms(run, &format!("only --format {NPZ} can hold its paths")));
    }
    let frames: usize = chosen.iter().map(|path| path.frames.len()).sum();
    let names = file_names(format, &chosen, arguments.every_path_in_one_file);
    let folder = ExportFolder::open(&target, &names)?;
    let files = match (format, &topology) {
        (Format::Arrays, _) => {
            let topology = topology.as_ref().filter(|_| without < chosen.len());
            if topology.is_some() && without > 0 {
                said.push_str(&format!("; {without} of them have no atoms, and NaN for positions"));
            }
            let file = folder.file(&format!("{ALL_PATHS}.{NPZ}"))?;
            arrays::write(&file, &chosen, topology)?;
            vec![file]
        }
        (Format::Trajectory(format), Some(topology)) => {
            trajectories(format, topology, &chosen, &folder, arguments.every_path_in_one_file)?
        }
        (Format::Trajectory(_), None) => Vec::new(),
    };
    if let [file] = files.as_slice() {
        said = format!("{} paths, {frames} frames written to {}{said}", chosen.len(), file.display());
    } else {
        said = format!("{} paths, {frames} frames written to {}{said}", chosen.len(), target.display());
    }
    if left_out > 0 {
        said.push_str(&format!(
            "; {left_out} paths have no atoms and were left out (`sampling.lifted_paths` sets how many get atoms)"
        ));
    }
    say!("{said}");
    Ok(())
}

fn no_atoms(run: &Path, what: &str) -> Error {
    let run = run.display();
    Error::input(format!("the run in {run} has no all-atom paths: it has no {TOPOLOGY_FILE}; {what}"))
}

/// Names of the files that will be written.
fn file_names(format: Format, chosen: &[ExportedPath], in_one_file: bool) -> Vec<String> {
    match format {
        Format::Arrays => vec![format!("{ALL_PATHS}.{NPZ}")],
        Format::Trajectory(format) if in_one_file => {
            vec![format!("{ALL_PATHS}.{}", format.extension()), format!("{ALL_PATHS}.csv")]
        }
        Format::Trajectory(format) => {
            chosen.iter().map(|path| format!("{}.{}", path.name, format.extension())).collect()
        }
    }
}

/// One file per path, or one file of all with a table that lists the path of each frame.
fn trajectories(
    format: TrajectoryFormat,
    topology: &Topology,
    chosen: &[ExportedPath],
    folder: &ExportFolder,
    in_one_file: bool,
) -> Result<Vec<PathBuf>, Error> {
    if in_one_file {
        let file = folder.file(&format!("{ALL_PATHS}.{}", format.extension()))?;
        let positions: Vec<&[[f64; 3]]> =
            chosen.iter().flat_map(|path| path.positions.iter().map(Vec::as_slice)).collect();
        let values: Vec<_> = chosen.iter().flat_map(|path| path.values.iter().cloned()).collect();
        let steps: Vec<u32> = (0_u32..).take(positions.len()).collect();
        write_trajectory_with(format, &file, topology, &positions, &steps, &values)?;
        let table = folder.file(&format!("{ALL_PATHS}.csv"))?;
        write_whole(&table, frame_table(&values).as_bytes())?;
        return Ok(vec![file, table]);
    }
    let mut files = Vec::with_capacity(chosen.len());
    for path in chosen {
        let file = folder.file(&format!("{}.{}", path.name, format.extension()))?;
        let positions: Vec<&[[f64; 3]]> = path.positions.iter().map(Vec::as_slice).collect();
        write_trajectory_with(format, &file, topology, &positions, &path.frames, &path.values)?;
        files.push(file);
    }
    Ok(files)
}

/// Lays every frame over the first frame of the first path; what was done, in words.
fn align(paths: &mut [ExportedPath], topology: &Topology, wanted: AlignedAtoms) -> Result<String, Error> {
    let (atoms, words) = match wanted {
        // As the run itself does, except that the run also knows which water or ion a variable names.
        AlignedAtoms::Heavy => {
            let atoms = superposition_atoms(topology, &[]);
            let is_heavy = atoms.iter().all(|&atom| topology.atoms()[atom].element.is_heavy());
            let kind = if is_heavy { "heavy atoms" } else { "atoms, of which fewer than three are heavy" };
            let words = format!("{} {kind}", atoms.len());
            (atoms, words)
        }
        AlignedAtoms::All => {
            let all: Vec<usize> = (0..topology.atom_count()).collect();
            let words = format!("all {} atoms", all.len());
            (all, words)
        }
    };
    let Some(reference) = paths.iter().find_map(|path| path.positions.first()).cloned() else {
        return Ok(String::new());
    };
    for positions in paths.iter_mut().flat_map(|path| &mut path.positions) {
        *positions =
            superposed(positions, &reference, &atoms).map_err(|error| Error::failed("aligning", error))?;
    }
    let first = paths.iter().find(|path| !path.positions.is_empty()).map_or("", |path| path.name.as_str());
    Ok(format!(", superposed on the first frame of {first} by {words}"))
}
