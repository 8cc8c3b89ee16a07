//! Files that other programs wrote: trajectories that a box has cut or that are not whole, tables in their units, PLUMED's files, and
//! formats that are read in a process of their own.

use std::f64::consts::{PI, TAU};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use geodyssey_tests::{Outcome, python, repository, run};

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn case(name: &str) -> PathBuf {
    repository().join("tests/cases").join(name)
}

/// The columns of a table by their names.
fn column(path: &Path, name: &str) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let index = reader.headers().expect("a header").iter().position(|header| header == name);
    let index = index.unwrap_or_else(|| panic!("{name} is not in {}", path.display()));
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| row[index].parse().expect("a number")).collect()
}

/// Alanine dipeptide with its landscape replaced by what is given.
struct Alanine {
    folder: tempfile::TempDir,
}

impl Alanine {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self, landscape: &str) -> PathBuf {
        let shipped = fs::read_to_string(repository().join("configs/alanine-dipeptide.toml")).expect("read");
        let systems = format!("{}/", repository().join("systems").display());
        let (before, after) = shipped.split_once("[landscape]").expect("a landscape");
        let after = after.split_once("\n[").expect("another section").1;
        let config = self.path("run.toml");
        let text = format!("{before}[landscape]\n{landscape}\n[{after}").replace("../systems/", &systems);
        fs::write(&config, text).expect("written");
        config
    }

    fn of_trajectory(&self, file: &Path) -> PathBuf {
        self.config(&format!("method = \"samples\"\ntrajectory = [{:?}]", text(file)))
    }

    /// φ and ψ of all frames of a trajectory.
    fn samples(&self, file: &Path) -> (Vec<[f64; 2]>, serde_json::Value) {
        let out = self.path("out");
        let config = self.of_trajectory(file);
        let summary = run(["landscape", text(&config), "--out", text(&out), "--json"]).exits_with(0).json();
        let [phi, psi] = ["phi_rad", "psi_rad"].map(|name| column(&out.join("samples.csv"), name));
        (phi.into_iter().zip(psi).map(|(phi, psi)| [phi, psi]).collect(), summary)
    }
}

fn difference(a: f64, b: f64) -> f64 {
    ((a - b + PI).rem_euclid(TAU) - PI).abs()
}

#[test]
fn a_box_that_cuts_the_molecule_changes_no_torsion() {
    let alanine = Alanine::new();
    let (whole, _) = alanine.samples(&case("broken-across-box/whole.xtc"));
    assert_eq!(whole.len(), 32);
    // mdtraj 1.11: `compute_dihedrals` of the second frame, whose ψ is −0.0837 where the box is left out.
    assert!(difference(whole[1][0], -2.5721) < 1e-3 && difference(whole[1][1], 2.5529) < 1e-3);
    for name in ["wrapped.xtc", "wrapped.dcd"] {
        let (wrapped, _) = alanine.samples(&case("broken-across-box").join(name));
        assert_eq!(wrapped.len(), whole.len());
        for (a, b) in whole.iter().flatten().zip(wrapped.iter().flatten()) {
            // XTC keeps 0.001 nm, the other file's positions were rounded elsewhere.
            assert!(difference(*a, *b) < 0.03, "{name}: {a} {b}");
        }
    }
    // Where no box is stated, the bond that is too long is named. (A GRO file of zeros for a box.)
    let gro = fs::read_to_string(case("broken-across-box/c5_broken.gro")).expect("read");
    let boxless = gro.replace("   3.00000   3.00000   3.00000", "   0.00000   0.00000   0.00000");
    let file = alanine.path("boxless.gro");
    fs::write(&file, boxless).expect("written");
    let config = alanine.of_trajectory(&file);
    run(["check", text(&config)]).exits_with(2).complains_of(&["the bond ALA 2 N–ALA 2 CA", "states no box"]);
}

