//! `.begun`: names of files that were begun but do not belong to a finished stage yet. A name is written to disk before its file, so that
//! files left by a killed process are known to belong to the program.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use crate::artifact::{self, remove_if_there};
use crate::error::RunError;
use crate::manifest::is_inside;

/// The file's name.
pub(crate) const FILE: &str = ".begun";

/// Reads the names, if any. An incomplete last line is ignored: its file was not begun yet. Nothing is changed, since the directory may be
/// in use by another process.
pub(crate) fn read(directory: &Path) -> Result<BTreeSet<String>, RunError> {
    Ok(names(whole_lines(&text(directory)?)))
}

/// The same, by the process that has locked the directory: an incomplete last line, left by a killed process, is removed.
pub(crate) fn mend(directory: &Path) -> Result<BTreeSet<String>, RunError> {
    let text = text(directory)?;
    let whole = whole_lines(&text);
    if whole.len() < text.len() {
        artifact::write(&directory.join(FILE), whole.as_bytes())?;
    }
    Ok(names(whole))
}

fn text(directory: &Path) -> Result<String, RunError> {
    let path = directory.join(FILE);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(|error| RunError::file("read", &path, error)),
    }
}

fn whole_lines(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
}

fn names(whole: &str) -> BTreeSet<String> {
    whole.lines().filter(|name| is_inside(name)).map(str::to_owned).collect()
}

/// Adds names, and makes sure that they are on disk.
pub(crate) fn add<'n>(directory: &Path, names: impl IntoIterator<Item = &'n str>) -> Result<(), RunError> {
    let path = directory.join(FILE);
    let text: String = names.into_iter().flat_map(|name| [name, "\n"]).collect();
    if text.is_empty() {
        return Ok(());
    }
    let append = || {
        let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()
    };
    append().map_err(|error: std::io::Error| RunError::file("write", &path, error))
}

/// Removes all names.
pub(crate) fn clear(directory: &Path) -> Result<(), RunError> {
    remove_if_there(&directory.join(FILE))
}
