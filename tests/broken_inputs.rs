//! Wrong inputs: the exit code, a message that names the place, no panic, and no half-written artifact.

use std::fs;
use std::path::{Path, PathBuf};

use geodyssey_tests::{Outcome, contents, repository, run, short};

/// A copy of the alanine dipeptide configuration and its files that a test may break.
struct Inputs {
    folder: tempfile::TempDir,
}

impl Inputs {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let system = repository().join("systems/alanine-dipeptide");
        for name in ["topology.pdb", "amber99sb-ildn.vacuum.xml", "c5.pdb", "c7ax.pdb"] {
            fs::copy(system.join(name), folder.path().join(name)).expect("copied");
        }
        let text =
            fs::read_to_string(repository().join("configs/alanine-dipeptide.toml")).expect("a configuration");
        let inputs = Self { folder };
        inputs.write("run.toml", &text.replace("../systems/alanine-dipeptide/", ""));
        inputs
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    /// Changes a file by its text; the change must change something.
    #[track_caller]
    fn edit(&self, name: &str, change: impl Fn(&str) -> String) -> &Self {
        let before = fs::read_to_string(self.path(name)).expect("read");
        let after = change(&before);
        assert_ne!(before, after, "nothing was changed in {name}");
        self.write(name, &after);
        self
    }

    #[track_caller]
    fn replace(&self, name: &str, from: &str, to: &str) -> &Self {
        self.edit(name, |text| text.replacen(from, to, 1))
    }

    /// Runs the configuration, shortened, with further changes.
    fn run(&self, changes: &[&str]) -> Outcome {
        self.run_to(&self.path("out"), changes)
    }

    fn run_to(&self, out: &Path, changes: &[&str]) -> Outcome {
        let config = self.path("run.toml");
        let mut arguments =
            vec!["run", config.to_str().expect("a path"), "--out", out.to_str().expect("a path")];
        arguments.extend(short("configs/alanine-dipeptide.toml"));
        changes.iter().for_each(|change| arguments.extend(["--set", change]));
        run(arguments)
    }

    /// Runs it and expects exit code 2, these words, and no artifact.
    #[track_caller]
    fn refused(&self, texts: &[&str]) {
        self.refused_with(&[], texts);
    }

    #[track_caller]
    fn refused_with(&self, changes: &[&str], texts: &[&str]) {
        self.run(changes).exits_with(2).complains_of(texts);
        assert!(
            !self.path("out").exists() || contents(&self.path("out")).is_empty(),
            "artifacts were written"
        );
    }
}

#[test]
fn the_unbroken_copy_runs() {
    Inputs::new().run(&[]).exits_with(0);
}

#[test]
fn a_missing_atom() {
    let inputs = Inputs::new();
    inputs.replace("run.toml", "\"ALA 2 CA\"", "\"ALA 2 CAX\"");
    inputs.refused(&["run.toml:11", "ALA 2 CAX", "nearest: `ALA 2 CA`", "^^^"]);
}

#[test]
fn an_unknown_residue() {
    Inputs::new().replace("run.toml", "\"NME 3 N\"", "\"NMA 3 N\"").refused(&["run.toml:14", "`NME 3 N`"]);
}

#[test]
fn an_atom_twice_in_a_torsion() {
    Inputs::new()
        .replace(
            "run.toml",
            "\"ALA 2 N\", \"ALA 2 CA\", \"ALA 2 C\"]",
            "\"ALA 2 N\", \"ALA 2 N\", \"ALA 2 C\"]",
        )
        .refused(&["run.toml:11", "twice"]);
}

#[test]
fn a_torsion_of_three_atoms() {
    Inputs::new()
        .replace("run.toml", "\"ACE 1 C\", ", "")
        .refused(&["run.toml:11", "takes 4 atoms, found 3"]);
}

#[test]
fn an_unknown_key() {
    Inputs::new().replace("run.toml", "temperature =", "temprature =").refused(&[
        "run.toml:7:1",
        "unknown key `temprature`",
        "did you mean `temperature`",
    ]);
}

#[test]
fn an_unknown_section() {
    Inputs::new()
        .replace("run.toml", "[sampling]", "[samplin]")
        .refused(&["unknown key `samplin`", "did you mean `sampling`"]);
}

#[test]
fn syntax_that_is_not_toml() {
    Inputs::new()
        .replace("run.toml", "[states.end]", "[states.end")
        .refused(&["run.toml:19", "not valid TOML"]);
}

