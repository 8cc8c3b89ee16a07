//! Files that have a temporary name until they are complete, so that no reader ever sees an incomplete file under its final name.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Suffix of every temporary name. Together with the leading dot it is unique to this program.
const ENDING: &str = ".geodyssey-part";

/// Whether a file's name is a temporary one of this program, by which files left by a killed process are found.
pub fn is_partial(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') && name.ends_with(ENDING)
}

/// A file under a temporary name, removed unless it is completed.
///
/// The name is unique, so that two processes that write the same file do not interfere.
pub struct PartialFile {
    path: PathBuf,
    passing: PathBuf,
}

impl PartialFile {
    /// Creates a file next to `path`, to be written and then [completed](Self::complete).
    ///
    /// # Errors
    /// The operating system cannot create it.
    pub fn create(path: &Path) -> io::Result<(Self, File)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        loop {
            let mut passing = std::ffi::OsString::from(".");
            passing.push(name);
            passing.push(format!(".{:016x}{ENDING}", unique()));
            let passing = path.with_file_name(passing);
            match OpenOptions::new().write(true).create_new(true).open(&passing) {
                Ok(file) => return Ok((Self { path: path.into(), passing }, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Flushes the file to disk and renames it.
    ///
    /// # Errors
    /// The operating system cannot do this; the file is then removed.
    pub fn complete(self, mut out: BufWriter<File>) -> io::Result<()> {
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&self.passing, &self.path)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        // After `complete` there is nothing to remove, and a file that cannot be removed is harmless.
        let _ = fs::remove_file(&self.passing);
    }
}

/// A number that no other call returns, in this process or, almost certainly, in another.
fn unique() -> u64 {
    static START: OnceLock<u64> = OnceLock::new();
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let start = START.get_or_init(|| RandomState::new().hash_one(std::process::id()));
    start.wrapping_add(CALLS.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_writers_of_one_file_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frames.xtc");
        let ((first, one), (second, other)) =
            (PartialFile::create(&path).unwrap(), PartialFile::create(&path).unwrap());
        let (mut one, mut other) = (BufWriter::new(one), BufWriter::new(other));
        one.write_all(b"one").unwrap();
        other.write_all(b"the other").unwrap();
        first.complete(one).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        second.complete(other).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"the other");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn files_of_others_are_not_taken_for_partial_ones() {
        for name in ["thesis.part", "frames.xtc.part", ".notes", "notes.geodyssey-part"] {
            assert!(!is_partial(OsStr::new(name)), "{name}");
        }
        let folder = tempfile::tempdir().unwrap();
        let (partial, _file) = PartialFile::create(&folder.path().join("frames.xtc")).unwrap();
        assert!(is_partial(partial.passing.file_name().unwrap()));
    }
}
