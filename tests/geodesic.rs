//! The geodesic stage: which winding is followed and why, and how a solve is interrupted.

use std::f64::consts::TAU;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use geodyssey_tests::{Outcome, command, run};
use serde_json::Value;

/// Two wells on a torus with a ridge at φ = 0, as a table, and a configuration from one to the other.
fn torus(folder: &Path) -> PathBuf {
    let mut table = String::from("phi,psi,energy_kj_mol\n");
    let at = |index: i32| -TAU / 2.0 + TAU * f64::from(index) / 24.0;
    for (phi, psi) in (0..24).flat_map(|i| (0..24).map(move |j| (at(i), at(j)))) {
        let well = |a: f64, b: f64| (2.0 * ((phi - a).cos() + (psi - b).cos() - 2.0)).exp();
        let energy = -25.0 * (well(-2.5, 2.7) + well(1.05, -0.7)) + 10.0 * phi.cos();
        writeln!(table, "{phi},{psi},{energy}").expect("written");
    }
    std::fs::write(folder.join("surface.csv"), table).expect("written");
    let variable = |name: &str| format!("[[variable]]\nname = \"{name}\"\nperiod = {TAU:?}\n");
    let text = format!(
        "[landscape]\nmethod = \"table\"\nfile = \"surface.csv\"\nthermal_energy = 2.5\n{}{}\
         [states.start]\ncenter = [-2.5, 2.7]\nradius = 0.3\n[states.end]\ncenter = [1.05, -0.7]\nradius = 0.3\n\
         [geodesic]\npoints = 24\n[[constraint]]\nkind = \"low-variance\"\nlog_snr_floor = 3.0\n",
        variable("phi"),
        variable("psi")
    );
    let config = folder.join("torus.toml");
    std::fs::write(&config, text).expect("written");
    config
}

fn arguments(config: &Path, out: &Path, changes: &[String]) -> Vec<String> {
    let fixed = ["geodesic", &config.display().to_string(), "--json", "--out", &out.display().to_string()];
    let changes = changes.iter().flat_map(|change| ["--set".to_owned(), change.clone()]);
    fixed.map(str::to_owned).into_iter().chain(changes).collect()
}

fn artifacts(out: &Path) -> [String; 2] {
    ["geodesic.csv", "geodesic.json"].map(|name| std::fs::read_to_string(out.join(name)).expect(name))
}

#[test]
fn the_images_in_which_centres_are_written_leave_no_trace() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = torus(folder.path());
    let solve = |name: &str, changes: &[String]| {
        let out = folder.path().join(name);
        let summary = run(arguments(&config, &out, changes)).exits_with(0).json();
        (artifacts(&out), summary)
    };
    let center = |state: &str, x: f64, y: f64| format!("states.{state}.center=[{x:?},{y:?}]");
    let (expected, summary) = solve("as-written", &[]);
    let end = center("end", 1.05 + TAU, -0.7 - 2.0 * TAU);
    assert_eq!(solve("end", std::slice::from_ref(&end)).0, expected);
    assert_eq!(solve("both", &[end, center("start", -2.5 - 30.0 * TAU, 2.7 + TAU)]).0, expected);
    // Far away is no more memory, and so far that no digit is left is an error.
    let out = folder.path().join("far");
    run(arguments(&config, &out, &[center("end", 1e17, 0.0)]))
        .exits_with(2)
        .complains_of(&["too many periods away"]);
    run(arguments(&config, &out, &["geodesic.winding=[10000,0]".to_owned()]))
        .exits_with(2)
        .complains_of(&["at most 8 turns"]);

    // Of nine windings those that cannot win are left out, with the reason; the way over the ridge at φ = 0 is higher.
    let windings = summary["geodesic"]["windings"].as_array().expect("windings");
    assert_eq!(windings.len(), 9);
    let text = |winding: &Value| winding["decision"].as_str().expect("a reason").to_owned();
    let unsolved: Vec<&Value> = windings.iter().filter(|winding| winding["length"].is_null()).collect();
    assert!(!unsolved.is_empty() && unsolved.len() < 9, "{windings:?}");
    let barrier = |winding: &Value| winding["barrier_kj_mol"].as_f64().expect("a barrier");
    let lowest = windings.iter().map(barrier).fold(f64::INFINITY, f64::min);
    for winding in windings {
        let above = barrier(winding) - lowest;
        assert_eq!(winding["length"].is_null(), above > 0.25, "{winding}");
        let expected = format!("not solved: barrier {above:.1} kJ/mol above the lowest");
        assert!(above <= 0.25 || text(winding) == expected, "{winding}");
    }
    let chosen = windings.iter().find(|winding| winding["chosen"] == true).expect("one is followed");
    assert!(text(chosen).starts_with("lowest") || text(chosen).starts_with("shortest"), "{chosen}");
    assert_eq!(chosen["winding"], serde_json::json!([0, 0]));
}

