//! `run`, and the commands that go only part of the way.

use std::path::PathBuf;

use super::overrides::{claim, read, run_directory, use_threads};
use super::show::show;
use crate::cli::{OneConfiguration, Overrides};
use crate::config::InputError;
use crate::ctrl_c;
use crate::error::Error;
use crate::pipeline::{self, Stage, check, check_disk};
use crate::problem::Problem;
use crate::terminal::{print, say};
use geodyssey_run::{RunDirectory, check_claim};

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
