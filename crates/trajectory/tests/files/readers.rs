//! Trajectories read back: of other programs, of every flavour of a format, cut, and damaged.

use std::path::Path;
use std::process::Command;

use geodyssey_trajectory::{StructureFile, TrajectoryError, TrajectoryFormat, TrajectoryReader, open_writer};

use crate::support::{alanine, alanine_file, python, straight_path, write_all};

/// All frames of a file in memory.
fn read(name: &str, bytes: &[u8]) -> Result<Vec<Vec<[f64; 3]>>, TrajectoryError> {
    TrajectoryReader::from_bytes(name, bytes.to_vec(), None)?
        .map(|frame| frame.map(|frame| frame.positions))
        .collect()
}

/// Why a file in memory is refused.
fn refused(name: &str, bytes: &[u8]) -> String {
    read(name, bytes).expect_err(name).to_string()
}

fn largest_difference(a: &[Vec<[f64; 3]>], b: &[Vec<[f64; 3]>]) -> f64 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().flatten().flatten().zip(b.iter().flatten().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn what_other_programs_write_is_read() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/make-trajectories.py");
    let output = Command::new(python)
        .arg(script)
        .args([alanine_file("topology.pdb").as_path(), folder.path()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(folder.path().join("frames.txt")).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let atoms = numbers[1] as usize;
    let frames: Vec<Vec<[f64; 3]>> =
        numbers[2..].chunks_exact(3 * atoms).map(|frame| frame.as_chunks().0.to_vec()).collect();
    assert_eq!(frames.len(), numbers[0] as usize);

    let structure = alanine("topology.pdb");
    let mut files = 0;
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let [name, count, error] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (count, error): (usize, f64) = (count.parse().unwrap(), error.parse().unwrap());
        if name.ends_with(".nc") {
            continue; // read by the program, in a process of its own
        }
        // Frames of which only some have positions.
        let expected: Vec<_> = frames.iter().step_by(frames.len().div_ceil(count)).cloned().collect();
        let mut reader =
            TrajectoryReader::open(folder.path().join(name), Some(structure.topology())).unwrap();
        let found: Vec<_> =
            reader.by_ref().map(|frame| frame.unwrap_or_else(|error| panic!("{error}"))).collect();
        assert_eq!(reader.frames_without_positions(), frames.len() - count, "{name}");
        let positions: Vec<_> = found.iter().map(|frame| frame.positions.clone()).collect();
        let difference = largest_difference(&positions, &expected);
        assert!(difference < error, "{name}: {difference}");
        let has_cell = found.iter().all(|frame| frame.cell.is_some());
        let cell_written = ["cell", "chemfiles", "ase"].iter().any(|word| name.contains(word));
        // XYZ has no place for a cell, but chemfiles writes extended XYZ.
        assert_eq!(has_cell, cell_written && name != "mdtraj-cell.xyz", "{name}");
        if let Some(cell) = found[0].cell {
            // Edges of 3 nm and 109.47° between them, in whatever orientation the format has.
            let [a, b, c] = cell.vectors();
            let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
            for (pair, expected) in
                [((a, a), 9.0), ((b, b), 9.0), ((c, c), 9.0), ((a, b), -3.0), ((a, c), -3.0), ((b, c), -3.0)]
            {
                assert!((dot(pair.0, pair.1) - expected).abs() < 1e-2, "{name}: {cell:?}");
            }
        }
        files += 1;
    }
    assert_eq!(files, 25);
}

/// How a DCD file is written.
#[derive(Clone, Copy)]
struct Dcd {
    big_endian: bool,
    /// 0 for X-PLOR.
    version: u32,
    frames_stated: u32,
    cell: Option<[f64; 6]>,
    fixed: bool,
    fourth_dimension: bool,
}

const NAMD: Dcd = Dcd {
    big_endian: false,
    version: 24,
    frames_stated: 3,
    cell: None,
    fixed: false,
    fourth_dimension: false,
};

impl Dcd {
    /// Three frames of two atoms, of which the first stays where it is where atoms are fixed.
    fn frames(self) -> Vec<Vec<[f64; 3]>> {
        let first = |frame: u32| if self.fixed { 0.0 } else { f64::from(frame) };
        (0..3)
            .map(|frame| vec![[0.1 + first(frame), 0.2, 0.3], [-0.4, 0.5 - f64::from(frame), 0.6]])
            .collect()
    }

    fn bytes(self) -> Vec<u8> {
        let word = |x: u32| if self.big_endian { x.to_be_bytes() } else { x.to_le_bytes() };
        let real = |x: f32| if self.big_endian { x.to_be_bytes() } else { x.to_le_bytes() };
        let long = |x: f64| if self.big_endian { x.to_be_bytes() } else { x.to_le_bytes() };
        let record = |bytes: &[u8]| {
            let length = word(bytes.len() as u32);
            [&length[..], bytes, &length[..]].concat()
        };
        let mut words = [0; 20];
        words[0] = self.frames_stated;
        words[8] = u32::from(self.fixed);
        // X-PLOR has a time step of double precision where CHARMM has its flags.
        words[10] = if self.version == 0 { 0x3f50_624d } else { u32::from(self.cell.is_some()) };
        words[11] = u32::from(self.fourth_dimension);
        words[19] = self.version;
        let control: Vec<u8> = b"CORD".iter().copied().chain(words.into_iter().flat_map(word)).collect();
        let mut bytes = record(&control);
        bytes.extend(record(&[word(2).to_vec(), vec![b' '; 160]].concat()));
        bytes.extend(record(&word(2)));
        if self.fixed {
            bytes.extend(record(&word(2)));
        }
        for (index, frame) in self.frames().iter().enumerate() {
            if let Some(cell) = self.cell.filter(|_| self.version > 0) {
                bytes.extend(record(&cell.iter().flat_map(|&x| long(x)).collect::<Vec<u8>>()));
            }
            let moving = if self.fixed && index > 0 { &frame[1..] } else { &frame[..] };
            for axis in 0..3 {
                let row: Vec<u8> = moving.iter().flat_map(|x| real((10.0 * x[axis]) as f32)).collect();
                bytes.extend(record(&row));
            }
            if self.fourth_dimension {
                bytes.extend(record(&[0; 8]));
            }
        }
        bytes
    }
}

#[test]
fn every_flavour_of_dcd_is_read() {
    let cosines = [30.0, -0.5, 31.0, 0.0, 0.25, 32.0];
    let degrees = [30.0, 120.0, 31.0, 90.0, 75.522_487_814, 32.0];
    let no_box = [0.0; 6];
    for big_endian in [false, true] {
        for version in [0, 24] {
            for cell in [None, Some(cosines), Some(degrees), Some(no_box)] {
                for (fixed, fourth_dimension) in [(false, false), (true, false), (false, version > 0)] {
                    let dcd = Dcd { big_endian, version, cell, fixed, fourth_dimension, ..NAMD };
                    assert!(largest_difference(&read("x.dcd", &dcd.bytes()).unwrap(), &dcd.frames()) < 1e-6);
                }
            }
        }
    }
    // Both ways to write the same cell; and zeros, which are none.
    let cell = |cell| {
        let bytes = Dcd { cell: Some(cell), ..NAMD }.bytes();
        TrajectoryReader::from_bytes("x.dcd", bytes, None).unwrap().next_frame().unwrap().unwrap().cell
    };
    let (first, second) = (cell(cosines).unwrap().vectors(), cell(degrees).unwrap().vectors());
    for (a, b) in first.iter().flatten().zip(second.iter().flatten()) {
        assert!((a - b).abs() < 1e-9, "{first:?} {second:?}");
    }
    assert!((first[1][0] + 1.55).abs() < 1e-9 && cell(no_box).is_none());
}

#[test]
fn a_dcd_file_that_is_not_whole_says_why() {
    let whole = NAMD.bytes();
    let frame = 3 * (8 + 8);
    for length in 0..whole.len() {
        let message = refused("x.dcd", &whole[..length]);
        let lost = whole.len() - length;
        let (missing, between) = (lost.div_ceil(frame), lost.is_multiple_of(frame));
        let expected = match missing {
            _ if length == 0 => "is empty".to_owned(),
            4.. => "inside its header".to_owned(),
            3 if between => "contains no frames".to_owned(),
            _ if between => format!("states 3 frames, but it ends after {}", 3 - missing),
            _ => format!("it ends inside frame {}", 3 - missing),
        };
        assert!(message.contains(&expected), "{length}: {message}; expected {expected}");
    }
    let message = refused("x.dcd", &Dcd { frames_stated: 2, ..NAMD }.bytes());
    assert!(message.contains("states 2 frames, but more follow"), "{message}");
    // Programs that do not know how many frames will come write 0.
    assert_eq!(read("x.dcd", &Dcd { frames_stated: 0, ..NAMD }.bytes()).unwrap().len(), 3);
    let velocities = [&whole[..4], b"VELD", &whole[8..]].concat();
    assert!(refused("x.dcd", &velocities).contains("velocities, not positions"));
    let long = [&84_u64.to_le_bytes()[..], b"CORD", &[0; 80], &84_u64.to_le_bytes()[..]].concat();
    assert!(refused("x.dcd", &long).contains("64 bits"));
    let long = [&84_u64.to_be_bytes()[..], b"CORD", &[0; 80], &84_u64.to_be_bytes()[..]].concat();
    assert!(refused("x.dcd", &long).contains("64 bits"));
    assert!(refused("x.dcd", b"CORD and some text").contains("does not begin with the header of a DCD file"));
}

/// A frame of TRR with what is given.
fn trr(atoms: i32, positions: &[f64], velocities: &[f64], double: bool) -> Vec<u8> {
    let width = if double { 8 } else { 4 };
    let words = [
        0,
        0,
        9 * width,
        0,
        0,
        0,
        0,
        positions.len() as i32 * width,
        velocities.len() as i32 * width,
        0,
        atoms,
        5,
        0,
    ];
    let mut bytes = [1993_i32, 13, 12].map(i32::to_be_bytes).concat();
    bytes.extend(b"GMX_trn_file");
    bytes.extend(words.map(i32::to_be_bytes).concat());
    let numbers = [0.5, 0.0].into_iter().chain([2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0]);
    for x in numbers.chain(positions.iter().copied()).chain(velocities.iter().copied()) {
        if double { bytes.extend(x.to_be_bytes()) } else { bytes.extend((x as f32).to_be_bytes()) }
    }
    bytes
}

#[test]
fn frames_of_trr_without_positions_are_left_out() {
    let x = [0.1, 0.2, 0.3, -1.4, 1.5, 1.6];
    for double in [false, true] {
        let bytes = [
            trr(2, &[], &x, double),
            trr(2, &x, &x, double),
            trr(2, &[], &[], double),
            trr(2, &x, &[], double),
        ]
        .concat();
        let mut reader = TrajectoryReader::from_bytes("x.trr", bytes, None).unwrap();
        let frames: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
        assert_eq!((frames.len(), reader.frames_without_positions()), (2, 2));
        for frame in frames {
            let error =
                frame.positions.iter().flatten().zip(x).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(error < if double { 1e-15 } else { 1e-7 });
            assert_eq!(frame.cell.map(|cell| cell.vectors()[1]), Some([0.0, 2.0, 0.0]));
        }
        let message = refused("x.trr", &[trr(2, &[], &x, double), trr(2, &[], &x, double)].concat());
        assert!(message.contains("none of its 2 frames holds positions"), "{message}");
    }
    let mut text = trr(2, &x, &[], false);
    text[12] = b'g';
    assert!(refused("x.trr", &text).contains("does not name the TRR format"));
    // More bytes of positions than two atoms can have.
    assert!(refused("x.trr", &trr(2, &[0.0; 9], &[], false)).contains("neither single nor double precision"));
}

/// Frames of a molecule of so many atoms within some nm.
fn smooth(atoms: usize, extent: f64) -> Vec<Vec<[f64; 3]>> {
    let x = |frame: usize, atom: usize, axis: usize| {
        extent * ((atom * (axis + 3)) as f64 * 0.37 + frame as f64).sin()
    };
    (0..3).map(|frame| (0..atoms).map(|atom| [0, 1, 2].map(|axis| x(frame, atom, axis))).collect()).collect()
}

#[test]
fn xtc_is_unpacked_as_molly_unpacks_it() {
    for (atoms, extent) in [(1, 1.0), (9, 3.0), (10, 0.0), (10, 0.004), (57, 0.3), (200, 30.0), (300, 9000.0)]
    {
        for magic in [molly::Magic::Xtc1995, molly::Magic::Xtc2023] {
            let mut bytes = Vec::new();
            let mut writer = molly::XTCWriter::new_with_magic(&mut bytes, magic);
            for frame in smooth(atoms, extent) {
                let positions: Vec<f32> = frame.iter().flatten().map(|&x| x as f32).collect();
                let frame = molly::Frame { positions, ..molly::Frame::default() };
                writer.write_frame(&frame).unwrap();
            }
            let mut reader = molly::XTCReader::new(bytes.as_slice());
            let expected: Vec<Vec<[f64; 3]>> = (0..3)
                .map(|_| {
                    let mut frame = molly::Frame::default();
                    reader.read_frame(&mut frame).unwrap();
                    frame.coords().map(|x| x.map(f64::from)).collect()
                })
                .collect();
            let found = read("x.xtc", &bytes).unwrap_or_else(|error| panic!("{atoms} {extent}: {error}"));
            assert_eq!(found, expected, "{atoms} atoms, {extent} nm");
        }
    }
}

/// A trajectory of alanine dipeptide in a format that this crate writes.
fn written(format: TrajectoryFormat) -> (String, Vec<u8>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("x.{}", format.extension()));
    let (start, end) = (alanine("c5.pdb"), alanine("c7ax.pdb"));
    let frames = straight_path(&start, &end, 4);
    write_all(format, &path, start.topology(), &frames);
    (format!("x.{}", format.extension()), std::fs::read(&path).unwrap(), frames.len())
}

