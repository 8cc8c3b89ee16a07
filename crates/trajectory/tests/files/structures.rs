//! Structures read from files.

use std::path::Path;

use crate::support::{alanine, alanine_file};
use geodyssey_molecule::states::{compare_states, distinct_states};
use geodyssey_molecule::variables::{Angle, Distance, Torsion};
use geodyssey_molecule::{CollectiveVariable, Structure};
use geodyssey_trajectory::{
    TrajectoryError, read_frames, read_structure, read_structure_file, write_pdb_structure,
};

fn from_text(name: &str, text: &str) -> Result<Structure, TrajectoryError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    read_structure(&path)
}

/// An ATOM record; coordinates in Å.
fn atom(serial: &str, name: &str, residue: &str, id: i64, [x, y, z]: [f64; 3], element: &str) -> String {
    format!(
        "ATOM  {serial:>5} {name:<5}{residue:<3} A{id:>4}    {x:8.3}{y:8.3}{z:8.3}  1.00  0.00          {element:>2}\n"
    )
}

#[test]
fn alanine_dipeptide_has_its_atoms_bonds_and_labels() {
    let structure = alanine("topology.pdb");
    let topology = structure.topology();
    assert_eq!(topology.atom_count(), 22);
    assert_eq!(
        topology.residues().iter().map(|r| (r.name.as_str(), r.id)).collect::<Vec<_>>(),
        [("ACE", 1), ("ALA", 2), ("NME", 3)]
    );
    assert_eq!(topology.residues()[1].atoms, (6..16).collect::<Vec<_>>());
    assert_eq!(topology.heavy_atoms(), [1, 4, 5, 6, 8, 10, 14, 15, 16, 18]);
    assert_eq!(topology.select("ALA 2 CA").unwrap(), 8);
    assert_eq!(topology.label(16), "NME 3 N");
    // Methyl groups of three residues, two amides, the alpha carbon: 21 bonds, no ring.
    let expected = [
        [0, 1],
        [1, 2],
        [1, 3],
        [1, 4],
        [4, 5],
        [4, 6],
        [6, 7],
        [6, 8],
        [8, 9],
        [8, 10],
        [8, 14],
        [10, 11],
        [10, 12],
        [10, 13],
        [14, 15],
        [14, 16],
        [16, 17],
        [16, 18],
        [18, 19],
        [18, 20],
        [18, 21],
    ];
    assert_eq!(topology.bonds(), expected);
    assert!(topology.atoms().iter().filter(|atom| !atom.element.is_heavy()).count() == 12);
}

#[test]
fn bonds_are_the_same_without_conect_records() {
    let text = std::fs::read_to_string(alanine_file("c7ax.pdb")).unwrap();
    let bare: String =
        text.lines().filter(|line| !line.starts_with("CONECT")).map(|line| format!("{line}\n")).collect();
    assert_eq!(
        from_text("bare.pdb", &bare).unwrap().topology().bonds(),
        alanine("c7ax.pdb").topology().bonds()
    );
}

#[test]
fn variables_agree_with_mdtraj() {
    // mdtraj 1.11: compute_dihedrals, compute_angles, compute_distances of the shipped structures (single precision).
    for (file, phi, psi, angle, distance) in [
        ("c5.pdb", -2.566_034, 2.776_794, 1.937_423, 0.247_602),
        ("c7ax.pdb", 1.049_200, -0.712_007, 2.047_798, 0.258_289),
        ("c7eq.pdb", -1.351_016, 0.942_427, 1.977_110, 0.252_018),
    ] {
        let structure = alanine(file);
        let x = structure.positions();
        assert!((Torsion::new([4, 6, 8, 14], 22).unwrap().value(x) - phi).abs() < 2e-6, "{file}");
        assert!((Torsion::new([6, 8, 14, 16], 22).unwrap().value(x) - psi).abs() < 2e-6, "{file}");
        assert!((Angle::new([6, 8, 14], 22).unwrap().value(x) - angle).abs() < 2e-6, "{file}");
        assert!((Distance::new([6, 14], 22).unwrap().value(x) - distance).abs() < 1e-6, "{file}");
    }
}

