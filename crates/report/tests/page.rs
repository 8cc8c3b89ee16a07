//! The page of a run: it holds what it was given, loads nothing, and stays within its size.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use geodyssey_report::page::{PageFigure, PagePath, RunPage, run_page};
use geodyssey_report::plots::{PlotAxis, PlotFrame};
use geodyssey_report::{ConstraintSummary, ReportError, ShootingSummary, Summary, Warning};
use serde_json::Value;

const STRUCTURE: &str =
    "ATOM      1  O   HOH A   1       0.000   0.000   0.000  1.00  0.00           O\nEND\n";
const SVG: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\" viewBox=\"0 0 20 20\">\n</svg>\n";

fn summary() -> Summary {
    let text = r#"{
        "version": "0.1.0", "config_hash": "00112233445566778899", "seed": 1,
        "system": {"atoms": 1, "variables": [{"name": "phi", "kind": "torsion", "unit": "rad", "period": 6.283185307179586}],
                   "temperature_k": 300.0, "thermal_energy_kj_mol": 2.494338785445972},
        "landscape": {"method": "table", "energy_evaluations": 0, "lower_bound_kj_mol": 30.0},
        "geodesic": {"kind": "geodesic", "length": 5.0, "energy": 12.5, "constant_speed": 1.0, "negative_share": 0.0, "points": 24, "min_log_snr": 2.0,
                     "winding": [0], "iterations": 3, "denoiser_evaluations": 9, "stop_reason": "converged", "windings": []},
        "constraints": [],
        "sampling": {"paths": 4, "reached": 1.0, "backward_paths": 0, "failed": [], "energy_evaluations": 1000},
        "max_energy": {"landscape": {"definition": "highest <of a path>", "paths": 4, "mean_kj_mol": 31.5, "std_kj_mol": 1.0,
                                     "standard_error_kj_mol": 0.5, "lower_bound_kj_mol": 30.0}},
        "work": {"forward": {"paths": 4, "mean_kj_mol": -2.5, "std_kj_mol": 1.0, "standard_error_kj_mol": 0.5},
                 "delta_f_kj_mol": -3.0, "delta_f_error_kj_mol": 0.2, "overlap": 0.5, "landscape_delta_f_kj_mol": -3.1},
        "files": []
    }"#;
    Summary::from_json(text).expect("a summary")
}

fn path() -> PagePath {
    PagePath {
        name: "path-0000".to_owned(),
        reached: Some(false),
        label: "path-0000 · </script> & \"reached\"".to_owned(),
        frames: vec![0, 2, 4],
        arc_share: vec![0.0, 0.5, 1.0],
        log_snr: vec![3.0, 2.0, 3.0],
        variables: vec![vec![-3.0], vec![3.0], vec![1.5]],
        landscape_energy_kj_mol: vec![0.0, 31.5, 2.0],
        potential_energy_kj_mol: Vec::new(),
        work_kj_mol: vec![0.0, -1.0, -2.5],
        positions_nm: vec![vec![[0.001, -0.5, 2.0]], vec![[0.0, 0.0, 0.0]], vec![[-1.234, 1.0, 0.1]]],
        highest: 1,
    }
}

fn page(summary: &Summary) -> RunPage<'_> {
    let axis = |column: &str, lower: f64, upper: f64| PlotAxis {
        column: column.to_owned(),
        lower,
        upper,
        periodic: column == "variable_0",
    };
    RunPage {
        title: "Paths of <water>",
        summary,
        states: Some(["phi = -172°".to_owned(), "phi = 86°".to_owned()]),
        figures: vec![PageFigure {
            name: "landscape",
            svg: SVG,
            caption: "A \"surface\".".to_owned(),
            frames: vec![PlotFrame {
                page: (10.0, 10.0),
                left: 1.0,
                top: 1.0,
                width: 8.0,
                height: 8.0,
                x: axis("variable_0", -3.15, 3.15),
                y: axis("landscape_energy_kj_mol", 0.0, 40.0),
            }],
        }],
        structure: Some(STRUCTURE),
        paths: vec![path()],
        all_paths: 4,
        stride: 2,
        links: vec![("summary.json".to_owned(), "numbers".to_owned())],
    }
}

/// The JSON that the page's program reads.
fn data(html: &str) -> Value {
    let start = html.find("id=\"report-data\">").expect("the data") + "id=\"report-data\">".len();
    let length = html[start..].find("</script>").expect("the end of the data");
    serde_json::from_str(&html[start..start + length]).expect("JSON")
}

fn bytes(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().expect("text")).expect("base64")
}

