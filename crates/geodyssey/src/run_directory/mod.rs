//! The directory of one run: artifacts that are whole or absent, a manifest that says what they were made from,
//! checkpoints of the stage that is running, and a lock against a second process.
//!
//! Whatever moment a process is killed at, the next one finds whole files only: it removes what was half-written,
//! keeps the stages that the manifest vouches for, and goes on from the last checkpoint of the one that was running.

mod artifact;
mod fingerprint;
mod manifest;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

pub(crate) use artifact::write as write_whole;
pub(crate) use fingerprint::{Fingerprint, Ingredients};
use manifest::{Entry, Manifest};

use crate::error::Error;

/// The results, for scripts: what the last stage writes.
pub(crate) const SUMMARY_FILE: &str = "summary.json";

const LOCK: &str = ".lock";
const CHECKPOINTS: &str = ".checkpoints";
/// Folders of the run directory that hold artifacts.
const FOLDERS: [&str; 6] = ["paths", "plots", "denoiser", "diagnose", "distance", CHECKPOINTS];

/// A run directory that this process alone may change.
pub(crate) struct RunDirectory {
    path: PathBuf,
    manifest: Manifest,
    /// Other run directories, not beside this one, from which stages may be taken over.
    donors: Vec<PathBuf>,
    /// Held as long as this lives; the system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl RunDirectory {
    /// Opens a run directory, making it where it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(|error| Error::file("make the run directory", path, error))?;
        let lock_path = path.join(LOCK);
        let lock = File::create(&lock_path)
            .map_err(|error| Error::file("write in the run directory", path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let why =
                    "another process is running in it; wait for it, or give another directory with --out";
                return Err(Error::file("use the run directory", path, why));
            }
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", &lock_path, error)),
        }
        artifact::remove_partial(path)?;
        for folder in FOLDERS {
            artifact::remove_partial(&path.join(folder))?;
        }
        Ok(Self { path: path.to_owned(), manifest: Manifest::read(path), donors: Vec::new(), _lock: lock })
    }

    /// The same, with run directories elsewhere from which stages may be taken over too.
    #[must_use]
    pub(crate) fn with_donors(mut self, donors: Vec<PathBuf>) -> Self {
        self.donors = donors;
        self
    }

    /// The place of an artifact.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes an artifact.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.file(name);
        self.make_folder_of(&path)?;
        artifact::write(&path, bytes)
    }

    /// Makes the folder that a file will lie in.
    pub(crate) fn make_folder_of(&self, path: &Path) -> Result<(), Error> {
        let folder = path.parent().unwrap_or(&self.path);
        fs::create_dir_all(folder).map_err(|error| Error::file("make the folder", folder, error))
    }

    /// Reads an artifact.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.file(name);
        fs::read(&path).map_err(|error| Error::file("read", &path, error))
    }

    /// Reads an artifact that is text.
    pub(crate) fn read_text(&self, name: &str) -> Result<String, Error> {
        let path = self.file(name);
        fs::read_to_string(&path).map_err(|error| Error::file("read", &path, error))
    }

    /// Whether a stage was made from just this and its files are as they were written.
    pub(crate) fn is_current(&self, stage: &str, made_from: &Fingerprint) -> bool {
        self.manifest.current(&self.path, stage, made_from).is_some()
    }

    /// Of all files of a finished stage: what a later stage is made from.
    pub(crate) fn output_fingerprint(&self, stage: &str) -> Fingerprint {
        let outputs = self.manifest.stages.get(stage).into_iter().flat_map(|entry| &entry.outputs);
        outputs.fold(Ingredients::of(stage), |sum, (name, hash)| sum.upstream(name, hash)).fingerprint()
    }

    /// Names of the files that a finished stage wrote.
    pub(crate) fn outputs(&self, stage: &str) -> impl Iterator<Item = &str> {
        self.manifest.stages.get(stage).into_iter().flat_map(|entry| entry.outputs.keys().map(String::as_str))
    }

    /// Notes that a stage is finished: its files are all written. Files that it wrote in an earlier run and not in
    /// this one are removed, and so are its checkpoints.
    pub(crate) fn finish(
        &mut self,
        stage: &str,
        made_from: Fingerprint,
        outputs: &[String],
    ) -> Result<(), Error> {
        // A summary of what was there before would look like one of what is there now.
        if !outputs.iter().any(|name| name == SUMMARY_FILE) {
            remove_if_there(&self.file(SUMMARY_FILE))?;
        }
        self.finish_beside(stage, made_from, outputs)
    }

    /// The same for a stage that no later one is made from and that the summary says nothing of.
    pub(crate) fn finish_beside(
        &mut self,
        stage: &str,
        made_from: Fingerprint,
        outputs: &[String],
    ) -> Result<(), Error> {
        let mut hashes = BTreeMap::new();
        for name in outputs {
            hashes.insert(name.clone(), Fingerprint::of_bytes(&self.read(name)?));
        }
        let obsolete: Vec<String> =
            self.outputs(stage).filter(|name| !hashes.contains_key(*name)).map(str::to_owned).collect();
        for name in obsolete {
            remove_if_there(&self.file(&name))?;
        }
        self.manifest.stages.insert(stage.to_owned(), Entry { made_from, outputs: hashes });
        self.manifest.write(&self.path)?;
        self.remove_checkpoints(stage)
    }

    /// Takes a finished stage over from another run directory, beside this one or a donor, that made it from just the same.
    /// The other's name, if there is one.
    pub(crate) fn adopt(&mut self, stage: &str, made_from: &Fingerprint) -> Result<Option<PathBuf>, Error> {
        // A bare name has an empty parent, which is the working directory.
        let parent =
            self.path.parent().map(|parent| if parent == Path::new("") { Path::new(".") } else { parent });
        let siblings = parent.and_then(|parent| fs::read_dir(parent).ok());
        let mut directories: Vec<PathBuf> =
            siblings.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        directories.sort();
        for directory in directories.into_iter().chain(self.donors.clone()) {
            let manifest = Manifest::read(&directory);
            let Some(entry) = manifest.current(&directory, stage, made_from) else { continue };
            for (name, expected) in &entry.outputs {
                let path = directory.join(name);
                let bytes = fs::read(&path).map_err(|error| Error::file("read", &path, error))?;
                if Fingerprint::of_bytes(&bytes) != *expected {
                    return Ok(None);
                }
                self.write(name, &bytes)?;
            }
            let outputs: Vec<String> = entry.outputs.keys().cloned().collect();
            self.finish(stage, *made_from, &outputs)?;
            return Ok(Some(directory));
        }
        Ok(None)
    }

    /// Keeps what a running stage has done so far.
    pub(crate) fn write_checkpoint(
        &self,
        stage: &str,
        name: &str,
        made_from: &Fingerprint,
        state: &[u8],
    ) -> Result<(), Error> {
        let mut bytes = checkpoint_seal(made_from, state).as_bytes().to_vec();
        bytes.extend_from_slice(state);
        self.write(&checkpoint_name(stage, name), &bytes)
    }

    /// What an interrupted stage had done, if it was made from just this and is undamaged.
    pub(crate) fn read_checkpoint(
        &self,
        stage: &str,
        name: &str,
        made_from: &Fingerprint,
    ) -> Option<Vec<u8>> {
        let bytes = fs::read(self.file(&checkpoint_name(stage, name))).ok()?;
        let (seal, state) = bytes.split_at_checked(32)?;
        (seal == checkpoint_seal(made_from, state).as_bytes()).then(|| state.to_vec())
    }

    fn remove_checkpoints(&self, stage: &str) -> Result<(), Error> {
        let folder = self.file(CHECKPOINTS);
        let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&format!("{stage}-")) {
                remove_if_there(&entry.path())?;
            }
        }
        // Fails, as it should, while another stage's checkpoints lie there.
        let _ = fs::remove_dir(&folder);
        Ok(())
    }
}

