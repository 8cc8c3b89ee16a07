//! Free energies that led paths know by themselves, on landscapes where they are known exactly.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use geodyssey_tests::run;
use serde_json::Value;

/// The columns of a table by their names.
fn column(path: &Path, name: &str) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let index = reader.headers().expect("a header").iter().position(|header| header == name);
    let index = index.unwrap_or_else(|| panic!("{name} is not in {}", path.display()));
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| row[index].parse().expect("a number")).collect()
}

/// A configuration of one variable on a table of an energy (kT = 1), led along the straight line.
fn configuration(
    folder: &Path,
    energy: &dyn Fn(f64) -> f64,
    (low, high): (f64, f64),
    [start, end]: [f64; 2],
    log_snr: f64,
) -> PathBuf {
    let mut table = "x,energy_kj_mol\n".to_owned();
    for row in 0..=200 {
        let x = low + (high - low) * f64::from(row) / 200.0;
        writeln!(table, "{x},{}", energy(x)).expect("a string");
    }
    fs::write(folder.join("surface.csv"), table).expect("written");
    let config = format!(
        "seed = 3\n[landscape]\nmethod = \"table\"\nfile = \"surface.csv\"\nthermal_energy = 1.0\n[[variable]]\nname = \"x\"\n\
         [states.start]\ncenter = [{start:?}]\nradius = 0.3\n[states.end]\ncenter = [{end:?}]\nradius = 0.3\n\
         [geodesic]\nkind = \"straight\"\nlog_snr = {log_snr:?}\npoints = 32\n[sampling]\npaths = 96\nsteps_per_point = 48\n"
    );
    let path = folder.join("run.toml");
    fs::write(&path, config).expect("written");
    path
}

fn summary_of(folder: &Path, config: &Path) -> (PathBuf, Value, String) {
    let out = folder.join("out");
    let text = |path: &Path| path.to_str().expect("a path").to_owned();
    let shown = run(["run", &text(config), "--out", &text(&out)]).exits_with(0).stdout;
    let summary = fs::read_to_string(out.join("summary.json")).expect("a summary");
    (out, serde_json::from_str(&summary).expect("JSON"), shown)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

/// A wide well of weight 0.8 and a narrow one of 0.2: between the basins `ΔF = log 4`. The end's tether stands beside its well, so that
/// the difference of the tethered ends is another.
#[test]
fn released_ends_differ_from_tethered_ones_and_are_right() {
    let normal = |x: f64, mean: f64, deviation: f64| {
        (-0.5 * ((x - mean) / deviation).powi(2)).exp() / (std::f64::consts::TAU.sqrt() * deviation)
    };
    let energy = move |x: f64| -(0.8 * normal(x, -1.0, 0.4) + 0.2 * normal(x, 1.0, 0.2)).ln();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = configuration(folder.path(), &energy, (-2.6, 1.8), [-1.0, 0.85], 3.0);
    let (out, summary, shown) = summary_of(folder.path(), &config);

    let basins = &summary["free_energy"]["basins"];
    let (value, error) = (number(&basins["delta_f_kj_mol"]), number(&basins["delta_f_error_kj_mol"]));
    let truth = 4.0_f64.ln();
    assert!(error < 0.25, "{error}");
    assert!((value - truth).abs() < 4.0 * error, "{value} ± {error}, truly {truth}");
    assert!((number(&basins["landscape_kj_mol"]) - truth).abs() < 0.02, "{basins}");
    for covered in ["covered_start", "covered_end"] {
        assert!(number(&basins[covered]) > 0.9, "{basins}");
    }
    let tethered = number(&summary["work"]["delta_f_kj_mol"]);
    let exact = |y: f64| {
        -(0.8 * normal(y, -1.0, (0.16 + (-3.0_f64).exp()).sqrt())
            + 0.2 * normal(y, 1.0, (0.04 + (-3.0_f64).exp()).sqrt()))
        .ln()
    };
    let of_ends = exact(0.85) - exact(-1.0);
    let its_error = number(&summary["work"]["delta_f_error_kj_mol"]);
    assert!((tethered - of_ends).abs() < 4.0 * its_error, "{tethered} ± {its_error}, truly {of_ends}");
    assert!((of_ends - truth).abs() > 0.15);

    let states = &summary["free_energy"]["states"];
    let of_states = number(&states["landscape_kj_mol"]);
    let off = (number(&states["delta_f_kj_mol"]) - of_states).abs();
    assert!(off < 4.0 * number(&states["delta_f_error_kj_mol"]), "{states}");
    assert!((of_states - truth).abs() > 0.1, "a state's radius does not hold its whole basin: {of_states}");

    let table = out.join("free-energy.csv");
    let known = column(&table, "landscape_free_energy_kj_mol");
    let centers = column(&table, "y_x");
    assert_eq!(known.len(), 32);
    for (y, known) in centers.iter().zip(&known) {
        assert!((known - (exact(*y) - exact(-1.0))).abs() < 0.01, "at {y}: {known}");
    }
    for way in ["free_energy", "forward_free_energy", "backward_free_energy"] {
        let found = column(&table, &format!("{way}_kj_mol"));
        let errors = column(&table, &format!("{way}_standard_error_kj_mol"));
        for ((found, error), known) in found.iter().zip(errors).zip(&known) {
            assert!((found - known).abs() < 4.5 * error + 1e-9, "{way}: {found} ± {error}, truly {known}");
        }
    }
    for words in
        ["ΔF of the tethered ends by BAR", "Without tethers, the free energy", "by chance alone: 0.09"]
    {
        assert!(shown.contains(words), "`{words}` is not in {shown}");
    }
    let page = fs::read_to_string(out.join("report.html")).expect("a page");
    assert!(page.contains("ΔF of the basins, paths") && page.contains("ΔF of the tethered ends, BAR"));
}

/// The end lies at the end of the table, against which the energy falls: paths, landscape and works see one wall.
#[test]
fn a_table_ends_at_a_wall_for_paths_and_posteriors() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = configuration(folder.path(), &|x| -3.0 * x, (0.0, 1.0), [0.3, 1.0], 3.0);
    let (out, summary, _) = summary_of(folder.path(), &config);
    let weight = |y: f64| -> f64 {
        let nodes = 20_000;
        let at = |node: i32| (f64::from(node) + 0.5) / f64::from(nodes);
        (0..nodes).map(at).map(|x| (3.0 * x - 0.5 * 3.0_f64.exp() * (x - y).powi(2)).exp()).sum()
    };
    let exact = -(weight(1.0) / weight(0.3)).ln();
    let work = &summary["work"];
    let (value, error) = (number(&work["delta_f_kj_mol"]), number(&work["delta_f_error_kj_mol"]));
    assert!((number(&work["landscape_delta_f_kj_mol"]) - exact).abs() < 1e-6, "{work}");
    assert!(error < 0.1 && (value - exact).abs() < 4.0 * error, "{value} ± {error}, truly {exact}");
    for path in 0..96 {
        for name in ["path", "backward"] {
            let values = column(&out.join(format!("paths/{name}-{path:04}.csv")), "x");
            assert!(values.iter().all(|x| (0.0..=1.0).contains(x)), "{name} {path}: {values:?}");
        }
    }
}
