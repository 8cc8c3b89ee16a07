//! Trajectories written and read back.

use proptest::prelude::*;

use crate::support::{alanine, straight_path, write_all};
use geodyssey_molecule::{Atom, Element, Residue, Topology};
use geodyssey_trajectory::{
    Frame, FrameProperty, TrajectoryError, TrajectoryFormat, open_writer, read_frames, read_structure,
    renamed_in_pdb, write_pdb_structure,
};

/// Largest difference between what is written and what is read, nm: half a step of the format, or single precision.
fn rounding_nm(format: TrajectoryFormat) -> f64 {
    match format {
        TrajectoryFormat::Xtc | TrajectoryFormat::Gro => 0.000_501,
        TrajectoryFormat::Pdb => 0.000_050_1,
        TrajectoryFormat::Dcd | TrajectoryFormat::Trr => 1e-7,
        TrajectoryFormat::ExtendedXyz => 0.000_000_051,
    }
}

#[test]
fn every_format_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let (start, end) = (alanine("c5.pdb"), alanine("c7ax.pdb"));
    let frames = straight_path(&start, &end, 7);
    for format in TrajectoryFormat::ALL {
        let path = folder.path().join(format!("path.{}", format.extension()));
        write_all(format, &path, start.topology(), &frames);
        let again = read_frames(&path, Some(start.topology())).unwrap();
        assert_eq!(again.len(), frames.len(), "{format:?}");
        for (a, b) in again.iter().flatten().flatten().zip(frames.iter().flatten().flatten()) {
            assert!((a - b).abs() < rounding_nm(format), "{format:?}: {a} {b}");
        }
    }
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), TrajectoryFormat::ALL.len(), "{left:?}");
}

#[test]
fn a_multi_model_pdb_is_a_structure_with_bonds_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("path.pdb");
    let (start, end) = (alanine("c5.pdb"), alanine("c7ax.pdb"));
    write_all(TrajectoryFormat::Pdb, &path, start.topology(), &straight_path(&start, &end, 3));
    assert_eq!(read_structure(&path).unwrap().topology(), start.topology());
    let text = std::fs::read_to_string(&path).unwrap();
    let records: Vec<&str> = text.lines().map(|line| line.get(..6).unwrap_or(line).trim()).collect();
    let count = |name| records.iter().filter(|&&record| record == name).count();
    assert_eq!(
        [count("MODEL"), count("ENDMDL"), count("TER"), count("END"), count("CRYST1")],
        [3, 3, 3, 0, 0]
    );
    assert!(text.starts_with("REMARK   1 CREATED BY GEODYSSEY, CONECT LISTS ALL BONDS\nMODEL        1\n"));
    let last_model = records.iter().rposition(|&record| record == "ENDMDL").unwrap();
    assert!(records[last_model + 1..].iter().all(|&record| record == "CONECT"));
    assert_eq!(count("CONECT"), 22);
}

#[test]
fn few_atoms_and_large_numbers_of_frames_are_written() {
    let atoms = vec![Atom { name: "O".into(), element: Element::OXYGEN, residue: 0 }];
    let residue = Residue { name: "HOH".into(), id: 1, atoms: vec![0], ..Residue::default() };
    let topology = Topology::new(atoms, vec![residue], []).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for format in TrajectoryFormat::ALL {
        let path = folder.path().join(format!("atom.{}", format.extension()));
        let frames: Vec<Vec<[f64; 3]>> = (0..300).map(|i| vec![[-0.01 * f64::from(i), 0.0, 1.0]]).collect();
        write_all(format, &path, &topology, &frames);
        let again = read_frames(&path, Some(&topology)).unwrap();
        assert_eq!(again.len(), 300);
        assert!((again[299][0][0] + 2.99).abs() < 1e-6, "{format:?}");
    }
}

