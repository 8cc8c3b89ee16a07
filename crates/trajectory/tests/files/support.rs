//! What several tests of this crate read and write.

use std::path::{Path, PathBuf};

use geodyssey_molecule::{Structure, Topology};
use geodyssey_trajectory::{Frame, TrajectoryFormat, open_writer, read_structure};

/// A file of the alanine dipeptide that the repository ships.
pub(crate) fn alanine_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../systems/alanine-dipeptide").join(name)
}

/// A structure of the alanine dipeptide.
pub(crate) fn alanine(name: &str) -> Structure {
    read_structure(alanine_file(name)).unwrap()
}

/// `count` frames on the straight line between two structures.
pub(crate) fn straight_path(start: &Structure, end: &Structure, count: usize) -> Vec<Vec<[f64; 3]>> {
    let frame = |index: usize| {
        let share = index as f64 / (count - 1) as f64;
        let between =
            |(a, b): (&[f64; 3], &[f64; 3])| [0, 1, 2].map(|axis| a[axis] + share * (b[axis] - a[axis]));
        start.positions().iter().zip(end.positions()).map(between).collect()
    };
    (0..count).map(frame).collect()
}

/// Writes frames 1 ps apart.
pub(crate) fn write_all(
    format: TrajectoryFormat,
    path: &Path,
    topology: &Topology,
    frames: &[Vec<[f64; 3]>],
) {
    let mut writer = open_writer(format, path, topology).unwrap();
    for (index, positions) in frames.iter().enumerate() {
        writer
            .write(&Frame { positions, step: index as u64, time_ps: index as f64, properties: &[] })
            .unwrap();
    }
    writer.finish().unwrap();
}

/// A Python with the programs that check what was written: the one that `GEODYSSEY_PYTHON` names, as the test command does. `none` leaves
/// these checks out, which is never done in silence.
pub(crate) fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("GEODYSSEY_PYTHON");
    let python = python.expect(
        "GEODYSSEY_PYTHON names a Python with OpenMM, mdtraj and MDAnalysis (scripts/test sets it), or is `none` to leave their checks out",
    );
    (python != "none").then_some(python)
}
