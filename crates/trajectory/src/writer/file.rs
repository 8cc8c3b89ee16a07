//! The checks and the care for the file that all formats share.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use geodyssey_partial_file::PartialFile;

use super::encoder::{EncodeError, FrameEncoder, SeekableWrite};
use super::frame::Frame;
use crate::TrajectoryError;

/// A trajectory file being written. Nothing stands under its name before [`TrajectoryWriter::finish`];
/// a writer that is dropped leaves nothing.
pub trait TrajectoryWriter: Send {
    /// Appends a frame.
    ///
    /// # Errors
    /// A wrong number of atoms, a position that is not finite or has no room in the format, a step or time that does
    /// not increase, or an operating system that cannot write.
    fn write(&mut self, frame: &Frame<'_>) -> Result<(), TrajectoryError>;

    /// Writes all that is buffered through to the disk and gives the file its name.
    ///
    /// # Errors
    /// No frame was written, or the operating system cannot write, a full disk included.
    fn finish(self: Box<Self>) -> Result<(), TrajectoryError>;
}

/// Checks frames and hands them to an encoder.
pub(super) struct CheckedEncoder {
    path: PathBuf,
    encoder: Box<dyn FrameEncoder>,
    atoms: usize,
    frames: usize,
    last: Option<(u64, f64)>,
}

impl CheckedEncoder {
    pub(super) fn new(path: &Path, encoder: Box<dyn FrameEncoder>, atoms: usize) -> Self {
        Self { path: path.into(), encoder, atoms, frames: 0, last: None }
    }

    pub(super) fn write(
        &mut self,
        frame: &Frame<'_>,
        out: &mut dyn SeekableWrite,
    ) -> Result<(), TrajectoryError> {
        let (path, index) = (|| self.path.clone(), self.frames);
        if frame.positions.len() != self.atoms {
            let (found, expected) = (frame.positions.len(), self.atoms);
            return Err(TrajectoryError::AtomCount { path: path(), frame: index, found, expected });
        }
        let broken = |position: &[f64; 3]| position.iter().any(|x| !x.is_finite());
        if let Some(atom) = frame.positions.iter().position(broken) {
            return Err(TrajectoryError::NotFinite { path: path(), frame: index, atom });
        }
        let increases = self.last.is_none_or(|(step, time)| frame.step > step && frame.time_ps > time);
        if !increases || !frame.time_ps.is_finite() {
            return Err(self.out_of_order(frame, "step and time must increase".into()));
        }
        self.encoder.encode(frame, out).map_err(|error| match error {
            EncodeError::Write(source) => TrajectoryError::File { path: path(), source },
            EncodeError::DoesNotFit(what) => TrajectoryError::DoesNotFit { path: path(), what },
            EncodeError::Order(reason) => self.out_of_order(frame, reason),
        })?;
        self.last = Some((frame.step, frame.time_ps));
        self.frames += 1;
        Ok(())
    }

    pub(super) fn finish(&mut self, out: &mut dyn SeekableWrite) -> Result<(), TrajectoryError> {
        if self.frames == 0 {
            return Err(TrajectoryError::Empty { path: self.path.clone(), what: "frames" });
        }
        let finished = self.encoder.finish(out).and_then(|()| out.flush().map_err(EncodeError::Write));
        finished.map_err(|error| match error {
            EncodeError::Write(source) => TrajectoryError::file(&self.path, source),
            EncodeError::DoesNotFit(what) | EncodeError::Order(what) => {
                TrajectoryError::DoesNotFit { path: self.path.clone(), what }
            }
        })
    }

    fn out_of_order(&self, frame: &Frame<'_>, reason: String) -> TrajectoryError {
        let (step, time_ps) = (frame.step, frame.time_ps);
        TrajectoryError::Order { path: self.path.clone(), frame: self.frames, step, time_ps, reason }
    }
}

/// Writes under a passing name; the file takes its own when it is whole.
pub(super) struct FileWriter {
    partial: PartialFile,
    out: BufWriter<File>,
    checked: CheckedEncoder,
}

impl FileWriter {
    pub(super) fn create(
        path: &Path,
        encoder: Box<dyn FrameEncoder>,
        atoms: usize,
    ) -> Result<Self, TrajectoryError> {
        let (partial, file) =
            PartialFile::create(path).map_err(|source| TrajectoryError::file(path, source))?;
        Ok(Self { partial, out: BufWriter::new(file), checked: CheckedEncoder::new(path, encoder, atoms) })
    }
}

impl TrajectoryWriter for FileWriter {
    fn write(&mut self, frame: &Frame<'_>) -> Result<(), TrajectoryError> {
        self.checked.write(frame, &mut self.out)
    }

    fn finish(self: Box<Self>) -> Result<(), TrajectoryError> {
        let Self { partial, mut out, mut checked } = *self;
        checked.finish(&mut out)?;
        partial.complete(out).map_err(|source| TrajectoryError::file(&checked.path, source))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor, Seek, SeekFrom, Write};

    use geodyssey_molecule::{Atom, Element, Residue, Topology};

    use super::super::TrajectoryFormat;
    use super::*;

    /// A disk with room for some bytes.
    struct FullDisk {
        data: Cursor<Vec<u8>>,
        room: u64,
    }

    impl Write for FullDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.data.position() + bytes.len() as u64 > self.room {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.data.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for FullDisk {
        fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
            self.data.seek(position)
        }
    }

    /// Writes two frames of twelve atoms.
    fn write_two_frames(format: TrajectoryFormat, room: u64) -> Result<u64, TrajectoryError> {
        let atom = |index| Atom { name: format!("C{index}"), element: Element::CARBON, residue: 0 };
        let residue = Residue { name: "MOL".into(), id: 1, atoms: (0..12).collect(), ..Residue::default() };
        let topology = Topology::new((0..12).map(atom).collect(), vec![residue], []).unwrap();
        let path = Path::new("disk");
        let mut checked = CheckedEncoder::new(path, format.encoder(path, &topology)?, 12);
        let mut out = BufWriter::new(FullDisk { data: Cursor::new(Vec::new()), room });
        for step in 0..2 {
            let positions: Vec<[f64; 3]> = (0..12).map(|i| [0.1 * f64::from(i), 0.3, -0.2]).collect();
            checked.write(
                &Frame { positions: &positions, step, time_ps: step as f64, properties: &[] },
                &mut out,
            )?;
        }
        checked.finish(&mut out)?;
        Ok(out.get_ref().data.get_ref().len() as u64)
    }

    #[test]
    fn a_full_disk_is_an_error_at_every_byte() {
        for format in TrajectoryFormat::ALL {
            let size = write_two_frames(format, u64::MAX).unwrap();
            for room in (0..size).step_by(7).chain([size - 1]) {
                let error = write_two_frames(format, room).unwrap_err();
                assert!(matches!(error, TrajectoryError::File { .. }), "{format:?}: {error}");
            }
            assert_eq!(write_two_frames(format, size).unwrap(), size, "{format:?}");
        }
    }
}
