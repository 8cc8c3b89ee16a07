//! Transition paths of molecules along geodesics of a diffusion model's spacetime: what the program `geodyssey` does, for Rust.
//!
//! The driver: configuration and the stages system → landscape → denoiser → geodesic → paths → report. It alone reads configurations and
//! speaks to the terminal; the other crates compute, `run` keeps run directories, and `trajectory` reads and writes frames. From high to
//! low: [`program`] and its commands, the pipeline (the order of the stages), the stages, what is common to them (a run that is going on),
//! the artifacts that they write, and the problem that a configuration means.
//!
//! Structure files in formats other than PDB, GRO, mol2 and XYZ are read by another process of the program (a damaged one may bring a reader
//! down): there a caller of this library needs the program `geodyssey`.
//!
//! A run of a configuration into a directory, as far as the curve (progress is reported on standard error):
//!
//! ```no_run
//! use std::path::Path;
//! use geodyssey::{Config, Problem, Stage};
//!
//! let config = Config::read(Path::new("configs/alanine-dipeptide.toml"), &["sampling.paths=8".to_owned()], Some(2))?;
//! let problem = Problem::read(config)?;
//! geodyssey::check(&problem, Stage::Geodesic)?;
//! let summary = geodyssey::run(&problem, Path::new("runs/mine"), Stage::Geodesic)?;
//! println!("{:?}", summary.geodesic.map(|curve| curve.length));
//! # Ok::<(), geodyssey::Error>(())
//! ```

// A closed terminal must not end a run: `terminal` writes, and nothing else does.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod artifacts;
mod cli;
mod commands;
mod config;
mod ctrl_c;
mod error;
mod pipeline;
mod problem;
mod progress;
mod run_context;
mod stages;
mod terminal;
mod text_file;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use geodyssey_report::Summary;
use geodyssey_run::RunDirectory;

pub use config::{Config, InputError};
pub use error::Error;
pub use pipeline::{Stage, check};
pub use problem::Problem;

/// Goes through the stages of a problem up to one of them, in a directory that is made where it is missing. What is up to date there is not
/// computed again; an interrupted run goes on. The summary holds what was reached.
///
/// # Errors
/// A directory that holds the run of another configuration or files of others where this run would write; what any stage cannot do.
pub fn run(problem: &Problem, directory: &Path, until: Stage) -> Result<Summary, Error> {
    let directory = RunDirectory::open(directory, &pipeline::claim(problem))?;
    pipeline::carry_out(&mut pipeline::begin(problem, directory), until)
}

/// The program: carries out what the arguments of this process say. Its exit code is 0 where it was done, 1 where it failed, 2 for wrong
/// usage or input.
pub fn program() -> ExitCode {
    let arguments = cli::Arguments::parse();
    if let Ok(program) = std::env::current_exe() {
        geodyssey_trajectory::foreign::set_program(program);
    }
    match commands::execute(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::say!("{error}");
            error.exit_code()
        }
    }
}
