//! Files that are either whole or not there.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Ending of the names of files that are being written, trajectories included. What a killed process leaves behind
/// is found by it.
const PARTIAL: &str = ".part";

/// The name under which a file is written before it is renamed.
pub(super) fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(PARTIAL);
    path.with_file_name(name)
}

/// Writes a file beside its place, makes sure that it is on the disk, and renames it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let partial = partial_path(path);
    let result = (|| {
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    })();
    result.map_err(|error| {
        // The reason is reported; that the remains could not be removed either adds nothing to it.
        let _ = fs::remove_file(&partial);
        Error::file("write", path, error)
    })
}

/// Removes what a killed process left half-written in a folder.
pub(super) fn remove_partial(folder: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::file("read", folder, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| Error::file("read", folder, error))?;
        if entry.file_name().to_string_lossy().ends_with(PARTIAL) {
            fs::remove_file(entry.path()).map_err(|error| Error::file("remove", &entry.path(), error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("artifact.csv");
        write(&path, b"first").expect("written");
        write(&path, b"second").expect("written");
        assert_eq!(fs::read(&path).expect("readable"), b"second");
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("missing").join("artifact.csv");
        let message = write(&path, b"text").expect_err("there is no such folder").to_string();
        assert!(message.contains("artifact.csv"), "{message}");
    }

    #[test]
    fn remains_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let kept = folder.path().join("kept.csv");
        fs::write(&kept, b"kept").expect("written");
        fs::write(partial_path(&kept), b"half").expect("written");
        remove_partial(folder.path()).expect("readable");
        assert!(kept.exists() && !partial_path(&kept).exists());
    }
}
