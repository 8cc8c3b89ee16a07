//! Distances after superposition are mdtraj's, where the environment variable `GEODYSSEY_PYTHON` names a Python that has it (the
//! test command sets it).

use std::process::Command;

use crate::support::{alanine, alanine_file, python, straight_path, write_all};
use geodyssey_molecule::superposition::superposed_rmsd;
use geodyssey_trajectory::{TrajectoryFormat, write_pdb_structure};

const SCRIPT: &str = "
import sys, mdtraj
trajectory = mdtraj.load(sys.argv[1], top=sys.argv[2])
target = mdtraj.load(sys.argv[3])
heavy = trajectory.topology.select('element != H')
for distance in mdtraj.rmsd(trajectory, target, atom_indices=heavy):
    print(float(distance))
";

#[test]
fn heavy_atom_distances_are_those_of_mdtraj() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (start, end) = (alanine("c5.pdb"), alanine("c7ax.pdb"));
    let frames = straight_path(&start, &end, 9);
    // Turned and shifted, frame by frame, so that there is something to superpose.
    let moved: Vec<Vec<[f64; 3]>> = frames
        .iter()
        .enumerate()
        .map(|(index, frame)| {
            let (sine, cosine) = (0.7 * index as f64).sin_cos();
            frame
                .iter()
                .map(|&[x, y, z]| [cosine * x - sine * y, sine * x + cosine * y, z + 0.1 * index as f64])
                .collect()
        })
        .collect();
    let path = folder.path().join("path.trr");
    write_all(TrajectoryFormat::Trr, &path, start.topology(), &moved);
    let topology = folder.path().join("topology.pdb");
    write_pdb_structure(&topology, start.topology(), start.positions()).unwrap();
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .args([&path, &topology, &alanine_file("c7ax.pdb")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected: Vec<f64> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(expected.len(), frames.len());
    let heavy = start.topology().heavy_atoms();
    for (frame, expected) in moved.iter().zip(expected) {
        let found = superposed_rmsd(frame, end.positions(), &heavy).unwrap();
        // mdtraj computes in single precision, from squares of the distances.
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
}
