//! Trajectory files read frame by frame, one file a format.
//!
//! A trajectory may come from anywhere: every count in a file is checked against the file's length before anything is
//! allocated for it, and no reader here has unsafe code. Formats that have no reader here are read by chemfiles in a process of
//! its own (see [`crate::foreign`]).

mod dcd;
mod decoder;
mod gro;
mod input;
mod pdb;
mod trr;
mod xtc;
mod xyz;

use std::fs::File;
use std::io::{self, BufReader, Cursor};
use std::path::{Path, PathBuf};

use geodyssey_molecule::whole::gather;
use geodyssey_molecule::{Cell, Topology};

use crate::extension::extension;
use crate::{TrajectoryError, foreign};
use decoder::{DecodeError, Decoded, FrameDecoder, Limits};
use input::Input;
pub(crate) use xyz::{Columns, MAY_BE_CUT, columns, lattice, may_be_cut};

/// Buffer of a file, bytes.
const BUFFER: usize = 1 << 16;

/// One frame of a trajectory.
#[derive(Clone, Debug, PartialEq)]
pub struct TrajectoryFrame {
    /// Positions, nm, one an atom; all of them finite.
    pub positions: Vec<[f64; 3]>,
    /// The periodic cell, where the file states one.
    pub cell: Option<Cell>,
}

/// A trajectory that is read frame by frame; it holds one frame at a time in memory.
///
/// With a topology, every frame must have its number of atoms and, where the file names atoms, its names in its order. Without
/// one, every frame must have as many atoms as the first.
///
/// The iterator ends at the end of the file or after the first error.
pub struct TrajectoryReader<'t> {
    path: PathBuf,
    decoder: Box<dyn FrameDecoder>,
    topology: Option<&'t Topology>,
    /// The atoms of variables, where frames are to be made whole.
    chains: Option<Vec<Vec<usize>>>,
    atoms: Option<u64>,
    /// Frames of the file that were read, and those of them that had positions.
    looked_at: usize,
    given: usize,
    done: bool,
}

impl<'t> TrajectoryReader<'t> {
    /// Opens a trajectory or structure file, by its extension: XTC, TRR, DCD, multi-model PDB, GRO, XYZ, and what else
    /// chemfiles reads.
    ///
    /// # Errors
    /// The file cannot be opened, is empty, or has a header that is not one of its format.
    pub fn open(path: impl AsRef<Path>, topology: Option<&'t Topology>) -> Result<Self, TrajectoryError> {
        let path = path.as_ref();
        let (file, length) = open_file(path)?;
        let input = Input::new(Box::new(BufReader::with_capacity(BUFFER, file)), length);
        Self::decode(path, input, topology)
    }

    /// Reads a trajectory that lies in memory; `name` stands for its path in messages, and its extension says the format.
    ///
    /// # Errors
    /// As [`TrajectoryReader::open`], and for formats that only files have (all that chemfiles reads).
    pub fn from_bytes(
        name: &str,
        bytes: Vec<u8>,
        topology: Option<&'t Topology>,
    ) -> Result<Self, TrajectoryError> {
        let length = bytes.len() as u64;
        Self::decode(Path::new(name), Input::new(Box::new(Cursor::new(bytes)), length), topology)
    }

    fn decode(path: &Path, input: Input, topology: Option<&'t Topology>) -> Result<Self, TrajectoryError> {
        if input.is_at_end() {
            return Err(TrajectoryError::Empty { path: path.into(), what: "atoms" });
        }
        let decoder: Result<Box<dyn FrameDecoder>, DecodeError> = match extension(path).as_str() {
            "xtc" => Ok(Box::new(xtc::XtcDecoder::new(input))),
            "trr" => Ok(Box::new(trr::TrrDecoder::new(input))),
            "dcd" => dcd::DcdDecoder::new(input).map(|decoder| Box::new(decoder) as _),
            "pdb" | "ent" => Ok(Box::new(pdb::PdbDecoder::new(input))),
            "gro" => Ok(Box::new(gro::GroDecoder::new(input))),
            "xyz" | "extxyz" => Ok(Box::new(xyz::XyzDecoder::new(input))),
            _ => {
                foreign::Frames::open(path).map(|frames| Box::new(frames) as _).map_err(DecodeError::Content)
            }
        };
        let mut reader = Self {
            path: path.into(),
            decoder: Box::new(Nothing),
            topology,
            chains: None,
            atoms: topology.map(|topology| topology.atom_count() as u64),
            looked_at: 0,
            given: 0,
            done: false,
        };
        reader.decoder = decoder.map_err(|error| reader.error(error, None))?;
        Ok(reader)
    }

    /// Makes molecules whole that the periodic cell has cut, by the topology's bonds, and brings them together by the atoms of
    /// variables, `chains` ([`gather`]). Where a frame states no cell and a bond is broken, that is an error.
    ///
    /// Without a topology this changes nothing.
    #[must_use]
    pub fn made_whole(self, chains: Vec<Vec<usize>>) -> Self {
        Self { chains: Some(chains), ..self }
    }

    /// Frames so far that were left out since they hold velocities or forces but no positions, as a TRR file may.
    pub fn frames_without_positions(&self) -> usize {
        self.looked_at - self.given
    }