#[test]
fn what_is_embedded_is_what_was_given() -> Result<(), ReportError> {
    let summary = summary();
    let data = data(&run_page(&page(&summary))?);
    assert_eq!(data["structure"], STRUCTURE);
    let path = &data["paths"][0];
    let positions: Vec<f64> = bytes(&path["positions"])
        .chunks_exact(2)
        .map(|pair| {
            f64::from(i16::from_le_bytes([pair[0], pair[1]]))
                * path["resolution_nm"].as_f64().expect("a number")
        })
        .collect();
    let expected = [0.001, -0.5, 2.0, 0.0, 0.0, 0.0, -1.234, 1.0, 0.1];
    assert!(positions.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{positions:?}");
    let table: Vec<f32> = bytes(&path["table"])
        .chunks_exact(4)
        .map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    let columns: Vec<&str> = data["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .filter_map(|column| column["name"].as_str())
        .collect();
    assert_eq!(
        columns,
        ["frame", "arc_share", "log_snr", "variable_0", "landscape_energy_kj_mol", "work_kj_mol"]
    );
    assert_eq!(table.len(), 3 * columns.len());
    assert_eq!(table[..3], [0.0, 2.0, 4.0]);
    assert_eq!(table[9..12], [-3.0, 3.0, 1.5]);
    assert_eq!(table[15..], [0.0, -1.0, -2.5]);
    assert_eq!(data["figures"]["landscape"][0]["x"]["column"], "variable_0");
    Ok(())
}

#[test]
fn the_page_loads_nothing_and_text_stays_text() -> Result<(), ReportError> {
    let summary = summary();
    let html = run_page(&page(&summary))?;
    assert!(html.len() < 5 * 1024 * 1024, "{} bytes", html.len());
    for attribute in ["src=", "<link", "@import", "url(", "sourceMappingURL=ngl"] {
        // What NGL builds by itself at run time is not loaded from anywhere; look at the rest only.
        let own: String = html.split("<script>").filter(|part| !part.contains("NGL={}")).collect();
        assert!(!own.contains(attribute), "{attribute}");
    }
    assert!(html.contains("<h1>Paths of &lt;water&gt;</h1>") && !html.contains("<h1>Paths of <water>"));
    assert!(html.contains("highest &lt;of a path&gt;"));
    // Every script ends where it was meant to: those of the data, NGL, the viewer and the page.
    assert_eq!(html.matches("</script>").count(), 4);
    assert_eq!(html.matches("<script").count(), 4);
    assert!(html.contains("connect-src blob: data:"), "the policy forbids the network");
    Ok(())
}

#[test]
fn without_a_molecule_there_is_no_viewer() -> Result<(), ReportError> {
    let summary = summary();
    let mut page = page(&summary);
    page.structure = None;
    let html = run_page(&page)?;
    assert!(html.len() < 100_000 && !html.contains("id=\"stage\"") && html.contains("id=\"player\""));
    page.paths.clear();
    let html = run_page(&page)?;
    assert!(!html.contains("id=\"player\"") && html.contains("data-figure=\"landscape\""));
    Ok(())
}

#[test]
fn the_words_say_what_the_numbers_say_and_warn_where_they_must() -> Result<(), ReportError> {
    let mut summary = summary();
    let html = run_page(&page(&summary))?;
    for text in [
        "4 of 4 paths reached the end",
        "31.5\u{a0}±\u{a0}0.5\u{a0}kJ/mol",
        "no path that arrives can stay below 30.0\u{a0}kJ/mol, the lowest barrier of this landscape.",
        "−3.0\u{a0}±\u{a0}0.2\u{a0}kJ/mol",
        "No warnings",
    ] {
        assert!(html.contains(text), "{text}");
    }
    assert!(!html.contains("The mean lies below"));
    let sampling = summary.sampling.as_mut().expect("paths");
    sampling.reached = 0.75;
    let work = summary.work.as_mut().expect("work");
    work.overlap = Some(0.02);
    summary.geodesic.as_mut().expect("a curve").negative_share = 0.125;
    let warned = summary.clone().with_warnings(Vec::new());
    let html = run_page(&page(&warned))?;
    for text in ["1 of 4 paths did not reach the end", "Only 2 % of the works", "12.5 % of the curve"] {
        assert!(html.contains(text), "{text}");
    }
    summary.work.as_mut().expect("work").overlap = Some(0.5);
    summary.work.as_mut().expect("work").landscape_delta_f_kj_mol = Some(9.0);
    let told = Warning::new("landscape", "Some of it was not sampled.");
    let warned = summary.with_warnings(vec![told.clone()]);
    assert_eq!(warned.warnings[0], told);
    let html = run_page(&page(&warned))?;
    assert!(
        html.contains("differ by more than 3 standard errors")
            && html.contains("Some of it was not sampled.")
    );
    Ok(())
}

/// The page of a summary with all that follows from its numbers.
fn warned_page(summary: &Summary) -> Result<String, ReportError> {
    run_page(&page(&summary.clone().with_warnings(Vec::new())))
}

#[test]
fn numbers_over_next_to_nothing_are_warned_of() {
    let mut summary = summary();
    summary.sampling.as_mut().expect("paths").paths = 1;
    summary.geodesic.as_mut().expect("a curve").points = 3;
    let messages: Vec<String> =
        summary.with_warnings(Vec::new()).warnings.into_iter().map(|warning| warning.message).collect();
    for text in ["There is one path", "sampling.paths", "The curve has 3 points", "geodesic.points"] {
        assert!(messages.iter().any(|message| message.contains(text)), "{text}: {messages:?}");
    }
}

/// A mean below the lowest barrier is explained: by paths that did not arrive, by the landscape's error, by the steps.
#[test]
fn a_mean_below_the_lowest_barrier_is_explained() -> Result<(), ReportError> {
    let mut summary = summary();
    summary.max_energy.as_mut().and_then(|energy| energy.landscape.as_mut()).expect("energies").mean_kj_mol =
        28.0;
    let html = run_page(&page(&summary))?;
    assert!(html.contains("The mean lies below that bound: a path arrives at the edge of a state"), "{html}");
    summary.sampling.as_mut().expect("paths").reached = 0.75;
    summary.landscape.rms_block_error_kj_mol = Some(0.6);
    let html = run_page(&page(&summary))?;
    for text in [
        "no path that arrives can stay below 30.0\u{a0}±\u{a0}0.6\u{a0}kJ/mol",
        "the mean includes paths that did not arrive",
        "a landscape with an error of 0.6\u{a0}kJ/mol",
    ] {
        assert!(html.contains(text), "{text}");
    }
    Ok(())
}

/// A baseline is made by no solver, a constraint that is only reported cannot be broken, and chains that stand still are told.
#[test]
fn what_is_no_fault_is_no_warning() -> Result<(), ReportError> {
    let mut summary = summary();
    let curve = summary.geodesic.as_mut().expect("a curve");
    curve.stop_reason = "not solved: a baseline".to_owned();
    assert!(warned_page(&summary)?.contains("solver stopped early"));
    summary.geodesic.as_mut().expect("a curve").kind = "straight".to_owned();
    summary.constraints = vec![ConstraintSummary {
        kind: "region-avoidance".to_owned(),
        description: "a disc".to_owned(),
        report_only: true,
        sampled: None,
        threshold: Some(4.0),
        unit: "nat".to_owned(),
        tolerance: 0.1,
        largest_violation: 3.2,
        satisfied: false,
    }];
    let html = warned_page(&summary)?;
    assert!(html.contains("No warnings") && html.contains("not satisfied, and only reported"));
    summary.constraints[0].report_only = false;
    assert!(warned_page(&summary)?.contains("it is violated by up to 3.2"));
    summary.constraints.clear();
    let shooting =
        ShootingSummary { length: "fixed".to_owned(), chains: 4, trials: 400, accepted: 80, mean_steps: 9.0 };
    summary.sampling.as_mut().expect("paths").shooting = Some(shooting.clone());
    let html = warned_page(&summary)?;
    assert!(
        html.contains("80 of 400")
            && html.contains("No warnings")
            && !html.contains("the molecule is driven")
    );
    summary.sampling.as_mut().expect("paths").shooting = Some(ShootingSummary { accepted: 3, ..shooting });
    assert!(warned_page(&summary)?.contains("Only 3 of 400 trials"));
    Ok(())
}

#[test]
fn columns_of_another_length_are_refused() {
    let summary = summary();
    let mut page = page(&summary);
    page.paths[0].work_kj_mol.pop();
    let message = run_page(&page).err().map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(message, "work_kj_mol of path-0000: expected 3 values, found 2");
    page.paths[0] = path();
    page.paths[0].positions_nm.pop();
    assert!(matches!(run_page(&page), Err(ReportError::Length { .. })));
    page.paths[0] = path();
    page.figures[0].svg = "no picture";
    assert!(matches!(run_page(&page), Err(ReportError::Drawing(_))));
}
