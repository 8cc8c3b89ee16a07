//! The directory of one run: artifacts that are complete or absent, a manifest that records to which stage they belong and what they were
//! made from, checkpoints of the running stage, and a lock against a second process.
//!
//! Whenever a process is killed, the next one finds only complete files: it removes half-written ones, keeps the stages that the manifest
//! confirms, and resumes from the last checkpoint of the one that was running.
//!
//! A file that the program did not make is never replaced or removed: [`RunDirectory::claim`] recognises the program's own files by the
//! manifest and by the list of files that were begun.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::artifact::{self, remove_if_there, remove_partial};
use crate::error::RunError;
use crate::fingerprint::{Fingerprint, Ingredients};
use crate::lock::DirectoryLock;
use crate::manifest::{Entry, Manifest};
use crate::names::{BESIDE, SUMMARY_FILE};
use crate::own_files::{OWN, check, check_claim, owns};
use crate::owner::{self, Claim};
use crate::{begun, checkpoint_files, donors};

/// The message for a second process.
const BUSY: &str =
    "another process is using it; wait until it has finished, or give another directory with --out";

/// A run directory that only this process may change.
pub struct RunDirectory {
    path: PathBuf,
    manifest: Manifest,
    /// Names of files that were begun but do not belong to a finished stage yet.
    begun: Mutex<BTreeSet<String>>,
    /// Whether the directory's summary describes the files written by this run.
    is_run: bool,
    /// Other run directories, elsewhere, from which stages may be taken over.
    donors: Vec<PathBuf>,
    lock: DirectoryLock,
}

impl RunDirectory {
    /// Opens a run directory, creating it if it is missing.
    ///
    /// # Errors
    /// A directory that this run may not use, see [`check_claim`], that another process is using, or that cannot be written.
    pub fn open(path: &Path, claim: &Claim) -> Result<Self, RunError> {
        // Before anything is created or locked.
        check_claim(path, claim)?;
        fs::create_dir_all(path).map_err(|error| RunError::file("create the run directory", path, error))?;
        let lock = DirectoryLock::acquire(path, BUSY)?;
        let found = Manifest::read(path)?;
        let begun = match found {
            Some(_) => begun::mend(path)?,
            None => BTreeSet::new(),
        };
        check(path, claim, found.as_ref(), &begun)?;
        let manifest = match found {
            Some(manifest) => manifest,
            None => {
                let manifest = Manifest::default();
                manifest.write(path)?;
                manifest
            }
        };
        if let Some(owner) = claim.new_owner(path, &manifest) {
            owner.write(path)?;
        }
        let directory = Self {
            path: path.to_owned(),
            manifest,
            begun: Mutex::new(begun),
            is_run: claim.configuration.is_some(),
            donors: Vec::new(),
            lock,
        };
        directory.remove_partial()?;
        Ok(directory)
    }

