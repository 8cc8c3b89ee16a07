//! What frames and structures read alike, since one parse decides: the same file is both or neither.

use geodyssey_molecule::Cell;
use geodyssey_trajectory::{StructureFile, TrajectoryError, TrajectoryFrame, TrajectoryReader};

fn structure(name: &str, text: &[u8]) -> Result<StructureFile, TrajectoryError> {
    StructureFile::from_bytes(name, text, None)
}

fn frames(name: &str, text: &[u8]) -> Result<Vec<TrajectoryFrame>, TrajectoryError> {
    TrajectoryReader::from_bytes(name, text.to_vec(), None)?.collect()
}

/// Positions and cell of a file, which are the same as a structure and as the only frame.
fn read(name: &str, text: &[u8]) -> (Vec<[f64; 3]>, Option<Cell>) {
    let file = structure(name, text).unwrap_or_else(|error| panic!("{error}"));
    let frames = frames(name, text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(frames.len(), 1, "{name}");
    assert_eq!(frames[0].positions, file.structure.positions(), "{name}");
    assert_eq!(frames[0].cell, file.cell, "{name}");
    (frames[0].positions.clone(), file.cell)
}

/// Both readings fail, for the same reason.
fn refused(name: &str, text: &[u8]) -> String {
    let (one, other) =
        (structure(name, text).unwrap_err().to_string(), frames(name, text).unwrap_err().to_string());
    let reason = one.rsplit("line ").next().unwrap_or(&one).to_owned();
    assert!(other.ends_with(&reason), "{one}; {other}");
    reason
}

fn carbon(record: &str, x: f64) -> String {
    format!("{record}  C   LIG A   1    {x:8.3}   0.000   0.000  1.00  0.00           C\n")
}

#[test]
fn remarks_of_pdb_files_may_be_in_any_encoding() {
    let mut text = b"REMARK   1 J. M\xfcller, \xc5\n".to_vec();
    text.extend(carbon("ATOM      1", 1.0).bytes());
    text.extend(b"END\n");
    assert_eq!(read("x.pdb", &text).0, [[0.1, 0.0, 0.0]]);
    let name = carbon("ATOM      1", 1.0).replace("  C  ", "  \u{c4} ");
    assert!(refused("x.pdb", name.as_bytes()).contains("columns 13–16 hold characters that are not ASCII"));
}

#[test]
fn a_cell_may_end_before_its_last_column() {
    for record in [
        "CRYST1   30.000   40.000   50.000  90.00  90.00  90.00 P 1           1",
        "CRYST1   30.000   40.000   50.000  90.00  90.00  90.00",
        "CRYST1   30.000   40.000   50.000  90.00  90.00  90",
    ] {
        let text = format!("{record}\n{}END\n", carbon("ATOM      1", 1.0));
        let vectors = read("x.pdb", text.as_bytes()).1.map(|cell| cell.vectors());
        let [a, b, c] = vectors.unwrap_or_else(|| panic!("{record}"));
        assert_eq!([a, b, c], [[3.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 5.0]], "{record}");
    }
    let text = format!("CRYST1   30.000   40.000\n{}END\n", carbon("ATOM      1", 1.0));
    assert!(refused("x.pdb", text.as_bytes()).contains("columns 25–33"));
}

/// Serial numbers of six digits begin in column 6.
#[test]
fn no_atom_is_dropped_for_its_serial_number() {
    let text = carbon("ATOM  99999", 1.0) + &carbon("ATOM 100000", 4.0) + &carbon("ATOM 100001", 7.0);
    assert_eq!(read("x.pdb", text.as_bytes()).0.len(), 3);
    let error = structure("x.pdb", format!("{text}CONECT10000010001\n").as_bytes()).unwrap_err().to_string();
    assert!(error.contains("line 4: CONECT cannot name atoms beyond 99999"), "{error}");
    // A number further to the right moves all columns.
    assert!(refused("x.pdb", carbon("ATOM  100000", 1.0).as_bytes()).contains("coordinate"));
}

#[test]
fn extended_xyz_states_cell_and_columns() {
    let comment =
        "Lattice=\"20 0 0 0 30 0 0 0 40\" Properties=id:I:1:species:S:1:charge:R:1:pos:R:3 pbc=\"T T T\"";
    let text = format!("2\n{comment}\n1 C 0.5 1.0 2.0 3.0\n2 O -0.5 2.2 2.0 3.0\n");
    for name in ["x.xyz", "x.extxyz"] {
        let (positions, cell) = read(name, text.as_bytes());
        assert_eq!(positions.len(), 2);
        assert!((positions[1][0] - 0.22).abs() < 1e-12, "{positions:?}");
        let vectors = cell.map(|cell| cell.vectors());
        assert_eq!(vectors, Some([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 4.0]]));
    }
    let wrong = text.replace("0 0 40", "0 40");
    assert!(refused("x.xyz", wrong.as_bytes()).contains("is not nine numbers"));
    // Frames need no elements, structures do.
    let nameless = "1\nProperties=pos:R:3\n0.0 0.0 0.0\n";
    assert_eq!(frames("x.xyz", nameless.as_bytes()).map(|frames| frames.len()).ok(), Some(1));
    let error = structure("x.xyz", nameless.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("species:S:1"), "{error}");
}

