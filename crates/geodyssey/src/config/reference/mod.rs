//! `docs/reference/configuration.md`, made from the types that a configuration is read into: their fields, comments and defaults.
//!
//! `GEODYSSEY_WRITE_REFERENCE=1 cargo test --workspace --lib reference` writes the page anew.

mod types;

use std::fmt::Write as _;
use std::path::Path;

use geodyssey_molecule::variables::VARIABLES;
use serde::Serialize;

use super::source::{Section, Source};
use super::{
    CommittorConfig, Config, DenoiserConfig, GeodesicConfig, LandscapeConfig, OutputConfig, PathsConfig,
    ReplicaExchangeConfig, SamplingConfig,
};
use types::{REQUIRED, Row, Types};

/// What the page says before its tables.
const PREFACE: &str = "# Every key of a configuration\n\n\
A configuration is a TOML file. Paths in it are relative to the file. `--set section.key=value` on the command line overrides any key. \
A key whose default is given as *required* must be set; other keys without a default are optional.\n\n\
Units: *own* is the unit of a variable: degrees for torsions and angles, nm for distances, and for the variables of a table or formula \
the unit that they have there; *scale²* is the square of a variable divided by its scale; 1 marks a dimensionless number. logSNR refers \
to variables divided by their scale (1 rad and 0.1 nm, unless `scale` is set). An unknown key, an invalid value or a missing atom is an \
error that shows the line.\n\n\
This page is generated from the program's own types.\n";

fn table<T: Serialize>(value: &T) -> toml::Table {
    toml::Table::try_from(value).expect("a table")
}

