//! What a running stage has done so far: sealed files in a folder of their own, which is gone once the stage is finished.

use std::fs;

use super::artifact::{self, remove_if_there};
use super::stream::{self, Mark, Stream, StreamReader};
use super::{Fingerprint, Ingredients, RunDirectory};
use crate::error::Error;
use crate::interrupt;

/// Their folder.
pub(super) const FOLDER: &str = ".checkpoints";

/// Whether a name is one of theirs.
pub(super) fn is_checkpoint(name: &str) -> bool {
    name.strip_prefix(FOLDER).is_some_and(|rest| rest.starts_with('/') && rest.ends_with(".bin"))
}

impl RunDirectory {
    /// Keeps what a running stage has done so far.
    pub(crate) fn write_checkpoint(
        &self,
        stage: &str,
        name: &str,
        made_from: &Fingerprint,
        state: &[u8],
    ) -> Result<(), Error> {
        let _writing = interrupt::writing();
        let path = self.claim(&file_name(stage, name))?;
        let mut bytes = seal(made_from, state).as_bytes().to_vec();
        bytes.extend_from_slice(state);
        self.unless_gone(artifact::write(&path, &bytes))
    }

    /// What an interrupted stage had done, if it was made from just this and is undamaged.
    pub(crate) fn read_checkpoint(
        &self,
        stage: &str,
        name: &str,
        made_from: &Fingerprint,
    ) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.file(&file_name(stage, name))).ok()?;
        let (own, state) = bytes.split_at_checked(SEAL_BYTES)?;
        let is_right = own == seal(made_from, state).as_bytes();
        is_right.then(|| bytes.split_off(SEAL_BYTES))
    }

    /// A stream of a running stage, empty.
    pub(crate) fn begin_stream(&self, stage: &str, name: &str) -> Result<Stream, Error> {
        self.unless_gone(Stream::begin(&self.claim(&file_name(stage, name))?))
    }

    /// A stream that an interrupted run has left, up to a mark; none where that much of it is not there as it was.
    pub(crate) fn resume_stream(
        &self,
        stage: &str,
        name: &str,
        mark: &Mark,
    ) -> Result<Option<Stream>, Error> {
        self.unless_gone(Stream::resume(&self.claim(&file_name(stage, name))?, mark))
    }

    /// A stream of this process, to be read.
    pub(crate) fn read_stream(&self, stage: &str, name: &str) -> Result<StreamReader, Error> {
        self.unless_gone(StreamReader::open(self.file(&file_name(stage, name))))
    }

    /// Whether a stream holds what stood before a mark, unchanged.
    pub(crate) fn stream_holds(&self, stage: &str, name: &str, mark: &Mark) -> bool {
        stream::holds(&self.file(&file_name(stage, name)), mark)
    }

    /// Removes those of a stage, from whatever run they are.
    pub(crate) fn remove_checkpoints(&self, stage: &str) -> Result<(), Error> {
        let folder = self.file(FOLDER);
        let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(&format!("{stage}-")) && name.ends_with(".bin") {
                remove_if_there(&entry.path())?;
            }
        }
        // Fails, as it should, while another stage's checkpoints lie there.
        let _ = fs::remove_dir(&folder);
        Ok(())
    }
}

const SEAL_BYTES: usize = 32;

pub(super) fn file_name(stage: &str, name: &str) -> String {
    format!("{FOLDER}/{stage}-{name}.bin")
}

fn seal(made_from: &Fingerprint, state: &[u8]) -> Fingerprint {
    Ingredients::of("checkpoint").upstream("made from", made_from).add("state", state).fingerprint()
}
