//! Every configuration of the repository runs, and its summary is what the schema says.

use std::path::Path;

use geodyssey_tests::{contents, repository, run, short};
use serde_json::Value;

fn schema() -> jsonschema::Validator {
    let text = std::fs::read_to_string(repository().join("crates/report/schema/summary.schema.json"))
        .expect("the schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    jsonschema::validator_for(&schema).expect("a valid schema")
}

/// All of them, by their paths below `configs`.
fn configurations() -> Vec<String> {
    let mut names = Vec::new();
    for folder in ["", "paper/"] {
        let entries =
            std::fs::read_dir(repository().join("configs").join(folder)).expect("configs").flatten();
        let files = entries.map(|entry| format!("{folder}{}", entry.file_name().to_string_lossy()));
        names.extend(files.filter(|name| name.ends_with(".toml")));
    }
    names.sort();
    names
}

#[test]
fn every_configuration_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let validator = schema();
    let names = configurations();
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        let config = format!("configs/{name}");
        let out = folder.path().join(name.trim_end_matches(".toml"));
        let arguments = ["run", &config, "--json", "--out", out.to_str().expect("a path")].into_iter();
        let outcome = run(arguments.chain(short(&config))).exits_with(0);
        let summary = outcome.json();
        let errors: Vec<String> = validator.iter_errors(&summary).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let written: Value =
            serde_json::from_slice(&std::fs::read(out.join("summary.json")).expect("a summary"))
                .expect("JSON");
        assert_eq!(summary, written, "{name}");
        check_files(&out, &summary, &name);
        check_paths(&out, &summary, &name);
        if ["alanine-dipeptide-straight.toml", "alanine-dipeptide-tent.toml"].contains(&name.as_str()) {
            // From C5 at -147° to C7ax at 60° over φ = 0, as the recommended run goes, and not the shorter way over ±180°.
            let mut reader = csv::Reader::from_path(out.join("geodesic.csv")).expect("the curve");
            let place = reader.headers().expect("a header").iter().position(|head| head == "y_phi_rad");
            let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
            let phi = |row: &csv::StringRecord| -> f64 { row[place.expect("φ")].parse().expect("a number") };
            let turned = phi(&rows[rows.len() - 1]) - phi(&rows[0]);
            assert!((turned.to_degrees() - 207.0).abs() < 5.0, "{name}: {turned} rad");
        }
    }
}

/// What the summary lists is there, and nothing else but the run's own records.
fn check_files(out: &Path, summary: &Value, name: &str) {
    let listed: Vec<&str> =
        summary["files"].as_array().expect("files").iter().filter_map(|file| file["path"].as_str()).collect();
    let there = contents(out);
    for file in &listed {
        assert!(there.contains_key(Path::new(file)), "{name}: {file} is not there");
    }
    for file in there.keys() {
        let file = file.to_string_lossy().replace('\\', "/");
        assert!(
            listed.contains(&file.as_str()) || ["summary.json", "manifest.json"].contains(&file.as_str()),
            "{name}: {file} is not listed"
        );
    }
    for file in [
        "config.toml",
        "geodesic.csv",
        if name.contains("ace-ala3") { "samples.csv" } else { "landscape.csv" },
        "paths.csv",
        "plots/log-snr.png",
        "plots/log-snr.svg",
    ] {
        assert!(listed.contains(&file), "{name}: {file} is not listed");
    }
    if name.contains("neural") || name.contains("random-features") {
        for file in ["denoiser/weights.safetensors", "denoiser/record.json", "plots/training.png"] {
            assert!(listed.contains(&file), "{name}: {file} is not listed");
        }
    }
    if name.contains("paper/") {
        // Atoms for the frames of one path.
        for file in ["topology.pdb", "view.vmd", "paths/path-0000.xtc", "paths/path-0002.csv"] {
            assert!(listed.contains(&file), "{name}: {file} is not listed");
        }
        assert!(!listed.contains(&"paths/path-0001.xtc"), "{name}");
    }
    if name.contains("alanine") || name.contains("ace-ala3") {
        for file in ["topology.pdb", "view.vmd", "view.pml", "paths/path-0000.xtc"] {
            assert!(listed.contains(&file), "{name}: {file} is not listed");
        }
        // Only the protocol of others has no paths backward.
        assert_eq!(listed.contains(&"paths/backward-0002.xtc"), !name.contains("tps"), "{name}");
    }
}

/// Tables of the paths: as many rows as frames, numbers finite, arc length in the right direction.
fn check_paths(out: &Path, summary: &Value, name: &str) {
    let points = summary["geodesic"]["points"].as_u64().expect("points") as usize;
    let backward = summary["sampling"]["backward_paths"].as_u64().expect("backward paths") > 0;
    for (file, rising) in [("paths/path-0000.csv", true), ("paths/backward-0000.csv", false)] {
        if !rising && !backward {
            continue;
        }
        let mut reader = csv::Reader::from_path(out.join(file)).expect("a table");
        let headers: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let arc = headers.iter().position(|header| header == "arc_length").expect("arc length");
        let rows: Vec<Vec<f64>> = reader
            .records()
            .map(|row| row.expect("a row").iter().map(|cell| cell.parse().expect("a number")).collect())
            .collect();
        assert_eq!(rows.len(), points, "{name} {file}");
        assert!(rows.iter().flatten().all(|value: &f64| value.is_finite()), "{name} {file}");
        assert!(rows.windows(2).all(|pair| (pair[1][arc] > pair[0][arc]) == rising), "{name} {file}");
        let unit = match name {
            _ if name.contains("alanine") || name.contains("paper/") => "phi_rad",
            _ if name.contains("ace-ala3") => "phi1_rad",
            _ => "x",
        };
        assert!(headers.iter().any(|header| header == unit), "{name}: {headers:?}");
        assert!(headers.iter().any(|header| header == "work_kj_mol"), "{name}: {headers:?}");
    }
}

#[test]
fn a_resolved_configuration_runs_to_the_same_results() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let config = "configs/mixture-1d.toml";
    run(["run", config, "--out", first.to_str().expect("a path")].into_iter().chain(short(config)))
        .exits_with(0);
    let resolved = first.join("config.toml");
    run(["run", resolved.to_str().expect("a path"), "--out", second.to_str().expect("a path")]).exits_with(0);
    assert_eq!(contents(&first), contents(&second));
}