#[test]
fn the_states_are_compatible_and_a_d_amino_acid_is_not() {
    let (start, end) = (alanine("c5.pdb"), alanine("c7ax.pdb"));
    let topology = start.topology();
    compare_states(topology, &start, &end, &[[6, 8], [8, 14]]).unwrap();
    assert!(distinct_states(topology, &start, &end).unwrap() > 0.05);
    // Exchanging the alpha hydrogen's and the beta carbon's directions makes D-alanine.
    let mut positions = end.positions().to_vec();
    for x in &mut positions {
        x[0] = -x[0];
    }
    let inverted = Structure::new(topology.clone(), positions).unwrap();
    let error = compare_states(topology, &start, &inverted, &[[6, 8], [8, 14]]).unwrap_err().to_string();
    assert!(error.starts_with("ALA 2 CA has opposite chirality"), "{error}");
    let error = distinct_states(topology, &start, &start).unwrap_err().to_string();
    assert!(error.contains("same structure"), "{error}");
}

#[test]
fn a_written_structure_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("topology.pdb");
    let structure = alanine("c7eq.pdb");
    write_pdb_structure(&path, structure.topology(), structure.positions()).unwrap();
    let again = read_structure(&path).unwrap();
    assert_eq!(again.topology(), structure.topology());
    for (a, b) in again.positions().iter().flatten().zip(structure.positions().iter().flatten()) {
        assert!((a - b).abs() < 1e-12);
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let records = "REMARK   1 CREATED BY GEODYSSEY, CONECT LISTS ALL BONDS\nATOM      1  H1  ACE A   1    ";
    assert!(text.starts_with(records), "{text}");
    assert_eq!(text.matches("TER   ").count(), 1);
    assert!(!text.contains("CRYST1") && !text.contains("MODEL") && text.ends_with("END\n"));
    assert_eq!(read_frames(&path, Some(structure.topology())).unwrap().len(), 1);
}

#[test]
fn conect_records_name_serial_numbers_and_chain_breaks_are_not_bridged() {
    // Two chains whose residue numbers follow each other, far apart, with serial numbers that skip.
    let text = [
        atom("5", "N", "GLY", 1, [0.0, 0.0, 0.0], "N"),
        atom("9", "CA", "GLY", 1, [1.46, 0.0, 0.0], "C"),
        atom("11", "C", "GLY", 1, [2.0, 1.42, 0.0], "C"),
        atom("20", "N", "GLY", 2, [9.0, 0.0, 0.0], "N"),
        atom("21", "CA", "GLY", 2, [10.46, 0.0, 0.0], "C"),
        "CONECT    5   20\nCONECT    9   99\nEND\n".to_owned(),
    ]
    .concat();
    let structure = from_text("breaks.pdb", &text).unwrap();
    assert_eq!(structure.topology().bonds(), [[0, 1], [0, 3], [1, 2], [3, 4]]);
}

#[test]
fn elements_come_from_names_where_the_file_has_none() {
    let gro = "water and ions\n    6\n    1ALA     CA    1   0.100   0.100   0.100\n    1ALA      C    2   0.250   0.100   0.100\n    \
               2SOL     OW    3   1.000   1.000   1.000\n    2SOL    HW1    4   1.096   1.000   1.000\n    \
               2SOL    HW2    5   0.976   1.093   1.000\n    3CA      CA    6   2.000   2.000   2.000\n   3.0 3.0 3.0\n";
    let structure = from_text("ions.gro", gro).unwrap();
    let symbols: Vec<&str> = structure.topology().atoms().iter().map(|atom| atom.element.symbol()).collect();
    assert_eq!(symbols, ["C", "C", "O", "H", "H", "Ca"]);
    assert_eq!(structure.topology().bonds(), [[0, 1], [2, 3], [2, 4]]);
    assert_eq!(structure.positions()[3], [1.096, 1.0, 1.0]);
}

#[test]
fn a_file_that_lists_all_bonds_gets_no_others() {
    // Two atoms in contact, as a run writes them: no bond is told by their distance.
    let pair = atom("1", "C1", "ONE", 1, [0.0; 3], "C") + &atom("2", "C2", "TWO", 2, [1.5, 0.0, 0.0], "C");
    assert_eq!(from_text("pair.pdb", &pair).unwrap().topology().bonds().len(), 1);
    let listed = format!("REMARK   1 CREATED BY GEODYSSEY, CONECT LISTS ALL BONDS\n{pair}END\n");
    assert!(from_text("pair.pdb", &listed).unwrap().topology().bonds().is_empty());
}

