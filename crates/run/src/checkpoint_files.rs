//! The files of checkpoints and streams of a running stage: files with checksums in a separate folder, which is removed once the stage is
//! finished.

use std::fs;
use std::path::Path;

use crate::artifact::remove_if_there;
use crate::error::RunError;
use crate::fingerprint::{Fingerprint, Ingredients};

/// Their folder.
pub(crate) const FOLDER: &str = ".checkpoints";

const SEAL_BYTES: usize = 32;

/// Raised when what checkpoints keep of a computation changes its layout: those of a program before that are not read.
const FORMAT: u32 = 2;

/// The name of one of them, relative to the run directory.
pub(crate) fn file_name(stage: &str, name: &str) -> String {
    format!("{FOLDER}/{stage}-{name}.bin")
}

/// Whether a name is one of theirs.
pub(crate) fn is_checkpoint(name: &str) -> bool {
    name.strip_prefix(FOLDER).is_some_and(|rest| rest.starts_with('/') && rest.ends_with(".bin"))
}

/// The content of a checkpoint's file.
pub(crate) fn sealed(made_from: &Fingerprint, state: &[u8]) -> Vec<u8> {
    let mut bytes = seal(made_from, state).as_bytes().to_vec();
    bytes.extend_from_slice(state);
    bytes
}

/// The state in the content of a checkpoint's file, if it was made from the same inputs and is undamaged.
pub(crate) fn unsealed(made_from: &Fingerprint, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let (own, state) = bytes.split_at_checked(SEAL_BYTES)?;
    let is_right = own == seal(made_from, state).as_bytes();
    is_right.then(|| bytes.split_off(SEAL_BYTES))
}

fn seal(made_from: &Fingerprint, state: &[u8]) -> Fingerprint {
    let of = Ingredients::of("checkpoint").settings("format", &FORMAT);
    of.upstream("made from", made_from).add("state", state).fingerprint()
}

/// Which files of a stage lie in a run directory: whether there are any, and whether one of them is a checkpoint that is of use.
pub(crate) fn found(directory: &Path, stage: &str, made_from: &Fingerprint) -> (bool, bool) {
    let Ok(entries) = fs::read_dir(directory.join(FOLDER)) else { return (false, false) };
    let own = entries.flatten().filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with(&format!("{stage}-")) && name.ends_with(".bin")
    });
    own.fold((false, false), |(_, is_of_use), entry| {
        let is_sealed = || fs::read(entry.path()).is_ok_and(|bytes| unsealed(made_from, bytes).is_some());
        (true, is_of_use || is_sealed())
    })
}

/// Removes those of a stage, whichever run they are from.
pub(crate) fn remove(directory: &Path, stage: &str) -> Result<(), RunError> {
    let folder = directory.join(FOLDER);
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(&format!("{stage}-")) && name.ends_with(".bin") {
            remove_if_there(&entry.path())?;
        }
    }
    // Fails, as it should, while another stage has checkpoints there.
    let _ = fs::remove_dir(&folder);
    Ok(())
}