#[test]
fn frames_out_of_order_broken_or_foreign_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let structure = alanine("c5.pdb");
    let good = structure.positions();
    let mut broken = good.to_vec();
    broken[3][1] = f64::NAN;
    let mut far = good.to_vec();
    far[3][1] = 1e6;
    for format in TrajectoryFormat::ALL {
        let path = folder.path().join(format!("path.{}", format.extension()));
        let mut writer = open_writer(format, &path, structure.topology()).unwrap();
        let mut refused = |positions: &[[f64; 3]], step, time_ps| {
            writer.write(&Frame { positions, step, time_ps, properties: &[] }).err()
        };
        assert!(refused(good, 5, 5.0).is_none());
        assert!(matches!(refused(good, 5, 6.0), Some(TrajectoryError::Order { frame: 1, step: 5, .. })));
        assert!(matches!(refused(good, 6, 5.0), Some(TrajectoryError::Order { .. })));
        assert!(matches!(refused(good, 6, f64::NAN), Some(TrajectoryError::Order { .. })));
        assert!(matches!(
            refused(&broken, 6, 6.0),
            Some(TrajectoryError::NotFinite { frame: 1, atom: 3, .. })
        ));
        assert!(matches!(refused(&good[1..], 6, 6.0), Some(TrajectoryError::AtomCount { found: 21, .. })));
        let has_room =
            matches!(format, TrajectoryFormat::Dcd | TrajectoryFormat::Trr | TrajectoryFormat::ExtendedXyz);
        assert_eq!(refused(&far, 6, 6.0).is_none(), has_room, "{format:?}");
        assert!(refused(good, 7, 7.0).is_none());
        assert_eq!(refused(good, 10, 10.0).is_some(), format == TrajectoryFormat::Dcd, "{format:?}");
        drop(writer);
        assert!(!path.exists(), "a writer that is not finished leaves nothing");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_molecule_blown_apart_does_not_fit_an_xtc() {
    let folder = tempfile::tempdir().unwrap();
    let structure = alanine("c5.pdb");
    let mut writer =
        open_writer(TrajectoryFormat::Xtc, folder.path().join("path.xtc"), structure.topology()).unwrap();
    let blown: Vec<[f64; 3]> = (0..22).map(|i| [if i % 2 == 0 { -900.0 } else { 900.0 }, 0.0, 0.0]).collect();
    let error =
        writer.write(&Frame { positions: &blown, step: 0, time_ps: 0.0, properties: &[] }).unwrap_err();
    assert!(matches!(error, TrajectoryError::DoesNotFit { .. }), "{error}");
}

#[test]
fn an_empty_trajectory_and_a_missing_folder_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let structure = alanine("c5.pdb");
    let writer =
        open_writer(TrajectoryFormat::Xtc, folder.path().join("none.xtc"), structure.topology()).unwrap();
    assert!(matches!(writer.finish(), Err(TrajectoryError::Empty { .. })));
    let missing = open_writer(TrajectoryFormat::Xtc, folder.path().join("no/path.xtc"), structure.topology());
    assert!(matches!(missing.err(), Some(TrajectoryError::File { .. })));
}

#[test]
fn a_trajectory_of_another_molecule_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let structure = alanine("c5.pdb");
    let frames = vec![structure.positions().to_vec()];
    let (water, path) = (folder.path().join("water.xyz"), folder.path().join("path.pdb"));
    std::fs::write(&water, "3\n\nO 0 0 0\nH 1 0 0\nH 0 1 0\n").unwrap();
    let error = read_frames(&water, Some(structure.topology())).unwrap_err();
    assert!(matches!(error, TrajectoryError::AtomCount { found: 3, expected: 22, .. }));
    write_all(TrajectoryFormat::Pdb, &path, structure.topology(), &frames);
    let text = std::fs::read_to_string(&path).unwrap().replace(" CB  ALA", " CX  ALA");
    std::fs::write(&path, text).unwrap();
    let error = read_frames(&path, Some(structure.topology())).unwrap_err().to_string();
    assert!(error.contains("atom 10 is called CX") && error.contains("ALA 2 CB"), "{error}");
}

#[test]
fn truncated_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let structure = alanine("c5.pdb");
    let frames = vec![structure.positions().to_vec(); 2];
    for format in [TrajectoryFormat::Xtc, TrajectoryFormat::Trr, TrajectoryFormat::Dcd] {
        let path = folder.path().join(format!("path.{}", format.extension()));
        std::fs::write(&path, []).unwrap();
        assert!(read_frames(&path, None).is_err(), "{format:?}");
        write_all(format, &path, structure.topology(), &frames);
        let bytes = std::fs::read(&path).unwrap();
        for kept in [bytes.len() / 4, 10] {
            std::fs::write(&path, &bytes[..kept]).unwrap();
            assert!(read_frames(&path, None).is_err(), "{format:?}, {kept} bytes");
        }
    }
}