#[test]
fn a_temperature_below_zero_and_one_in_words() {
    Inputs::new().replace("run.toml", "300.0", "-300.0").refused(&["run.toml:7", "above zero"]);
    Inputs::new().replace("run.toml", "300.0", "\"warm\"").refused(&["run.toml:7", "expected a number"]);
}

#[test]
fn a_radius_of_zero() {
    Inputs::new()
        .replace("run.toml", "radius    = 30.0", "radius    = 0.0")
        .refused(&["run.toml:18", "above zero"]);
}

#[test]
fn a_missing_file() {
    Inputs::new().replace("run.toml", "c7ax.pdb", "c7axx.pdb").refused(&["run.toml:20", "c7axx.pdb"]);
}

#[test]
fn an_empty_structure() {
    let inputs = Inputs::new();
    inputs.write("c7ax.pdb", "");
    inputs.refused(&["run.toml:20", "c7ax.pdb", "empty"]);
}

#[test]
fn a_structure_with_a_coordinate_that_is_no_number() {
    let inputs = Inputs::new();
    inputs.edit("c7ax.pdb", |text| {
        let line = text
            .lines()
            .find(|line| line.starts_with("ATOM") || line.starts_with("HETATM"))
            .expect("an atom");
        text.replacen(&line[30..38], "     nan", 1)
    });
    inputs.refused(&["run.toml:20", "c7ax.pdb"]);
}

#[test]
fn a_wrong_number_of_atoms() {
    let inputs = Inputs::new();
    inputs.edit("topology.pdb", |text| {
        let atoms = text.lines().filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"));
        atoms.take(21).map(|line| format!("{line}\n")).collect::<String>() + "END\n"
    });
    inputs.refused(&["run.toml:6", "22 atoms", "21"]);
}

#[test]
fn states_that_are_equal() {
    Inputs::new().replace("run.toml", "c7ax.pdb", "c5.pdb").refused(&["run.toml:20", "same structure"]);
}

#[test]
fn states_that_overlap() {
    Inputs::new()
        .edit("run.toml", |text| text.replace("radius    = 30.0", "radius    = 300.0"))
        .refused(&["run.toml:19", "the start and end states are not distinct"]);
}

#[test]
fn a_centre_that_is_not_where_the_structure_is() {
    Inputs::new()
        .replace("run.toml", "radius    = 30.0", "radius    = 30.0\ncenter = [60.0, 60.0]")
        .refused(&["run.toml:19", "outside this state", "°"]);
}

#[test]
fn a_mirror_image() {
    let inputs = Inputs::new();
    inputs.edit("c7ax.pdb", |text| {
        let mirrored = text.lines().map(|line| {
            if line.starts_with("ATOM") || line.starts_with("HETATM") {
                let x: f64 = line[30..38].trim().parse().expect("a coordinate");
                format!("{}{:8.3}{}\n", &line[..30], -x, &line[38..])
            } else {
                format!("{line}\n")
            }
        });
        mirrored.collect()
    });
    inputs.refused(&["run.toml:20", "ALA 2 CA", "chirality"]);
}

#[test]
fn a_truncated_force_field() {
    let inputs = Inputs::new();
    inputs.edit("amber99sb-ildn.vacuum.xml", |text| text[..text.len() / 2].to_owned());
    inputs.refused(&["run.toml:6", "amber99sb-ildn.vacuum.xml", "line"]);
}

#[test]
fn a_charge_that_is_no_number() {
    let inputs = Inputs::new();
    inputs.edit("amber99sb-ildn.vacuum.xml", |text| {
        let forces = text.find("type=\"NonbondedForce\"").expect("a nonbonded force");
        let particles = forces + text[forces..].find("<Particles>").expect("its particles");
        let charge = particles + text[particles..].find(" q=\"").expect("a charge") + 4;
        let end = charge + text[charge..].find('"').expect("its end");
        format!("{}nan{}", &text[..charge], &text[end..])
    });
    inputs.refused(&["run.toml:6", "NonbondedForce", "line"]);
}

#[test]
fn a_force_that_is_not_supported() {
    let inputs = Inputs::new();
    inputs.replace("amber99sb-ildn.vacuum.xml", "type=\"HarmonicAngleForce\"", "type=\"CustomAngleForce\"");
    inputs.refused(&["run.toml:6", "CustomAngleForce", "custom forces with a formula are not supported"]);
}

