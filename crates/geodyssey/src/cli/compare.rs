//! `compare CONFIG…|RUN…`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::overrides::Overrides;

/// What the command does.
pub(super) const ABOUT: &str = "\
Compare several paths with each other and with simple baselines: which is lowest, which stays out of a region, what each cost.

Each CONFIG is brought to a finished run in its own run directory, as by `geodyssey run`; finished runs are only read. Baselines are \
then run with the sampling budget, the ends and the winding of the first path on each landscape, each in a run directory of its own \
below the comparison's: the numbers of a path mean little until they are compared with those of a straight line.

Paths are compared if they connect the same states on the same landscape; others (another force field, temperature or state) form \
a separate group with its own baselines. All must have the same variables.";

/// What it writes, and how to repeat it.
pub(super) const AFTER: &str = "\
Output, in --out:
  compare.html              words, tables and figures in one file
  compare.csv               one row per path, units in the column names
  compare-differences.csv   every pair of paths, with p values
  compare.json              all of it, described by crates/report/schema/comparison.schema.json
  plots/GROUP/              landscape with all curves, highest energies, dissipated work, logSNR (PNG and SVG)
  baselines/GROUP/NAME/     the baselines' run directories

An interrupted comparison resumes where it stopped when the same command is given again; what is up to date is not run again. \
`geodyssey run DIRECTORY/config.toml` repeats any row. Apart from times in seconds, the same command writes the same bytes.

Examples:
  geodyssey compare configs/alanine-dipeptide.toml
  geodyssey compare runs/one runs/two --baselines none --out runs/one-and-two
  geodyssey compare configs/alanine-dipeptide*.toml --baselines straight,tent --json

Exit codes: 0 done, 1 failed or interrupted, 2 wrong usage or input (an unfinished run, paths with different variables).";

/// `compare CONFIG…|RUN…`
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// Configuration files (TOML) and directories of finished runs; the first sets the budget of the baselines
    #[arg(required = true, value_name = "CONFIG|RUN")]
    pub(crate) paths: Vec<PathBuf>,
    /// Baselines to add unless they are among the given paths: `all`, `none`, or a comma-separated list of names
    #[arg(long, value_name = "NAME", value_enum, value_delimiter = ',', default_value = "all")]
    pub(crate) baselines: Vec<BaselineName>,
    /// Changes; they apply to every CONFIG, and through the first to the baselines. `--out` is the directory of the comparison
    /// [default: runs/compare, with the configurations' runs where `geodyssey run` has them]
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

/// A baseline by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BaselineName {
    /// All of them
    All,
    /// None of them
    None,
    /// The straight line in the variables at the logSNR of the ends
    Straight,
    /// The straight line in the variables with the logSNR of the first path's geodesic, point for point
    StraightScheduled,
    /// The straight line with logSNR falling to 2, 4 and 6 below that of the ends; the best one is reported
    Tent,
    /// The minimum-energy path of the landscape, under the tether of the ends
    MinimumEnergyPath,
    /// The geodesic of the pullback metric, under the tether of the ends
    Pullback,
    /// Two-way shooting on the landscape, paths of fixed length
    ShootingFixed,
    /// Two-way shooting on the landscape, paths of flexible length
    ShootingFlexible,
}
