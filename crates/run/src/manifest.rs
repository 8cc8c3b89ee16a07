//! `manifest.json`: for every artifact what it was made from, and the fingerprint of its content.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::artifact;
use crate::error::RunError;
use crate::fingerprint::Fingerprint;

/// The file's name.
pub(crate) const FILE: &str = "manifest.json";

/// One finished stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Revision of the stage that computed it; 1 if not recorded.
    #[serde(default = "first_revision")]
    pub(crate) revision: u32,
    /// Fingerprint of its settings, input files, upstream stages, its revision and the program's version.
    pub(crate) made_from: Fingerprint,
    /// Its files, relative to the run directory, with their contents' fingerprints.
    pub(crate) outputs: BTreeMap<String, Fingerprint>,
}

fn first_revision() -> u32 {
    1
}

/// The finished stages of a run directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The stages by name.
    pub(crate) stages: BTreeMap<String, Entry>,
}

impl Manifest {
    /// Reads the manifest of a run directory, if there is one.
    ///
    /// # Errors
    /// A file of that name that is not a manifest, or one that names files outside its directory: it was not written by this program, so
    /// that no file next to it can be recognised as the program's own.
    pub(crate) fn read(directory: &Path) -> Result<Option<Self>, RunError> {
        let path = directory.join(FILE);
        let wrong = |why: String| {
            RunError::input(
                format!("{} is not the manifest of a run: {why}", path.display()),
                &[
                    "give another directory with --out, or remove this one if it contains nothing but a damaged run",
                ],
            )
        };
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => {
                return Err(RunError::input(format!("cannot read {}: {error}", path.display()), &[]));
            }
        };
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        let names = manifest.stages.values().flat_map(|entry| entry.outputs.keys());
        match names.into_iter().find(|name| !is_inside(name)) {
            Some(name) => Err(wrong(format!("it lists `{name}`, which is not a file within the directory"))),
            None => Ok(Some(manifest)),
        }
    }

    /// Writes it.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), RunError> {
        let path = directory.join(FILE);
        let mut text =
            serde_json::to_vec_pretty(self).map_err(|error| RunError::file("write", &path, error))?;
        text.push(b'\n');
        artifact::write(&path, &text)
    }

    /// The entry of a stage, if it was made from the same inputs and its files are unchanged.
    pub(crate) fn current(&self, directory: &Path, stage: &str, made_from: &Fingerprint) -> Option<&Entry> {
        self.stages.get(stage).filter(|entry| entry.made_from == *made_from && entry.is_intact(directory))
    }

    /// The expected fingerprint of a file of a finished stage.
    pub(crate) fn expected(&self, name: &str) -> Option<&Fingerprint> {
        self.stages.values().find_map(|entry| entry.outputs.get(name))
    }
}

impl Entry {
    fn is_intact(&self, directory: &Path) -> bool {
        self.outputs.iter().all(|(name, expected)| is_as_written(&directory.join(name), expected))
    }
}

/// Whether a file is unchanged since it was written.
pub(crate) fn is_as_written(path: &Path, expected: &Fingerprint) -> bool {
    std::fs::read(path).is_ok_and(|bytes| Fingerprint::of_bytes(&bytes) == *expected)
}

/// Whether a name refers to a file below the directory and has the form in which this program writes it.
pub(crate) fn is_inside(name: &str) -> bool {
    let path = PathBuf::from(name);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    plain
        && !name.is_empty()
        && !name.contains('\\')
        && path.components().collect::<PathBuf>().to_str() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        for name in ["landscape.csv", "paths/path-0000.xtc", "plots/group/work.svg"] {
            assert!(is_inside(name), "{name}");
        }
        for name in ["", "../x", "/etc/passwd", "paths/../../x", "./x", "paths//x", "paths\\x", "paths/"] {
            assert!(!is_inside(name), "{name}");
        }
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(Manifest::read(folder.path()).expect("none"), None);
        let hash = "0".repeat(64);
        let outside = format!(
            "{{\"stages\": {{\"landscape\": {{\"made_from\": \"{hash}\", \"outputs\": {{\"../x\": \"{hash}\"}}}}}}}}"
        );
        for text in ["", "{}", "{\"name\": \"a web page\"}", &outside] {
            std::fs::write(folder.path().join(FILE), text).expect("written");
            let message = Manifest::read(folder.path()).expect_err(text).to_string();
            assert!(message.contains(FILE) && message.contains("--out"), "{message}");
        }
    }
}
