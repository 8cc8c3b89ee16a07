//! Files are read by mdtraj and MDAnalysis, where the environment variable `GEODYSSEY_PYTHON` names a Python that has
//! them (the test command sets it).

use std::path::Path;
use std::process::Command;

use crate::support::{alanine, straight_path, write_all};
use geodyssey_molecule::CollectiveVariable;
use geodyssey_molecule::variables::Torsion;
use geodyssey_trajectory::{TrajectoryFormat, write_pdb_structure};

const PHI: [usize; 4] = [4, 6, 8, 14];
const PSI: [usize; 4] = [6, 8, 14, 16];

#[test]
fn mdtraj_and_mdanalysis_see_what_was_written() {
    let Some(python) = std::env::var_os("GEODYSSEY_PYTHON") else {
        eprintln!("skipped: GEODYSSEY_PYTHON is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (start, end) = (alanine("c5.pdb"), alanine("c7ax.pdb"));
    let topology = start.topology();
    let frames = straight_path(&start, &end, 12);
    let reference = folder.path().join("topology.pdb");
    write_pdb_structure(&reference, topology, start.positions()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/check-trajectory.py");
    let mut command = Command::new(python);
    command.arg(script).arg(&reference).args([
        "--frames",
        "12",
        "--torsion",
        "4,6,8,14",
        "--torsion",
        "6,8,14,16",
    ]);
    for format in TrajectoryFormat::ALL {
        let path = folder.path().join(format!("path.{}", format.extension()));
        write_all(format, &path, topology, &frames);
        command.arg(path);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 12 * TrajectoryFormat::ALL.len());
    let torsions = [PHI, PSI].map(|atoms| Torsion::new(atoms, topology.atom_count()).unwrap());
    for row in rows {
        let frame = &frames[row[1].parse::<usize>().unwrap()];
        for (torsion, value) in torsions.iter().zip(&row[3..]) {
            // Coordinates are rounded to 0.001 nm at the coarsest; atoms lie 0.05 nm and more off the axis.
            let difference = value.parse::<f64>().unwrap() - torsion.value(frame);
            assert!(difference.sin().abs() < 0.02 && difference.cos() > 0.0, "{}: {difference}", row[0]);
        }
    }
}
