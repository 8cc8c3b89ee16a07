//! Other run directories from which a finished stage may be taken over.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fingerprint::Fingerprint;
use crate::manifest::Manifest;

/// A finished stage of another run directory.
pub(crate) struct Donation {
    /// That directory.
    pub(crate) directory: PathBuf,
    /// The stage's files, by name.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

/// A stage that was made from the same inputs and whose files are unchanged, from a directory next to `run` or one of `others`. Unreadable
/// directories count as absent.
pub(crate) fn find(run: &Path, others: &[PathBuf], stage: &str, made_from: &Fingerprint) -> Option<Donation> {
    // A bare name has an empty parent, which stands for the working directory.
    let parent = run.parent().map(|parent| if parent == Path::new("") { Path::new(".") } else { parent });
    let siblings = parent.and_then(|parent| fs::read_dir(parent).ok());
    let mut directories: Vec<PathBuf> =
        siblings.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    directories.sort();
    directories.into_iter().chain(others.iter().cloned()).find_map(|directory| {
        let manifest = Manifest::read(&directory).ok().flatten()?;
        let entry = manifest.stages.get(stage).filter(|entry| entry.made_from == *made_from)?;
        let read = |(name, expected): (&String, &Fingerprint)| {
            let bytes = fs::read(directory.join(name)).ok()?;
            (Fingerprint::of_bytes(&bytes) == *expected).then(|| (name.clone(), bytes))
        };
        let files = entry.outputs.iter().map(read).collect::<Option<Vec<_>>>()?;
        Some(Donation { directory, files })
    })
}
