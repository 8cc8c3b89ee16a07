//! The owner of a run directory, and whether another run may use it.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::artifact;
use crate::error::RunError;
use crate::manifest::{self, Manifest};

/// The file that records to which configuration a directory belongs. It differs between runs that are otherwise identical, and is therefore
/// not in the manifest.
pub(crate) const FILE: &str = ".owner.json";

/// Advice for an input file in a place where a run writes.
const ELSEWHERE: &str = "move it elsewhere, or give another directory with --out";

/// The configuration that a run directory belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Owner {
    /// Its file, relative to the run directory: still correct if both are moved together.
    configuration: PathBuf,
}

impl Owner {
    fn new(directory: &Path, configuration: &Path) -> Self {
        Self { configuration: relative(&real(directory), &real(configuration)) }
    }

    /// Reads it, if recorded.
    fn read(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(directory.join(FILE)).ok()?).ok()
    }

    /// Writes it.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), RunError> {
        let path = directory.join(FILE);
        let mut text = serde_json::to_vec(self).map_err(|error| RunError::file("write", &path, error))?;
        text.push(b'\n');
        artifact::write(&path, &text)
    }

    /// Its file, relative to the working directory of the program.
    fn file(&self, directory: &Path) -> PathBuf {
        real(&without_parents(&real(directory).join(&self.configuration)))
    }
}

/// A path without symbolic links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// A path without `.` and `x/..`, which occur in the paths from directories to their configurations.
fn without_parents(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                result.pop();
            }
            Component::CurDir => {}
            other => result.push(other),
        }
    }
    result
}

/// The relative path from one absolute path to another.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    up.chain(to[shared..].iter().copied()).collect()
}

/// A request for a run directory.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// Its configuration; none for a comparison, which belongs to no single configuration.
    pub configuration: Option<PathBuf>,
    /// Input files, which outputs must not replace.
    pub inputs: Vec<PathBuf>,
    /// Names, relative to the directory, of files that will certainly be written.
    pub names: Vec<String>,
    /// Whether the directory may belong to another configuration.
    pub force: bool,
}

impl Claim {
    /// The owner to record, if it has changed; it has not if the directory's own copy of its configuration is run.
    pub(crate) fn new_owner(&self, directory: &Path, manifest: &Manifest) -> Option<Owner> {
        let other = self.configuration.as_ref().filter(|file| !is_own_copy(file, directory, Some(manifest)));
        let owner = Owner::new(directory, other?);
        (Owner::read(directory).as_ref() != Some(&owner)).then_some(owner)
    }

    /// Rejects a directory of another configuration, and files not made by the program in places where this run would write. `owns` decides
    /// which names belong to the program.
    pub(crate) fn check(
        &self,
        directory: &Path,
        manifest: Option<&Manifest>,
        owns: impl Fn(&str) -> bool,
    ) -> Result<(), RunError> {
        let owner = manifest.and_then(|_| Owner::read(directory));
        if let (Some(owner), Some(file), false) = (owner, &self.configuration, self.force)
            && !is_own_copy(file, directory, manifest)
            && owner.file(directory) != real(file)
        {
            let message = format!(
                "{} contains the run of another configuration, {}",
                directory.display(),
                owner.file(directory).display()
            );
            let advice = "give this run its own directory with --out, or replace that run with --force";
            return Err(RunError::input(message, &[advice]));
        }
        for name in self.names.iter().filter(|name| !owns(name)) {
            let path = directory.join(name);
            if path.symlink_metadata().is_ok() {
                return Err(in_the_way(&path));
            }
        }
        for input in &self.inputs {
            let Some(name) = name_in(input, directory) else { continue };
            let expected = manifest.and_then(|manifest| manifest.expected(&name));
            let is_configuration = self.configuration.as_ref() == Some(input);
            if !is_configuration && (expected.is_some() || owns(&name) || self.names.contains(&name)) {
                let message = format!(
                    "{} is an input of this run, but in a place where runs in {} write: the run would replace or remove it",
                    input.display(),
                    directory.display()
                );
                return Err(RunError::input(message, &[ELSEWHERE]));
            }
            if expected.is_some_and(|expected| !manifest::is_as_written(input, expected)) {
                let message = format!(
                    "{} is an input of this run, but was changed since an earlier run wrote it: the run would replace it",
                    input.display()
                );
                return Err(RunError::input(message, &[ELSEWHERE]));
            }
        }
        Ok(())
    }
}

/// The error for a file that the program did not make in a place where it would write.
pub(crate) fn in_the_way(path: &Path) -> RunError {
    RunError::input(
        format!("{} already exists and was not made by this run: it is left unchanged", path.display()),
        &["move it elsewhere, or give another directory with --out"],
    )
}

/// A file's name relative to a directory that contains it.
fn name_in(file: &Path, directory: &Path) -> Option<String> {
    let (file, directory) = (file.canonicalize().ok()?, directory.canonicalize().ok()?);
    Some(file.strip_prefix(directory).ok()?.to_str()?.to_owned())
}

/// Whether a configuration is the copy that a run has written to its directory.
fn is_own_copy(file: &Path, directory: &Path, manifest: Option<&Manifest>) -> bool {
    let expected = |name: &str| manifest.is_some_and(|manifest| manifest.expected(name).is_some());
    name_in(file, directory).is_some_and(|name| expected(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_two_paths() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/a/runs/x", "/a/configs/x.toml"), Path::new("../../configs/x.toml"));
        assert_eq!(way("/a", "/a/x.toml"), Path::new("x.toml"));
        assert_eq!(way("/b/c", "/a/x.toml"), Path::new("../../a/x.toml"));
    }
}
