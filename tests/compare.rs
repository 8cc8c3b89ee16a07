//! `geodyssey compare`: its numbers are those of the runs, its baselines are runs, its page is whole.

use std::path::{Path, PathBuf};

use geodyssey_tests::{contents, repository, run};
use serde_json::Value;

const CONFIG: &str = "tests/cases/across-the-shoulder/mueller-brown.toml";
/// Short, and still with a spread.
const SHORT: [&str; 4] =
    ["geodesic.points=24", "landscape.grid_points=32", "sampling.paths=8", "sampling.steps_per_point=8"];

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn string(path: &Path) -> String {
    path.to_str().expect("a path").to_owned()
}

/// `compare` with short settings.
fn compare(paths: &[&str], out: &Path, more: &[&str]) -> geodyssey_tests::Outcome {
    let out = string(out);
    let changes = SHORT.iter().flat_map(|change| ["--set", change]);
    run(["compare"]
        .into_iter()
        .chain(paths.iter().copied())
        .chain(["--out", &out])
        .chain(changes)
        .chain(more.iter().copied()))
}

/// The shipped configuration with more text, under a name of its own.
fn variant(folder: &Path, name: &str, change: impl Fn(String) -> String) -> String {
    let path = folder.join(format!("{name}.toml"));
    std::fs::write(&path, change(text(&repository().join(CONFIG)))).expect("written");
    string(&path)
}

fn validator(name: &str) -> jsonschema::Validator {
    let schema: Value =
        serde_json::from_str(&text(&repository().join("crates/report/schema").join(name))).expect("JSON");
    jsonschema::validator_for(&schema).expect("a valid schema")
}

/// The finite numbers of one column of the forward paths.
fn forward(directory: &Path, column: &str) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(directory.join("paths.csv")).expect("a table");
    let headers = reader.headers().expect("a header").clone();
    let at = |name: &str| headers.iter().position(|header| header == name).expect("the column");
    let (direction, value) = (at("direction"), at(column));
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.filter(|row| &row[direction] == "forward").map(|row| row[value].parse().expect("a number")).collect()
}

#[test]
fn every_number_is_that_of_a_run_and_every_baseline_is_a_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("compared");
    // A disc on the straight line; the geodesic only reports on it.
    let avoiding = variant(folder.path(), "reported", |text| {
        text + "\n[[constraint]]\nkind = \"region-avoidance\"\ncenter = [0.03, 0.73]\nradius = 0.2\nreport_only = true\n"
    });
    let baselines =
        ["--baselines", "straight,straight-scheduled,tent,minimum-energy-path,shooting-flexible", "--json"];
    let outcome = compare(&[CONFIG, &avoiding], &out, &baselines).exits_with(0);
    let compared = outcome.json();
    let errors: Vec<String> =
        validator("comparison.schema.json").iter_errors(&compared).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let group = &compared["groups"][0];
    let rows = group["rows"].as_array().expect("rows");
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().expect("a name")).collect();
    let expected = [
        "mueller-brown",
        "reported",
        "straight-line",
        "straight-line-geodesic-schedule",
        "tent-to-3",
        "tent-to-1",
        "tent-to-minus-1",
        "minimum-energy-path",
        "shooting-flexible",
    ];
    assert_eq!(names, expected);
    let best = |row: &&Value| row["remark"].as_str().is_some_and(|remark| remark.starts_with("best tent"));
    assert_eq!(rows.iter().filter(best).count(), 1);

    let summaries = validator("summary.schema.json");
    for row in rows {
        let directory = PathBuf::from(row["directory"].as_str().expect("a directory"));
        let mut summary: Value = serde_json::from_str(&text(&directory.join("summary.json"))).expect("JSON");
        summary["files"] = Value::Array(Vec::new());
        assert_eq!(row["summary"], summary, "{}", row["name"]);
        assert!(summaries.is_valid(&row["summary"]), "{}", row["name"]);
        let share = inside(&directory, [0.03, 0.73], 0.2);
        let found = row["regions"][0]["share_of_frames_inside"].as_f64().expect("a share");
        assert!((found - share).abs() < 1e-12, "{}: {found} {share}", row["name"]);
        assert!(row["regions"][0]["least_kl_nat"].as_f64().is_some_and(|kl| kl >= 0.0), "{}", row["name"]);
    }
    // The straight line goes through the disc, the minimum-energy path far around it.
    let share = |row: usize| rows[row]["regions"][0]["share_of_frames_inside"].as_f64().expect("a share");
    assert!(share(2) > 0.05 && share(7) < 0.3 * share(2), "{} {}", share(2), share(7));
    check_schedule(&out);

    check_tables(&out, &compared);
    check_difference(rows, group);
    check_page(&out);

    // A baseline's own configuration repeats it, and the whole command has nothing left to do.
    let tent = out.join("baselines/mueller-brown/tent-to-1");
    let again = folder.path().join("again");
    run(["run", &string(&tent.join("config.toml")), "--out", &string(&again)]).exits_with(0);
    assert_eq!(text(&tent.join("paths.csv")), text(&again.join("paths.csv")));
    let before = contents(&out);
    let repeated = compare(&[CONFIG, &avoiding], &out, &baselines).exits_with(0);
    assert!(repeated.stderr.contains("paths: up to date"), "{}", repeated.stderr);
    let after = contents(&out);
    for (file, content) in &before {
        assert!(after[file] == *content, "{} changed", file.display());
    }
}