#[test]
fn a_file_that_was_cut_has_whole_frames_or_is_refused() {
    for format in TrajectoryFormat::ALL {
        let (name, bytes, count) = written(format);
        let whole = read(&name, &bytes).unwrap();
        assert_eq!(whole.len(), count);
        let mut accepted = 0;
        for length in (0..bytes.len()).step_by(3).chain([bytes.len() - 1]) {
            match read(&name, &bytes[..length]) {
                // Where a frame ends, nothing shows that others followed.
                Ok(frames) => {
                    assert_eq!(frames, whole[..frames.len()], "{name}: {length}");
                    accepted += 1;
                }
                Err(error) => assert!(error.to_string().contains(&name), "{error}"),
            }
        }
        // PDB has records between its models, which say nothing of the frames.
        let allowed = if format == TrajectoryFormat::Pdb { bytes.len() / 3 } else { 2 * count };
        assert!(accepted <= allowed, "{name}: {accepted} cuts were accepted");
    }
}

#[test]
fn the_last_number_of_an_xyz_file_is_whole_or_the_file_is_refused() {
    let (name, bytes, count) = written(TrajectoryFormat::ExtendedXyz);
    for missing in 2..=6 {
        let message = refused(&name, &bytes[..bytes.len() - missing]);
        assert!(message.contains("may end inside the last number"), "{missing}: {message}");
    }
    // Only the line break is missing: the number has all of its decimals.
    assert_eq!(read(&name, &bytes[..bytes.len() - 1]).unwrap().len(), count);
}