fn checkpoint_name(stage: &str, name: &str) -> String {
    format!("{CHECKPOINTS}/{stage}-{name}.bin")
}

fn checkpoint_seal(made_from: &Fingerprint, state: &[u8]) -> Fingerprint {
    Ingredients::of("checkpoint").upstream("made from", made_from).add("state", state).fingerprint()
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", path, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_from(text: &str) -> Fingerprint {
        Ingredients::of("test").add("text", text.as_bytes()).fingerprint()
    }

    #[test]
    fn a_stage_is_current_until_a_file_or_an_ingredient_changes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("run");
        {
            let mut run = RunDirectory::open(&path).expect("opened");
            run.write("paths/a.csv", b"a").expect("written");
            run.finish("paths", made_from("x"), &["paths/a.csv".to_owned()]).expect("finished");
        }
        let run = RunDirectory::open(&path).expect("opened again");
        assert!(run.is_current("paths", &made_from("x")));
        assert!(!run.is_current("paths", &made_from("y")));
        fs::write(run.file("paths/a.csv"), b"b").expect("edited");
        assert!(!run.is_current("paths", &made_from("x")));
    }

    #[test]
    fn files_that_a_stage_no_longer_writes_are_removed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut run = RunDirectory::open(&folder.path().join("run")).expect("opened");
        run.write("a.csv", b"a").expect("written");
        run.write("b.csv", b"b").expect("written");
        run.finish("stage", made_from("x"), &["a.csv".to_owned(), "b.csv".to_owned()]).expect("finished");
        run.finish("stage", made_from("y"), &["a.csv".to_owned()]).expect("finished");
        assert!(run.file("a.csv").exists() && !run.file("b.csv").exists());
    }

    #[test]
    fn a_second_process_is_kept_out() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("run");
        let _first = RunDirectory::open(&path).expect("opened");
        // The lock belongs to the open file, so a second handle of this process meets it as another process would.
        let message = RunDirectory::open(&path).err().expect("locked").to_string();
        assert!(message.contains("another process"), "{message}");
    }

    #[test]
    fn checkpoints_of_other_ingredients_or_with_damage_are_not_used() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = RunDirectory::open(&folder.path().join("run")).expect("opened");
        run.write_checkpoint("stage", "0", &made_from("x"), b"state").expect("written");
        assert_eq!(run.read_checkpoint("stage", "0", &made_from("x")).as_deref(), Some(b"state".as_slice()));
        assert_eq!(run.read_checkpoint("stage", "0", &made_from("y")), None);
        let file = run.file(&checkpoint_name("stage", "0"));
        let mut bytes = fs::read(&file).expect("readable");
        bytes[35] ^= 1;
        fs::write(&file, &bytes).expect("damaged");
        assert_eq!(run.read_checkpoint("stage", "0", &made_from("x")), None);
    }

    #[test]
    fn a_stage_is_taken_over_from_a_sibling() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut first = RunDirectory::open(&folder.path().join("first")).expect("opened");
        first.write("landscape.csv", b"1").expect("written");
        first.finish("landscape", made_from("x"), &["landscape.csv".to_owned()]).expect("finished");
        let mut second = RunDirectory::open(&folder.path().join("second")).expect("opened");
        assert!(second.adopt("landscape", &made_from("y")).expect("no error").is_none());
        assert!(second.adopt("landscape", &made_from("x")).expect("no error").is_some());
        assert_eq!(second.read("landscape.csv").expect("copied"), b"1");
        assert!(second.is_current("landscape", &made_from("x")));
    }

    #[test]
    fn a_stage_is_taken_over_from_a_donor_elsewhere() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let donor = folder.path().join("runs/first");
        let mut first = RunDirectory::open(&donor).expect("opened");
        first.write("landscape.csv", b"1").expect("written");
        first.finish("landscape", made_from("x"), &["landscape.csv".to_owned()]).expect("finished");
        let second = RunDirectory::open(&folder.path().join("compare/baselines/second")).expect("opened");
        let mut second = second.with_donors(vec![donor.clone()]);
        assert_eq!(second.adopt("landscape", &made_from("x")).expect("no error"), Some(donor));
        assert_eq!(second.read("landscape.csv").expect("copied"), b"1");
    }
}
