//! Runs the program for the tests of the whole: see the `[[test]]` targets of this crate.

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

/// Changes that make a configuration of this repository short.
pub fn short(configuration: &str) -> Vec<&'static str> {
    let mut changes = vec!["geodesic.points=24", "sampling.paths=3"];
    if configuration.contains("paper/") {
        changes.extend(["landscape.grid_points=18", "sampling.lifted_paths=1", "geodesic.winding=[0,0]"]);
        changes.extend(if configuration.contains("shooting") {
            ["sampling.path_steps=400", "sampling.equilibration_trials=10"]
        } else {
            ["sampling.steps_per_point=4", "geodesic.iterations=200"]
        });
    } else if configuration.contains("alanine") {
        changes.extend([
            "landscape.walkers=16",
            "landscape.filling_time_ps=4",
            "landscape.filling_limit_ps=4",
            "landscape.equilibration_time_ps=0.2",
            "landscape.sampling_time_ps=4",
            "landscape.sampling_limit_ps=4",
            "landscape.grid_points=60",
            "sampling.duration_ps=0.5",
            "sampling.equilibration_ps=0.1",
        ]);
        if configuration.contains("region-avoidance") {
            // Where the region lies is measured on the landscape, so that it must be somewhat like the molecule's.
            changes.extend(["landscape.filling_time_ps=60", "landscape.sampling_time_ps=40"]);
        }
    } else if configuration.contains("ace-ala3") {
        changes.extend([
            "landscape.replica_exchange.ladders=2",
            "landscape.replica_exchange.equilibration_time_ps=0.5",
            "landscape.replica_exchange.sampling_time_ps=5",
            "landscape.replica_exchange.frame_interval_ps=0.2",
            "sampling.duration_ps=0.5",
            "sampling.equilibration_ps=0.1",
        ]);
    } else {
        changes.extend(["landscape.grid_points=32", "sampling.steps_per_point=4"]);
    }
    if configuration.contains("neural") {
        changes.extend([
            "denoiser.steps=300",
            "denoiser.clusters=32",
            "denoiser.width=32",
            "denoiser.batch=64",
            "denoiser.samples=8000",
            "denoiser.pairs_per_round=8192",
            "denoiser.held_out_pairs=1024",
            "denoiser.evaluate_every=50",
            "geodesic.iterations=20",
        ]);
    }
    if configuration.contains("random-features") {
        changes.extend([
            "denoiser.features=150",
            "denoiser.clusters=32",
            "denoiser.pairs=4000",
            "denoiser.held_out_pairs=500",
            "denoiser.samples=8000",
            "geodesic.iterations=20",
        ]);
    }
    changes.into_iter().flat_map(|change| ["--set", change]).collect()
}

/// Every file below a folder but locks, owners and wall-clock times, by its path relative to it, with its content.
///
/// # Panics
/// If the folder cannot be read.
pub fn contents(folder: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut files = std::collections::BTreeMap::new();
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
