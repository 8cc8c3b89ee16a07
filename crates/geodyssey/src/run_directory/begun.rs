//! `.begun`: names of files that were begun and that no finished stage has yet. A name is on the disk before its file is, so that
//! whatever a killed process leaves is known to be the program's own.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use super::artifact::{self, remove_if_there};
use super::manifest::is_inside;
use crate::error::Error;

/// The file's name.
pub(super) const FILE: &str = ".begun";

/// Reads the names, none where there are none. A last line that was torn by a kill is taken away: its file was not begun then.
pub(super) fn read(directory: &Path) -> Result<BTreeSet<String>, Error> {
    let path = directory.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(Error::file("read", &path, error)),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    if whole.len() < text.len() {
        artifact::write(&path, whole.as_bytes())?;
    }
    Ok(whole.lines().filter(|name| is_inside(name)).map(str::to_owned).collect())
}

/// Adds names, and makes sure that they are on the disk.
pub(super) fn add<'n>(directory: &Path, names: impl IntoIterator<Item = &'n str>) -> Result<(), Error> {
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
    append().map_err(|error: std::io::Error| Error::file("write", &path, error))
}

/// Forgets all names.
pub(super) fn clear(directory: &Path) -> Result<(), Error> {
    remove_if_there(&directory.join(FILE))
}
