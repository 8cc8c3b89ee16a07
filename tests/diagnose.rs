//! `diagnose` finds out bad denoisers, with the reason, and lets good ones pass.

use std::fmt::Write as _;
use std::path::Path;

use geodyssey_tests::{Outcome, repository, run};
use serde_json::Value;

const CONFIG: &str = "tests/cases/across-the-shoulder/mueller-brown.toml";
/// A small network.
const NETWORK: [&str; 7] = [
    "denoiser.kind=neural",
    "denoiser.width=32",
    "denoiser.samples=8000",
    "denoiser.pairs_per_round=8192",
    "denoiser.held_out_pairs=1024",
    "denoiser.batch=64",
    "denoiser.evaluate_every=25",
];
/// A short run.
const SHORT: [&str; 3] = ["geodesic.points=24", "geodesic.iterations=20", "landscape.grid_points=32"];

fn call(command: &str, config: &str, out: &Path, flags: &[&str], changes: &[&[&str]]) -> Outcome {
    let mut arguments = vec![command, config, "--out", out.to_str().expect("a path")];
    arguments.extend(flags);
    for change in changes.iter().copied().flatten() {
        arguments.extend(["--set", change]);
    }
    run(arguments)
}

#[track_caller]
fn check_schema(document: &Value) {
    let text = std::fs::read_to_string(repository().join("crates/report/schema/diagnosis.schema.json"))
        .expect("the schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[track_caller]
fn finding<'d>(diagnosis: &'d Value, check: &str) -> &'d Value {
    let findings = diagnosis["findings"].as_array().expect("findings");
    findings
        .iter()
        .find(|finding| finding["check"] == check)
        .unwrap_or_else(|| panic!("no {check}: {findings:?}"))
}

#[test]
fn an_exact_denoiser_is_trusted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = "configs/mixture-1d.toml";
    let changes: [&[&str]; 1] = [&["geodesic.points=32", "geodesic.log_snr_min=-4"]];
    let outcome = call("diagnose", config, folder.path(), &["--strict", "--json"], &changes).exits_with(0);
    let diagnosis = outcome.json();
    check_schema(&diagnosis);
    assert_eq!(diagnosis["trusted"], true);
    assert!(diagnosis["verdict"].as_str().expect("words").contains("can be trusted"));
    assert_eq!(diagnosis["accuracy"]["along_exact"]["largest"], 0.0);
    let ratio = diagnosis["accuracy"]["energy_ratio"].as_f64().expect("a ratio");
    assert!((ratio - 1.0).abs() < 1e-9, "{ratio}");
    for file in ["summary.json", "levels.csv", "curves.csv", "samples.csv", "errors.png", "samples.svg"] {
        assert!(folder.path().join("diagnose").join(file).is_file(), "{file}");
    }
    // Done once, it is up to date.
    let again = call("diagnose", config, folder.path(), &["--json"], &changes).exits_with(0);
    assert!(again.stderr.contains("diagnose: up to date"), "{}", again.stderr);
    assert_eq!(again.json(), diagnosis);
}

#[test]
fn a_training_that_was_stopped_after_fifty_steps_is_found_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // A single Gaussian as what the network corrects, so that all is left to the training.
    let changes: [&[&str]; 3] = [&NETWORK, &SHORT, &["denoiser.steps=50", "denoiser.clusters=1"]];
    let outcome = call("diagnose", CONFIG, folder.path(), &["--json"], &changes).exits_with(0);
    let diagnosis = outcome.json();
    check_schema(&diagnosis);
    assert_eq!(diagnosis["trusted"], false);
    let verdict = diagnosis["verdict"].as_str().expect("words");
    assert!(verdict.starts_with("do not trust"), "{verdict}");
    assert!(
        verdict.contains("after 50 steps of training") && verdict.contains("learned too little"),
        "{verdict}"
    );
    assert_eq!(finding(&diagnosis, "held-out-loss")["passed"], false);
    // The errors of μ may be small all the same: the baseline is no bad denoiser.
    let strict = call("diagnose", CONFIG, folder.path(), &["--strict"], &changes).exits_with(1);
    strict.complains_of(&["not good enough", "summary.json"]);
}