/// As a simulation leaves it that was stopped while it wrote.
#[test]
fn a_file_that_ends_inside_a_frame_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let water = folder.path().join("water.xyz");
    std::fs::write(&water, "3\n\nO 0 0 0\nH 1 0 0\nH 0 1 0\n").unwrap();
    // XTC compresses the positions of the first and not those of the second.
    for structure in [alanine("c5.pdb"), read_structure(&water).unwrap()] {
        let frames = vec![structure.positions().to_vec(); 2];
        for format in [TrajectoryFormat::Xtc, TrajectoryFormat::Trr] {
            let path = folder.path().join(format!("path.{}", format.extension()));
            write_all(format, &path, structure.topology(), &frames);
            let bytes = std::fs::read(&path).unwrap();
            for kept in bytes.len() / 2 + 1..bytes.len() {
                std::fs::write(&path, &bytes[..kept]).unwrap();
                let error = read_frames(&path, None).unwrap_err().to_string();
                assert!(error.contains("it ends inside frame 1"), "{format:?}, {kept} bytes: {error}");
            }
            std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            assert_eq!(read_frames(&path, None).unwrap().len(), 1, "{format:?}");
        }
        // A DCD promises its frames in its header.
        let path = folder.path().join("path.dcd");
        write_all(TrajectoryFormat::Dcd, &path, structure.topology(), &frames);
        let bytes = std::fs::read(&path).unwrap();
        let frame = 3 * (8 + 4 * structure.positions().len());
        for (missing, expected) in
            [(20, "ends inside frame 1"), (frame, "states 2 frames, but it ends after 1")]
        {
            std::fs::write(&path, &bytes[..bytes.len() - missing]).unwrap();
            let error = read_frames(&path, None).unwrap_err().to_string();
            assert!(error.contains(expected), "{missing} bytes fewer: {error}");
        }
    }
}

#[test]
fn formats_have_names() {
    for format in TrajectoryFormat::ALL {
        assert_eq!(TrajectoryFormat::from_name(&format.extension().to_uppercase()).unwrap(), format);
    }
    let error = TrajectoryFormat::from_name("xct").unwrap_err().to_string();
    assert!(error.contains("did you mean `xtc`") && error.contains("xtc, pdb, dcd, trr, gro"), "{error}");
}

#[test]
fn names_that_do_not_fit_are_shortened_and_told() {
    let structure = alanine("c5.pdb");
    let topology = structure.topology();
    let (mut atoms, mut residues) = (topology.atoms().to_vec(), topology.residues().to_vec());
    atoms[8].name = "CALPHA".into();
    residues[1] =
        Residue { name: "ALANINE".into(), id: 12_345, insertion_code: Some('B'), ..residues[1].clone() };
    residues.iter_mut().for_each(|residue| residue.chain = "PROA".into());
    residues[2].chain = "AAA".into();
    let long = Topology::new(atoms, residues, topology.bonds().to_vec()).unwrap();
    let renamed = renamed_in_pdb(&long);
    assert_eq!(renamed.len(), 22);
    assert_eq!(
        (renamed[8].atom, renamed[8].name.as_str(), renamed[8].written_as.as_str()),
        (8, "PROA:ALANINE 12345B CALPHA", "A:ALAN 2345B CALP")
    );
    assert_eq!(renamed[16].written_as, "B:NME 3 N");
    assert!(renamed_in_pdb(topology).is_empty());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.pdb");
    write_pdb_structure(&path, &long, structure.positions()).unwrap();
    let again = read_structure(&path).unwrap();
    assert_eq!(again.topology().label(8), "A:ALAN 2345B CALP");
    assert_eq!(again.topology().bonds(), topology.bonds());
    assert_eq!(again.positions(), structure.positions());
    assert!(std::fs::read_to_string(&path).unwrap().contains("      PROA C"));
    for format in TrajectoryFormat::ALL {
        let path = folder.path().join(format!("long.{}", format.extension()));
        write_all(format, &path, &long, &[structure.positions().to_vec()]);
        assert_eq!(read_frames(&path, None).unwrap().len(), 1, "{format:?}");
    }
}