/// With three points the ridge lies between two of them.
#[test]
fn a_ridge_between_two_points_of_a_curve_counts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = torus(folder.path());
    let crest = |points: usize| {
        let changes = [
            "geodesic.kind=straight".to_owned(),
            "geodesic.winding=[1,0]".to_owned(),
            "geodesic.log_snr=6.0".to_owned(),
            format!("geodesic.points={points}"),
        ];
        let out = folder.path().join(format!("straight-{points}"));
        let summary = run(arguments(&config, &out, &changes)).exits_with(0).json();
        summary["geodesic"]["crest_kj_mol"].as_f64().expect("a crest")
    };
    let (few, many) = (crest(4), crest(200));
    assert!((few - many).abs() < 0.3, "{few} {many}");
}

/// The shipped Müller–Brown goes through its valley; by a wide tether and without a ceiling a geodesic does not: the reader is told, and
/// where the kind of curve is not given the minimum-energy path is followed instead, through the saddle.
#[test]
fn a_curve_far_above_the_lowest_barrier_is_warned_of() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let solve = |config: &str, points: usize, more: &[&str]| {
        let out = folder.path().join(format!("{points}"));
        let more = more.iter().map(|&change| change.to_owned());
        let changes: Vec<String> =
            [format!("geodesic.points={points}"), "landscape.grid_points=64".to_owned()]
                .into_iter()
                .chain(more)
                .collect();
        let summary = run(arguments(Path::new(config), &out, &changes)).exits_with(0).json();
        let warned = summary["warnings"].as_array().into_iter().flatten();
        let warned =
            warned.filter(|one| one["message"].as_str().is_some_and(|text| text.contains("lowest barrier")));
        let crest = summary["geodesic"]["crest_kj_mol"].as_f64().expect("a crest");
        (crest, warned.count(), summary)
    };
    // The bottleneck is the saddle at 106.03 kJ/mol, kT is 10.
    let (crest, warnings, summary) = solve("configs/mueller-brown.toml", 96, &[]);
    assert!(crest < 106.04 + 20.0 && warnings == 0, "{crest} {warnings}");
    assert_eq!(summary["geodesic"]["kind"], "geodesic");
    let across = "tests/cases/across-the-shoulder/mueller-brown.toml";
    let (crest, warnings, _) = solve(across, 40, &[]);
    assert!(crest > 150.0 && warnings == 1, "{crest} {warnings}");
    let (crest, warnings, summary) = solve(across, 48, &["geodesic.kind=automatic"]);
    assert!(crest < 106.04 + 10.0 && warnings == 0, "{crest} {warnings}");
    assert_eq!(summary["geodesic"]["kind"], "minimum-energy-path");
    assert!(summary["warnings"].to_string().contains("followed instead"), "{}", summary["warnings"]);
    let windings = summary["geodesic"]["windings"].to_string();
    assert!(windings.contains("runs far above the pass"), "{windings}");
    // A path that must keep out of the valley keeps out of it: a minimum-energy path would not.
    let (crest, _, summary) = solve(
        across,
        56,
        &[
            "geodesic.kind=automatic",
            r#"constraint=[{kind="region-avoidance",center=[-0.822,0.624],radius=0.15}]"#,
        ],
    );
    assert!(crest > 106.04 + 10.0 && summary["geodesic"]["kind"] == "geodesic", "{crest} {summary}");
}

#[cfg(unix)]
fn interrupt(child: &std::process::Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
}

#[cfg(unix)]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Ctrl-C in the middle of a solve of many points is answered at once.
#[cfg(unix)]
#[test]
fn an_interrupted_solve_ends_within_two_seconds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = torus(folder.path());
    let out = folder.path().join("run");
    let changes = ["geodesic.points=20000".to_owned(), "geodesic.choose=shortest".to_owned()];
    let said = folder.path().join("stderr");
    let mut child = command(arguments(&config, &out, &changes))
        .stderr(std::fs::File::create(&said).expect("made"))
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    let text = || std::fs::read_to_string(&said).unwrap_or_default();
    until("the solve has begun", || text().contains("geodesic: 0 of 9 done"));
    std::thread::sleep(Duration::from_millis(300));
    interrupt(&child);
    let pressed = Instant::now();
    let status = child.wait().expect("ended");
    // Twice what is promised: the machine may have other things to do.
    assert!(pressed.elapsed() < Duration::from_secs(4), "{:?}", pressed.elapsed());
    assert_eq!(status.code(), Some(1));
    assert!(text().contains("interrupted: finished work is kept"), "{}", text());
}

/// Windings that were finished are kept, and the end is the same bytes on any number of threads.
#[cfg(unix)]
#[test]
fn an_interrupted_solve_goes_on_with_the_windings_that_are_left() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = torus(folder.path());
    let (whole, stopped) = (folder.path().join("a").join("run"), folder.path().join("b").join("run"));
    let with_threads = |out: &Path, threads: &str| {
        let changes = ["geodesic.points=20".to_owned(), "geodesic.choose=shortest".to_owned()];
        let mut all = arguments(&config, out, &changes);
        all.extend(["--threads".to_owned(), threads.to_owned()]);
        all
    };
    run(with_threads(&whole, "2")).exits_with(0);
    let child = command(with_threads(&stopped, "1"))
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    let kept = || {
        let folder = std::fs::read_dir(stopped.join(".checkpoints")).into_iter().flatten().flatten();
        folder.filter(|entry| entry.file_name().to_string_lossy().contains("winding")).count()
    };
    until("the first winding is solved", || kept() > 0);
    interrupt(&child);
    let outcome: Outcome = child.wait_with_output().expect("ended").into();
    outcome.exits_with(1);
    let resumed = run(with_threads(&stopped, "1")).exits_with(0);
    assert!(!resumed.stderr.contains("geodesic: 0 of 9 done"), "{}", resumed.stderr);
    assert_eq!(artifacts(&whole), artifacts(&stopped));
}

