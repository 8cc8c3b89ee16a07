//! What the program says: warnings in one list everywhere, names that cannot be columns, files that are no text, and ways out that lead
//! somewhere.

use std::path::Path;

use geodyssey_tests::{Outcome, repository, run, short};
use serde_json::Value;

const MIXTURE: &str = "configs/mixture-1d.toml";

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Text as a reader sees it: HTML's names undone, true minus signs and unbreakable blanks as the terminal has them.
fn plain(html: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("\u{a0}", " "), ("−", "-")];
    let text = named.iter().fold(html.to_owned(), |text, (name, letter)| text.replace(name, letter));
    text.replace("&amp;", "&")
}

/// A short run into a folder with a blank in its name; paths too fast to arrive, so that there are warnings.
fn hasty(folder: &Path) -> (std::path::PathBuf, Outcome) {
    let out = folder.join("a run");
    let mut arguments = vec!["run", MIXTURE, "--out", out.to_str().expect("a path"), "--seed", "3"];
    arguments.extend(short(MIXTURE));
    arguments.extend(["--set", "sampling.steps_per_point=1", "--set", "sampling.backward=true"]);
    let outcome = run(arguments).exits_with(0);
    (out, outcome)
}

#[test]
fn warnings_are_the_same_on_the_terminal_in_the_summary_and_on_the_page() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (out, outcome) = hasty(folder.path());
    let summary: Value = serde_json::from_str(&read(&out.join("summary.json"))).expect("JSON");
    let recorded: Vec<String> = summary["warnings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|warning| plain(warning["message"].as_str().expect("text")))
        .collect();
    assert!(!recorded.is_empty(), "paths of one step a point arrive everywhere: the test tests nothing");

    let said = outcome.stdout.lines().filter_map(|line| line.strip_prefix("warning ("));
    let said: Vec<String> =
        said.filter_map(|line| line.split_once("): ")).map(|(_, text)| plain(text)).collect();
    assert_eq!(said, recorded);

    let page = read(&out.join("report.html"));
    let list = page.split("<ul class=\"warnings\">").nth(1).and_then(|rest| rest.split("</ul>").next());
    let items = list.expect("a list of warnings").split("<li>").skip(1);
    let shown: Vec<String> = items.filter_map(|item| item.split("</li>").next()).map(plain).collect();
    assert_eq!(shown, recorded);

    let last = outcome.stdout.lines().last().expect("text");
    assert_eq!(last, format!("open in a browser: '{}'", out.join("report.html").display()));
}

/// Every column that stands beside a variable's in a table of a run is refused as a variable's name.
#[test]
fn a_variable_cannot_be_called_as_a_column() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (out, _) = hasty(folder.path());
    let mut taken = vec!["positions_nm".to_owned(), "weight".to_owned()];
    for table in ["landscape.csv", "geodesic.csv", "paths/path-0000.csv"] {
        let text = read(&out.join(table));
        let columns = text.lines().next().expect("a header").split(',').map(str::to_owned);
        taken.extend(columns.filter(|column| column != "x" && !column.ends_with("_x")));
    }
    assert!(taken.iter().any(|name| name == "point") && taken.iter().any(|name| name == "work_kj_mol"));
    for name in &taken {
        let change = format!("variable.0.name={name}");
        run(["check", MIXTURE, "--set", &change])
            .exits_with(2)
            .complains_of(&[&format!("`{name}` cannot be a variable's name"), "use this name"]);
    }
    run(["check", MIXTURE, "--set", "variable.0.name=pointer"]).exits_with(0);
}

fn energy(system: &Path) -> Outcome {
    let topology = "systems/alanine-dipeptide/topology.pdb";
    run(["energy", "--system", system.to_str().expect("a path"), "--topology", topology])
}

#[test]
fn files_that_are_no_text_and_forces_that_are_not_computed_come_with_a_way_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("system.xml");
    let refused = |bytes: &[u8], expected: &[&str]| {
        std::fs::write(&file, bytes).expect("written");
        energy(&file).exits_with(2).complains_of(expected);
    };
    refused(b"\x1f\x8b\x08\x00\x00", &["compressed (gzip)", "gunzip"]);
    refused(b"\xff\xfe<\x00", &["UTF-16", "save it as UTF-8"]);
    refused(b"<System>\n\xe9", &["not text in UTF-8", "line 2"]);
    let xml = read(&repository().join("systems/alanine-dipeptide/amber99sb-ildn.vacuum.xml"));
    for (force, way_out) in [
        ("CustomGBForce", "AmberPrmtopFile"),
        ("LCPOForce", "sasaMethod='ACE'"),
        ("CustomExternalForce", "create the System without it"),
        ("CustomTorsionForce", "amber14/protein.ff14SB.xml"),
    ] {
        let with = xml.replacen("<Forces>", &format!("<Forces><Force type=\"{force}\"/>"), 1);
        refused(with.as_bytes(), &[force, way_out]);
    }
    let ewald =
        xml.replacen("method=\"0\" name=\"NonbondedForce\"", "method=\"4\" name=\"NonbondedForce\"", 1);
    refused(ewald.as_bytes(), &["does not support explicit solvent", "NoCutoff"]);
}

/// More variables than a grid can have: the way without one is named.
#[test]
fn a_grid_of_four_variables_names_samples() {
    let text = read(&repository().join("configs/ace-ala3-nme.toml"));
    let landscape = text.find("[landscape]").expect("a landscape");
    let after = text.find("[denoiser]").expect("a denoiser");
    let text = format!(
        "{}[landscape]\nmethod = \"metadynamics\"\n\n[geodesic]\nlog_snr = 4.0\n",
        &text[..landscape]
    );
    assert!(after > landscape);
    let folder = tempfile::tempdir_in(repository().join("configs")).expect("a temporary folder");
    let config = folder.path().join("six.toml");
    std::fs::write(&config, text.replace("\"../", "\"../../")).expect("written");
    run([Path::new("check"), &config]).exits_with(2).complains_of(&["one to three", "method = \"samples\""]);
}

/// A state as XYZ, which has elements alone: taken in the topology's order, and refused where atoms of one element were exchanged.
#[test]
fn a_state_without_names_is_taken_in_the_order_of_the_topology() {
    let system = repository().join("systems/alanine-dipeptide");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pdb = read(&system.join("c7ax.pdb"));
    let mut atoms: Vec<String> = pdb
        .lines()
        .filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"))
        .map(|line| format!("{} {}", line[76..78].trim(), &line[30..54]))
        .collect();
    let checked = |atoms: &[String]| {
        let file = folder.path().join("c7ax.xyz");
        std::fs::write(&file, format!("{}\nC7ax\n{}\n", atoms.len(), atoms.join("\n"))).expect("written");
        let change = format!("states.end.structure={}", file.display());
        run(["check", "configs/alanine-dipeptide.toml", "--set", &change])
    };
    checked(&atoms).exits_with(0);
    let hydrogens: Vec<usize> = (0..atoms.len()).filter(|&atom| atoms[atom].starts_with("H ")).collect();
    // One of the first methyl group with one of the last.
    atoms.swap(hydrogens[0], hydrogens[hydrogens.len() - 1]);
    checked(&atoms).exits_with(2).complains_of(&["its file has no names", "too far apart"]);
}