#[test]
fn structures_that_were_cut_or_are_not_text_are_refused() {
    let water = "3\nwater\nO 0.0 0.0 0.0\nH 0.957 0.0 0.0\nH -0.240 0.9 0.123\n";
    assert!(StructureFile::from_bytes("x.xyz", water.as_bytes(), None).is_ok());
    let refused =
        |name: &str, bytes: &[u8]| StructureFile::from_bytes(name, bytes, None).unwrap_err().to_string();
    let message = refused("x.xyz", &water.as_bytes()[..water.len() - 4]);
    assert!(message.contains("line 5: the file may end inside the last number"), "{message}");
    for name in ["x.gro", "x.mol2", "x.xyz"] {
        assert!(refused(name, b"1\n\xff\xfe\nH 0 0 0\n").contains("not UTF-8 text"));
    }
    assert!(refused("x.sdf", b"text").contains("no reader for `.sdf`"));
}

#[test]
fn counts_that_a_file_cannot_hold_are_refused_before_anything_is_allocated() {
    let huge = i32::MAX.to_be_bytes();
    let (_, mut xtc, _) = written(TrajectoryFormat::Xtc);
    xtc[4..8].copy_from_slice(&huge);
    xtc[52..56].copy_from_slice(&huge);
    let (_, mut trr, _) = written(TrajectoryFormat::Trr);
    trr[64..68].copy_from_slice(&huge);
    let (_, mut dcd, _) = written(TrajectoryFormat::Dcd);
    let atoms = dcd.windows(12).position(|bytes| bytes == [4, 0, 0, 0, 22, 0, 0, 0, 4, 0, 0, 0]).unwrap();
    dcd[atoms + 4..atoms + 8].copy_from_slice(&i32::MAX.to_le_bytes());
    for (name, bytes) in [
        ("x.xtc", xtc),
        ("x.trr", trr),
        ("x.dcd", dcd),
        ("x.gro", b"title\n2147483647\n".to_vec()),
        ("x.xyz", b"99999999999999\ntitle\nH 0.0 0.0 0.0\n".to_vec()),
    ] {
        refused(name, &bytes);
    }
}

