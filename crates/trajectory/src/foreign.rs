//! Formats that only chemfiles reads, in a process of their own.
//!
//! chemfiles reads some thirty formats in C++, not all of them safely where a file is damaged: such a file may end the process
//! that reads it. So it reads in a child of this program, with limits on time and memory, and what it read comes back
//! through a pipe, a line of JSON a frame. The program says once where it lies ([`set_program`]) and answers to the hidden
//! subcommand [`SUBCOMMAND`] with [`serve`].

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::angstrom::NM_PER_ANGSTROM;
use crate::extension::extension;

/// The subcommand of the program that reads a foreign file: `SUBCOMMAND PATH all|first`.
pub const SUBCOMMAND: &str = "read-foreign-file";

/// Longest line of the child, bytes: some 10 million atoms.
const LONGEST_LINE: u64 = 1 << 30;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Says which program reads foreign formats, normally the one that runs. The first call counts.
pub fn set_program(path: PathBuf) {
    let _ = PROGRAM.set(path);
}

/// One frame of a foreign file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ForeignFrame {
    /// Positions, nm.
    pub(crate) positions_nm: Vec<[f64; 3]>,
    /// Edges of the cell, nm, one per row.
    pub(crate) cell_nm: Option<[[f64; 3]; 3]>,
    /// Its atoms.
    pub(crate) atoms: Vec<ForeignAtom>,
    /// Its residues; only of a structure.
    pub(crate) residues: Vec<ForeignResidue>,
    /// Its bonds; only of a structure.
    pub(crate) bonds: Vec<[usize; 2]>,
}

/// An atom of a foreign file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ForeignAtom {
    /// Its name; empty where the format has none.
    pub(crate) name: String,
    /// Its type or element, as the file has it.
    pub(crate) kind: String,
    /// Its alternate location, where it has one.
    pub(crate) alternate_location: Option<String>,
}

/// A residue of a foreign file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ForeignResidue {
    /// Its name.
    pub(crate) name: String,
    /// Its number, where it has one.
    pub(crate) id: Option<i64>,
    /// Its chain; empty where the file names none.
    pub(crate) chain: String,
    /// Its insertion code, where it has one.
    pub(crate) insertion_code: Option<String>,
    /// Indices of its atoms, ascending.
    pub(crate) atoms: Vec<usize>,
}

impl ForeignFrame {
    /// Names of the atoms.
    pub(crate) fn names(&self) -> Vec<String> {
        self.atoms.iter().map(|atom| atom.name.clone()).collect()
    }
}

/// A line of the child.
#[derive(Serialize, Deserialize)]
enum Message {
    Frame(ForeignFrame),
    Failed(String),
    End,
}

/// The frames of a foreign file, one after the other, from a child process.
pub(crate) struct Frames {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Frames {
    /// Starts to read all frames.
    ///
    /// # Errors
    /// The process cannot be started.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        Self::start(path, "all")
    }

    /// Starts to read the first frame, with the residues and bonds of a structure.
    ///
    /// # Errors
    /// As [`Frames::open`].
    pub(crate) fn open_first(path: &Path) -> Result<Self, String> {
        Self::start(path, "first")
    }

    fn start(path: &Path, which: &str) -> Result<Self, String> {
        let extension = extension(path);
        if ["gz", "bz2", "xz", "zip"].contains(&extension.as_str()) {
            return Err(format!("compressed files (`.{extension}`) cannot be read; unpack the file first"));
        }
        let program = PROGRAM.get().ok_or_else(|| {
            format!(
                "files of the format `.{extension}` can be read only by the program itself, in a separate process"
            )
        })?;
        let mut child = Command::new(program)
            .arg(SUBCOMMAND)
            .arg(path)
            .arg(which)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let output =
            child.stdout.take().ok_or_else(|| "the process that reads it has no output".to_owned())?;
        Ok(Self { child, lines: BufReader::new(output) })
    }

    /// The next frame; none after the last.
    ///
    /// # Errors
    /// The file cannot be read, or the process that reads it ended by an error of its own.
    pub(crate) fn next(&mut self) -> Result<Option<ForeignFrame>, String> {
        let mut line = String::new();
        // A child that dies in the middle of a line leaves text that is not JSON.
        let read = (&mut self.lines).take(LONGEST_LINE).read_line(&mut line);
        match read.ok().and_then(|_| serde_json::from_str(&line).ok()) {
            Some(Message::Frame(frame)) => Ok(Some(frame)),
            Some(Message::End) => Ok(None),
            Some(Message::Failed(reason)) => Err(reason),
            None => Err(self.how_it_ended()),
        }
    }

