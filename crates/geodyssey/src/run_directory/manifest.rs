//! `manifest.json`: what every artifact was made from, and what it should contain.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::artifact;
use super::fingerprint::Fingerprint;
use crate::error::Error;

/// The file's name.
pub(super) const FILE: &str = "manifest.json";

/// One finished stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Of its settings, input files, upstream stages and the program's version.
    pub(super) made_from: Fingerprint,
    /// Its files, relative to the run directory, with their contents' fingerprints.
    pub(super) outputs: BTreeMap<String, Fingerprint>,
}

/// The finished stages of a run directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// By name.
    pub(super) stages: BTreeMap<String, Entry>,
}

impl Manifest {
    /// Reads the manifest of a run directory. One that is missing or damaged is as good as empty: everything is
    /// made anew then.
    pub(super) fn read(directory: &Path) -> Self {
        std::fs::read(directory.join(FILE))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Writes it.
    pub(super) fn write(&self, directory: &Path) -> Result<(), Error> {
        let path = directory.join(FILE);
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| Error::file("write", &path, error))?;
        text.push(b'\n');
        artifact::write(&path, &text)
    }

    /// The entry of a stage if it was made from just this and its files are as they were written.
    pub(super) fn current(&self, directory: &Path, stage: &str, made_from: &Fingerprint) -> Option<&Entry> {
        self.stages.get(stage).filter(|entry| entry.made_from == *made_from && entry.is_intact(directory))
    }
}

impl Entry {
    fn is_intact(&self, directory: &Path) -> bool {
        self.outputs.iter().all(|(name, expected)| {
            std::fs::read(directory.join(name)).is_ok_and(|bytes| Fingerprint::of_bytes(&bytes) == *expected)
        })
    }
}