/// The upper basin of the Müller–Brown surface alone, as a table on a grid.
fn upper_basin(folder: &Path) -> String {
    let landscape = folder.join("landscape");
    call("landscape", CONFIG, &landscape, &[], &[&SHORT]).exits_with(0);
    let mut reader = csv::Reader::from_path(landscape.join("landscape.csv")).expect("a table");
    let mut table = String::from("x,y,energy_kj_mol\n");
    for row in reader.records() {
        let row: Vec<f64> =
            row.expect("a row").iter().take(3).map(|cell| cell.parse().expect("a number")).collect();
        if row[1] > 0.8 {
            writeln!(table, "{},{},{}", row[0], row[1], row[2]).expect("a string");
        }
    }
    std::fs::write(folder.join("basin.csv"), table).expect("written");
    let config = folder.join("basin.toml");
    let text = "[landscape]\nmethod = \"table\"\nfile = \"basin.csv\"\nthermal_energy = 10.0\n\
                [[variable]]\nname = \"x\"\n[[variable]]\nname = \"y\"\n[geodesic]\nlog_snr = 5.0\n";
    std::fs::write(&config, text).expect("written");
    config.to_str().expect("a path").to_owned()
}

#[test]
fn a_denoiser_of_one_basin_is_found_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let basin = upper_basin(folder.path());
    let trained = folder.path().join("trained");
    call("train", &basin, &trained, &[], &[&NETWORK, &["denoiser.steps=600"]]).exits_with(0);
    let weights = format!("denoiser.weights={}", trained.join("denoiser/weights.safetensors").display());
    let changes: [&[&str]; 3] = [&NETWORK, &SHORT, &[&weights]];
    let out = folder.path().join("judged");
    let diagnosis = call("diagnose", CONFIG, &out, &["--json"], &changes).exits_with(0).json();
    check_schema(&diagnosis);
    assert_eq!(diagnosis["trusted"], false);
    let population = finding(&diagnosis, "population-reverse-diffusion-end");
    assert_eq!(population["passed"], false, "{population}");
    let verdict = diagnosis["verdict"].as_str().expect("words");
    assert!(verdict.contains("are in the end state, "), "{verdict}");

    // Other weights under the same name are another denoiser.
    let other = folder.path().join("other");
    call("train", &basin, &other, &[], &[&NETWORK, &["denoiser.steps=20"]]).exits_with(0);
    std::fs::copy(other.join("denoiser/weights.safetensors"), trained.join("denoiser/weights.safetensors"))
        .expect("copied");
    let again = call("train", CONFIG, &out, &[], &changes).exits_with(0);
    assert!(again.stderr.contains("denoiser: weights of another run"), "{}", again.stderr);
    assert!(!again.stderr.contains("denoiser: up to date"), "{}", again.stderr);
}

#[test]
fn random_features_that_were_stopped_have_two_kinds_of_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let features = [
        "denoiser.kind=random-features",
        "denoiser.features=120",
        "denoiser.clusters=16",
        "denoiser.pairs=4000",
        "denoiser.held_out_pairs=500",
        "denoiser.samples=4000",
        "denoiser.training_time=30.0",
        // The curve is a baseline: only the errors are looked at.
        "geodesic.kind=straight",
    ];
    let outcome = call("diagnose", CONFIG, folder.path(), &["--json"], &[&features, &SHORT]).exits_with(0);
    let diagnosis = outcome.json();
    check_schema(&diagnosis);
    assert!(diagnosis["accuracy"].get("energy_ratio").is_none());
    for level in diagnosis["accuracy"]["levels"].as_array().expect("levels") {
        let median = |part: &str| level[part]["median"].as_f64().expect("a number");
        // The triangle inequality for medians of norms, with room for these being other points' medians.
        let parts = median("architectural") + median("optimisation");
        assert!(parts > 0.3 * median("errors"), "{level}");
        assert!(median("optimisation") > 0.0, "{level}");
    }
    // The architectural error is the whole error of the same features at the end of all training.
    let ended: Vec<&str> =
        features.iter().filter(|change| !change.contains("training_time")).copied().collect();
    let out = folder.path().join("ended");
    let whole = call("diagnose", CONFIG, &out, &["--json"], &[&ended, &SHORT]).exits_with(0).json();
    let levels = |diagnosis: &Value| diagnosis["accuracy"]["levels"].as_array().expect("levels").clone();
    for (stopped, ended) in levels(&diagnosis).iter().zip(&levels(&whole)) {
        let part = stopped["architectural"]["median"].as_f64().expect("a number");
        let all = ended["errors"]["median"].as_f64().expect("a number");
        assert!((part - all).abs() < 1e-6 * all, "{part} {all}");
    }
}