    fn how_it_ended(&mut self) -> String {
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) => format!(
                "the process that reads this format ended early ({status}): the file is damaged, or far larger than it seems"
            ),
            Err(error) => format!("the process that reads this format was lost: {error}"),
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        // It has ended by itself, or no more of its output is needed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the child does: reads a file with chemfiles and writes a line for each frame (or the `first`), within limits on time and
/// memory that the file's length sets.
///
/// # Errors
/// Nobody reads what is written.
pub fn serve(path: &Path, first: bool, out: impl Write) -> std::io::Result<()> {
    limit(std::fs::metadata(path).map_or(0, |data| data.len()));
    chemfiles::set_warning_callback(|_| {});
    let mut out = std::io::BufWriter::new(out);
    let last = match send_frames(path, first, &mut out) {
        Ok(()) => Message::End,
        Err(SendError::Write(error)) => return Err(error),
        Err(SendError::Read(reason)) => Message::Failed(reason),
    };
    send(&last, &mut out)?;
    out.flush()
}

enum SendError {
    Read(String),
    Write(std::io::Error),
}

fn send_frames(path: &Path, first: bool, out: &mut impl Write) -> Result<(), SendError> {
    let unreadable = |error: chemfiles::Error| SendError::Read(error.to_string());
    let mut reader = chemfiles::Trajectory::open(path, 'r').map_err(unreadable)?;
    let count = if first { reader.nsteps().min(1) } else { reader.nsteps() };
    for index in 0..count {
        let mut frame = chemfiles::Frame::new();
        reader.read(&mut frame).map_err(unreadable)?;
        // JSON has no word for such a number.
        if let Some(atom) = frame.positions().iter().position(|x| x.iter().any(|x| !x.is_finite())) {
            return Err(SendError::Read(format!("frame {index}, atom {atom}: the position is not finite")));
        }
        send(&Message::Frame(foreign_frame(&frame, first)), out).map_err(SendError::Write)?;
    }
    Ok(())
}

fn send(message: &Message, out: &mut impl Write) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, message)?;
    out.write_all(b"\n")
}

fn foreign_frame(frame: &chemfiles::Frame, structure: bool) -> ForeignFrame {
    let nm = |position: [f64; 3]| position.map(|x| x * NM_PER_ANGSTROM);
    let cell = frame.cell();
    // chemfiles has the edges in columns.
    let columns = cell.matrix();
    let edges = [0, 1, 2].map(|edge| nm([0, 1, 2].map(|axis| columns[axis][edge])));
    let text = |property| match property {
        Some(chemfiles::Property::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    };
    let topology = frame.topology();
    let residues = (0..topology.residues_count()).filter_map(|index| topology.residue(index as usize));
    let residues = residues.filter(|_| structure).map(|residue| {
        let mut atoms = residue.atoms();
        atoms.sort_unstable();
        ForeignResidue {
            name: residue.name(),
            id: residue.id(),
            chain: text(residue.get("chainid")).unwrap_or_default(),
            insertion_code: text(residue.get("insertion_code")),
            atoms,
        }
    });
    ForeignFrame {
        positions_nm: frame.positions().iter().copied().map(nm).collect(),
        cell_nm: (cell.shape() != chemfiles::CellShape::Infinite).then_some(edges),
        atoms: frame
            .iter_atoms()
            .map(|atom| ForeignAtom {
                name: atom.name(),
                kind: atom.atomic_type(),
                alternate_location: text(atom.get("altloc")),
            })
            .collect(),
        residues: residues.collect(),
        bonds: if structure { topology.bonds() } else { Vec::new() },
    }
}

/// Seconds of processor time, and bytes of memory, for a file without content; and for every byte of it.
#[cfg(unix)]
const LIMITS: [(rustix::process::Resource, u64, f64); 3] = [
    (rustix::process::Resource::Cpu, 60, 1e-6),
    (rustix::process::Resource::As, 1 << 30, 64.0),
    // A crash is expected, and nobody wants its memory on disk.
    (rustix::process::Resource::Core, 0, 0.0),
];

/// Limits this process; where that is refused, a damaged file can only take longer.
#[cfg(unix)]
fn limit(length: u64) {
    for (resource, base, share) in LIMITS {
        let most = Some(base + (share * length as f64) as u64);
        let _ =
            rustix::process::setrlimit(resource, rustix::process::Rlimit { current: most, maximum: most });
    }
}

/// Other systems have no such limits.
#[cfg(not(unix))]
fn limit(_length: u64) {}
