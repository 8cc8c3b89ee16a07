//! `.begun`: names of files that were begun and that no finished stage has yet. A name is on the disk before its file is, so that
//! whatever a killed process leaves is known to be the program's own.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use crate::artifact::{self, remove_if_there};
use crate::error::RunError;
use crate::manifest::is_inside;

/// The file's name.
pub(crate) const FILE: &str = ".begun";

/// Reads the names, none where there are none. A last line that is not whole does not count: its file was not begun yet. Nothing is
/// changed, for the directory may be another process's.
pub(crate) fn read(directory: &Path) -> Result<BTreeSet<String>, RunError> {
    Ok(names(whole_lines(&text(directory)?)))
}

/// The same, by the process that has locked the directory: a last line that was torn by a kill is taken away.
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

/// Adds names, and makes sure that they are on the disk.
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

/// Forgets all names.
pub(crate) fn clear(directory: &Path) -> Result<(), RunError> {
    remove_if_there(&directory.join(FILE))
}