#[test]
fn unknown_names_of_kinds_and_formats() {
    let inputs = Inputs::new();
    inputs.refused_with(
        &["landscape.method=metadynamic"],
        &["unknown value `metadynamic`", "did you mean `metadynamics`"],
    );
    inputs.refused_with(&["constraint.0.kind=low-varience"], &["did you mean `low-variance`"]);
    inputs.refused_with(&["geodesic.choose=shorter"], &["did you mean `shortest`"]);
    inputs.refused_with(&["output.formats=[\"xtcc\"]"], &["did you mean `xtc`"]);
    inputs.refused_with(&["denoiser.kind=mixtur"], &["did you mean `mixture`"]);
}

#[test]
fn numbers_that_do_not_fit_together() {
    let inputs = Inputs::new();
    inputs
        .refused_with(&["geodesic.winding=[1]"], &["expected 2 whole numbers", "--set geodesic.winding=[1]"]);
    inputs.refused_with(&["geodesic.points=2"], &["at least 3 points"]);
    inputs.refused_with(&["geodesic.log_snr=-7"], &["log_snr_min"]);
    inputs.refused_with(&["sampling.steps_per_point=5"], &["not both"]);
    inputs.refused_with(&["sampling.paths=0"], &["above zero"]);
    inputs.refused_with(&["states.end.center=[1, 2, 3]"], &["expected 2 numbers"]);
    inputs.refused_with(&["landscape.bias_factor=0.5"], &["bias_factor"]);
    // A whole table at a place of a list.
    let floor = "constraint.0={ kind = \"low-variance\", log_snr_floor = \"high\" }";
    inputs.refused_with(&[floor], &["log_snr_floor", "expected a number"]);
    inputs.refused_with(&["constraint.0=3"], &["must be a table"]);
    let torsion = "variable.2.torsion=[\"ACE 1 CH3\", \"ACE 1 C\", \"ALA 2 N\", \"ALA 2 CA\"]";
    let third = ["variable.2.name=omega", torsion, "landscape.grid_points=128"];
    inputs.refused_with(&third, &["quadrature nodes is too large", "--set landscape.grid_points=128"]);
    inputs.refused_with(&["seed=-1"], &["not negative"]);
}

#[test]
fn paths_on_the_landscape_that_are_not_right() {
    let refused = |config: &str, change: &str, texts: &[&str]| {
        let config = format!("configs/{config}.toml");
        run(["check", &config, "--set", change]).exits_with(2).complains_of(texts);
    };
    refused("paper/unconstrained", "sampling.space=atoms", &["kT of the surface alone", "variables"]);
    refused("paper/unconstrained", "sampling.length=fixed", &["`length` goes with", "two-way-shooting"]);
    refused("paper/unconstrained", "landscape.grid_point=9", &["did you mean `grid_points`"]);
    refused("paper/unconstrained", "landscape.force_tolerance_kj_mol_nm=0", &["above zero"]);
    refused("paper/two-way-shooting", "sampling.steps_per_point=5", &["goes with", "annealing"]);
    refused("paper/two-way-shooting", "sampling.backward=true", &["`backward` goes with", "annealing"]);
    refused("paper/two-way-shooting", "sampling.switches_per_point=16", &["`switches_per_point` goes with"]);
    refused("paper/two-way-shooting", "sampling.switches_per_point=0", &["above zero"]);
    refused("paper/two-way-shooting", "sampling.space=atoms", &["two-way shooting", "variables"]);
    refused("paper/two-way-shooting", "sampling.method=shooting", &["two-way-shooting"]);
    refused("mueller-brown", "sampling.lifted_paths=3", &["no atoms of their own"]);
    refused("mueller-brown", "landscape.method=relaxed-scan", &["needs a molecule"]);
}

