//! The folder that an export writes in: files of earlier exports are replaced, and no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use geodyssey_run::{DirectoryLock, FinishedRun, remove_partial, write_whole};
use serde::{Deserialize, Serialize};

use crate::config::InputError;
use crate::error::Error;

/// Names of the files that exports have written.
const RECORD: &str = ".exports.json";
/// The message for a second process.
const BUSY: &str =
    "another export is writing to it; wait until it has finished, or give another directory with --out";

/// What [`RECORD`] holds.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    files: BTreeSet<String>,
}

/// A folder to which only this process exports.
pub(super) struct ExportFolder {
    path: PathBuf,
    lock: DirectoryLock,
}

impl ExportFolder {
    /// Opens a folder for files of these names and creates it if it is missing.
    ///
    /// # Errors
    /// A run directory, whose own files have such names; a file that no export has made and that has one of the names; a folder that cannot be
    /// written.
    pub(super) fn open(path: &Path, names: &[String]) -> Result<Self, Error> {
        if FinishedRun::open(path).is_ok() {
            let message = format!(
                "{} is a run directory: exported files would have the names of its own files",
                path.display()
            );
            return Err(InputError::new(message).note("give another directory with --out").into());
        }
        fs::create_dir_all(path).map_err(|error| Error::file("create the folder", path, error))?;
        let lock = DirectoryLock::acquire(path, BUSY)?;
        let file = path.join(RECORD);
        let mut record = read(&file)?;
        let in_the_way =
            |name: &&String| !record.files.contains(*name) && path.join(name).symlink_metadata().is_ok();
        if let Some(name) = names.iter().find(in_the_way) {
            let message = format!(
                "{} already exists and was not written by an export: it is left unchanged",
                path.join(name).display()
            );
            return Err(InputError::new(message)
                .note("move it elsewhere, or give another directory with --out")
                .into());
        }
        remove_partial(path)?;
        // Known as exported before they are begun.
        record.files.extend(names.iter().cloned());
        let text = serde_json::to_vec_pretty(&record).map_err(|error| Error::file("write", &file, error))?;
        write_whole(&file, &text)?;
        Ok(Self { path: path.to_owned(), lock })
    }

    /// The path of a file for which the folder was opened.
    ///
    /// # Errors
    /// The folder or its lock has gone.
    pub(super) fn file(&self, name: &str) -> Result<PathBuf, Error> {
        self.lock.verify()?;
        Ok(self.path.join(name))
    }
}

fn read(file: &Path) -> Result<Record, Error> {
    match fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            InputError::new(format!("{} is not a list of exported files: {error}", file.display()))
                .note("remove it, or give another directory with --out")
                .into()
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Record::default()),
        Err(error) => Err(Error::file("read", file, error)),
    }
}
