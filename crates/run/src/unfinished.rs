//! The files of a running stage: checkpoints, and streams that only grow.

use std::fs;

use crate::artifact;
use crate::checkpoint_files::{self, file_name};
use crate::directory::RunDirectory;
use crate::error::RunError;
use crate::fingerprint::Fingerprint;
use crate::interrupt;
use crate::stream::{self, Mark, Stream, StreamReader};

impl RunDirectory {
    /// Writes a checkpoint of a running stage.
    ///
    /// # Errors
    /// A full disk, or any other reason why the file cannot be written.
    pub fn write_checkpoint(
        &self,
        stage: &str,
        name: &str,
        made_from: &Fingerprint,
        state: &[u8],
    ) -> Result<(), RunError> {
        let _writing = interrupt::writing();
        let path = self.claim(&file_name(stage, name))?;
        let bytes = checkpoint_files::sealed(made_from, state);
        self.unless_gone(artifact::write(&path, &bytes))
    }

    /// The checkpoint of an interrupted stage, if it was made from the same inputs and is undamaged.
    pub fn read_checkpoint(&self, stage: &str, name: &str, made_from: &Fingerprint) -> Option<Vec<u8>> {
        checkpoint_files::unsealed(made_from, fs::read(self.file(&file_name(stage, name))).ok()?)
    }

    /// Whether an interrupted run has left checkpoints of a stage of which none can be used: they are of other ingredients, or of a program
    /// that kept them in another way.
    pub fn has_only_unusable_checkpoints(&self, stage: &str, made_from: &Fingerprint) -> bool {
        checkpoint_files::found(&self.file(""), stage, made_from) == (true, false)
    }

    /// A stream of a running stage, empty.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub fn begin_stream(&self, stage: &str, name: &str) -> Result<Stream, RunError> {
        self.unless_gone(Stream::begin(&self.claim(&file_name(stage, name))?))
    }

    /// A stream of an interrupted run, up to a mark; none if that part is missing or changed.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn resume_stream(&self, stage: &str, name: &str, mark: &Mark) -> Result<Option<Stream>, RunError> {
        self.unless_gone(Stream::resume(&self.claim(&file_name(stage, name))?, mark))
    }

    /// A stream of this process, for reading.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read_stream(&self, stage: &str, name: &str) -> Result<StreamReader, RunError> {
        self.unless_gone(StreamReader::open(self.file(&file_name(stage, name))))
    }

    /// Whether the content of a stream before a mark is unchanged.
    pub fn stream_holds(&self, stage: &str, name: &str, mark: &Mark) -> bool {
        stream::holds(&self.file(&file_name(stage, name)), mark)
    }

    /// Removes the checkpoints and streams of a stage, whichever run they are from.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn remove_checkpoints(&self, stage: &str) -> Result<(), RunError> {
        checkpoint_files::remove(&self.file(""), stage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Ingredients;
    use crate::owner::Claim;

    #[test]
    fn checkpoints_of_other_ingredients_or_with_damage_are_not_used() {
        let made_from = |text: &str| Ingredients::of("test").add("text", text.as_bytes()).fingerprint();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let claim = Claim { configuration: Some("input.toml".into()), ..Claim::default() };
        let run = RunDirectory::open(&folder.path().join("run"), &claim).expect("opened");
        run.write_checkpoint("stage", "0", &made_from("x"), b"state").expect("written");
        assert_eq!(run.read_checkpoint("stage", "0", &made_from("x")).as_deref(), Some(b"state".as_slice()));
        assert_eq!(run.read_checkpoint("stage", "0", &made_from("y")), None);
        assert!(!run.has_only_unusable_checkpoints("stage", &made_from("x")));
        assert!(run.has_only_unusable_checkpoints("stage", &made_from("y")));
        assert!(!run.has_only_unusable_checkpoints("another", &made_from("y")));
        let file = run.file(&file_name("stage", "0"));
        let mut bytes = fs::read(&file).expect("readable");
        bytes[35] ^= 1;
        fs::write(&file, &bytes).expect("damaged");
        assert_eq!(run.read_checkpoint("stage", "0", &made_from("x")), None);
    }
}
