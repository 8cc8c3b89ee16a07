//! Streams: files that only grow, for data that a running stage produces piece by piece and that are too large to be rewritten with every
//! checkpoint. The [`Mark`] in a checkpoint records how much of the file belongs to it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::interrupt;

/// A position in a stream, with the fingerprint of everything before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    bytes: u64,
    content: [u8; 32],
}

/// A file that grows.
pub struct Stream {
    path: PathBuf,
    file: File,
    bytes: u64,
    content: blake3::Hasher,
}

impl Stream {
    /// A new, empty stream.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub(crate) fn begin(path: &Path) -> Result<Self, RunError> {
        let file = File::create(path).map_err(|error| RunError::file("write", path, error))?;
        Ok(Self { path: path.to_owned(), file, bytes: 0, content: blake3::Hasher::new() })
    }

    /// An existing stream up to a mark; none if that part is missing or changed.
    ///
    /// # Errors
    /// A file that cannot be truncated to its length.
    pub(crate) fn resume(path: &Path, mark: &Mark) -> Result<Option<Self>, RunError> {
        let Ok(mut file) = OpenOptions::new().read(true).write(true).open(path) else { return Ok(None) };
        let Some(content) = content(&mut file, mark) else { return Ok(None) };
        let cut = file.set_len(mark.bytes).and_then(|()| file.seek(SeekFrom::Start(mark.bytes)));
        cut.map_err(|error| RunError::file("write", path, error))?;
        Ok(Some(Self { path: path.to_owned(), file, bytes: mark.bytes, content }))
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// A full disk, or any other reason why the file cannot be written.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        let _writing = interrupt::writing();
        self.file.write_all(bytes).map_err(|error| RunError::file("write", &self.path, error))?;
        self.content.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// The end of the stream, after everything before it is on disk: a checkpoint must not refer to missing data.
    ///
    /// # Errors
    /// As [`Stream::append`].
    pub fn mark(&self) -> Result<Mark, RunError> {
        let _writing = interrupt::writing();
        self.file.sync_data().map_err(|error| RunError::file("write", &self.path, error))?;
        Ok(Mark { bytes: self.bytes, content: *self.content.finalize().as_bytes() })
    }
}

/// Whether the content of a file before a mark is unchanged.
pub(crate) fn holds(path: &Path, mark: &Mark) -> bool {
    File::open(path).is_ok_and(|mut file| content(&mut file, mark).is_some())
}

/// The content of a file up to a mark, if unchanged.
fn content(file: &mut File, mark: &Mark) -> Option<blake3::Hasher> {
    let mut content = blake3::Hasher::new();
    content.update_reader(file.take(mark.bytes)).ok()?;
    let is_whole = content.count() == mark.bytes && content.finalize().as_bytes() == &mark.content;
    is_whole.then_some(content)
}

/// A stream opened for reading.
pub struct StreamReader {
    path: PathBuf,
    file: File,
}

impl StreamReader {
    /// Opens a stream.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn open(path: PathBuf) -> Result<Self, RunError> {
        let file = File::open(&path).map_err(|error| RunError::file("read", &path, error))?;
        Ok(Self { path, file })
    }

    /// Fills a buffer, starting at a position.
    ///
    /// # Errors
    /// A file that cannot be read or ends too early.
    pub fn read_at(&mut self, place: u64, buffer: &mut [u8]) -> Result<(), RunError> {
        let read = self.file.seek(SeekFrom::Start(place)).and_then(|_| self.file.read_exact(buffer));
        read.map_err(|error| RunError::file("read", &self.path, error))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_stream_goes_on_at_its_mark_and_not_where_it_was_changed_before() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("frames.bin");
        let mut stream = Stream::begin(&path).expect("begun");
        stream.append(b"first").expect("written");
        let mark = stream.mark().expect("written");
        stream.append(b"lost by a kill").expect("written");
        drop(stream);

        let mut again = Stream::resume(&path, &mark).expect("readable").expect("there");
        again.append(b"second").expect("written");
        assert_eq!(fs::read(&path).expect("readable"), b"firstsecond");
        assert!(holds(&path, &mark));
        let mut read = [0; 6];
        let reader = || StreamReader::open(path.clone());
        reader().and_then(|mut reader| reader.read_at(5, &mut read)).expect("read");
        assert_eq!(&read, b"second");
        assert!(reader().and_then(|mut reader| reader.read_at(6, &mut read)).is_err());

        for damaged in [&b"fi"[..], b"firsT and more"] {
            fs::write(&path, damaged).expect("changed");
            assert!(!holds(&path, &mark));
            assert!(Stream::resume(&path, &mark).expect("readable").is_none());
        }
        fs::remove_file(&path).expect("removed");
        assert!(Stream::resume(&path, &mark).expect("readable").is_none());
    }
}