#[test]
fn one_parse_decides_which_lines_are_atoms() {
    // A stray record is refused with its line; it can neither shift bonds nor be dropped.
    let two = |between: &str| {
        let carbon = atom("1", "C1", "LIG", 1, [0.0; 3], "C");
        let oxygen = atom("3", "O1", "LIG", 1, [1.2, 0.0, 0.0], "O");
        format!("{carbon}{between}{oxygen}CONECT    1    3\nEND\n")
    };
    assert_eq!(from_text("two.pdb", &two("")).unwrap().topology().bonds(), [[0, 1]]);
    for stray in [
        "ATOM\n",
        "ATOM      2\n",
        "ATOM      2  C   LIG A   1\n",
        "HETATM    2  C   LIG A   1       0.000\n",
    ] {
        let error = from_text("two.pdb", &two(stray)).unwrap_err().to_string();
        assert!(
            error.contains("line 2: the ") && error.contains("record ends before its coordinates"),
            "{error}"
        );
    }
    let error =
        from_text("two.pdb", &two("ATOM      2  C   LIG A   1       0.0x0   0.000   0.000\n")).unwrap_err();
    assert!(error.to_string().contains("line 2: the x coordinate (columns 31–38) is `   0.0x0`"), "{error}");
    let accented = "ATOM      2  Cé  LIG A   1       0.000   0.000   0.000\n";
    let error = from_text("two.pdb", &two(accented)).unwrap_err().to_string();
    assert!(error.contains("line 2: columns 13–16 hold characters that are not ASCII"), "{error}");
    // Lines with other names are no atoms.
    assert_eq!(from_text("two.pdb", &two("ATOMS     2\nANISOU    1\n")).unwrap().topology().atom_count(), 2);
}

#[test]
fn models_end_once_and_conect_looks_serial_numbers_up() {
    let model = |n: usize| {
        let atoms = atom("7", "C1", "LIG", 1, [0.0; 3], "C")
            + &atom("A000", "C2", "LIG", 1, [5.0 * n as f64, 0.0, 0.0], "C");
        format!("MODEL     {n}\n{atoms}TER\nENDMDL\n")
    };
    let text = format!("REMARK\n{}{}CONECT    7 A000\nCONECT    7   99\nEND\n", model(1), model(2));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.pdb");
    std::fs::write(&path, &text).unwrap();
    assert_eq!(read_structure(&path).unwrap().topology().bonds(), [[0, 1]]);
    let frames = read_frames(&path, None).unwrap();
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1][1], [1.0, 0.0, 0.0]);
    let twice = atom("1", "C1", "LIG", 1, [0.0; 3], "C") + &atom("1", "C2", "LIG", 1, [5.0, 0.0, 0.0], "C");
    assert!(from_text("twice.pdb", &twice).is_ok());
    let error = from_text("twice.pdb", &format!("{twice}CONECT    1    2\n")).unwrap_err().to_string();
    assert!(error.contains("line 3: CONECT names atom 1, but 2 atoms have this serial number"), "{error}");
}

#[test]
fn residues_with_insertion_codes_long_names_and_large_numbers() {
    let record = |serial: usize, place: &str, x: f64| {
        format!("ATOM  {serial:>5}  CA  {place}   {x:8.3}   0.000   0.000  1.00  0.00           C\n")
    };
    let places = ["ALA A  52 ", "ALA A  52A", "ALADX   1 ", "ALA AA001 ", "ALA A12345", "HOH A   1 "];
    let text: String = places.iter().enumerate().map(|(n, place)| record(n, place, 5.0 * n as f64)).collect();
    let structure = from_text("residues.pdb", &text).unwrap();
    let residues = structure.topology().residues();
    let labels: Vec<String> =
        residues.iter().map(|r| format!("{}:{} {}", r.chain, r.name, r.number())).collect();
    assert_eq!(labels, ["A:ALA 52", "A:ALA 52A", "X:ALAD 1", "A:ALA 10001", "A:ALA 12345", "A:HOH 1"]);
    // Hydrogens at the end of the file belong to their residue, a number that comes again after a chain's end does not.
    let apart = [
        atom("1", "N", "GLY", 1, [0.0; 3], "N"),
        atom("2", "N", "GLY", 2, [3.0, 0.0, 0.0], "N"),
        atom("3", "H", "GLY", 1, [0.0, 1.0, 0.0], "H"),
        "TER\n".to_owned(),
        atom("4", "H", "GLY", 2, [9.0, 1.0, 0.0], "H"),
    ];
    let structure = from_text("apart.pdb", &apart.concat()).unwrap();
    let atoms: Vec<&[usize]> = structure.topology().residues().iter().map(|r| r.atoms.as_slice()).collect();
    assert_eq!(atoms, [&[0, 2][..], &[1], &[3]]);
}