/// Ctrl-C is answered in the middle of a flow; what was finished is kept, and the end is the same bytes.
#[cfg(unix)]
#[test]
fn an_interrupted_diagnosis_goes_on_where_it_was() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (whole, stopped) = (folder.path().join("a").join("run"), folder.path().join("b").join("run"));
    let changes = ["geodesic.points=16", "geodesic.log_snr_min=-4", "landscape.grid_points=300"];
    call("diagnose", "configs/mixture-1d.toml", &whole, &[], &[&changes]).exits_with(0);
    let out = stopped.to_str().expect("a path");
    let fixed = ["diagnose", "configs/mixture-1d.toml", "--threads", "1", "--out", out];
    let arguments = fixed.into_iter().chain(changes.iter().flat_map(|change| ["--set", *change]));
    let mut child = geodyssey_tests::command(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let kept = || {
        let entries = std::fs::read_dir(stopped.join(".checkpoints")).into_iter().flatten().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("diagnose-")).count()
    };
    let begun = Instant::now();
    while kept() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(2));
    }
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
    let pressed = Instant::now();
    let status = child.wait().expect("ended");
    assert!(pressed.elapsed() < Duration::from_secs(4), "{:?}", pressed.elapsed());
    assert_eq!(status.code(), Some(1), "it was finished before it was interrupted");
    assert!(kept() > 0);
    call("diagnose", "configs/mixture-1d.toml", &stopped, &[], &[&changes]).exits_with(0);
    let files = |run: &Path| geodyssey_tests::contents(&run.join("diagnose"));
    assert_eq!(files(&whole), files(&stopped));
}

/// The unit in which a variable is counted changes no verdict: states are compared with samples in the variables' own unit.
#[test]
fn samples_in_the_states_are_counted_whatever_the_scale() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut table = String::from("x\n");
    for index in 0..600 {
        // Quantiles of a Gaussian about either state, evenly spread.
        let part = (f64::from(index % 300) + 0.5) / 300.0;
        let offset = 0.25 * (part / (1.0 - part)).ln() * 0.55;
        writeln!(table, "{}", if index < 300 { -1.0 + offset } else { 1.0 + offset }).expect("a string");
    }
    std::fs::write(folder.path().join("samples.csv"), table).expect("written");
    let config = folder.path().join("samples.toml");
    let text = "[[variable]]\nname = \"x\"\n[landscape]\nmethod = \"samples\"\nsamples = \"samples.csv\"\nthermal_energy = 1.0\n\
                [states.start]\ncenter = [-1.0]\nradius = 0.5\n[states.end]\ncenter = [1.0]\nradius = 0.5\n\
                [geodesic]\npoints = 16\n";
    std::fs::write(&config, text).expect("written");
    let config = config.display().to_string();
    let worth = |scale: &str, log_snr: &str| {
        let out = folder.path().join(scale);
        let changes = [format!("variable.0.scale={scale}"), format!("geodesic.log_snr={log_snr}")];
        let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
        let diagnosis = call("diagnose", &config, &out, &["--json"], &[&changes]).exits_with(0).json();
        let value =
            |state: &str| finding(&diagnosis, &format!("effective-samples-{state}"))["value"].as_f64();
        (value("start").expect("a number"), value("end").expect("a number"))
    };
    // The same tether in both: 0.1 of the unit is e^{2 ln 10} in logSNR.
    let (one, tenth) = (worth("1.0", "4.0"), worth("0.1", "-0.6"));
    assert!(one.0.abs() > 100.0 && one.1.abs() > 100.0, "{one:?}");
    assert_eq!(one, tenth);
}
