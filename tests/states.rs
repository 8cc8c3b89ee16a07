//! The two states, the units of their variables, and whether paths arrive at what the states are.
//!
//! The molecules are small and their landscapes known, so that every number has a truth of its own: an ion pair whose free energy is
//! an integral, united-atom pentane, hydrogen peroxide.

use std::path::{Path, PathBuf};

use geodyssey_tests::{Outcome, repository, run};
use serde_json::Value;

const THERMAL_ENERGY: f64 = 2.494_338_785_445_972;

/// A folder with the files of one case and a configuration.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(name: &str, configuration: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = std::fs::read_dir(repository().join("tests/cases").join(name)).expect("the case");
        for file in files.flatten() {
            std::fs::copy(file.path(), folder.path().join(file.file_name())).expect("a copy");
        }
        std::fs::write(folder.path().join("run.toml"), configuration).expect("a configuration");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.path(name), text).expect("a file");
        self
    }

    fn command(&self, command: &str, changes: &[&str]) -> Outcome {
        let config = self.path("run.toml").display().to_string();
        let out = self.path("out").display().to_string();
        let mut arguments = vec![command, config.as_str(), "--json", "--out", out.as_str()];
        arguments.extend(changes.iter().flat_map(|change| ["--set", change]));
        run(arguments)
    }

    fn summary(&self, changes: &[&str]) -> Value {
        self.command("run", changes).exits_with(0).json()
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Whether any warning of a summary holds this text.
fn warns(summary: &Value, text: &str) -> bool {
    let warnings = summary["warnings"].as_array().expect("a list of warnings");
    warnings.iter().any(|warning| warning.to_string().contains(text))
}

/// Potential energy of the ion pair of `cases/sodium-chloride` (Joung & Cheatham 2008, Lorentz–Berthelot), kJ/mol, r in nm.
fn ion_pair(r: f64) -> f64 {
    let (sigma, epsilon) = (0.5 * (0.2439281 + 0.4477657), (0.365846_f64 * 0.1489013).sqrt());
    let sixth = (sigma / r).powi(6);
    4.0 * epsilon * (sixth * sixth - sixth) - 138.935_457_6 / r
}

/// Its free energy over the distance: two directions in space belong to every distance, `-2 kT ln r`.
fn ion_pair_free_energy(r: f64) -> f64 {
    ion_pair(r) - 2.0 * THERMAL_ENERGY * r.ln()
}

/// The free energy on a grid, as a table that a run reads.
fn ion_pair_table() -> String {
    let mut text = "r,energy_kj_mol\n".to_owned();
    for index in 0..=160 {
        let r = 0.2 + 0.8 * f64::from(index) / 160.0;
        text.push_str(&format!("{r},{}\n", ion_pair_free_energy(r)));
    }
    text
}

/// `-kT log ∫ exp(-F/kT - (r - y)²/(2 w²)) dr`.
fn tethered(y: f64, width: f64) -> f64 {
    let steps = 8000;
    let exponent = |r: f64| -ion_pair_free_energy(r) / THERMAL_ENERGY - 0.5 * ((r - y) / width).powi(2);
    let values: Vec<f64> =
        (0..=steps).map(|index| exponent(0.15 + 1.0 * f64::from(index) / f64::from(steps))).collect();
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = values.iter().map(|value| (value - largest).exp()).sum();
    -THERMAL_ENERGY * (largest + sum.ln())
}

/// The settings of the tutorial, for a distance: nothing is said of units, widths or floors but what the tutorial says.
const ION_PAIR: &str = r#"
[system]
topology    = "contact.pdb"
force_field = "system.xml"
temperature = 300.0

[[variable]]
name     = "r"
distance = ["NA 1 NA", "CL 2 CL"]
range    = [0.2, 1.0]

[states.start]
structure = "contact.pdb"
[states.end]
center = [0.9]

[landscape]
method = "table"
file   = "free-energy.csv"

[[constraint]]
kind = "low-variance"
log_snr_floor = 3.5

[sampling]
paths = 16
"#;

/// An ion pair is pulled apart with the tutorial's settings: all arrive, and the free energy is that of the integral.
#[test]
fn a_distance_is_led_as_a_torsion_is() {
    let case = Case::new("sodium-chloride", ION_PAIR);
    case.write("free-energy.csv", &ion_pair_table());
    let summary = case.summary(&[]);
    let scale = number(&summary["system"]["variables"][0]["scale"]);
    assert!((scale - 0.1).abs() < 1e-12, "{scale}");
    // The end has no file: the molecule was driven there.
    assert_eq!(summary["states"][1]["structure"], "driven from the other state");
    assert!((number(&summary["states"][1]["center"][0]) - 0.9).abs() < 1e-12);
    // The start was minimised: the minimum of the potential energy, where its slope vanishes.
    let start = number(&summary["states"][0]["center"][0]);
    let slope = (ion_pair(start + 1e-4) - ion_pair(start - 1e-4)) / 2e-4;
    assert!(slope.abs() < 40.0, "{start} nm: {slope} kJ/mol/nm");
    assert_eq!(summary["sampling"]["reached"], 1.0);
    assert_eq!(summary["sampling"]["reached_backward"], 1.0);
    let width = 0.1 * (-2.0_f64).exp();
    let truth = tethered(0.9, width) - tethered(start, width);
    let (found, error) =
        (number(&summary["work"]["delta_f_kj_mol"]), number(&summary["work"]["delta_f_error_kj_mol"]));
    assert!((found - truth).abs() < 5.0 * error.max(0.5), "{found} ± {error}, truth {truth}");
    assert!((number(&summary["work"]["landscape_delta_f_kj_mol"]) - truth).abs() < 1.0, "{truth}");
    // Frames and curve are in nm.
    let last = std::fs::read_to_string(case.path("out/geodesic.csv")).expect("the curve");
    let y: f64 =
        last.lines().last().and_then(|line| line.split(',').nth(2)).and_then(|y| y.parse().ok()).expect("y");
    assert!((y - 0.9).abs() < 1e-12, "{y}");
}

/// Counted in whole nanometres, the same tether is as wide as a quarter of the way: that is said before anything is computed, and
/// paths that do not arrive are no result.
#[test]
fn a_tether_that_is_too_wide_is_not_silent() {
    let case = Case::new("sodium-chloride", ION_PAIR);
    case.write("free-energy.csv", &ion_pair_table());
    let wide = ["variable.0.scale=1.0", "sampling.duration_ps=2", "sampling.paths=4"];
    let checked = case.command("check", &wide).exits_with(0).json();
    assert!(
        checked["tether_at_the_ends"][0].as_str().is_some_and(|text| text.contains("0.135 nm")),
        "{checked}"
    );
    assert!(checked["warnings"].to_string().contains("scale"), "{checked}");
    let summary = case.summary(&wide);
    assert_eq!(summary["sampling"]["reached"], 0.0);
    assert!(warns(&summary, "scale") && warns(&summary, "did not reach the end"), "{}", summary["warnings"]);
}

/// A scale changes what logSNR means, not what it is: a tether of half the width has a logSNR larger by ln 4, and the same posterior.
#[test]
fn scale_and_log_snr_stand_for_each_other() {
    let case = Case::new("sodium-chloride", ION_PAIR);
    case.write("free-energy.csv", &ion_pair_table());
    let points = case.path("points.csv").display().to_string();
    let posterior = |scale: f64, log_snr: f64| {
        case.write("points.csv", &format!("log_snr,r_nm\n{log_snr},0.31\n{log_snr},0.7\n"));
        let config = case.path("run.toml").display().to_string();
        let change = format!("variable.0.scale={scale}");
        run(["posterior", &config, &points, "--json", "--set", &change]).exits_with(0).json()
    };
    let first = posterior(0.1, 4.0);
    let second = posterior(0.05, 4.0 - 4.0_f64.ln());
    for index in 0..2 {
        let mean = |answer: &Value| number(&answer["points"][index]["mean"][0]);
        assert!((mean(&first) - mean(&second)).abs() < 1e-9);
        // G = Cov(x, |x|²), x in units of the scale.
        let variance = |answer: &Value| number(&answer["points"][index]["metric"][0][0]);
        assert!((variance(&first) * 0.01 - variance(&second) * 0.0025).abs() < 1e-12);
    }
    assert_eq!(first["scale"][0], 0.1);
}

#[test]
fn a_scale_of_a_periodic_variable_is_refused() {
    let case = Case::new("pentane", PENTANE);
    case.write("free-energy.csv", &pentane_table());
    case.command("check", &["variable.0.scale=10.0"]).exits_with(2).complains_of(&["scale", "periodic"]);
}

const PENTANE: &str = r#"
[system]
topology    = "trans.pdb"
force_field = "system.xml"
temperature = 300.0

[[variable]]
name    = "first"
torsion = ["PEN 1 C1", "PEN 1 C2", "PEN 1 C3", "PEN 1 C4"]

[states.start]
structure = "trans.pdb"
radius    = 30.0
[states.end]
structure = "gauche.pdb"
radius    = 30.0

[landscape]
method = "table"
file   = "free-energy.csv"

[[constraint]]
kind = "low-variance"
log_snr_floor = 3.5

[sampling]
paths          = 16
backward       = false
friction_per_ps = 5.0
"#;

/// The torsion's own energy (TraPPE, Martin & Siepmann 1998): near enough to its free energy to lead a path.
fn pentane_table() -> String {
    let mut text = "first,energy_kj_mol\n".to_owned();
    for index in 0..72 {
        let angle = (-180.0 + 5.0 * f64::from(index)).to_radians();
        let [one, two, three] = [355.03, -68.19, 791.32].map(|c| c * 0.008_314_46);
        let energy = one * (1.0 + angle.cos())
            + two * (1.0 - (2.0 * angle).cos())
            + three * (1.0 + (3.0 * angle).cos());
        text.push_str(&format!("{angle},{energy}\n"));
    }
    text
}

fn torsion(points: &[[f64; 3]]) -> f64 {
    let minus = |a: [f64; 3], b: [f64; 3]| [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    let cross = |a: [f64; 3], b: [f64; 3]| {
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    };
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let (a, b, c) = (minus(points[1], points[0]), minus(points[2], points[1]), minus(points[3], points[2]));
    let (m, n) = (cross(a, b), cross(b, c));
    (dot(cross(m, n), b) / dot(b, b).sqrt()).atan2(dot(m, n)).to_degrees()
}

/// Positions of the last model of a PDB file, Å.
fn last_model(path: &Path) -> Vec<[f64; 3]> {
    let text = std::fs::read_to_string(path).expect("a PDB file");
    let last = text.rsplit("MODEL").next().expect("a model");
    let atoms = last.lines().filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"));
    atoms.map(|line| [30, 38, 46].map(|at| line[at..at + 8].trim().parse().expect("a coordinate"))).collect()
}

/// One torsion of pentane is led, the other turns as it likes. Paths that arrive in the first but with the second in another well
/// are another structure, which is counted by torsions taken from the files, said, and with `match = "structure"` not reached.
#[test]
fn paths_that_arrive_in_the_variables_may_be_another_structure() {
    let case = Case::new("pentane", PENTANE);
    case.write("free-energy.csv", &pentane_table());
    let summary = case.summary(&["output.formats=[\"pdb\"]"]);
    let found = &summary["sampling"]["structure_match"];
    let mut trans = 0;
    for path in 0..16 {
        let last = last_model(&case.path(&format!("out/paths/path-{path:04}.pdb")));
        trans += usize::from(torsion(&last[1..5]).abs() > 120.0);
    }
    assert!(trans > 0 && trans < 16, "{trans} of 16");
    assert_eq!(number(&summary["sampling"]["reached"]), 1.0);
    assert_eq!(number(&found["arrived"]), 16.0);
    assert_eq!(number(&found["same_structure"]), trans as f64);
    assert_eq!(found["differing_bonds"][0], "PEN 1 C3 – PEN 1 C4");
    assert!(warns(&summary, "PEN 1 C3 – PEN 1 C4"), "{}", summary["warnings"]);
    // The bond that the variable turns is held, so that it never differs.
    assert_eq!(found["differing_bonds"].as_array().map(Vec::len), Some(1));
    let strict = case.summary(&["states.match=\"structure\""]);
    assert_eq!(number(&strict["sampling"]["reached"]), trans as f64 / 16.0);
}

const PEROXIDE: &str = r#"
[system]
topology    = "left.pdb"
force_field = "system.xml"

[[variable]]
name    = "turn"
torsion = ["PEO 1 H1", "PEO 1 O1", "PEO 1 O2", "PEO 1 H2"]

[states.start]
structure = "left.pdb"
[states.end]
structure = "right.pdb"
"#;

/// The states of H₂O₂ differ in a hydrogen alone: heavy atoms coincide, the variable does not.
#[test]
fn states_may_differ_in_hydrogens_only() {
    let case = Case::new("hydrogen-peroxide", PEROXIDE);
    let checked = case.command("check", &[]).exits_with(0).json();
    assert!(checked["start"][0].as_str().is_some_and(|text| text.contains("-106.9")), "{checked}");
    let same = ["states.end.structure=\"left.pdb\""];
    case.command("check", &same).exits_with(2).complains_of(&["same structure"]);
    // The variables decide: one that does not see the difference tells no states apart.
    let blind = Case::new("hydrogen-peroxide", PEROXIDE);
    let angle = PEROXIDE.replace(
        "torsion = [\"PEO 1 H1\", \"PEO 1 O1\", \"PEO 1 O2\", \"PEO 1 H2\"]",
        "angle = [\"PEO 1 H1\", \"PEO 1 O1\", \"PEO 1 O2\"]",
    );
    blind.write("run.toml", &angle);
    blind.command("check", &[]).exits_with(2).complains_of(&["the start and end states are not distinct"]);
}

/// A structure from elsewhere is minimised under the run's own force field; without a file the molecule is driven to the centre.
#[test]
fn states_are_minimised_or_driven_under_the_runs_own_force_field() {
    let case = Case::new("hydrogen-peroxide", PEROXIDE);
    let state = |checked: &Value, name: &str| checked[name].to_string();
    // The torsion's own minimum: 8.7 cos φ + 7.5 cos 2φ has none but cos φ = -8.7/30, φ = ±106.9°.
    let minimum = (-8.7_f64 / 30.0).acos().to_degrees();
    let checked = case.command("check", &[]).exits_with(0).json();
    assert!(state(&checked, "end").contains(&format!("{minimum:.1}°")), "{checked}");
    let as_given = case.command("check", &["states.minimise=false"]).exits_with(0).json();
    assert!(state(&as_given, "end").contains("112.0°"), "{as_given}");
    let driven = PEROXIDE.replace("structure = \"right.pdb\"", "center = [65.0]");
    case.write("run.toml", &driven);
    let checked = case.command("check", &[]).exits_with(0).json();
    assert!(state(&checked, "end").contains("65.0°"), "{checked}");
    assert!(state(&checked, "end_structure").contains("driven"), "{checked}");
    case.write("run.toml", &driven.replace("center = [65.0]", ""));
    case.command("check", &[]).exits_with(2).complains_of(&["structure", "center", "driven"]);
}

/// A box of 2 nm that parts the ions by its boundary: 0.25 nm between nearest images, 1.75 nm between the positions in the file. The
/// same file as a state, as the topology and as a frame is one ion pair.
#[test]
fn ions_that_a_box_parts_are_together_in_states_topologies_and_frames() {
    let case = Case::new(
        "sodium-chloride",
        &ION_PAIR.replace("[states.start]", "[states]\nminimise = false\n[states.start]"),
    );
    case.write("free-energy.csv", &ion_pair_table());
    let atom = |serial: usize, name: &str, x: f64| {
        format!(
            "HETATM    {serial} {name:<4}  {name} A   {serial}    {x:8.3}   0.000   0.000  1.00  0.00          {name}\n"
        )
    };
    let cell = "CRYST1   20.000   20.000   20.000  90.00  90.00  90.00 P 1           1\n";
    case.write("split.pdb", &[cell, &atom(1, "NA", 1.0), &atom(2, "CL", 18.5), "END\n"].concat());
    case.write("split.xyz", "2\nLattice=\"20 0 0 0 20 0 0 0 20\"\nNa 1.0 0.0 0.0\nCl 18.5 0.0 0.0\n");
    for file in ["split.pdb", "split.xyz"] {
        let checked =
            case.command("check", &[&format!("states.start.structure=\"{file}\"")]).exits_with(0).json();
        assert!(checked["start"][0].as_str().is_some_and(|text| text.contains("0.25")), "{file}: {checked}");
    }
    let (split, frame) =
        (case.path("split.pdb").display().to_string(), case.path("split.xyz").display().to_string());
    let system = case.path("system.xml").display().to_string();
    let energy = |frames: &[&str]| {
        let arguments = ["energy", "--system", &system, "--topology", &split, "--json"];
        let answer = run(arguments.into_iter().chain(frames.iter().copied())).exits_with(0).json();
        number(&answer["frames"][0]["potential_energy_kj_mol"])
    };
    for found in [energy(&[]), energy(&[&split]), energy(&[&frame])] {
        assert!((found - ion_pair(0.25)).abs() < 0.01, "{found}, truth {}", ion_pair(0.25));
    }
    let config = case.path("run.toml").display().to_string();
    let out = case.path("out").display().to_string();
    let contact = case.path("contact.pdb").display().to_string();
    let options = ["--points", "25", "--json", "--out", &out, "--set", "system.topology=\"split.pdb\""];
    run(["distance", &config, &split, &frame, &contact].into_iter().chain(options)).exits_with(0);
    let table = std::fs::read_to_string(case.path("out/distance/configurations.csv")).expect("the table");
    let values: Vec<f64> = table
        .lines()
        .skip(1)
        .map(|row| row.split(',').nth(2).and_then(|r| r.parse().ok()).expect("r"))
        .collect();
    for (found, expected) in values.iter().zip([0.25, 0.25, 0.248]) {
        assert!((found - expected).abs() < 1e-9, "{values:?}");
    }
}

/// A torsion beside a distance: one logSNR holds either in its own unit, and each state is told in both. At logSNR 4 the tether's standard
/// deviation is e⁻² of the scale: 7.75° of one radian, 0.0135 nm of a tenth of a nanometre, shown as 0.014.
#[test]
fn variables_of_different_units_are_held_alike() {
    let systems = repository().join("systems/alanine-dipeptide");
    let file = |name: &str| systems.join(name).display().to_string();
    let text = format!(
        "[system]\ntopology = {:?}\nforce_field = {:?}\ntemperature = 300.0\n\
         [[variable]]\nname = \"phi\"\ntorsion = [\"ACE 1 C\", \"ALA 2 N\", \"ALA 2 CA\", \"ALA 2 C\"]\n\
         [[variable]]\nname = \"contact\"\ndistance = [\"ACE 1 O\", \"NME 3 H\"]\nrange = [0.15, 0.65]\n\
         [states.start]\nstructure = {:?}\n[states.end]\nstructure = {:?}\n\
         [[constraint]]\nkind = \"low-variance\"\nlog_snr_floor = 3.5\n",
        file("topology.pdb"),
        file("amber99sb-ildn.vacuum.xml"),
        file("c5.pdb"),
        file("c7ax.pdb")
    );
    let case = Case::new("pentane", &text);
    let checked = case.command("check", &[]).exits_with(0).json();
    let tethers = checked["tether_at_the_ends"].to_string();
    assert!(tethers.contains("phi within 7.8°") && tethers.contains("contact within 0.014 nm"), "{checked}");
    assert_eq!(checked["warnings"], serde_json::json!([]), "{checked}");
    // The distance of C7ax's hydrogen bond, and the torsion, from the file itself (minimised there, so that they hardly move).
    let end = checked["end"].to_string();
    assert!(end.contains("60.2°") && end.contains("0.184 nm"), "{end}");
}