#[test]
fn tables_that_are_not_right() {
    let inputs = Inputs::new();
    let config = "[landscape]\nmethod = \"table\"\nfile = \"surface.csv\"\n\n[[variable]]\nname = \"x\"\n\n[states.start]\ncenter = [0.0]\n[states.end]\ncenter = [3.0]\n";
    inputs.write("table.toml", config);
    let refused = |table: &str, texts: &[&str]| {
        inputs.write("surface.csv", table);
        let out = inputs.path("out");
        let arguments = [Path::new("run"), &inputs.path("table.toml"), Path::new("--out"), &out];
        run(arguments).exits_with(2).complains_of(texts).complains_of(&["table.toml:3", "surface.csv"]);
        assert!(!out.exists() || contents(&out).is_empty());
    };
    refused("", &["x"]);
    refused("x,energy_kj_mol\n", &["no rows"]);
    refused("y,energy_kj_mol\n0,0\n", &["line 1", "`y`"]);
    refused("x,energy_kj_mol\n0,0\n1,cold\n2,1\n3,1\n", &["line 3", "`cold`"]);
    refused("x,energy_kj_mol\n0,0\n1,nan\n2,1\n3,1\n", &["line 3"]);
    refused("x,energy_kj_mol\n0,0\n1,1\n2\n3,1\n", &["line 4"]);
    refused("x,energy_kj_mol\n0,0\n1,1\n2.4,1\n3,1\n", &["equally spaced"]);
}

#[test]
fn formulas_that_are_not_right() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let out = out.to_str().expect("a path");
    let config = |change: &str| run(["run", "configs/mueller-brown.toml", "--set", change, "--out", out]);
    config("landscape.name=muller-brown").exits_with(2).complains_of(&["did you mean `mueller-brown`"]);
    config("landscape.thermal_energy=0").exits_with(2).complains_of(&["above zero"]);
    config("variable.0.period=3").exits_with(2).complains_of(&["no period"]);
    config("sampling.space=atoms").exits_with(2).complains_of(&["there is no [system]"]);
    config("states.start.center=[50.0, 1.0]").exits_with(2).complains_of(&["`x` = 50", "outside its range"]);
    assert!(!Path::new(out).exists());
}

#[test]
fn constraints_that_are_not_right() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().to_str().expect("a path");
    let config = |changes: &[&str]| {
        let mut arguments = vec!["geodesic", "configs/mueller-brown.toml", "--out", out];
        changes.iter().for_each(|change| arguments.extend(["--set", change]));
        run(arguments.into_iter().chain(short("configs/mueller-brown.toml")))
    };
    config(&["constraint.0.kind=region-avoidance"]).exits_with(2).complains_of(&["center"]);
    config(&["constraint.0.kind=low-variance", "constraint.0.floor=3"])
        .exits_with(2)
        .complains_of(&["unknown key `floor`"]);
}

#[test]
fn a_run_without_states() {
    let inputs = Inputs::new();
    inputs.edit("run.toml", |text| {
        let start = text.find("[states.start]").expect("states");
        let end = text.find("[landscape]").expect("a landscape");
        format!("{}{}", &text[..start], &text[end..])
    });
    inputs.refused(&["[states.start]"]);
}

#[test]
fn a_configuration_that_cannot_be_read() {
    run(["run", "configs/none.toml"]).exits_with(2).complains_of(&["configs/none.toml"]);
    run(["run", "configs"]).exits_with(2).complains_of(&["configs"]);
}

#[test]
fn frames_of_another_molecule() {
    let inputs = Inputs::new();
    inputs.write("other.xyz", "1\n\nHe 0 0 0\n");
    let system = "systems/alanine-dipeptide";
    let (xml, topology) = (format!("{system}/amber99sb-ildn.vacuum.xml"), format!("{system}/topology.pdb"));
    let frames = inputs.path("other.xyz");
    let arguments = ["energy", "--system", &xml, "--topology", &topology, frames.to_str().expect("a path")];
    run(arguments).exits_with(2).complains_of(&["other.xyz", "22"]);
}

#[test]
fn a_time_step_that_blows_up_is_a_failure() {
    let inputs = Inputs::new();
    inputs.run(&["landscape.time_step_ps=0.02"]).exits_with(1).complains_of(&[
        "metadynamics",
        "blew up",
        "smaller time step",
    ]);
    let written = contents(&inputs.path("out"));
    assert!(!written.keys().any(|name| name.ends_with("landscape.csv")), "{:?}", written.keys());
}

