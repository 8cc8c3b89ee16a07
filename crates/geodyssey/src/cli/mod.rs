//! The command line as it was typed. Its meaning is found in [`crate::commands`] and [`crate::config`].

mod help;
mod overrides;

mod compare;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use compare::{BaselineName, CompareArguments};
pub(crate) use overrides::Overrides;

/// Transition paths of molecules along geodesics of a diffusion model's spacetime.
#[derive(Debug, Parser)]
#[command(
    name = "geodyssey",
    version,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage or input.",
    after_long_help = help::PROGRAM
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run all stages, from the landscape to the report; those that are up to date are skipped
    #[command(after_long_help = help::RUN)]
    Run(RunArguments),
    /// Read everything and compute nothing: report what would run and how large it is
    #[command(after_long_help = help::CHECK)]
    Check(OneConfiguration),
    /// Print the potential energy by term, for comparison with another engine
    #[command(after_long_help = help::ENERGY)]
    Energy(EnergyArguments),
    /// Evaluate the denoiser at given spacetime points
    #[command(after_long_help = help::POSTERIOR)]
    Posterior(PosteriorArguments),
    /// Run the stages up to the landscape
    #[command(after_long_help = help::LANDSCAPE)]
    Landscape(OneConfiguration),
    /// Run the stages up to the trained denoiser
    #[command(after_long_help = help::TRAIN)]
    Train(OneConfiguration),
    /// Run the stages up to the geodesic
    #[command(after_long_help = help::GEODESIC)]
    Geodesic(OneConfiguration),
    /// Run the stages up to the paths
    #[command(after_long_help = help::SAMPLE)]
    Sample(OneConfiguration),
    /// Measure how accurate the denoiser is, and where; runs the stages up to the geodesic
    #[command(after_long_help = help::DIAGNOSE)]
    Diagnose(DiagnoseArguments),
    /// Measure how far apart conformations are: Diffusion Edit Distances of all pairs
    Distance(DistanceArguments),
    /// Run free trajectories from structures: which share reaches the end state first
    #[command(after_long_help = help::COMMITTOR)]
    Committor(CommittorArguments),
    /// Compare several paths with each other and with simple baselines: which is lowest, which stays out of a region, what each cost
    #[command(long_about = compare::ABOUT, after_long_help = compare::AFTER)]
    Compare(CompareArguments),
    /// Write the paths of a finished run in another format
    #[command(after_long_help = help::EXPORT)]
    Export(ExportArguments),
    /// Print a shell completion script
    #[command(after_long_help = help::COMPLETIONS)]
    Completions(CompletionsArguments),
    /// Read a file of a format whose reader may crash the process; started by the program itself
    #[command(hide = true)]
    ReadForeignFile(ForeignArguments),
}

/// `read-foreign-file PATH all|first`
#[derive(Debug, Args)]
pub(crate) struct ForeignArguments {
    /// The file.
    pub(crate) path: PathBuf,
    /// `all` frames, or the `first` as a structure.
    pub(crate) frames: String,
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
    /// Exit with code 1 if the verdict is bad
    #[arg(long)]
    pub(crate) strict: bool,
    /// Changes.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

/// `distance CONFIG STRUCTURE…`
#[derive(Debug, Args)]
pub(crate) struct DistanceArguments {
    /// Configuration file (TOML); landscape and denoiser are taken from its run directory and made if they are missing
    #[arg(value_name = "CONFIG")]
    pub(crate) configuration: PathBuf,
    /// Structures and trajectories of the molecule, or tables (.csv) with a column for each variable in the landscape's units
    /// (radian for torsions)
    #[arg(required = true, value_name = "STRUCTURE")]
    pub(crate) structures: Vec<PathBuf>,
    /// Range of frames or rows to take from files with several, counted from 0, `TO` excluded [default: all]
    #[arg(long, value_name = "FROM:TO")]
    pub(crate) frames: Option<String>,
    /// Keep every N-th of these
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) stride: Option<u16>,
    /// logSNR at which the conformations are compared [default: the larger value of `geodesic.log_snr` in the configuration]
    #[arg(long, value_name = "LOG_SNR", allow_hyphen_values = true)]
    pub(crate) log_snr: Option<f64>,
    /// Points on every geodesic; the distance L is too large by a fraction of at most L² / (12 d N²), with d variables
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(3..))]
    pub(crate) points: u16,
    /// Changes.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

/// `committor CONFIG [STRUCTURE…]`
#[derive(Debug, Args)]
pub(crate) struct CommittorArguments {
    /// Configuration file (TOML); led paths are taken from its run directory and made if they are missing
    #[arg(value_name = "CONFIG")]
    pub(crate) configuration: PathBuf,
    /// Structures and trajectories of the molecule, or tables (.csv) with a column for each variable [default: structures held at the lowest
    /// barrier, and frames of the led paths]
    #[arg(value_name = "STRUCTURE")]
    pub(crate) structures: Vec<PathBuf>,
    /// Range of frames or rows to take from files with several, counted from 0, `TO` excluded [default: all]
    #[arg(long, value_name = "FROM:TO")]
    pub(crate) frames: Option<String>,
    /// Keep every N-th of these
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) stride: Option<u16>,
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
    /// Print forces too (kJ/mol/nm); only with --json
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

/// The atoms that are superposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum AlignedAtoms {
    /// All but hydrogen
    Heavy,
    /// Every atom
    All,
}

/// `completions SHELL`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// Shell to print the script for
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `export RUN --format F`
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// Run directory
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// xtc, pdb (multi-model), dcd, trr, gro, extxyz (with energy, path and place of every frame), or npz (arrays for NumPy)
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: String,
    /// Only these paths: `3` is the fourth forward path, `backward-3` the fourth backward one (repeatable, comma-separated)
    /// [default: all; in a format that needs atoms, all that have atoms]
    #[arg(long, value_name = "N[,N…]", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) path: Vec<String>,
    /// Keep every N-th frame, starting with the first
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) stride: u16,
    /// Superpose every frame on the first one of the first path, by the heavy atoms or by all [default: as in the run, each path on
    /// its own first frame by the heavy atoms]
    #[arg(long, value_name = "ATOMS", num_args = 0..=1, require_equals = true, default_missing_value = "heavy", value_enum)]
    pub(crate) align: Option<AlignedAtoms>,
    /// Write all paths one after the other into one file, with a table that lists the path of each frame
    #[arg(long)]
    pub(crate) every_path_in_one_file: bool,
    /// Directory for the new files [default: RUN/export]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