#[test]
fn structures_that_a_box_has_cut_are_made_whole() {
    let systems = repository().join("systems/alanine-dipeptide");
    let energy = |topology: &Path| {
        let system = systems.join("amber99sb-ildn.vacuum.xml");
        let answer = run(["energy", "--system", text(&system), "--topology", text(topology), "--json"]);
        answer.exits_with(0).json()["frames"][0]["potential_energy_kj_mol"].as_f64().expect("an energy")
    };
    // The same atoms to 0.001 Å; cut, the molecule would have some 10⁶ kJ/mol.
    let (whole, cut) = (energy(&systems.join("c5.pdb")), energy(&case("broken-across-box/c5_broken.pdb")));
    assert!((whole - cut).abs() < 1.0, "{whole} {cut}");

    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["c5_broken.pdb", "c5_broken.gro"] {
        let shipped = fs::read_to_string(repository().join("configs/alanine-dipeptide.toml")).expect("read");
        let systems = format!("{}/", repository().join("systems").display());
        let start = format!("{:?}", text(&case("broken-across-box").join(name)));
        let changed = shipped
            .replace("\"../systems/alanine-dipeptide/c5.pdb\"", &start)
            .replace("../systems/", &systems);
        let config = folder.path().join("run.toml");
        fs::write(&config, changed).expect("written");
        let said = run(["check", text(&config)]).exits_with(0).stdout;
        let start = said.lines().find(|line| line.starts_with("start")).expect("the start");
        let degrees: Vec<f64> = start.split([' ', '°', ';']).filter_map(|word| word.parse().ok()).collect();
        // mdtraj 1.11 by nearest images: φ = −2.5660, ψ = 2.7768. GRO keeps 0.001 nm.
        assert!((degrees[0] + 147.0).abs() < 0.6 && (degrees[1] - 159.1).abs() < 0.6, "{name}: {start}");
    }
}

#[test]
fn frames_without_positions_and_files_that_are_not_whole() {
    let alanine = Alanine::new();
    let (samples, summary) = alanine.samples(&case("trajectories-not-whole/velocities-between.trr"));
    let skipped = summary["landscape"]["samples"]["frames_without_positions"].as_u64().expect("a number");
    assert!(skipped > 0 && !samples.is_empty());
    assert!(samples.iter().all(|point| point != &[0.0, 0.0]), "{samples:?}");
    let said = run(["check", text(&alanine.path("run.toml"))]).exits_with(0).stdout;
    assert!(said.contains(&format!("{skipped} frames left out")), "{said}");

    assert!(!alanine.samples(&case("trajectories-not-whole/without-box.dcd")).0.is_empty());
    for (name, complaint) in [("cut.dcd", "ends inside frame"), ("header-only.dcd", "contains no frames")] {
        let config = alanine.of_trajectory(&case("trajectories-not-whole").join(name));
        run(["check", text(&config)]).exits_with(2).complains_of(&[name, complaint, "trajectory = ["]);
    }
}

/// A table of samples of φ and ψ, and what `check` says.
fn check_table(header: &str, rows: &str) -> Outcome {
    let alanine = Alanine::new();
    let config = alanine.config("method = \"samples\"\nsamples = \"table.csv\"");
    fs::write(alanine.path("table.csv"), format!("{header}\n{rows}")).expect("written");
    run(["check", text(&config)])
}

#[test]
fn torsions_in_degrees_are_converted_or_refused() {
    for header in ["phi_deg,psi_deg", " phi_deg , psi_deg "] {
        check_table(header, "-150.0,160.0\n60.0,-40.0\n").exits_with(0);
    }
    check_table("phi, psi", "-2.5,2.8\n1.0,-0.7\n").exits_with(0);
    check_table("phi,psi", "-150.0,160.0\n60.0,-40.0\n").exits_with(2).complains_of(&[
        "table.csv",
        "line 2",
        "`phi` is -150",
        "`phi_deg`",
    ]);
    check_table("phi,psi,phi", "0,0,0\n").exits_with(2).complains_of(&["`phi` appears twice"]);
    // PLUMED's own header.
    let fields = "#! FIELDS time phi psi\n#! SET min_phi -pi\n#! SET max_phi pi\n#! SET min_psi -pi\n#! SET max_psi pi";
    check_table(fields, " 0.0 -2.5 2.8\n 1.0 1.0 -0.7\n").exits_with(0);

    // The same of conformations to be compared.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = folder.path().join("points.csv");
    fs::write(&table, "phi,psi\n-150,160\n60,-40\n").expect("written");
    run([
        "distance",
        "configs/alanine-dipeptide.toml",
        text(&table),
        "--out",
        text(&folder.path().join("out")),
    ])
    .exits_with(2)
    .complains_of(&["`phi` is -150", "radian"]);
}

