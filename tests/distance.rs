//! `geodyssey distance`: what it measures between structures and rows, and the files it leaves.

use std::path::Path;

use geodyssey_tests::{repository, run};
use serde_json::Value;

const ALANINE: &str = "configs/alanine-dipeptide.toml";

/// A landscape in a second, and curves of a few points.
fn short() -> Vec<&'static str> {
    let changes = [
        "landscape.walkers=16",
        "landscape.filling_time_ps=40",
        "landscape.filling_limit_ps=40",
        "landscape.equilibration_time_ps=0.2",
        "landscape.sampling_time_ps=20",
        "landscape.sampling_limit_ps=20",
        "landscape.grid_points=48",
    ];
    changes.into_iter().flat_map(|change| ["--set", change]).collect()
}

fn distances(out: &Path, configuration: &str, files: &[&str], options: &[&str]) -> Value {
    let out = out.to_str().expect("a path");
    let arguments = ["distance", configuration, "--json", "--out", out];
    let mut all: Vec<&str> = arguments.to_vec();
    all.extend(files);
    all.extend(options);
    // On the rough landscape of a molecule fewer points cannot be spread evenly.
    all.extend(["--points", if configuration == ALANINE { "65" } else { "25" }]);
    if configuration == ALANINE {
        all.extend(short());
    }
    run(all).exits_with(0).json()
}

fn matrix(answer: &Value) -> Vec<Vec<f64>> {
    serde_json::from_value(answer["distances"].clone()).expect("a matrix")
}

/// The atoms of a PDB file turned by `(x, y, z) → (z, x, y)`, a rotation by 120° about (1, 1, 1), and shifted.
fn turned(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        if line.starts_with("ATOM") || line.starts_with("HETATM") {
            let number = |from: usize| line[from..from + 8].trim().parse::<f64>().expect("a coordinate");
            let [x, y, z] = [30, 38, 46].map(number);
            lines.push_str(&format!(
                "{}{:8.3}{:8.3}{:8.3}{}",
                &line[..30],
                z + 1.5,
                x - 2.25,
                y + 11.0,
                &line[54..]
            ));
        } else {
            lines.push_str(line);
        }
        lines.push('\n');
    }
    lines
}

#[test]
fn of_structures_it_depends_on_their_shape_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let systems = repository().join("systems/alanine-dipeptide");
    let text = std::fs::read_to_string(systems.join("c7ax.pdb")).expect("a structure");
    let moved = folder.path().join("moved.pdb");
    std::fs::write(&moved, turned(&text)).expect("written");
    let files = ["c5.pdb", "c7ax.pdb", "c7eq.pdb"].map(|name| systems.join(name));
    let mut paths: Vec<&str> = files.iter().map(|file| file.to_str().expect("a path")).collect();
    paths.push(moved.to_str().expect("a path"));
    let answer = distances(&out, ALANINE, &paths, &[]);
    let table = matrix(&answer);
    assert_eq!(answer["configurations"][3]["name"], "moved");
    // The turned structure has the same three digits of every coordinate, so that nothing but rounding is left.
    assert!(table[1][3] < 1e-3, "{table:?}");
    assert!(
        (table[0][1] - table[0][3]).abs() < 1e-3 && (table[2][1] - table[2][3]).abs() < 1e-3,
        "{table:?}"
    );
    assert!(table[0][1] > 2.0 && table[0][2] > 2.0, "{table:?}");
    let pairs = answer["pairs"].as_array().expect("pairs");
    assert!(pairs.len() == 6 && pairs.iter().all(|pair| pair["converged"] == true), "{pairs:?}");
    for (i, row) in table.iter().enumerate() {
        assert_eq!(row[i], 0.0);
        assert!(row.iter().zip(&table).all(|(there, back)| *there == back[i]));
    }
    for name in [
        "distances.csv",
        "distances.npy",
        "distances.json",
        "configurations.csv",
        "heat-map.png",
        "heat-map.svg",
        "dendrogram.png",
        "dendrogram.svg",
        "embedding.png",
        "embedding.svg",
    ] {
        assert!(out.join("distance").join(name).is_file(), "{name}");
    }
    check_npy(&std::fs::read(out.join("distance/distances.npy")).expect("an array"), &table);
    // A pair has its edits instead, whose first and last frames have the variables of the two structures.
    let pair = distances(&out, ALANINE, &paths[..2], &["--log-snr", "3"]);
    assert!(matrix(&pair)[0][1] < table[0][1]);
    assert!(!out.join("distance/heat-map.png").exists(), "files of the request before are gone");
    // Constraints play no part: the recommended floor of 3.5 lies above these ends.
    let low = distances(&out, ALANINE, &paths[..2], &["--set", "geodesic.log_snr=3"]);
    assert_eq!((&low["log_snr"], matrix(&low)), (&pair["log_snr"], matrix(&pair)));
    let text = std::fs::read_to_string(out.join("distance/edits.csv")).expect("the edits");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 66);
    assert_eq!(rows[0][..6], ["point", "edit", "arc_length", "log_snr", "y_phi_rad", "y_psi_rad"]);
    assert!(rows.iter().any(|row| row[1] == "noise") && rows.iter().any(|row| row[1] == "denoise"));
    let frames = std::fs::read_to_string(out.join("distance/edits.pdb")).expect("the frames");
    assert_eq!(frames.lines().filter(|line| line.starts_with("MODEL")).count(), 65);
    // The frames' own torsions follow the posterior means: the frames are measured once more as structures.
    let frames = out.join("distance/edits.xtc");
    let copy = folder.path().join("edits.xtc");
    std::fs::copy(frames, &copy).expect("copied");
    let again =
        distances(&out, ALANINE, &[copy.to_str().expect("a path")], &["--frames", "0:41", "--stride", "20"]);
    assert_eq!(again["configurations"][2]["name"], "edits:40");
    for (index, row) in [(0, 1), (1, 21), (2, 41)] {
        for axis in 0..2 {
            let mean: f64 = rows[row][6 + axis].parse().expect("a number");
            let found = again["configurations"][index]["variables"][axis].as_f64().expect("a number");
            assert!((found - mean).sin().abs() < 0.03, "frame {row}: {found} {mean}");
        }
    }
}

