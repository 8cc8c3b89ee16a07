//! The paths of a run directory, read back: positions, and the values of every frame.

use std::path::Path;

use geodyssey_molecule::Topology;
use geodyssey_paths::PathId;
use geodyssey_report::NumericColumns;
use geodyssey_run::FinishedRun;
use geodyssey_trajectory::{FrameProperty, TrajectoryFormat, read_frames};

use crate::artifacts::path_frames::frame_values;

use crate::artifacts::path_table::{FOLDER, FRAME, paths_among, table_of};
use crate::error::Error;

/// One path and the frames of it that were asked for.
pub(super) struct ExportedPath {
    /// Name of its files.
    pub(super) name: String,
    /// Numbers of the frames.
    pub(super) frames: Vec<u32>,
    /// Positions, nm; empty without a molecule, and for paths on a landscape that were not given atoms.
    pub(super) positions: Vec<Vec<[f64; 3]>>,
    /// Values that go with each frame.
    pub(super) values: Vec<Vec<(String, FrameProperty)>>,
    /// Column names of its table, without that of the frames' numbers.
    pub(super) columns: Vec<String>,
    /// The rows of its table for these frames, one column after the other.
    pub(super) table: Vec<Vec<f64>>,
}

/// What is read of a run.
pub(super) struct Selection<'a> {
    /// Names of the paths; all paths if there are none.
    pub(super) wanted: &'a [String],
    /// Keep every n-th frame.
    pub(super) stride: usize,
    /// Whether paths without atoms are useless.
    pub(super) atoms_needed: bool,
}

/// Paths of a run, and how many were left out because they have no atoms.
pub(super) struct Chosen {
    /// The paths.
    pub(super) paths: Vec<ExportedPath>,
    /// How many were left out.
    pub(super) left_out: usize,
}

/// Reads the paths that are named, or all. Where atoms are needed, all are those that have some; one that is named must have some.
///
/// # Errors
/// No such directory or path, a trajectory that cannot be read, or one with another number of frames than its table; no atoms where
/// they are needed.
pub(super) fn read(
    run: &FinishedRun,
    topology: Option<&Topology>,
    selection: &Selection<'_>,
) -> Result<Chosen, Error> {
    let known = paths_among(run.names());
    if known.is_empty() {
        let run = run.path().display();
        return Err(Error::input(format!(
            "{run} is a run directory without paths: the run has not got that far yet"
        )));
    }
    let chosen = choose(&known, selection.wanted)?;
    let asked = chosen.len();
    let files = chosen.into_iter().map(|path| (path, topology.and_then(|_| trajectory(run, path))));
    let (with, without): (Vec<_>, Vec<_>) =
        files.partition(|(_, trajectory)| trajectory.is_some() || !selection.atoms_needed);
    if let Some((path, _)) = without.first()
        && (with.is_empty() || !selection.wanted.is_empty())
    {
        return Err(lacks_atoms(run.path(), Some(*path).filter(|_| !selection.wanted.is_empty())));
    }
    let paths = with
        .into_iter()
        .map(|(path, trajectory)| {
            let atoms = topology.zip(trajectory);
            read_one(run, path, atoms, selection.stride.max(1))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Chosen { left_out: asked - paths.len(), paths })
}

/// One path, or all, have no atoms.
fn lacks_atoms(run: &Path, path: Option<PathId>) -> Error {
    let of = path.map_or_else(String::new, |path| format!(" of {path}"));
    Error::input(format!(
        "{} has no trajectory{of}: `sampling.lifted_paths` sets how many paths on a landscape get atoms; set it and run again, or \
         export with --format npz",
        run.display()
    ))
}

fn read_one(
    run: &FinishedRun,
    path: PathId,
    atoms: Option<(&Topology, String)>,
    stride: usize,
) -> Result<ExportedPath, Error> {
    let (name, table_name) = (path.to_string(), table_of(path));
    let file = run.path().join(&table_name);
    let table = NumericColumns::from_csv(&run.read_text(&table_name)?)
        .map_err(|error| Error::input(format!("{}: {error}", file.display())))?;
    let taken: Vec<usize> = (0..table.row_count()).step_by(stride).collect();
    let mut positions = Vec::new();
    if let Some((topology, trajectory)) = atoms {
        let trajectory = run.verified(&trajectory)?;
        let all =
            read_frames(&trajectory, Some(topology)).map_err(|error| Error::input(error.to_string()))?;
        if all.len() != table.row_count() {
            return Err(Error::input(format!(
                "{} has {} frames, but {} has {} rows",
                trajectory.display(),
                all.len(),
                file.display(),
                table.row_count()
            )));
        }
        positions = all.into_iter().step_by(stride).collect();
    }
    let columns: Vec<String> = table.names().iter().filter(|column| *column != FRAME).cloned().collect();
    let failed = |error| Error::input(format!("{}: {error}", file.display()));
    let mut values = Vec::with_capacity(columns.len());
    for column in &columns {
        let column = table.column(column).map_err(failed)?;
        values.push(taken.iter().map(|&row| column[row]).collect());
    }
    Ok(ExportedPath {
        frames: taken.iter().map(|&row| row as u32).collect(),
        positions,
        values: taken.iter().map(|&row| frame_values(&name, &table, row)).collect(),
        name,
        columns,
        table: values,
    })
}

/// The paths that are named: `3` and `path-0003` a forward, `backward-3` and `backward-0003` a backward one.
fn choose(known: &[PathId], wanted: &[String]) -> Result<Vec<PathId>, Error> {
    if wanted.is_empty() {
        return Ok(known.to_vec());
    }
    let mut chosen = Vec::with_capacity(wanted.len());
    for text in wanted {
        let path = text.parse::<PathId>().ok().filter(|path| known.contains(path));
        let Some(path) = path else {
            let (first, last) = (&known[0], &known[known.len() - 1]);
            return Err(Error::input(format!(
                "there is no path `{text}`: expected a number, or a name from {first} to {last}, such as backward-0"
            )));
        };
        if !chosen.contains(&path) {
            chosen.push(path);
        }
    }
    Ok(chosen)
}

/// The trajectory of a path, in the first format in which it is there.
fn trajectory(run: &FinishedRun, path: PathId) -> Option<String> {
    let files = TrajectoryFormat::ALL.map(|format| format!("{FOLDER}{path}.{}", format.extension()));
    files.into_iter().find(|file| run.has(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_named_by_number_or_by_file() {
        let known: Vec<PathId> = ["path-0000", "path-0012", "backward-0000", "backward-0012"]
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect();
        let names = |wanted: &[&str]| -> Result<Vec<String>, String> {
            let wanted: Vec<String> = wanted.iter().map(|text| (*text).to_owned()).collect();
            choose(&known, &wanted)
                .map(|paths| paths.iter().map(ToString::to_string).collect())
                .map_err(|error| error.to_string())
        };
        assert_eq!(names(&[]).map(|all| all.len()), Ok(4));
        assert_eq!(
            names(&["12", "backward-0", "path-0012"]),
            Ok(vec!["path-0012".into(), "backward-0000".into()])
        );
        for wrong in ["1", "backward-3", "forward-0", "-1", "x", ""] {
            let message = names(&[wrong]).err().unwrap_or_default();
            assert!(message.contains("path-0000 to backward-0012"), "{wrong}: {message}");
        }
    }
}