/// Residues as a GRO file has them, one word an atom: residue number, residue name, atom name.
fn residues(atoms: &[&str]) -> Vec<(String, Vec<usize>)> {
    let mut text = format!("some\n{}\n", atoms.len());
    for (index, atom) in atoms.iter().enumerate() {
        let [number, residue, name] = atom.split(' ').collect::<Vec<_>>()[..] else { panic!("{atom}") };
        text += &format!(
            "{number:>5}{residue:<5}{name:>5}{:>5}{:8.3}   0.000   0.000\n",
            index + 1,
            index as f64
        );
    }
    text += "   0.0 0.0 0.0\n";
    let file = structure("x.gro", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let residues = file.structure.topology().residues().iter();
    residues.map(|residue| (residue.name.clone(), residue.atoms.clone())).collect()
}

#[test]
fn molecules_of_one_kind_and_number_are_told_apart() {
    let atoms =
        |names: &[&str]| -> Vec<Vec<usize>> { residues(names).into_iter().map(|(_, atoms)| atoms).collect() };
    let waters = ["1 SOL OW", "1 SOL HW1", "1 SOL HW2", "1 SOL OW", "1 SOL HW1", "1 SOL HW2"];
    assert_eq!(atoms(&waters), [[0, 1, 2], [3, 4, 5]]);
    assert_eq!(atoms(&["1 NA NA", "1 NA NA", "1 NA NA", "1 CL CL"]), [[0], [1], [2], [3]]);
    // A name that comes twice in one molecule, and half a molecule.
    assert_eq!(atoms(&["1 UNL C", "1 UNL C", "1 UNL O"]), [[0, 1, 2]]);
    assert_eq!(atoms(&["1 UNL C", "1 UNL C"]), [[0, 1]]);
    assert_eq!(atoms(&waters[..5]), [[0, 1, 2, 3, 4]]);
    // Names that are elements, as of XYZ, name nothing.
    let xyz = "4\nhydrogen fluoride\nH 0.0 0.0 0.0\nF 0.917 0.0 0.0\nH 3.0 0.0 0.0\nF 3.917 0.0 0.0\n";
    assert_eq!(read("x.xyz", xyz.as_bytes()).0.len(), 4);
    let file = structure("x.xyz", xyz.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert!(file.structure.topology().is_unnamed());
    // Alternate locations are refused, not made two molecules.
    let pdb = |name: &str, place: char| {
        format!("ATOM      1  {name:<3}{place}GLY A   1       0.000   0.000   0.000\n")
    };
    let text = [pdb("N", 'A'), pdb("CA", 'A'), pdb("N", 'B'), pdb("CA", 'B')].concat();
    let error = structure("x.pdb", text.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("alternate locations"), "{error}");
}

/// Types of force fields that no list names: the name and the mass decide.
#[test]
fn atom_types_of_unknown_force_fields_are_no_elements() {
    let element = |name: &str, kind: &str, mass: Option<f64>| {
        let text = format!(
            "@<TRIPOS>MOLECULE\nx\n 1 0 1\nSMALL\nNO_CHARGES\n\n@<TRIPOS>ATOM\n1 {name} 0.0 0.0 0.0 {kind} 1 LIG 0.0\n"
        );
        let masses = mass.map(|mass| vec![mass]);
        let file = StructureFile::from_bytes("x.mol2", text.as_bytes(), masses.as_deref());
        file.map(|file| file.structure.topology().atoms()[0].element.symbol())
            .map_err(|error| error.to_string())
    };
    for (name, kind, mass, expected) in [
        ("C1", "opls_135", None, "C"),
        ("CX", "protein-CX", None, "C"),
        ("ND1", "Y1", Some(14.007), "N"),
        ("Cl-", "IM", Some(35.45), "Cl"),
        ("Na+", "IP", Some(22.99), "Na"),
        ("CA", "C0", Some(40.08), "Ca"),
        ("FE", "fe", Some(55.0), "Fe"),
        ("CU", "cu", Some(63.55), "Cu"),
        ("SI1", "si", None, "Si"),
        ("C7", "ca", Some(12.011), "C"),
        // A type of a force field's own, whose name and mass agree.
        ("N1", "CT", Some(14.007), "N"),
    ] {
        assert_eq!(element(name, kind, mass), Ok(expected), "{name} {kind}");
    }
    // SYBYL's types are certain.
    assert!(element("N1", "C.3", Some(14.007)).is_err());
}
