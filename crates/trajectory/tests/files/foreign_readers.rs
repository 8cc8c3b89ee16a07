//! Files are read by mdtraj and MDAnalysis, where the environment variable `GEODYSSEY_PYTHON` names a Python that has
//! them (the test command sets it).

use std::path::Path;
use std::process::Command;

use crate::support::{alanine, python, straight_path, write_all};
use geodyssey_molecule::variables::Torsion;
use geodyssey_molecule::{CollectiveVariable, Topology};
use geodyssey_trajectory::{TrajectoryFormat, read_structure, write_pdb_structure};

const PHI: [usize; 4] = [4, 6, 8, 14];
const PSI: [usize; 4] = [6, 8, 14, 16];

#[test]
fn mdtraj_and_mdanalysis_see_what_was_written() {
    let Some(python) = python() else { return };
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

/// Residues with insertion codes, long names, several chains and a large number: other programs see every atom and residue.
#[test]
fn unusual_residues_are_read_by_others() {
    let Some(python) = python() else { return };
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(python);
    command.arg("-c").arg(READ_BY_OTHERS);
    for (index, file) in [
        "insertion-codes/topology.pdb",
        "charmm-alanine-dipeptide/topology.pdb",
        "numbering-that-restarts/a.gro",
    ]
    .into_iter()
    .enumerate()
    {
        let structure = read_structure(cases.join(file)).unwrap();
        let path = folder.path().join(format!("{index}.pdb"));
        let topology = structure.topology();
        let mut residues = topology.residues().to_vec();
        if index == 0 {
            residues[1].id = 12_345;
            residues[2].chain = "AAA".into();
        }
        let topology = Topology::new(topology.atoms().to_vec(), residues, topology.bonds().to_vec()).unwrap();
        write_pdb_structure(&path, &topology, structure.positions()).unwrap();
        command.arg(path).args(
            [topology.atom_count(), topology.residues().len(), topology.bonds().len()].map(|n| n.to_string()),
        );
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const READ_BY_OTHERS: &str = "
import sys, warnings
warnings.simplefilter('ignore')
import mdtraj, MDAnalysis
for path, *counts in zip(*[iter(sys.argv[1:])] * 4):
    atoms, residues, bonds = map(int, counts)
    universe = MDAnalysis.Universe(path)
    seen = universe.atoms.n_atoms, universe.residues.n_residues, len(universe.bonds)
    assert seen == (atoms, residues, bonds), (path, 'MDAnalysis', seen)
    topology = mdtraj.load(path, standard_names=False).topology
    assert (topology.n_atoms, topology.n_residues) == (atoms, residues), (path, topology)
    assert topology.n_bonds >= bonds, (path, topology)
";