/// The straight line with the geodesic's schedule has its logSNR point for point, on the straight line at equal shares.
fn check_schedule(out: &Path) {
    let columns = |directory: PathBuf| -> Vec<Vec<f64>> {
        let mut reader = csv::Reader::from_path(directory.join("geodesic.csv")).expect("a curve");
        let headers = reader.headers().expect("a header").clone();
        let wanted = ["log_snr", "y_x", "y_y"]
            .map(|name| headers.iter().position(|header| header == name).expect("the column"));
        let rows = reader.records().map(|row| {
            let row = row.expect("a row");
            wanted.map(|index| row[index].parse::<f64>().expect("a number")).to_vec()
        });
        rows.collect()
    };
    let geodesic = columns(out.join("mueller-brown"));
    let line = columns(out.join("baselines/mueller-brown/straight-line-geodesic-schedule"));
    let last = geodesic.len() - 1;
    assert_eq!(line.len(), geodesic.len());
    assert!(geodesic.iter().any(|point| (point[0] - geodesic[0][0]).abs() > 0.5));
    for (index, (point, led)) in line.iter().zip(&geodesic).enumerate() {
        assert_eq!(point[0], led[0]);
        let share = index as f64 / last as f64;
        for axis in [1, 2] {
            let place = geodesic[0][axis] + share * (geodesic[last][axis] - geodesic[0][axis]);
            assert!((point[axis] - place).abs() < 1e-12);
        }
    }
}

/// Share of the frames of forward paths within a disc.
fn inside(directory: &Path, center: [f64; 2], radius: f64) -> f64 {
    let (mut frames, mut inside) = (0.0, 0.0);
    for entry in std::fs::read_dir(directory.join("paths")).expect("paths").flatten() {
        if !entry.file_name().to_string_lossy().starts_with("path-") {
            continue;
        }
        let mut reader = csv::Reader::from_path(entry.path()).expect("a table");
        let headers = reader.headers().expect("a header").clone();
        let at = |name: &str| headers.iter().position(|header| header == name).expect("the column");
        let (x, y) = (at("x"), at("y"));
        for row in reader.records().map(|row| row.expect("a row")) {
            let [dx, dy] = [(x, center[0]), (y, center[1])]
                .map(|(column, center)| row[column].parse::<f64>().expect("a number") - center);
            frames += 1.0;
            inside += f64::from(u8::from(dx.hypot(dy) <= radius));
        }
    }
    inside / frames
}

fn check_tables(out: &Path, compared: &Value) {
    let mut reader = csv::Reader::from_path(out.join("compare.csv")).expect("a table");
    let headers = reader.headers().expect("a header").clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let groups = compared["groups"].as_array().expect("groups");
    assert_eq!(rows.len(), groups.iter().filter_map(|group| group["rows"].as_array()).flatten().count());
    for row in &rows {
        let cell = |name: &str| &row[headers.iter().position(|header| header == name).expect("the column")];
        let values = forward(Path::new(cell("directory")), "max_landscape_energy_kj_mol");
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let found: f64 = cell("max_landscape_energy_mean_kj_mol").parse().expect("a number");
        assert!((found - mean).abs() < 1e-9, "{}: {found} {mean}", cell("path"));
        assert!(cell("energy_evaluations_sampling").parse::<u64>().is_ok_and(|count| count > 0));
    }
    let written: Value = serde_json::from_str(&text(&out.join("compare.json"))).expect("JSON");
    assert_eq!(&written, compared);
}

/// The difference and its error, recomputed from the table of the paths; letters as the tests say.
fn check_difference(rows: &[Value], group: &Value) {
    let differences = group["differences"].as_array().expect("differences");
    let energies: Vec<&Value> =
        differences.iter().filter(|one| one["measure"] == "max_landscape_energy").collect();
    // All but the row of two-way shooting, whose paths are not independent.
    assert_eq!(energies.len(), (rows.len() - 1) * (rows.len() - 2) / 2);
    let real = energies.iter().filter(|one| one["real"] == true).count();
    assert!(real > 0 && real < energies.len(), "{real} of {} are real", energies.len());
    assert_eq!(rows[rows.len() - 1]["max_energy_letters"], "");
    let directory = |name: &Value| {
        let row = rows.iter().find(|row| row["name"] == *name).expect("the row");
        PathBuf::from(row["directory"].as_str().expect("a directory"))
    };
    let letters = |name: &Value| {
        let row = rows.iter().find(|row| row["name"] == *name).expect("the row");
        row["max_energy_letters"].as_str().expect("letters").to_owned()
    };
    for one in energies {
        let [first, second] =
            ["first", "second"].map(|row| forward(&directory(&one[row]), "max_landscape_energy_kj_mol"));
        let moments = |values: &[f64]| {
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0) / count)
        };
        let ((m1, v1), (m2, v2)) = (moments(&first), moments(&second));
        assert!((one["difference"].as_f64().expect("a number") - (m1 - m2)).abs() < 1e-9);
        assert!((one["standard_error"].as_f64().expect("a number") - (v1 + v2).sqrt()).abs() < 1e-9);
        let corrected = one["corrected_p_value"].as_f64().expect("a number");
        assert!(corrected >= one["p_value"].as_f64().expect("a number"));
        assert_eq!(one["real"].as_bool(), Some(corrected < 0.05));
        let (first, second) = (letters(&one["first"]), letters(&one["second"]));
        let shared = first.chars().any(|letter| second.contains(letter));
        assert_eq!(shared, corrected >= 0.05, "{one}");
    }
}

