//! A run directory opened for reading: every file is checked against the manifest before it is used.

use std::path::{Path, PathBuf};

use crate::error::RunError;
use crate::fingerprint::Fingerprint;
use crate::manifest::{self, Manifest};
use crate::names::SUMMARY_FILE;

/// A run directory of which only files that are unchanged since the run wrote them are read.
pub struct FinishedRun {
    path: PathBuf,
    manifest: Manifest,
}

impl FinishedRun {
    /// Opens a run directory.
    ///
    /// # Errors
    /// A directory without a manifest, or with an invalid one.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let missing = || {
            let file = manifest::FILE;
            RunError::input(format!("{} is not a run directory: it has no {file}", path.display()), &[])
        };
        Ok(Self { path: path.to_owned(), manifest: Manifest::read(path)?.ok_or_else(missing)? })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of all files of finished stages.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.manifest.stages.values().flat_map(|entry| entry.outputs.keys().map(String::as_str))
    }

    /// Whether a finished stage has written a file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.manifest.expected(name).is_some()
    }

    /// Whether the run is finished.
    pub fn is_finished(&self) -> bool {
        self.has(SUMMARY_FILE)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// A file that does not belong to a finished stage, cannot be read, or was changed since the run wrote it.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, RunError> {
        let path = self.path.join(name);
        let Some(expected) = self.manifest.expected(name) else {
            let message = format!("the run in {} has not reached {name} yet", self.path.display());
            return Err(self.again(message));
        };
        let bytes = std::fs::read(&path).map_err(|error| RunError::file("read", &path, error))?;
        if Fingerprint::of_bytes(&bytes) == *expected {
            return Ok(bytes);
        }
        let message = format!(
            "{} differs from what the run wrote: it was changed afterwards, or another run in its directory was interrupted",
            path.display()
        );
        Err(self.again(message))
    }

    /// A text file.
    ///
    /// # Errors
    /// As [`FinishedRun::read`], or a file that is not text.
    pub fn read_text(&self, name: &str) -> Result<String, RunError> {
        String::from_utf8(self.read(name)?)
            .map_err(|error| RunError::file("understand", &self.path.join(name), error))
    }

    /// The path of a file, for readers that need one, after checking that it is unchanged.
    ///
    /// # Errors
    /// As [`FinishedRun::read`].
    pub fn verified(&self, name: &str) -> Result<PathBuf, RunError> {
        self.read(name)?;
        Ok(self.path.join(name))
    }

    fn again(&self, message: String) -> RunError {
        let directory = self.path.display();
        let note =
            format!("geodyssey run CONFIG --out {directory}, with the run's own configuration, recreates it");
        RunError::input(message, &[note.as_str()])
    }
}
