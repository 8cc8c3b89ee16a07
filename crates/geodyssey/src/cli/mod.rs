//! The command line as it was typed. Its meaning is found in [`crate::commands`] and [`crate::config`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Transition paths of molecules along geodesics of a diffusion model's spacetime.
#[derive(Debug, Parser)]
#[command(
    name = "geodyssey",
    version,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage or input."
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// All stages, from the system to the report; up-to-date ones are skipped
    Run(RunArguments),
    /// Read everything, compute nothing: what would run, and how large it is
    Check(OneConfiguration),
    /// Potential energy by term, for comparison with another engine
    Energy(EnergyArguments),
    /// What the denoiser says at given spacetime points
    Posterior(PosteriorArguments),
    /// The stages up to the landscape
    Landscape(OneConfiguration),
    /// The stages up to the trained denoiser
    Train(OneConfiguration),
    /// The stages up to the geodesic
    Geodesic(OneConfiguration),
    /// The stages up to the paths
    Sample(OneConfiguration),
    /// How good the denoiser is, and where; goes through the stages up to the geodesic
    Diagnose(DiagnoseArguments),
    /// Write the paths of a finished run in another format
    Export(ExportArguments),
}

/// What changes a configuration from outside.
#[derive(Clone, Debug, Args)]
pub(crate) struct Overrides {
    /// Change one key of the configuration, such as `sampling.paths=8` or `constraint.0.kind=low-variance` (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Run directory; with several configurations, the directory that holds one per configuration [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Seed of all random numbers, instead of the configuration's
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Threads; the results do not depend on it [default: one per core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Print results as JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// `run CONFIG…`
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Configuration files (TOML); what they have in common is computed once
    #[arg(required = true, value_name = "CONFIG")]
    pub(crate) configurations: Vec<PathBuf>,
    /// Changes.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

/// A command on one configuration.
#[derive(Debug, Args)]
pub(crate) struct OneConfiguration {
    /// Configuration file (TOML)
    #[arg(value_name = "CONFIG")]
    pub(crate) configuration: PathBuf,
    /// Changes.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

/// `diagnose CONFIG`
#[derive(Debug, Args)]
pub(crate) struct DiagnoseArguments {
    /// Configuration file (TOML)
    #[arg(value_name = "CONFIG")]
    pub(crate) configuration: PathBuf,
    /// End with exit code 1 where the verdict is bad
    #[arg(long)]
    pub(crate) strict: bool,
    /// Changes.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

/// `energy --system F --topology F [FRAMES]`
#[derive(Debug, Args)]
pub(crate) struct EnergyArguments {
    /// Force field: an OpenMM System XML
    #[arg(long, value_name = "FILE")]
    pub(crate) system: PathBuf,
    /// Structure that names the atoms (PDB and other formats)
    #[arg(long, value_name = "FILE")]
    pub(crate) topology: PathBuf,
    /// Structure or trajectory to evaluate [default: the topology's own positions]
    #[arg(value_name = "FRAMES")]
    pub(crate) frames: Option<PathBuf>,
    /// Forces too (kJ/mol/nm); with --json only
    #[arg(long, requires = "json")]
    pub(crate) forces: bool,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `posterior CONFIG POINTS.csv`
#[derive(Debug, Args)]
pub(crate) struct PosteriorArguments {
    /// Configuration file (TOML)
    #[arg(value_name = "CONFIG")]
    pub(crate) configuration: PathBuf,
    /// Table with a column `log_snr` and one per variable, by name, in the landscape's units (radian for torsions)
    #[arg(value_name = "POINTS.csv")]
    pub(crate) points: PathBuf,
    /// Changes.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

/// `export RUN --format F`
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// Run directory
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// Trajectory format
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: String,
    /// Directory for the new files [default: RUN/export]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
