//! The tables of the paths, read back for figures, viewer scripts and the page: one by one, since there may be many.

use geodyssey_paths::{Direction, PathId};

use crate::artifacts::all_paths::{PathRow, read_paths};

use crate::artifacts::path_table::{FOLDER, PathTable, paths_among, read_path, table_of};
use crate::artifacts::{all_paths, paths};
use crate::error::Error;
use crate::run_context::Run;

/// A path of the run, without its table.
pub(super) struct PathEntry {
    /// Which it is.
    pub(super) id: PathId,
    /// Its trajectory, relative to the run directory.
    pub(super) trajectory: Option<String>,
    /// Number of its frames.
    pub(super) frames: usize,
    /// The frame of highest energy: landscape energy if known, otherwise potential energy of the atoms.
    pub(super) highest_frame: usize,
}

impl PathEntry {
    /// Whether it runs from the start to the end.
    pub(super) fn is_forward(&self) -> bool {
        self.id.direction == Direction::Forward
    }
}

/// All paths, forward ones first, in the order of their numbers.
pub(super) fn read_path_entries(run: &Run<'_>) -> Result<Vec<PathEntry>, Error> {
    let outputs: Vec<&str> = run.directory.outputs(paths::STAGE).collect();
    let entry = |id: PathId| {
        let table = read_path_table(run, id)?;
        let trajectory = format!("{FOLDER}{id}.xtc");
        Ok(PathEntry {
            id,
            trajectory: outputs.contains(&trajectory.as_str()).then_some(trajectory),
            frames: table.frames(),
            highest_frame: table.highest_frame(),
        })
    };
    paths_among(outputs.iter().copied()).into_iter().map(entry).collect()
}

/// The table of one path.
pub(super) fn read_path_table(run: &Run<'_>, id: PathId) -> Result<PathTable, Error> {
    let name = table_of(id);
    let text = run.directory.read_text(&name)?;
    read_path(&run.problem.variables, &text).map_err(|error| Error::failed(name, error))
}

/// Reads the table of all paths.
pub(super) fn read_path_rows(run: &Run<'_>) -> Result<Vec<PathRow>, Error> {
    let text = run.directory.read_text(all_paths::FILE)?;
    read_paths(&text).map_err(|error| Error::failed(all_paths::FILE, error))
}
