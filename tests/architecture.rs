//! The arrows between the crates, and the size and names of files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use geodyssey_tests::{repository, sources};

/// Who may depend on whom.
const ARROWS: [(&str, &[&str]); 14] = [
    ("molecule", &[]),
    ("partial-file", &[]),
    ("trajectory", &["molecule", "partial-file"]),
    ("forcefield", &["molecule"]),
    ("statistics", &["molecule"]),
    ("dynamics", &["molecule", "forcefield", "statistics"]),
    ("landscape", &["molecule", "forcefield", "dynamics", "statistics"]),
    ("paths", &["molecule", "dynamics", "statistics"]),
    ("denoiser", &[]),
    ("spacetime", &["denoiser"]),
    ("constraints", &["denoiser", "spacetime"]),
    ("report", &[]),
    ("run", &["partial-file"]),
    (
        "geodyssey",
        &[
            "molecule",
            "partial-file",
            "trajectory",
            "forcefield",
            "statistics",
            "dynamics",
            "paths",
            "landscape",
            "denoiser",
            "spacetime",
            "constraints",
            "report",
            "run",
        ],
    ),
];

/// Crates that alone may link a library.
const ALONE: [(&str, &str); 4] =
    [("chemfiles", "trajectory"), ("plotters", "report"), ("quick-xml", "forcefield"), ("clap", "geodyssey")];

/// Lines of the longest file.
const LONGEST_FILE: usize = 500;

fn manifest(path: &Path) -> toml::Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of all dependencies of a crate, those for tests left out.
fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let tables =
        ["dependencies", "build-dependencies"].into_iter().filter_map(|name| manifest.get(name)?.as_table());
    tables.flat_map(|table| table.keys().cloned()).collect()
}

fn crates() -> BTreeMap<String, toml::Table> {
    let folders = std::fs::read_dir(repository().join("crates")).expect("crates").flatten();
    folders
        .map(|folder| {
            (folder.file_name().to_string_lossy().into_owned(), manifest(&folder.path().join("Cargo.toml")))
        })
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let crates = crates();
    assert_eq!(
        crates.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        ARROWS.iter().map(|(name, _)| *name).collect()
    );
    for (name, allowed) in ARROWS {
        for dependency in dependencies(&crates[name]) {
            if let Some(other) = dependency.strip_prefix("geodyssey-") {
                assert!(allowed.contains(&other), "{name} must not depend on {other}");
            }
        }
    }
}

#[test]
fn a_folder_is_called_as_its_crate() {
    for (folder, manifest) in crates() {
        let name = manifest["package"]["name"].as_str().expect("a name");
        let expected = if folder == "geodyssey" { folder.clone() } else { format!("geodyssey-{folder}") };
        assert_eq!(name, expected);
    }
}

#[test]
fn libraries_are_linked_where_they_belong_only() {
    for (name, manifest) in crates() {
        for (library, owner) in ALONE {
            assert!(
                name == owner || !dependencies(&manifest).contains(library),
                "{name} must not link {library}"
            );
        }
    }
}

#[test]
fn versions_and_lints_stand_in_the_workspace() {
    for (name, manifest) in crates() {
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (dependency, value) in
                manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten()
            {
                let inherited = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                assert!(inherited, "{name}: {dependency} must take its version from the workspace");
            }
        }
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{name}");
    }
}

fn all_sources() -> Vec<PathBuf> {
    let files: Vec<PathBuf> =
        ["crates", "tests"].iter().flat_map(|folder| sources(&repository().join(folder))).collect();
    assert!(files.len() > 50, "the sources were not found");
    files
}

#[test]
fn files_are_short_and_named_by_what_they_are_about() {
    for path in all_sources() {
        let text = std::fs::read_to_string(&path).expect("a source");
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines: split it by meaning", path.display());
        let names = path.iter().map(|part| part.to_string_lossy().trim_end_matches(".rs").to_owned());
        for name in names.skip(repository().iter().count()) {
            assert!(
                !["utils", "util", "common", "helpers", "helper", "misc"].contains(&name.as_str()),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn no_crate_re_exports_with_a_glob() {
    for path in all_sources().iter().filter(|path| path.ends_with("src/lib.rs")) {
        let text = std::fs::read_to_string(path).expect("a source");
        assert!(
            !text.lines().any(|line| line.trim_start().starts_with("pub use") && line.contains("::*")),
            "{}",
            path.display()
        );
    }
}

/// Eigenvalues and singular values of a matrix with NaN are NaN without a word, and their search need not end: every use checks first, and
/// gives a number of steps.
#[test]
fn no_decomposition_goes_on_without_end() {
    let endless = [
        "SymmetricEigen::new(",
        ".symmetric_eigen()",
        ".svd(",
        "SVD::new(",
        ".singular_values()",
        "Schur::new(",
    ];
    for path in all_sources().iter().filter(|path| path.components().any(|part| part.as_os_str() == "src")) {
        let text = std::fs::read_to_string(path).expect("a source");
        for call in endless {
            assert!(
                !text.contains(call),
                "{}: {call} has no limit: use try_new after a check",
                path.display()
            );
        }
    }
}
