//! What the options of every command that reads a configuration come to: the problem, the run directory and its claim, the threads.

use std::path::{Path, PathBuf};

use geodyssey_run::Claim;

use crate::cli::Overrides;
use crate::config::Config;
use crate::error::Error;
use crate::pipeline;
use crate::problem::Problem;

/// A configuration with all that it names.
pub(super) fn read(path: &Path, overrides: &Overrides) -> Result<Problem, Error> {
    Ok(Problem::read(Config::read(path, &overrides.set, overrides.seed)?)?)
}

/// Where a run's artifacts go: `--out`, else the configuration's `output.directory`, else `runs/NAME`.
pub(super) fn run_directory(config: &Config, overrides: &Overrides, several: bool) -> PathBuf {
    match (&overrides.out, &config.output.directory) {
        (Some(out), _) if several => out.join(config.name()),
        (Some(out), _) => out.clone(),
        (None, Some(directory)) => directory.clone(),
        (None, None) => Path::new("runs").join(config.name()),
    }
}

/// What a run requires of its directory.
pub(super) fn claim(problem: &Problem, overrides: &Overrides) -> Claim {
    Claim { force: overrides.force, ..pipeline::claim(problem) }
}

/// Uses as many threads as the command line says.
pub(super) fn use_threads(overrides: &Overrides) -> Result<(), Error> {
    let threads = overrides.threads.map_or(0, usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| Error::failed("starting threads", error))
}