/// A section with its defaults.
fn read<T>(text: &str, of: impl Fn(&Section<'_>) -> T) -> T {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("configuration.toml");
    std::fs::write(&file, text).expect("written");
    let source = Source::read(&file, &[]).expect("TOML");
    of(&Section::root(&source).expect("TOML"))
}

fn landscape(text: &str, molecule: bool, required: &[&str]) -> toml::Table {
    let read = read(&format!("[landscape]\n{text}"), |root| {
        LandscapeConfig::read(root, molecule).expect("a landscape")
    });
    let mut table = table(&read);
    for key in required {
        table.insert((*key).to_owned(), REQUIRED.into());
    }
    table
}

fn denoiser(kind: &str) -> toml::Table {
    table(&read(&format!("[denoiser]\nkind = \"{kind}\""), |root| {
        DenoiserConfig::read(root).expect("a denoiser")
    }))
}

/// What is omitted from a file when it is the default is still listed on the page.
fn sampling() -> toml::Table {
    let mut sampling = table(&SamplingConfig::default());
    sampling.insert("method".to_owned(), "annealing".into());
    sampling
}

fn required(keys: &[&str]) -> toml::Table {
    keys.iter().map(|key| ((*key).to_owned(), toml::Value::from(REQUIRED))).collect()
}

/// Keys of one section, under its heading.
fn section(page: &mut String, heading: &str, words: &str, rows: &[Row]) {
    let _ = write!(page, "\n## {heading}\n\n");
    if !words.is_empty() {
        let _ = write!(page, "{words}\n\n");
    }
    page.push_str("| key | value | unit | default | meaning |\n|---|---|---|---|---|\n");
    for Row { key, value, unit, default, meaning } in rows {
        let meaning = meaning.replace('|', "\\|");
        let _ = writeln!(page, "| `{key}` | {value} | {unit} | {default} | {meaning} |");
    }
}

fn page() -> String {
    let types = Types::read();
    let mut page = PREFACE.to_owned();
    let whole = |value: &str, meaning: &str, default: &str| Row {
        key: "seed".to_owned(),
        value: value.to_owned(),
        unit: String::new(),
        default: default.to_owned(),
        meaning: meaning.to_owned(),
    };
    section(&mut page, "At the top", "", &[whole("whole number", "Seed of all random numbers.", "`1`")]);
    let mut system = required(&["topology", "force_field"]);
    system.insert("temperature".to_owned(), 300.0.into());
    section(
        &mut page,
        "`[system]`",
        "The molecule; omitted for a table or formula alone.",
        &types.rows("SystemConfig", &system),
    );

    let mut variable = types.rows("VariableConfig", &required(&["name"]));
    let of_atoms = VARIABLES.iter().map(|definition| Row {
        key: definition.quantity.name.to_owned(),
        value: format!("list of {} atoms", definition.atoms),
        unit: String::new(),
        default: String::new(),
        meaning: format!("Kind of coordinate, and its atoms: {}.", definition.quantity.name),
    });
    variable.splice(1..1, of_atoms);
    let words = "One for each variable. A variable of a molecule lists its atoms under its kind of coordinate, each as `\"ALA 2 \
                 CA\"` (residue name, number, atom name), `\"A:ALA 2 CA\"` with a chain, or by its index from 0.";
    section(&mut page, "`[[variable]]`", words, &variable);

    let mut states = toml::Table::new();
    states.insert("minimise".to_owned(), true.into());
    states.insert("match".to_owned(), "variables".into());
    section(&mut page, "`[states]`", "", &types.rows("StatesConfig", &states));
    section(
        &mut page,
        "`[states.start]` and `[states.end]`",
        "",
        &types.rows("StateConfig", &toml::Table::new()),
    );

    let words = "The energy as a function of the variables. `method` is one of those below; a molecule's default is \
                 `\"metadynamics\"`.";
    section(
        &mut page,
        "`[landscape]` with `method = \"metadynamics\"`",
        words,
        &types.rows("MetadynamicsConfig", &landscape("method = \"metadynamics\"", true, &[])),
    );
    section(
        &mut page,
        "`[landscape]` with `method = \"relaxed-scan\"`",
        "",
        &types.rows("RelaxedScanConfig", &landscape("method = \"relaxed-scan\"", true, &[])),
    );
    section(
        &mut page,
        "`[landscape]` with `method = \"samples\"`",
        "Samples of trajectories, of a table, or of replica exchange.",
        &types.rows(
            "SamplesConfig",
            &landscape("method = \"samples\"\nsamples = \"x.csv\"", false, &[])
                .into_iter()
                .filter(|(key, _)| key != "samples")
                .collect(),
        ),
    );
    section(
        &mut page,
        "`[landscape.replica_exchange]`",
        "For `method = \"samples\"` of a molecule.",
        &types.rows("ReplicaExchangeConfig", &table(&ReplicaExchangeConfig::default())),
    );
    section(
        &mut page,
        "`[landscape]` with `method = \"table\"`",
        "",
        &types.rows("TableConfig", &landscape("method = \"table\"\nfile = \"x.csv\"", false, &["file"])),
    );
    section(
        &mut page,
        "`[landscape]` with `method = \"formula\"`",
        "",
        &types.rows("FormulaConfig", &landscape("method = \"formula\"\nname = \"x\"", false, &["name"])),
    );

    let words = "The posteriors of the landscape's density. `kind` is one of those below; the default is `\"mixture\"`, which is exact.";
    section(
        &mut page,
        "`[denoiser]` with `kind = \"mixture\"`",
        words,
        &types.rows("MixtureConfig", &denoiser("mixture")),
    );
    section(
        &mut page,
        "`[denoiser]` with `kind = \"neural\"`",
        "",
        &types.rows("NeuralConfig", &denoiser("neural")),
    );
    section(
        &mut page,
        "`[denoiser]` with `kind = \"random-features\"`",
        "",
        &types.rows("RandomFeaturesConfig", &denoiser("random-features")),
    );
    section(
        &mut page,
        "`[geodesic]`",
        "The curve through spacetime.",
        &types.rows("GeodesicConfig", &table(&GeodesicConfig::default())),
    );

    let words = "What the curve must satisfy; any number of constraints. With `report_only = true` (default `false`) a constraint \
                 is measured but does not bend the curve.";
    section(
        &mut page,
        "`[[constraint]]` with `kind = \"low-variance\"`",
        words,
        &types.rows("LowVarianceSettings", &toml::Table::new()),
    );
    section(
        &mut page,
        "`[[constraint]]` with `kind = \"region-avoidance\"`",
        "",
        &types.rows("RegionAvoidanceSettings", &required(&["center"])),
    );
    section(
        &mut page,
        "`[[constraint]]` with `kind = \"energy-ceiling\"`",
        "",
        &types.rows("EnergyCeilingSettings", &toml::Table::new()),
    );
    section(&mut page, "`[sampling]`", "The paths.", &types.rows("SamplingConfig", &sampling()));
    let words = "Free paths: unbiased dynamics between the states, begun from the led paths. See [path ensembles](../explanation/path-ensembles.md).";
    section(&mut page, "`[paths]`", words, &types.rows("PathsConfig", &table(&PathsConfig::default())));
    let words = "Free trajectories from structures. Time step, friction and frames are those of `[paths]`.";
    section(
        &mut page,
        "`[committor]`",
        words,
        &types.rows("CommittorConfig", &table(&CommittorConfig::default())),
    );
    section(&mut page, "`[output]`", "", &types.rows("OutputConfig", &table(&OutputConfig::default())));
    page
}

#[test]
fn the_page_of_all_keys_is_that_of_the_types() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/configuration.md");
    let page = page();
    if std::env::var_os("GEODYSSEY_WRITE_REFERENCE").is_some() {
        std::fs::write(&file, &page).expect("written");
    }
    let there = std::fs::read_to_string(&file).expect("the page");
    assert!(
        there == page,
        "docs/reference/configuration.md is not that of the types: see the head of this file"
    );
}

/// Every key of the resolved configurations of this repository is on the page, in the table of its section.
#[test]
fn every_key_of_every_configuration_is_on_the_page() {
    let page = page();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut seen = 0;
    for folder in ["configs", "configs/paper"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder").flatten() {
            let file = entry.path();
            if file.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let config = Config::read(&file, &[], None).expect("a configuration");
            let resolved: toml::Table = config.resolved().expect("resolved").parse().expect("TOML");
            for (section, value) in &resolved {
                let tables: Vec<&toml::Table> = match value {
                    toml::Value::Table(table) => vec![table],
                    toml::Value::Array(all) => all.iter().filter_map(toml::Value::as_table).collect(),
                    _ => continue,
                };
                for key in tables.iter().flat_map(|table| table.iter()).filter(|(_, value)| !value.is_table())
                {
                    let heading = format!("[{section}");
                    let is_there = page.split("\n## ").any(|part| {
                        let head = part.lines().next().unwrap_or_default();
                        head.contains(&heading)
                            && (part.contains(&format!("`{}`", key.0)) || head.contains(key.0.as_str()))
                    });
                    assert!(is_there, "`{section}.{}` of {} is not on the page", key.0, file.display());
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 300, "{seen}");
}