/// A torus on which the direct way leads over a ridge and the other way round is low, from a table; paths of one step a point.
fn ring(folder: &Path, sampled: bool) -> PathBuf {
    let mut table = String::from(if sampled { "phi,energy_kj_mol,sampled\n" } else { "phi,energy_kj_mol\n" });
    for index in 0..72 {
        let phi = TAU * f64::from(index) / 72.0;
        // Wells near ±π/2, a ridge of 34 kJ/mol at 0 and one of 20 kJ/mol at π.
        let energy = 10.0 * (1.0 + (2.0 * phi).cos()) + 7.0 * (1.0 + phi.cos());
        let known = u8::from((phi - TAU / 2.0).abs() > 0.3);
        let ending = if sampled { format!(",{known}") } else { String::new() };
        writeln!(table, "{phi},{energy}{ending}").expect("written");
    }
    std::fs::write(folder.join("ring.csv"), table).expect("written");
    let text = format!(
        "[landscape]\nmethod = \"table\"\nfile = \"ring.csv\"\nthermal_energy = 2.5\n\
         [[variable]]\nname = \"phi\"\nperiod = {TAU:?}\n\
         [states.start]\ncenter = [1.6]\nradius = 0.4\n[states.end]\ncenter = [-1.6]\nradius = 0.4\n\
         [geodesic]\npoints = 24\n[[constraint]]\nkind = \"low-variance\"\nlog_snr_floor = 4.0\n\
         [sampling]\npaths = 8\nsteps_per_point = 1\n"
    );
    let config = folder.join("ring.toml");
    std::fs::write(&config, text).expect("written");
    config
}

/// A curve that goes round ends at another image of the end than the configuration writes; backward paths begin there, and not one
/// turn away with the tether pulling at them.
#[test]
fn backward_paths_begin_where_a_curve_that_goes_round_ends() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = ring(folder.path(), false);
    for winding in [0, 1] {
        let out = folder.path().join(format!("run{winding}"));
        let change = format!("geodesic.winding=[{winding}]");
        run(["run", &config.display().to_string(), "--out", &out.display().to_string(), "--set", &change])
            .exits_with(0);
        let cell = |file: &str, row: usize, name: &str| -> f64 {
            let mut reader = csv::Reader::from_path(out.join(file)).expect("a table");
            let place =
                reader.headers().expect("a header").iter().position(|header| header == name).expect(name);
            let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
            rows[if row == usize::MAX { rows.len() - 1 } else { row }][place].parse().expect("a number")
        };
        let end = cell("geodesic.csv", usize::MAX, "y_phi");
        for path in 0..8 {
            let first = cell(&format!("paths/backward-{path:04}.csv"), 0, "phi");
            // The tether's standard deviation at logSNR 4 is 0.14.
            assert!((first - end).abs() < 6.0 * 0.14, "winding {winding}: {first}, the curve ends at {end}");
        }
    }
}

/// A disk that refuses the checkpoint of one winding stops the run: no other winding is followed as if it were the best.
#[test]
fn what_the_disk_does_is_no_reason_to_follow_another_winding() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = ring(folder.path(), false);
    let out = folder.path().join("out");
    let whole = run(arguments(&config, &out, &[])).exits_with(0).json();
    let expected = artifacts(&out);
    let windings = whole["geodesic"]["windings"].as_array().expect("windings");
    let best = windings.iter().find(|winding| winding["chosen"] == true).expect("one is followed");
    std::fs::remove_file(out.join("geodesic.csv")).expect("removed");
    // A folder in the place of a file: no process can write there, not even root's.
    let turns = best["winding"][0].as_i64().expect("turns");
    let checkpoints = out.join(".checkpoints");
    std::fs::create_dir_all(checkpoints.join(format!("geodesic-winding_{turns}.bin"))).expect("made");
    run(arguments(&config, &out, &[])).exits_with(1).complains_of(&["cannot write", ".checkpoints"]);
    std::fs::remove_dir_all(&checkpoints).expect("removed");
    run(arguments(&config, &out, &[])).exits_with(0);
    assert_eq!(artifacts(&out), expected);
}

/// Without a region to avoid none is blamed for a winding whose way was not sampled.
#[test]
fn a_way_that_was_not_sampled_is_called_that() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = ring(folder.path(), true);
    let summary = run(arguments(&config, &folder.path().join("out"), &[])).exits_with(0).json();
    let text = summary["geodesic"]["windings"].to_string();
    assert!(text.contains("no route that is sampled"), "{text}");
    assert!(!text.contains("regions"), "{text}");
}
