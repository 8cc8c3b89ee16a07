//! Transition paths of molecules along geodesics of a diffusion model's spacetime.
//!
//! The driver: command line, configuration, run directory and the stages
//! system → landscape → denoiser → geodesic → paths → report. It alone touches the file system, clocks and the
//! terminal; the other crates compute.

// A closed terminal must not end a run: `terminal` writes, and nothing else does.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod artifacts;
mod cli;
mod commands;
mod config;
mod error;
mod interrupt;
mod pace;
mod pipeline;
mod problem;
mod progress;
mod run_context;
mod run_directory;
mod stages;
mod terminal;
mod text_file;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
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