#[test]
fn a_run_directory_that_cannot_be_written() {
    let inputs = Inputs::new();
    inputs.write("file", "in the way");
    inputs
        .run_to(&inputs.path("file").join("out"), &[])
        .exits_with(1)
        .complains_of(&["cannot create the run directory", "file"]);
    inputs.run_to(&inputs.path("file"), &[]).exits_with(1).complains_of(&["file"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_directory() {
    use std::os::unix::fs::PermissionsExt as _;
    let inputs = Inputs::new();
    let out = inputs.path("out");
    fs::create_dir(&out).expect("made");
    fs::set_permissions(&out, fs::Permissions::from_mode(0o555)).expect("set");
    if fs::write(out.join("probe"), "").is_ok() {
        println!("skipped: this user may write in read-only directories");
        return;
    }
    inputs.run(&[]).exits_with(1).complains_of(&["cannot", "out", "ermission denied"]);
    fs::set_permissions(&out, fs::Permissions::from_mode(0o755)).expect("set");
    assert!(contents(&out).is_empty());
}

/// On a file system of 200 kB, made for this test where that is allowed.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let inputs = Inputs::new();
    let disk = inputs.path("disk");
    fs::create_dir(&disk).expect("made");
    let mount = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=200k", "tmpfs"])
        .arg(&disk)
        .output();
    if !mount.is_ok_and(|output| output.status.success()) {
        println!("skipped: this user may not mount a small file system");
        return;
    }
    let outcome = inputs.run_to(&disk.join("out"), &[]);
    let left = contents(&disk.join("out"));
    let unmounted = std::process::Command::new("umount").arg(&disk).status().expect("umount runs");
    let outcome = outcome.exits_with(1).complains_of(&["No space left on device"]);
    // The first error, not that of the times which are written at the end.
    assert!(!outcome.stderr.contains("timings.json"), "{}", outcome.stderr);
    assert!(!left.keys().any(|name| name.to_string_lossy().contains(".part")), "{:?}", left.keys());
    assert!(left.values().all(|bytes| !bytes.is_empty()), "an empty file was left");
    assert!(unmounted.success());
}

/// What `run` would refuse, `check` refuses: both by the same words, and before anything is computed.
#[test]
fn what_is_known_before_is_said_before() {
    let inputs = Inputs::new();
    let config = inputs.path("run.toml");
    let refused = |changes: &[&str], complaints: &[&str]| {
        let mut arguments = vec!["check", config.to_str().expect("a path")];
        changes.iter().for_each(|change| arguments.extend(["--set", change]));
        run(arguments).exits_with(2).complains_of(complaints);
        inputs.refused_with(changes, complaints);
    };
    refused(&["landscape.walkers=0"], &["walkers", "at least 1"]);
    refused(&["landscape.bias_factor=1"], &["bias_factor"]);
    refused(&["geodesic.log_snr=60"], &["within ±50"]);
    refused(&["sampling.duration_ps=1e30"], &["duration_ps", "1e30"]);
    refused(&["landscape.deposition_interval_ps=1000"], &["longer than"]);
    refused(&["sampling.paths=100001"], &["at most 100000"]);
    refused(&["landscape.grid_points=100000"], &["grid", "too large"]);
    if cfg!(target_os = "linux") {
        refused(&["sampling.paths=100000", "geodesic.points=100000"], &["on disk", "are free"]);
        refused(&["denoiser={kind=\"neural\",width=65536}"], &["this machine has"]);
    }
}

#[test]
fn atoms_upon_each_other_in_a_molecule_shrunk_to_a_twentieth() {
    let inputs = Inputs::new();
    inputs.edit("c7ax.pdb", |text| {
        let shrunk = |line: &str| {
            if !(line.starts_with("ATOM") || line.starts_with("HETATM")) {
                return format!("{line}\n");
            }
            let number =
                |from: usize| line[from..from + 8].trim().parse::<f64>().expect("a coordinate") / 20.0;
            format!("{}{:8.3}{:8.3}{:8.3}{}\n", &line[..30], number(30), number(38), number(46), &line[54..])
        };
        text.lines().map(shrunk).collect()
    });
    inputs.refused_with(&["states.minimise=false"], &["run.toml:20", "do atoms"]);
}

#[test]
fn input_that_is_too_deep_for_the_stack() {
    let inputs = Inputs::new();
    let key = vec!["a"; 30_000].join(".");
    inputs.refused_with(&[&format!("{key}=1")], &["expected a key"]);
    let deep = "<a>".repeat(200_000);
    inputs.write("amber99sb-ildn.vacuum.xml", &format!("<System>{deep}"));
    inputs.refused(&["run.toml:6", "deep"]);
}
