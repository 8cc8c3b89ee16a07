//! Finished parts of the stage that is running, kept so that an interrupted one goes on with the others.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::run_directory::{Fingerprint, RunDirectory};

/// Where the parts of a stage are kept. Numbers come back bit for bit, so that a part that was kept and one that was just computed
/// lead to the same artifacts. The run directory removes all parts when the stage is finished.
#[derive(Clone, Copy)]
pub(crate) struct Checkpoints<'r> {
    /// The run directory.
    pub(crate) directory: &'r RunDirectory,
    /// The stage that is running.
    pub(crate) stage: &'static str,
    /// What its artifacts are made from.
    pub(crate) made_from: &'r Fingerprint,
}

impl Checkpoints<'_> {
    /// A part that an interrupted run had finished; none where it was made from something else or is damaged.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let state = self.directory.read_checkpoint(self.stage, name, self.made_from)?;
        serde_json::from_slice(&state).ok()
    }

    /// Keeps a part.
    pub(crate) fn write<T: Serialize>(&self, name: &str, part: &T) -> Result<(), Error> {
        let state = serde_json::to_vec(part).map_err(|error| Error::failed(self.stage, error))?;
        self.directory.write_checkpoint(self.stage, name, self.made_from, &state)
    }

    /// A part that is computed once.
    pub(crate) fn once<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        compute: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(part) = self.read(name) {
            return Ok(part);
        }
        let part = compute()?;
        self.write(name, &part)?;
        Ok(part)
    }
}
