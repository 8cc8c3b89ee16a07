//! Runs the program for the tests of the whole: see the `[[test]]` targets of this crate.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".."))
}

/// The program, built once with the profile and into the target folder of the tests themselves.
///
/// # Panics
/// If it cannot be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let own = std::env::current_exe().expect("a test knows its own file");
        let folder = own.ancestors().nth(2).expect("TARGET/PROFILE/deps/TEST").to_owned();
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(other) => other,
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .current_dir(repository())
            // All packages and at least one test, as in `cargo test --workspace`, or cargo would choose other features for the
            // libraries and compile them a second time.
            .args([
                "build",
                "--quiet",
                "--workspace",
                "--bins",
                "--test",
                "architecture",
                "--profile",
                profile,
            ])
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the program cannot be built");
        folder.join(format!("geodyssey{}", std::env::consts::EXE_SUFFIX))
    })
}

/// The program with arguments, in the folder of the repository.
pub fn command<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program());
    command.current_dir(repository()).args(arguments).stdin(Stdio::null());
    command
}

/// What a finished process said.
pub struct Outcome {
    /// Exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Fails the test unless the exit code is this one and nothing panicked.
    ///
    /// # Panics
    /// If the exit code is another, or the program panicked.
    #[track_caller]
    pub fn exits_with(self, code: i32) -> Self {
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Fails the test unless standard error holds all of these.
    ///
    /// # Panics
    /// If one is missing.
    #[track_caller]
    pub fn complains_of(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "`{text}` is not in: {}", self.stderr);
        }
        self
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs the program to its end.
///
/// # Panics
/// If it cannot be started.
pub fn run<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Outcome {
    command(arguments).output().expect("the program starts").into()
}

/// Changes that make a configuration of this repository short, as arguments: those of `tests/short-runs.toml`.
///
/// # Panics
/// If the file does not name the configuration.
pub fn short(configuration: &str) -> Vec<&'static str> {
    static FORMS: OnceLock<BTreeMap<String, Vec<String>>> = OnceLock::new();
    let forms = FORMS.get_or_init(|| {
        let file = repository().join("tests/short-runs.toml");
        let text = std::fs::read_to_string(file).expect("the short forms");
        let table: ShortRuns = toml::from_str(&text).expect("the short forms");
        let changes = |kinds: Vec<String>| kinds.iter().flat_map(|kind| table.kinds[kind].clone()).collect();
        table.configurations.into_iter().map(|(name, kinds)| (name, changes(kinds))).collect()
    });
    let changes = forms.get(configuration);
    let changes = changes.unwrap_or_else(|| panic!("{configuration} is not in tests/short-runs.toml"));
    changes.iter().flat_map(|change| ["--set", change.as_str()]).collect()
}

/// `tests/short-runs.toml`.
#[derive(serde::Deserialize)]
struct ShortRuns {
    kinds: BTreeMap<String, Vec<String>>,
    configurations: BTreeMap<String, Vec<String>>,
}

/// Every file below a folder but locks, owners and wall-clock times, by its path relative to it, with its content.
///
/// # Panics
/// If the folder cannot be read.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(&current).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !["timings.json", ".lock", ".owner.json"].iter().any(|name| path.ends_with(name)) {
                let name = path.strip_prefix(folder).expect("below the folder").to_owned();
                files.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    files
}

/// A made-up energy over φ and ψ of alanine dipeptide as a table in a folder: a landscape that takes no time. The text of `--set` that uses it.
///
/// # Panics
/// If it cannot be written.
pub fn made_up_landscape(folder: &Path) -> String {
    let mut table = String::from("phi_rad,psi_rad,energy_kj_mol\n");
    let at = |index: i32| TAU * (f64::from(index) / 24.0 - 0.5);
    for (phi, psi) in (0..24).flat_map(|i| (0..24).map(move |j| (at(i), at(j)))) {
        let energy = 10.0 * phi.cos() - 5.0 * psi.cos();
        table.push_str(&format!("{phi},{psi},{energy}\n"));
    }
    let file = folder.join("made-up.csv");
    std::fs::write(&file, table).expect("written");
    format!("landscape={{method=\"table\",file=\"{}\"}}", file.display())
}

/// Every Rust source below a folder, in the order of their paths.
///
/// # Panics
/// If a folder cannot be read.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Names of what is in a folder, but for hidden files.
///
/// # Panics
/// If the folder cannot be read.
pub fn visible(folder: &Path) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
}

/// A Python with the programs that check what was written: the one that `GEODYSSEY_PYTHON` names, as the test command does. `none` leaves
/// these checks out, which is never done in silence.
pub fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("GEODYSSEY_PYTHON");
    let python = python.expect(
        "GEODYSSEY_PYTHON names a Python with OpenMM, mdtraj and MDAnalysis (scripts/test sets it), or is `none` to leave their checks out",
    );
    (python != "none").then_some(python)
}