    /// Removes half-written files left by a killed process in the folders to which the program writes.
    fn remove_partial(&self) -> Result<(), RunError> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let names = self.manifest.stages.values().flat_map(|entry| entry.outputs.keys()).chain(begun.iter());
        let mut folders: BTreeSet<PathBuf> =
            names.filter_map(|name| self.file(name).parent().map(Path::to_owned)).collect();
        folders.extend([self.path.clone(), self.file(checkpoint_files::FOLDER)]);
        folders.iter().try_for_each(|folder| remove_partial(folder))
    }

    /// The same, with further run directories from which stages may be taken over.
    #[must_use]
    pub fn with_donors(mut self, donors: Vec<PathBuf>) -> Self {
        self.donors = donors;
        self
    }

    /// The path of an artifact.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Prepares for writing an artifact, by any writer; returns its path.
    ///
    /// # Errors
    /// A file of this name that the program did not make; the directory or its lock is gone.
    pub fn claim(&self, name: &str) -> Result<PathBuf, RunError> {
        self.unless_gone(self.make_ready(name))
    }

    fn make_ready(&self, name: &str) -> Result<PathBuf, RunError> {
        self.lock.verify()?;
        let path = self.file(name);
        {
            let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
            if !owns(&self.manifest, &begun, name) {
                if path.symlink_metadata().is_ok() {
                    return Err(owner::in_the_way(&path));
                }
                begun::add(&self.path, [name])?;
                begun.insert(name.to_owned());
            }
        }
        // A summary of earlier files could be mistaken for one of the present files.
        let is_summarised = self.is_run && !BESIDE.iter().any(|folder| name.starts_with(folder));
        if is_summarised && !OWN.contains(&name) && !checkpoint_files::is_checkpoint(name) {
            remove_if_there(&self.file(SUMMARY_FILE))?;
        }
        let mut folder = self.path.clone();
        for part in Path::new(name).parent().into_iter().flat_map(Path::components) {
            folder.push(part);
            // Never the run directory itself: a user who removed it would find it recreated with half its files.
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    return Err(RunError::file("create the folder", &folder, error));
                }
                _ => {}
            }
        }
        Ok(path)
    }

    /// Writes an artifact.
    ///
    /// # Errors
    /// A file of this name that the program did not make, or one that cannot be written; the directory or its lock is gone.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        self.unless_gone(artifact::write(&self.claim(name)?, bytes))
    }

    /// The result of writing something; if it failed because the directory or its lock is gone, that is the error.
    pub(crate) fn unless_gone<T>(&self, result: Result<T, RunError>) -> Result<T, RunError> {
        if result.is_err() {
            self.lock.verify()?;
        }
        result
    }

    /// Reads an artifact.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, RunError> {
        let path = self.file(name);
        fs::read(&path).map_err(|error| RunError::file("read", &path, error))
    }

    /// Reads a text artifact.
    ///
    /// # Errors
    /// A file that cannot be read or is not text.
    pub fn read_text(&self, name: &str) -> Result<String, RunError> {
        let path = self.file(name);
        fs::read_to_string(&path).map_err(|error| RunError::file("read", &path, error))
    }

    /// Whether a stage was made from the same inputs and its files are unchanged.
    pub fn is_current(&self, stage: &str, made_from: &Fingerprint) -> bool {
        self.manifest.current(&self.path, stage, made_from).is_some()
    }

    /// The revision of the stage that made its files; none if it has no files.
    pub fn revision(&self, stage: &str) -> Option<u32> {
        self.manifest.stages.get(stage).map(|entry| entry.revision)
    }

    /// Fingerprint of all files of a finished stage, on which later stages depend.
    pub fn output_fingerprint(&self, stage: &str) -> Fingerprint {
        let outputs = self.manifest.stages.get(stage).into_iter().flat_map(|entry| &entry.outputs);
        outputs.fold(Ingredients::of(stage), |sum, (name, hash)| sum.upstream(name, hash)).fingerprint()
    }

    /// Names of the files that a finished stage wrote.
    pub fn outputs(&self, stage: &str) -> impl Iterator<Item = &str> {
        self.manifest.stages.get(stage).into_iter().flat_map(|entry| entry.outputs.keys().map(String::as_str))
    }

    /// Records that a stage is finished, with all its files written. Removes its checkpoints, files that it wrote in an earlier run but not
    /// in this one, and files that were begun but do not belong to a finished stage.
    ///
    /// # Errors
    /// A file that cannot be read, written or removed; the directory or its lock is gone.
    pub fn finish(
        &mut self,
        stage: &str,
        revision: u32,
        made_from: Fingerprint,
        outputs: &[String],
    ) -> Result<(), RunError> {
        let result = self.note_finished(stage, revision, made_from, outputs);
        self.unless_gone(result)
    }

    fn note_finished(
        &mut self,
        stage: &str,
        revision: u32,
        made_from: Fingerprint,
        outputs: &[String],
    ) -> Result<(), RunError> {
        self.lock.verify()?;
        let mut hashes = BTreeMap::new();
        for name in outputs {
            hashes.insert(name.clone(), Fingerprint::of_bytes(&self.read(name)?));
        }
        let earlier: Vec<String> = self.outputs(stage).map(str::to_owned).collect();
        self.manifest.stages.insert(stage.to_owned(), Entry { revision, made_from, outputs: hashes });
        self.settle(earlier)?;
        checkpoint_files::remove(&self.path, stage)
    }

    /// Removes a stage that the run no longer has, with its files. Returns whether there was one.
    ///
    /// # Errors
    /// As [`RunDirectory::finish`].
    pub fn discard(&mut self, stage: &str) -> Result<bool, RunError> {
        self.lock.verify()?;
        let Some(entry) = self.manifest.stages.remove(stage) else { return Ok(false) };
        self.settle(entry.outputs.into_keys().collect())?;
        checkpoint_files::remove(&self.path, stage)?;
        Ok(true)
    }

    /// Writes the manifest, then removes files that belong to no stage: `earlier` ones, and those that were begun.
    fn settle(&mut self, earlier: Vec<String>) -> Result<(), RunError> {
        let begun = self.begun.get_mut().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<String> = earlier.into_iter().filter(|name| !begun.contains(name)).collect();
        // From here on they are in no manifest, but must still be recognised as the program's own.
        begun::add(&self.path, new.iter().map(String::as_str))?;
        begun.extend(new);
        self.manifest.write(&self.path)?;
        for name in begun.iter().filter(|name| self.manifest.expected(name).is_none()) {
            let file = self.path.join(name);
            remove_if_there(&file)?;
            // A folder that is not empty stays, as it should.
            let folder = file.parent().filter(|folder| *folder != self.path);
            let _ = folder.map(fs::remove_dir);
        }
        begun.clear();
        begun::clear(&self.path)
    }

    /// Takes over a finished stage from another run directory, next to this one or given, if it was made from exactly the same inputs.
    /// Returns the name of that directory, if there is one. Unreadable files there count as absent.
    ///
    /// # Errors
    /// As [`RunDirectory::write`] and [`RunDirectory::finish`].
    pub fn adopt(
        &mut self,
        stage: &str,
        revision: u32,
        made_from: &Fingerprint,
    ) -> Result<Option<PathBuf>, RunError> {
        let Some(found) = donors::find(&self.path, &self.donors, stage, made_from) else { return Ok(None) };
        for (name, bytes) in &found.files {
            self.write(name, bytes)?;
        }
        let outputs: Vec<String> = found.files.into_iter().map(|(name, _)| name).collect();
        self.finish(stage, revision, *made_from, &outputs)?;
        Ok(Some(found.directory))
    }

    /// Fails if the directory or its lock is gone.
    ///
    /// # Errors
    /// The directory or its lock has gone.
    pub fn verify(&self) -> Result<(), RunError> {
        self.lock.verify()
    }

    /// Fails if files of finished stages, or the directory itself, were removed during the run.
    ///
    /// # Errors
    /// A missing file; the directory or its lock is gone.
    pub fn verify_complete(&self) -> Result<(), RunError> {
        self.lock.verify()?;
        let mut names = self.manifest.stages.values().flat_map(|entry| entry.outputs.keys());
        match names.find(|name| !self.file(name).is_file()) {
            Some(name) => Err(RunError::File(format!(
                "{} was removed during the run: give the same command again",
                self.file(name).display()
            ))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Claim {
        Claim { configuration: Some("input.toml".into()), ..Claim::default() }
    }

    fn made_from(text: &str) -> Fingerprint {
        Ingredients::of("test").add("text", text.as_bytes()).fingerprint()
    }

    #[test]
    fn a_stage_is_current_until_a_file_or_an_ingredient_changes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("run");
        {
            let mut run = RunDirectory::open(&path, &claim()).expect("opened");
            run.write("paths/a.csv", b"a").expect("written");
            run.finish("paths", 1, made_from("x"), &["paths/a.csv".to_owned()]).expect("finished");
        }
        let run = RunDirectory::open(&path, &claim()).expect("opened again");
        assert!(run.is_current("paths", &made_from("x")));
        assert!(!run.is_current("paths", &made_from("y")));
        fs::write(run.file("paths/a.csv"), b"b").expect("edited");
        assert!(!run.is_current("paths", &made_from("x")));
    }

    #[test]
    fn files_that_a_stage_no_longer_writes_are_removed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut run = RunDirectory::open(&folder.path().join("run"), &claim()).expect("opened");
        run.write("a.csv", b"a").expect("written");
        run.write("b.csv", b"b").expect("written");
        run.finish("stage", 1, made_from("x"), &["a.csv".to_owned(), "b.csv".to_owned()]).expect("finished");
        run.finish("stage", 1, made_from("y"), &["a.csv".to_owned()]).expect("finished");
        assert!(run.file("a.csv").exists() && !run.file("b.csv").exists());
    }

    #[test]
    fn a_second_process_is_kept_out() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("run");
        let _first = RunDirectory::open(&path, &claim()).expect("opened");
        // The lock belongs to the open file, so a second handle of this process meets it as another process would.
        let message = RunDirectory::open(&path, &claim()).err().expect("locked").to_string();
        assert!(message.contains("another process"), "{message}");
    }

    #[test]
    fn a_stage_is_taken_over_from_a_sibling() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut first = RunDirectory::open(&folder.path().join("first"), &claim()).expect("opened");
        first.write("landscape.csv", b"1").expect("written");
        first.finish("landscape", 1, made_from("x"), &["landscape.csv".to_owned()]).expect("finished");
        let mut second = RunDirectory::open(&folder.path().join("second"), &claim()).expect("opened");
        assert!(second.adopt("landscape", 1, &made_from("y")).expect("no error").is_none());
        assert!(second.adopt("landscape", 1, &made_from("x")).expect("no error").is_some());
        assert_eq!(second.read("landscape.csv").expect("copied"), b"1");
        assert!(second.is_current("landscape", &made_from("x")));
    }

    /// A sibling whose files vanish or change between the reading of its manifest and theirs is as good as none; nothing of it stays.
    #[test]
    fn a_stage_of_which_a_file_is_gone_is_not_taken_over() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let names = ["landscape.csv".to_owned(), "landscape.json".to_owned()];
        let mut first = RunDirectory::open(&folder.path().join("first"), &claim()).expect("opened");
        for name in &names {
            first.write(name, b"1").expect("written");
        }
        first.finish("landscape", 1, made_from("x"), &names).expect("finished");
        let mut second = RunDirectory::open(&folder.path().join("second"), &claim()).expect("opened");
        fs::write(first.file(&names[1]), b"2").expect("changed");
        assert!(second.adopt("landscape", 1, &made_from("x")).expect("no error").is_none());
        fs::remove_file(first.file(&names[1])).expect("removed");
        assert!(second.adopt("landscape", 1, &made_from("x")).expect("no error").is_none());
        assert!(!second.file(&names[0]).exists());
        fs::write(first.file(&names[1]), b"1").expect("back again");
        assert!(second.adopt("landscape", 1, &made_from("x")).expect("no error").is_some());
    }

    #[test]
    fn a_stage_is_taken_over_from_a_donor_elsewhere() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let donor = folder.path().join("runs/first");
        let mut first = RunDirectory::open(&donor, &claim()).expect("opened");
        first.write("landscape.csv", b"1").expect("written");
        first.finish("landscape", 1, made_from("x"), &["landscape.csv".to_owned()]).expect("finished");
        let second =
            RunDirectory::open(&folder.path().join("compare/baselines/second"), &claim()).expect("opened");
        let mut second = second.with_donors(vec![donor.clone()]);
        assert_eq!(second.adopt("landscape", 1, &made_from("x")).expect("no error"), Some(donor));
        assert_eq!(second.read("landscape.csv").expect("copied"), b"1");
    }
}