/// Format version 1.0 of NumPy's arrays: a header in words, then 64-bit numbers, rows first.
fn check_npy(bytes: &[u8], table: &[Vec<f64>]) {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let words = String::from_utf8_lossy(&bytes[10..10 + header]);
    assert!(
        words.contains("'<f8'") && words.contains("'fortran_order': False") && words.contains("(4, 4"),
        "{words}"
    );
    let numbers: Vec<f64> = bytes[10 + header..]
        .chunks_exact(8)
        .map(|chunk| f64::from_le_bytes(chunk.try_into().expect("eight bytes")))
        .collect();
    assert_eq!(numbers, table.concat());
}

#[test]
fn of_a_landscape_it_takes_rows_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = folder.path().join("points.csv");
    std::fs::write(&table, "x\n-2.5\n0.5\n2.5\n-2.4\n").expect("written");
    let table = table.to_str().expect("a path");
    let config = "configs/mixture-1d.toml";
    let options = ["--set", "landscape.grid_points=64"];
    let out = folder.path().join("run");
    let answer = distances(&out, config, &[table], &options);
    assert_eq!(answer["log_snr"], 3.0);
    let found = matrix(&answer);
    // The two outer wells are alike, and near ones are near.
    assert!(found[0][3] < 0.5 && found[0][2] > found[0][1] && found[0][1] > 2.0, "{found:?}");
    // Nothing is computed twice: the files stay, and the answer is the same to the last byte.
    let file = out.join("distance/distances.json");
    let before = std::fs::metadata(&file).and_then(|data| data.modified()).expect("a time");
    assert_eq!(distances(&out, config, &[table], &options), answer);
    assert_eq!(std::fs::metadata(&file).and_then(|data| data.modified()).expect("a time"), before);
}

#[test]
fn what_cannot_be_measured_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let one = write("one.csv", "x\n1.0\n");
    let outside = write("outside.csv", "x\n1.0\n77.0\n");
    let other = write("other.csv", "y\n1.0\n");
    let mixture = "configs/mixture-1d.toml";
    let fails = |arguments: &[&str], texts: &[&str]| {
        run([&["distance"], arguments].concat()).exits_with(2).complains_of(texts);
    };
    fails(&[mixture, &one], &["needs two configurations"]);
    fails(&[mixture, &outside], &["outside.csv", "row 2", "`x` = 77"]);
    fails(&[mixture, &other], &["other.csv", "no column", "y"]);
    fails(&[mixture, "systems/alanine-dipeptide/c5.pdb"], &["no molecule", "table (.csv)"]);
    fails(&[mixture, &one, &one, "--frames", "5"], &["FROM:TO"]);
    fails(&[mixture, &one, &one, "--log-snr", "-20"], &["--log-snr -20", "geodesic.log_snr_min"]);
    fails(&[ALANINE, "systems/alanine-dipeptide/c5.pdb"], &["needs two configurations"]);
    // The hydrogen bond of C7ax is open in C5.
    let system = repository().join("systems/alanine-dipeptide");
    let of = |name: &str| system.join(name).to_str().expect("a path").to_owned();
    let bond = write(
        "bond.toml",
        &format!(
            "[system]\ntopology = '{}'\nforce_field = '{}'\n[[variable]]\nname = \"bond\"\n\
             distance = [\"ACE 1 O\", \"NME 3 N\"]\nrange = [0.2, 0.35]\n[landscape]\nmethod = \"metadynamics\"\n",
            of("topology.pdb"),
            of("amber99sb-ildn.vacuum.xml")
        ),
    );
    fails(
        &[&bond, &of("c7ax.pdb"), &of("c5.pdb")],
        &["c5.pdb", "`bond` = 0.", "within the variable's range"],
    );
    fails(&[ALANINE, "systems/ace-ala3-nme/topology.pdb", "systems/alanine-dipeptide/c5.pdb"], &["atoms"]);
}