#[test]
fn more_atoms_than_serial_numbers() {
    let count = 100_020;
    let atom = |index: usize| Atom { name: "C1".into(), element: Element::CARBON, residue: index };
    let residue = |index: usize| Residue {
        name: "LIG".into(),
        id: index as i64 + 1,
        atoms: vec![index],
        ..Residue::default()
    };
    let topology =
        Topology::new((0..count).map(atom).collect(), (0..count).map(residue).collect(), []).unwrap();
    let place = |index: usize| [index % 50, index / 50 % 50, index / 2500].map(|x| 0.3 * x as f64);
    let positions: Vec<[f64; 3]> = (0..count).map(place).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.pdb");
    write_pdb_structure(&path, &topology, &positions).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\nHETATM99999  C1  LIG  9999 ") && text.contains("\nHETATMA0000  C1  LIG     0 "));
    let again = read_structure(&path).unwrap();
    assert_eq!(again.topology().residues().len(), count);
    assert_eq!(renamed_in_pdb(&topology).len(), count - 9999);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Packed integers are written by one library and unpacked by another, for molecules small and large, dense and
    /// spread out.
    #[test]
    fn compressed_frames_unpack(
        positions in prop::collection::vec(prop::array::uniform3(-1.0..1.0_f64), 1..120),
        spread in -3.0..3.0_f64,
    ) {
        let atom = |index: usize| Atom { name: format!("C{index}"), element: Element::CARBON, residue: 0 };
        let count = positions.len();
        let residue = Residue { name: "MOL".into(), id: 1, atoms: (0..count).collect(), ..Residue::default() };
        let topology = Topology::new((0..count).map(atom).collect(), vec![residue], []).unwrap();
        // Pairs of neighbours, anywhere in the range of the format.
        let scale = 10.0_f64.powf(spread);
        let place = |index: usize| {
            let (site, offset) = (positions[index / 2 * 2], positions[index].map(|x| 0.1 * x));
            [0, 1, 2].map(|axis| (site[axis] * scale + offset[axis]).clamp(-1000.0, 1000.0))
        };
        let frame: Vec<[f64; 3]> = (0..count).map(place).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("path.xtc");
        write_all(TrajectoryFormat::Xtc, &path, &topology, &[frame.clone(), positions.clone()]);
        let again = read_frames(&path, Some(&topology)).unwrap();
        for (read, written) in again.iter().flatten().flatten().zip(frame.iter().chain(&positions).flatten()) {
            // Single precision adds its own rounding to half a step of 0.001 nm.
            prop_assert!((read - written).abs() < 0.000_501 + 2e-7 * written.abs(), "{read} {written}");
        }
    }
}

#[test]
fn values_of_a_frame_stand_in_the_comment_of_extended_xyz() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("path.xyz");
    let structure = alanine("c5.pdb");
    let write = |properties: &[(String, FrameProperty)]| {
        let mut writer = open_writer(TrajectoryFormat::ExtendedXyz, &path, structure.topology()).unwrap();
        let frame = Frame { positions: structure.positions(), step: 0, time_ps: 0.0, properties };
        writer.write(&frame).map(|()| writer.finish().unwrap())
    };
    let value = |key: &str, value| (key.to_owned(), value);
    write(&[
        value("energy", FrameProperty::Number(-1.25)),
        value("frame", FrameProperty::Integer(3)),
        value("path", FrameProperty::Text("path 0".into())),
        value("missing", FrameProperty::Number(f64::NAN)),
    ])
    .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("22"));
    let comment = "Properties=species:S:1:pos:R:3 pbc=\"F F F\" energy=-1.25 frame=3 path=\"path 0\"";
    assert_eq!(lines.next(), Some(comment));
    assert!(lines.next().is_some_and(|line| line.starts_with("H ")), "{text}");
    for (key, refused) in
        [("two words", FrameProperty::Integer(1)), ("path", FrameProperty::Text("a\"b".into()))]
    {
        assert!(matches!(write(&[value(key, refused)]), Err(TrajectoryError::DoesNotFit { .. })));
    }
}