#[test]
fn damaged_files_are_errors_or_frames_and_never_panics() {
    // A deterministic walk over files with some bytes changed. More of it, by hand: the number in the environment, or `fuzz/`.
    let given = std::env::var("GEODYSSEY_MUTATIONS").ok().and_then(|text| text.parse().ok());
    let mutations: usize = given.unwrap_or(1500);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for format in TrajectoryFormat::ALL {
        let (name, bytes, _) = written(format);
        for _ in 0..mutations {
            let mut damaged = bytes.clone();
            for _ in 0..1 + random(4) {
                let place = random(damaged.len());
                damaged[place] = match random(3) {
                    0 => random(256) as u8,
                    1 => damaged[place] ^ (1 << random(8)),
                    _ => [0, 0xff, 0x7f, 0x80, b'-', b'\n'][random(6)],
                };
            }
            let _ = read(&name, &damaged);
            let _ = StructureFile::from_bytes(&name, &damaged, None);
        }
    }
}

#[test]
fn text_that_is_not_text_is_refused() {
    let text = b"2\n\xff\xfe\xfd\nH 0.0 0.0 0.0\n";
    for name in ["x.gro", "x.xyz"] {
        let message = refused(name, text);
        assert!(message.contains("UTF-8"), "{name}: {message}");
    }
    // Remarks of a PDB file may be in any encoding, its other records may not.
    assert!(refused("x.pdb", text).contains("contains no frames"));
}

