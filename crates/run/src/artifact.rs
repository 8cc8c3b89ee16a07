//! Files that are either complete or absent.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use geodyssey_partial_file::{PartialFile, is_partial};

use crate::error::RunError;

/// Writes a file under a temporary name, makes sure that it is on disk, and renames it.
///
/// # Errors
/// A file that cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let result = (|| {
        let (partial, file) = PartialFile::create(path)?;
        let mut out = BufWriter::new(file);
        out.write_all(bytes)?;
        partial.complete(out)
    })();
    result.map_err(|error| RunError::file("write", path, error))
}

/// Removes half-written files left by a killed process in a folder.
///
/// # Errors
/// A folder that cannot be read, or a file that cannot be removed.
pub fn remove_partial(folder: &Path) -> Result<(), RunError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(RunError::file("read", folder, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| RunError::file("read", folder, error))?;
        if is_partial(&entry.file_name()) {
            remove_if_there(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file, if it exists.
pub(crate) fn remove_if_there(path: &Path) -> Result<(), RunError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(RunError::file("remove", path, error))
        }
        _ => Ok(()),
    }
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
        let [kept, others] = ["kept.csv", "thesis.part"].map(|name| folder.path().join(name));
        for file in [&kept, &others] {
            fs::write(file, b"kept").expect("written");
        }
        let (partial, _) = PartialFile::create(&kept).expect("made");
        // As after a kill: nothing tidies up.
        std::mem::forget(partial);
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 3);
        remove_partial(folder.path()).expect("readable");
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 2);
        assert!(kept.exists() && others.exists());
    }
}