/// One file that asks for no other.
fn check_page(out: &Path) {
    let page = text(&out.join("compare.html"));
    assert_eq!(page.matches("<svg").count(), 4);
    for word in ["<link", "src=\"", "url(", "@import", "<script"] {
        assert!(!page.contains(word), "{word}");
    }
    for word in
        ["mueller-brown", "minimum-energy-path", "Lowest barrier", "Entirely outside", "Sampling took"]
    {
        assert!(page.contains(word), "{word}");
    }
    for figure in ["landscape", "max-energy", "dissipated-work", "log-snr"] {
        for ending in ["png", "svg"] {
            assert!(out.join(format!("plots/mueller-brown/{figure}.{ending}")).is_file(), "{figure}");
        }
    }
}

#[test]
fn given_baselines_are_not_repeated_and_other_temperatures_stand_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("compared");
    let straight = variant(folder.path(), "my-straight-line", |text| {
        text.replace("kind    = \"geodesic\"", "kind    = \"straight\"")
    });
    let hot = variant(folder.path(), "hot", |text| text.replace("= 10.0 # kT", "= 20.0 # kT"));
    let more = ["--baselines", "straight", "--json"];
    let compared = compare(&[CONFIG, &straight, &hot], &out, &more).exits_with(0).json();
    let names = |group: usize| -> Vec<String> {
        let rows = compared["groups"][group]["rows"].as_array().expect("rows");
        rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(0), ["mueller-brown", "my-straight-line"]);
    assert_eq!(names(1), ["hot", "straight-line"]);

    // A baseline is not called like a row that is there.
    let like = string(&folder.path().join("straight-line"));
    let changes = SHORT.iter().flat_map(|change| ["--set", change]);
    let longer = ["--set", "geodesic.points=25", "--set", "geodesic.kind=straight", "--out", &like];
    run(["run", CONFIG].into_iter().chain(changes).chain(longer)).exits_with(0);
    let third = folder.path().join("third");
    let rows = compare(&[CONFIG, &like], &third, &more).exits_with(0).json();
    let rows = rows["groups"][0]["rows"].as_array().expect("rows").clone();
    let called: Vec<&str> = rows.iter().map(|row| row["name"].as_str().expect("a name")).collect();
    assert_eq!(called, ["mueller-brown", "straight-line", "straight-line-2"]);

    // Finished runs are read and left as they are.
    let runs = [string(&out.join("mueller-brown")), string(&out.join("hot"))];
    let before = contents(&out.join("hot"));
    let second = folder.path().join("second");
    let outcome = run(["compare", &runs[0], &runs[1], "--baselines", "none", "--out", &string(&second)]);
    let outcome = outcome.exits_with(0);
    assert!(outcome.stdout.contains("hot") && !outcome.stderr.contains("paths:"), "{}", outcome.stderr);
    assert_eq!(before, contents(&out.join("hot")));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("compared");
    let started = folder.path().join("started");
    std::fs::create_dir(&started).expect("a folder");
    compare(&[&string(&started)], &out, &[])
        .exits_with(2)
        .complains_of(&["not a run directory", "manifest.json"]);
    std::fs::write(started.join("manifest.json"), "{\"stages\": {}}\n").expect("written");
    compare(&[&string(&started)], &out, &[]).exits_with(2).complains_of(&[
        "is not finished",
        "summary.json",
        "geodyssey run",
    ]);
    compare(&[CONFIG, "configs/mixture-1d.toml"], &out, &[])
        .exits_with(2)
        .complains_of(&["mueller-brown has the variables x, y", "mixture-1d has x"]);
    compare(&[CONFIG, CONFIG], &out, &[]).exits_with(2).complains_of(&["given twice"]);
    compare(&[CONFIG], &out, &["--baselines", "all,tent"])
        .exits_with(2)
        .complains_of(&["cannot be combined"]);
    compare(&[CONFIG], &out, &["--baselines", "straigt"]).exits_with(2).complains_of(&["straight"]);
    compare(&["configs/no-such.toml"], &out, &[]).exits_with(2).complains_of(&["no-such.toml"]);
    assert!(!out.exists(), "nothing was begun");
}