#[test]
fn a_molecule_that_the_box_has_cut_is_made_whole() {
    let structure = alanine("c7ax.pdb");
    let topology = structure.topology();
    let cell = [2.0, 2.2, 2.4];
    let wrapped: Vec<[f64; 3]> = structure
        .positions()
        .iter()
        .map(|x| [0, 1, 2].map(|axis| (x[axis] + 0.1 * axis as f64).rem_euclid(cell[axis])))
        .collect();
    let gro = |boxed: [f64; 3]| {
        let mut text = format!("wrapped\n{}\n", wrapped.len());
        for (index, x) in wrapped.iter().enumerate() {
            let residue = topology.residue_of(index);
            let name = &topology.atoms()[index].name;
            text += &format!(
                "{:>5}{:<5}{name:>5}{:>5}{:8.3}{:8.3}{:8.3}\n",
                residue.id,
                residue.name,
                index + 1,
                x[0],
                x[1],
                x[2]
            );
        }
        text + &boxed.map(|x| format!("{x:10.5}")).concat() + "\n"
    };
    let open = |boxed| {
        TrajectoryReader::from_bytes("x.gro", gro(boxed).into_bytes(), Some(topology))
            .unwrap()
            .made_whole(Vec::new())
    };
    let frame = open(cell).next_frame().unwrap().unwrap();
    let distances = |x: &[[f64; 3]]| -> Vec<f64> {
        let distance =
            |i: usize, j: usize| (0..3).map(|axis| (x[i][axis] - x[j][axis]).powi(2)).sum::<f64>().sqrt();
        (0..x.len()).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| distance(i, j)).collect()
    };
    for (a, b) in distances(&frame.positions).iter().zip(distances(structure.positions())) {
        assert!((a - b).abs() < 2e-3, "{a} {b}");
    }
    let message = open([0.0; 3]).next_frame().unwrap_err().to_string();
    assert!(message.contains("frame 0: the bond ") && message.contains("states no box"), "{message}");
}

#[test]
fn a_frame_of_another_molecule_is_named() {
    let structure = alanine("c7ax.pdb");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.xtc");
    let water = "3\nwater\nO 0.0 0.0 0.0\nH 0.957 0.0 0.0\nH -0.240 0.927 0.0\n";
    let mut reader =
        TrajectoryReader::from_bytes("water.xyz", water.as_bytes().to_vec(), Some(structure.topology()))
            .unwrap();
    let message = reader.next_frame().unwrap_err().to_string();
    assert!(message.contains("frame 0 has 3 atoms, but the topology has 22"), "{message}");
    assert!(reader.next().is_none());
    // The order of the atoms shows where a format has names.
    let mut writer = open_writer(TrajectoryFormat::Pdb, &path, structure.topology()).unwrap();
    let positions = structure.positions();
    writer.write(&geodyssey_trajectory::Frame { positions, step: 0, time_ps: 0.0, properties: &[] }).unwrap();
    writer.finish().unwrap();
    let text = std::fs::read_to_string(&path).unwrap().replacen(" CA ", " CB ", 1);
    let mut reader =
        TrajectoryReader::from_bytes("x.pdb", text.into_bytes(), Some(structure.topology())).unwrap();
    let message = reader.next_frame().unwrap_err().to_string();
    assert!(message.contains("is called CB, but the topology has ALA 2 CA there"), "{message}");
}
