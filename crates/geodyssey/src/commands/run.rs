//! `run`, and the commands that go only part of the way.

use std::path::{Path, PathBuf};

use geodyssey_run::{RunDirectory, check_claim};

use super::show::show;
use super::{claim, print, use_threads};
use crate::cli::{OneConfiguration, Overrides};
use crate::config::{Config, InputError};
use crate::ctrl_c;
use crate::error::Error;
use crate::pipeline::{self, Stage, check, check_disk};
use crate::problem::Problem;
use crate::terminal::say;

/// Goes through the stages of one configuration.
pub(crate) fn run_one(arguments: &OneConfiguration, until: Stage) -> Result<(), Error> {
    run(std::slice::from_ref(&arguments.configuration), &arguments.overrides, until)
}

/// Goes through the stages of several configurations. All are read before the first is begun; what two have in
/// common, such as the landscape, the later takes over from the earlier.
pub(crate) fn run(configurations: &[PathBuf], overrides: &Overrides, until: Stage) -> Result<(), Error> {
    let mut problems: Vec<(Problem, PathBuf)> = Vec::with_capacity(configurations.len());
    for path in configurations {
        let problem = read(path, overrides)?;
        let directory = run_directory(&problem.config, overrides, configurations.len() > 1);
        if problems.iter().any(|(_, other)| *other == directory) {
            let message = format!(
                "two configurations would write to {}: give them different names",
                directory.display()
            );
            return Err(InputError::new(message).into());
        }
        problems.push((problem, directory));
    }
    // Checks already compute a little. All rejections come before the first computation.
    use_threads(overrides)?;
    for (problem, path) in &problems {
        check(problem, until)?;
        check_claim(path, &claim(problem, overrides))?;
        if until > Stage::Geodesic {
            check_disk(problem, path)?;
        }
    }
    ctrl_c::listen();
    let mut summaries = Vec::with_capacity(problems.len());
    for (problem, path) in &problems {
        if problems.len() > 1 {
            say!("== {}", problem.config.name());
        }
        let mut run = pipeline::begin(problem, RunDirectory::open(path, &claim(problem, overrides))?);
        let summary = pipeline::carry_out(&mut run, until)?;
        if overrides.json {
            summaries.push(serde_json::to_value(&summary).map_err(|error| Error::failed("JSON", error))?);
        } else {
            print(&show(problem, &summary, path)?)?;
        }
    }
    if overrides.json {
        let value =
            if summaries.len() == 1 { summaries.remove(0) } else { serde_json::Value::Array(summaries) };
        print(&format!("{value:#}\n"))?;
    }
    Ok(())
}

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
