//! Options of every command that reads a configuration.

use std::path::PathBuf;

use clap::Args;

/// What changes a configuration from outside.
#[derive(Clone, Debug, Args)]
pub(crate) struct Overrides {
    /// Change one key of the configuration, such as `sampling.paths=8` or `constraint.0.kind=low-variance` (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Run directory; with several configurations, the directory that holds one per configuration [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Seed of all random numbers, in place of the configuration's
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Number of threads; the results do not depend on it [default: one per core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Replace the run of another configuration in the run directory; files that were not made by a run are still left alone
    #[arg(long)]
    pub(crate) force: bool,
    /// Print results as JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,
}