/// A landscape over a period of 2π in PLUMED's form, in the program's own, and in degrees: one landscape.
#[test]
fn free_energies_of_plumed_and_of_a_run_are_tables() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let count = 24;
    let node = |index: usize| -PI + TAU * index as f64 / count as f64;
    let energy = |x: f64, y: f64| 5.0 * (1.0 - x.cos()) + 2.0 * y.sin();
    let mut plumed = String::from(
        "#! FIELDS phi psi file.free der_phi der_psi\n#! SET min_phi -pi\n#! SET max_phi pi\n#! SET nbins_phi  24\n\
         #! SET periodic_phi true\n#! SET min_psi -pi\n#! SET max_psi pi\n#! SET nbins_psi  24\n#! SET periodic_psi true\n",
    );
    let mut own = String::from("phi_rad,psi_rad,energy_kj_mol,standard_error_kj_mol,sampled\n");
    for psi in (0..count).map(node) {
        for phi in (0..count).map(node) {
            let value = energy(phi, psi);
            plumed += &format!(
                "{phi:15.9}{psi:15.9}{value:15.9}{:15.9}{:15.9}\n",
                5.0 * phi.sin(),
                2.0 * psi.cos()
            );
            own += &format!("{phi},{psi},{value},0.1,1\n");
        }
        plumed += "\n";
    }
    fs::write(path("fes.dat"), &plumed).expect("written");
    fs::write(path("own.csv"), own).expect("written");
    fs::write(path("points.csv"), "log_snr,phi,psi\n1.0,0.4,-1.2\n3.0,-2.0,3.0\n").expect("written");
    let config = |file: &str, period: f64| {
        let variables =
            ["phi", "psi"].map(|name| format!("[[variable]]\nname = \"{name}\"\nperiod = {period}\n"));
        let text = format!("[landscape]\nmethod = \"table\"\nfile = \"{file}\"\n{}", variables.concat());
        fs::write(path("table.toml"), text).expect("written");
        path("table.toml")
    };
    let normaliser = |file: &str| {
        let config = config(file, TAU);
        let answer =
            run(["posterior", text(&config), text(&path("points.csv")), "--json"]).exits_with(0).json();
        [0, 1].map(|point| answer["points"][point]["mean"][0].as_f64().expect("a mean"))
    };
    for (a, b) in normaliser("fes.dat").iter().zip(normaliser("own.csv")) {
        // PLUMED writes nine decimals.
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    let refused = |config: &Path, texts: &[&str]| {
        run(["check", text(config)]).exits_with(2).complains_of(texts);
    };
    refused(&config("fes.dat", 3.0), &["PLUMED says that `phi` has the period 6.28", "the period 3"]);
    fs::write(path("cut.dat"), plumed.replace("file.free", "file.bias")).expect("written");
    refused(&config("cut.dat", TAU), &["expected one field of free energies", "phi, psi, file.bias"]);
}

#[test]
fn points_from_which_rounding_leaves_nothing_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let points = folder.path().join("points.csv");
    fs::write(&points, "log_snr,x\n0.5,1.0\n0.5,1e8\n").expect("written");
    run(["posterior", "configs/mixture-1d.toml", text(&points)]).exits_with(2).complains_of(&[
        "points.csv",
        "line 3",
        "`x` = 100000000",
    ]);
}

/// A NetCDF trajectory of AMBER, which is read in a process of its own; and what is not one.
#[test]
fn foreign_formats_are_read_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let systems = repository().join("systems/alanine-dipeptide");
    let energy = |frames: &Path| {
        let system = systems.join("amber99sb-ildn.vacuum.xml");
        let topology = systems.join("topology.pdb");
        run(["energy", "--system", text(&system), "--topology", text(&topology), text(frames), "--json"])
    };
    let broken = folder.path().join("broken.nc");
    fs::write(&broken, b"CDF\x01 and nothing else").expect("written");
    energy(&broken).exits_with(2).complains_of(&["broken.nc cannot be read"]);
    let compressed = folder.path().join("frames.pdb.gz");
    fs::write(&compressed, b"\x1f\x8b").expect("written");
    energy(&compressed).exits_with(2).complains_of(&["unpack the file first"]);

    let Some(python) = python() else { return };
    let frames = folder.path().join("frames.nc");
    let script = "import sys, mdtraj\nmdtraj.load(sys.argv[1:-1], top=sys.argv[1]).save_netcdf(sys.argv[-1])";
    let files = ["c5.pdb", "c7ax.pdb", "c7eq.pdb"].map(|name| systems.join(name));
    let output = Command::new(python).arg("-c").arg(script).args(&files).arg(&frames).output();
    Outcome::from(output.expect("Python starts")).exits_with(0);
    let read = energy(&frames).exits_with(0).json();
    for (index, file) in files.iter().enumerate() {
        let total = |answer: &serde_json::Value, frame: usize| {
            answer["frames"][frame]["potential_energy_kj_mol"].as_f64().expect("an energy")
        };
        let expected = total(&energy(file).exits_with(0).json(), 0);
        // NetCDF of AMBER has single precision.
        assert!((total(&read, index) - expected).abs() < 0.05, "{}", file.display());
    }
    assert_eq!(read["frames"].as_array().map(Vec::len), Some(3));
}