#[test]
fn gro_numbers_that_restart_begin_other_residues() {
    let gro = "ACE and a ligand with its number, velocities, five decimals\n 3\n    1ACE      C    1   0.10000   0.10000   0.10000  0.1000 -0.1000  0.2000\n    \
               2NME      N    2   0.23000   0.10000   0.10000  0.1000 -0.1000  0.2000\n    1ACE      C    3   0.90000   0.10000  -0.10000  0.1000 -0.1000  0.2000\n   3.0 4.0 5.0\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("restart.gro");
    std::fs::write(&path, gro).unwrap();
    let file = read_structure_file(&path, None).unwrap();
    assert_eq!(file.structure.topology().residues().len(), 3);
    assert_eq!(file.structure.positions()[2], [0.9, 0.1, -0.1]);
    assert_eq!(
        file.cell.map(|cell| cell.vectors()),
        Some([[3.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 5.0]])
    );
    let error = from_text("short.gro", "title\n 3\n    1ACE      C    1   0.10000   0.10000   0.10000\n")
        .unwrap_err();
    assert!(error.to_string().contains("ends too early"), "{error}");
}

#[test]
fn cells_of_pdb_files_and_their_placeholders() {
    let cell = |record: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell.pdb");
        std::fs::write(&path, format!("{record}\n{}", atom("1", "C", "MOL", 1, [0.0; 3], "C"))).unwrap();
        read_structure_file(&path, None).unwrap().cell.map(|cell| cell.vectors())
    };
    // A truncated octahedron as GROMACS writes it: vectors (d, 0, 0), (d/3, 2√2d/3, 0), (−d/3, √2d/3, √6d/3).
    let [a, b, c] = cell("CRYST1   30.000   30.000   30.000  70.53 109.47  70.53 P 1           1").unwrap();
    let d = 3.0_f64;
    let expected = [
        [d, 0.0, 0.0],
        [d / 3.0, d * 8.0_f64.sqrt() / 3.0, 0.0],
        [-d / 3.0, d * 2.0_f64.sqrt() / 3.0, d * 6.0_f64.sqrt() / 3.0],
    ];
    for (found, expected) in [a, b, c].iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() < 2e-4, "{found} against {expected}");
    }
    for placeholder in [
        "CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1           1",
        "CRYST1    0.000    0.000    0.000  90.00  90.00  90.00 P 1           1",
        "REMARK",
    ] {
        assert_eq!(cell(placeholder), None, "{placeholder}");
    }
}

