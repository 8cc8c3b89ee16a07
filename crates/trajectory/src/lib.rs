//! Structure and trajectory files, in and out.
//!
//! Each format is one small file: structures are read by [`read_structure`], frames by [`TrajectoryReader`]; those that are written in [`writer`].
//! What else chemfiles reads goes through a separate process ([`foreign`]), since a damaged file can crash chemfiles. Nor
//! does chemfiles write: it does so through a memory map, where a full disk kills the process by a signal instead of returning an
//! error, and its multi-model PDB is not read back right.
//!
//! Lengths are nm here; files in Å are converted at this edge.

mod angstrom;
mod error;
mod extension;
pub mod foreign;
mod frames;
mod reader;
mod structure;
pub mod writer;

pub use error::TrajectoryError;
pub use frames::read_frames;
pub use reader::{TrajectoryFrame, TrajectoryReader};
pub use structure::{StructureFile, read_structure, read_structure_content, read_structure_file};
pub use writer::{
    Frame, FrameProperty, RenamedAtom, TrajectoryFormat, TrajectoryWriter, open_writer, renamed_in_pdb,
    write_pdb_structure,
};