    /// The next frame that has positions; none after the last, or after an error.
    ///
    /// # Errors
    /// The file cannot be read, ends inside a frame, holds no frame with positions, or a frame is not of this molecule, not finite, or
    /// cannot be made whole.
    pub fn next_frame(&mut self) -> Result<Option<TrajectoryFrame>, TrajectoryError> {
        if self.done {
            return Ok(None);
        }
        let frame = self.read_frame();
        self.done = !matches!(frame, Ok(Some(_)));
        frame
    }

    fn read_frame(&mut self) -> Result<Option<TrajectoryFrame>, TrajectoryError> {
        loop {
            let index = self.looked_at;
            let decoded = self.decoder.next(&Limits { atoms: self.atoms });
            let Some(decoded) = decoded.map_err(|error| self.error(error, Some(index)))? else { break };
            self.looked_at += 1;
            if let Some(positions) = decoded.positions {
                self.given += 1;
                return self.finish(index, positions, decoded.cell, &decoded.names).map(Some);
            }
        }
        match (self.given, self.looked_at) {
            (0, 0) => Err(TrajectoryError::Empty { path: self.path.clone(), what: "frames" }),
            (0, count) => Err(TrajectoryError::content(
                &self.path,
                format!("none of its {count} frames holds positions, only velocities or forces"),
            )),
            _ => Ok(None),
        }
    }

    fn finish(
        &mut self,
        frame: usize,
        mut positions: Vec<[f64; 3]>,
        cell: Option<[[f64; 3]; 3]>,
        names: &[String],
    ) -> Result<TrajectoryFrame, TrajectoryError> {
        if positions.is_empty() {
            return Err(TrajectoryError::Empty { path: self.path.clone(), what: "atoms" });
        }
        let expected = *self.atoms.get_or_insert(positions.len() as u64);
        if expected != positions.len() as u64 {
            return Err(
                self.error(DecodeError::Atoms { found: positions.len() as u64, expected }, Some(frame))
            );
        }
        if let Some(atom) = positions.iter().position(|position| position.iter().any(|x| !x.is_finite())) {
            return Err(TrajectoryError::NotFinite { path: self.path.clone(), frame, atom });
        }
        let cell = cell.and_then(Cell::new);
        if let Some(topology) = self.topology {
            check_names(&self.path, frame, names, topology)?;
            if let Some(chains) = &self.chains {
                gather(topology, &mut positions, cell.as_ref(), chains).map_err(|error| {
                    TrajectoryError::content(&self.path, format!("frame {frame}: {error}"))
                })?;
            }
        }
        Ok(TrajectoryFrame { positions, cell })
    }

    fn error(&self, error: DecodeError, frame: Option<usize>) -> TrajectoryError {
        let path = || self.path.clone();
        match (error, frame) {
            (DecodeError::File(source), _) => TrajectoryError::File { path: path(), source },
            (DecodeError::Cut, Some(frame)) => {
                TrajectoryError::content(&self.path, format!("it ends inside frame {frame}"))
            }
            (DecodeError::Cut, None) => TrajectoryError::content(&self.path, "it ends inside its header"),
            (DecodeError::Content(reason), Some(frame)) => {
                TrajectoryError::content(&self.path, format!("frame {frame}: {reason}"))
            }
            (DecodeError::Content(reason), None) => TrajectoryError::content(&self.path, reason),
            (DecodeError::Atoms { found, expected }, frame) => {
                let (frame, found) = (frame.unwrap_or(0), found as usize);
                TrajectoryError::AtomCount { path: path(), frame, found, expected: expected as usize }
            }
        }
    }
}

impl Iterator for TrajectoryReader<'_> {
    type Item = Result<TrajectoryFrame, TrajectoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_frame().transpose()
    }
}

/// A file without frames.
struct Nothing;

impl FrameDecoder for Nothing {
    fn next(&mut self, _: &Limits) -> Result<Option<Decoded>, DecodeError> {
        Ok(None)
    }
}

impl FrameDecoder for foreign::Frames {
    fn next(&mut self, _: &Limits) -> Result<Option<Decoded>, DecodeError> {
        let frame = self.next().map_err(DecodeError::Content)?;
        Ok(frame.map(|frame| Decoded {
            names: frame.names(),
            cell: frame.cell_nm,
            positions: Some(frame.positions_nm),
        }))
    }
}

/// Opens a regular file that is not empty, and says its length.
pub(crate) fn open_file(path: &Path) -> Result<(File, u64), TrajectoryError> {
    let failed = |source| TrajectoryError::file(path, source);
    let data = std::fs::metadata(path).map_err(failed)?;
    if data.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let file = File::open(path).map_err(failed)?;
    if data.len() == 0 {
        return Err(TrajectoryError::Empty { path: path.into(), what: "atoms" });
    }
    Ok((file, data.len()))
}

/// Every name is the topology's, as far as the file has names.
fn check_names(
    path: &Path,
    frame: usize,
    names: &[String],
    topology: &Topology,
) -> Result<(), TrajectoryError> {
    for (atom, (found, expected)) in names.iter().zip(topology.atoms()).enumerate() {
        // Formats without names leave them empty or repeat the element.
        if !found.is_empty()
            && *found != expected.name
            && !found.eq_ignore_ascii_case(expected.element.symbol())
        {
            let label = topology.label(atom);
            let reason =
                format!("frame {frame}, atom {atom} is called {found}, but the topology has {label} there");
            return Err(TrajectoryError::content(path, reason));
        }
    }
    Ok(())
}
