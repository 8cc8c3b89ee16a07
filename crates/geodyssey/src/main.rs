//! Transition paths of molecules along geodesics of a diffusion model's spacetime.
//!
//! The driver: command line, configuration, run directory and the stages
//! system → landscape → denoiser → geodesic → paths → report. It alone touches the file system, clocks and the
//! terminal; the other crates compute.

mod cli;
mod commands;
mod config;
mod error;
mod interrupt;
mod progress;
mod run_directory;
mod stages;
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
            eprintln!("{error}");
            error.exit_code()
        }
    }
}