#[test]
fn elements_without_their_column() {
    let symbols = |file: &str| -> String {
        let structure =
            read_structure(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases").join(file))
                .unwrap();
        structure.topology().atoms().iter().map(|atom| atom.element.symbol()).collect()
    };
    assert_eq!(symbols("silanol-without-elements/a.pdb"), "SiOHHHH");
    assert_eq!(symbols("charmm-alanine-dipeptide/topology.pdb"), "HCHHCONHCHCHHHCONHCHHH");
    assert_eq!(symbols("gaff-chlorophenol/a.mol2"), "CCCCCCOClHHHHH");
    assert_eq!(symbols("amber-typed-valine/c5.mol2"), "HCHHCONHCHCHCHHHCHHHCONHCHHH");
    // An alpha-carbon trace, ions in CHARMM's names, and a file whose names all begin in column 13.
    let line = |n: usize, name: &str, residue: &str| {
        format!("ATOM  {n:>5} {name:<4} {residue:<3}  {n:>4}    {:8.3}   0.000   0.000\n", 5.0 * n as f64)
    };
    let elements = |names: &[(&str, &str)]| -> String {
        let text: String =
            names.iter().enumerate().map(|(n, (name, residue))| line(n + 1, name, residue)).collect();
        let structure = from_text("names.pdb", &text).unwrap();
        structure.topology().atoms().iter().map(|atom| atom.element.symbol()).collect()
    };
    assert_eq!(elements(&[(" CA ", "ALA"), (" CA ", "GLY")]), "CC");
    assert_eq!(
        elements(&[(" SOD", "SOD"), (" POT", "POT"), (" CLA", "CLA"), (" CAL", "CAL"), ("CA  ", "CA")]),
        "NaKClCaCa"
    );
    assert_eq!(elements(&[("N   ", "ALA"), ("CA  ", "ALA"), ("HG1 ", "THR"), ("CD  ", "GLU")]), "NCHC");
}

#[test]
fn masses_decide_where_the_file_does_not_and_disagree_where_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let gro =
        "names alone\n 2\n    1LIG     CL    1   0.1 0.1 0.1\n    1LIG     X1    2   0.3 0.1 0.1\n 0 0 0\n"
            .replace("   0.1 0.1 0.1", "   0.100   0.100   0.100")
            .replace("   0.3 0.1 0.1", "   0.300   0.100   0.100");
    let path = folder.path().join("names.gro");
    std::fs::write(&path, &gro).unwrap();
    let symbols = |masses: &[f64]| {
        read_structure_file(&path, Some(masses)).map(|file| {
            file.structure.topology().atoms().iter().map(|atom| atom.element.symbol()).collect::<Vec<_>>()
        })
    };
    assert_eq!(symbols(&[12.011, 28.085]).unwrap(), ["C", "Si"]);
    assert_eq!(symbols(&[35.45, 28.085]).unwrap(), ["Cl", "Si"]);
    let error = symbols(&[15.999, 28.085]).unwrap_err().to_string();
    let words =
        "atom 0 (LIG 1 CL) is Cl or C by its name CL but O by its mass in the force field, 15.999 amu";
    assert!(error.contains(words), "{error}");
    assert!(
        read_structure(&path).unwrap_err().to_string().contains("atom 1 (LIG 1 X1) has no known element")
    );
}

#[test]
fn xyz_and_mol2_are_read() {
    let xyz = "3\nwater\nO 0.0 0.0 0.0\nH 0.957 0.0 0.0\nH -0.240 0.927 0.0\n";
    let water = from_text("water.xyz", xyz).unwrap();
    assert_eq!(water.topology().bonds(), [[0, 1], [0, 2]]);
    assert_eq!(water.topology().label(2), "MOL 1 H");
    assert!((water.positions()[1][0] - 0.0957).abs() < 1e-12);
    let mol2 = "@<TRIPOS>MOLECULE\nCO\n 2 1 1\nSMALL\nNO_CHARGES\n\n@<TRIPOS>ATOM\n\
                1 C1 0.0 0.0 0.0 C.2 1 LIG 0.0\n2 O1 1.2 0.0 0.0 O.2 1 LIG 0.0\n@<TRIPOS>BOND\n1 1 2 2\n";
    let carbonyl = from_text("co.mol2", mol2).unwrap();
    assert_eq!(carbonyl.topology().bonds(), [[0, 1]]);
    assert_eq!(carbonyl.topology().atoms()[1].element.symbol(), "O");
}

#[test]
fn broken_files_are_refused_with_their_name() {
    let message = |name: &str, text: &str| from_text(name, text).unwrap_err().to_string();
    assert!(message("empty.pdb", "").contains("empty.pdb is empty"));
    assert!(message("remarks.pdb", "REMARK nothing here\nEND\n").contains("contains no atoms"));
    assert!(message("short.pdb", "ATOM      1  C   MOL A   1\nEND\n").contains("short.pdb cannot be read"));
    let nan = atom("1", "C", "MOL", 1, [0.0, f64::NAN, 0.0], "C");
    let error = message("nan.pdb", &nan);
    assert!(error.contains("nan.pdb"), "{error}");
    let unknown = message("dummy.pdb", &atom("1", "Q", "MOL", 1, [0.0; 3], "Q"));
    assert!(
        unknown.contains("line 1: columns 77–78 say `Q`") && unknown.contains("not a known element"),
        "{unknown}"
    );
    let twice = ["CA  A", "CA  B"].map(|name| atom("1", name, "ALA", 1, [0.0; 3], "C")).concat();
    let error = message("alternate.pdb", &twice);
    assert!(error.contains("ALA 1 CA has alternate locations"), "{error}");
    assert!(message("text.unknown", "hello").contains("text.unknown"));
    let missing = read_structure("no-such-file.pdb").unwrap_err();
    assert!(
        matches!(missing, TrajectoryError::File { .. }) && missing.to_string().contains("no-such-file.pdb")
    );
}
