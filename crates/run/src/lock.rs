//! A lock that allows one process at a time in a directory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::RunError;

/// The file that is locked.
const FILE: &str = ".lock";

/// Held until dropped; the operating system releases it when the process ends, however it ends.
pub struct DirectoryLock {
    folder: PathBuf,
    file: File,
}

impl DirectoryLock {
    /// Locks an existing folder. `busy` is the message if another process has locked it.
    ///
    /// # Errors
    /// Another process has locked it, or the folder cannot be written to.
    pub fn acquire(folder: &Path, busy: &str) -> Result<Self, RunError> {
        let path = folder.join(FILE);
        loop {
            // Not truncated: the content of an existing file of this name is kept.
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(|error| RunError::file("write to the directory", folder, error))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(RunError::file("use the directory", folder, busy));
                }
                Err(TryLockError::Error(error)) => return Err(RunError::file("lock", &path, error)),
            }
            let lock = Self { folder: folder.to_owned(), file };
            // If the file was deleted between opening and locking, the lock protects nothing.
            if lock.is_in_place() {
                return Ok(lock);
            }
        }
    }

    /// Fails if the lock no longer keeps other processes out.
    ///
    /// # Errors
    /// Its file, or the whole directory, was removed or replaced.
    pub fn verify(&self) -> Result<(), RunError> {
        if self.is_in_place() {
            return Ok(());
        }
        Err(RunError::File(format!(
            "{} was removed or replaced while this process was working in {}: nothing more is written there; give the same command again",
            if self.folder.is_dir() { FILE } else { "the directory" },
            self.folder.display()
        )))
    }

    fn is_in_place(&self) -> bool {
        let there = fs::symlink_metadata(self.folder.join(FILE));
        there.is_ok_and(|there| self.file.metadata().is_ok_and(|own| is_same(&own, &there)))
    }
}

#[cfg(unix)]
fn is_same(first: &fs::Metadata, second: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (first.dev(), first.ino()) == (second.dev(), second.ino())
}

/// On systems where the identity of a file cannot be queried, an open file cannot be removed either.
#[cfg(not(unix))]
fn is_same(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_kept_out_and_a_deleted_lock_is_noticed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = DirectoryLock::acquire(folder.path(), "wait").expect("locked");
        // The lock belongs to the open file, so a second handle of this process meets it as another process would.
        let message = DirectoryLock::acquire(folder.path(), "wait").err().expect("locked").to_string();
        assert!(message.contains("wait"), "{message}");
        first.verify().expect("in place");
        fs::remove_file(folder.path().join(FILE)).expect("removed");
        let second = DirectoryLock::acquire(folder.path(), "wait").expect("nothing keeps it out");
        assert!(first.verify().is_err());
        second.verify().expect("in place");
    }
}
