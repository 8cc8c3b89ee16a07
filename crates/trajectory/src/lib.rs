//! Structure and trajectory files, in and out.
//!
//! PDB, GRO, mol2 and XYZ structures and the models of PDB files have readers here; all else goes through chemfiles.
//! Writing does not: chemfiles writes binary files through a memory map, where a full
//! disk kills the process by a signal instead of returning an error, and its multi-model PDB is not read back right.
//! Each output format is one small file in [`writer`].
//!
//! Lengths are nm here; files in Å are converted at this edge.

mod error;
mod frame_lengths;
mod frames;
mod source;
mod structure;
pub mod writer;

pub use error::TrajectoryError;
pub use frames::read_frames;
pub use structure::{StructureFile, read_structure, read_structure_file};
pub use writer::{
    Frame, FrameProperty, RenamedAtom, TrajectoryFormat, TrajectoryWriter, open_writer, renamed_in_pdb,
    write_pdb_structure,
};
