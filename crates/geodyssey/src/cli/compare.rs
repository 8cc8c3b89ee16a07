//! `compare CONFIG…|RUN…`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::overrides::Overrides;

/// What the command does.
pub(super) const ABOUT: &str = "\
Several paths side by side, and the trivial ones beside them: which is lowest, which stays out of a region, what each cost.

Each CONFIG is brought to a finished run in its own run directory, as `geodyssey run` does; finished runs are only read. Then come \
baselines with the sampling budget, the ends and the winding of the first path of each landscape, each a run directory of its own \
below the comparison's: whatever the numbers of a path are, they mean little until the straight line's stand beside them.

Paths are compared where they run between the same states on the same landscape; other ones (another force field, temperature or \
state) make a group of their own, with their own baselines. All must have the same variables.";

/// What it writes, and how to repeat it.
pub(super) const AFTER: &str = "\
Output, in --out:
  compare.html              words, tables and figures in one file
  compare.csv               one row a path, units in the heads
  compare-differences.csv   every pair of paths, with p values
  compare.json              all of it, described by crates/report/schema/comparison.schema.json
  plots/GROUP/              landscape with all curves, highest energies, dissipated work, logSNR (PNG and SVG)
  baselines/GROUP/NAME/     the baselines' run directories

A comparison that is interrupted goes on where it was when the same command is given again; what is up to date is not run again. \
Any row is repeated by `geodyssey run DIRECTORY/config.toml`. Seconds apart, the same command gives the same bytes.

Examples:
  geodyssey compare configs/alanine-dipeptide.toml
  geodyssey compare runs/one runs/two --baselines none --out runs/one-and-two
  geodyssey compare configs/alanine-dipeptide*.toml --baselines straight,tent --json

Exit codes: 0 done, 1 failed or interrupted, 2 wrong usage or input (a run that is not finished, paths of other variables).";

/// `compare CONFIG…|RUN…`
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// Configuration files (TOML) and directories of finished runs; the first sets the budget of the baselines
    #[arg(required = true, value_name = "CONFIG|RUN")]
    pub(crate) paths: Vec<PathBuf>,
    /// Baselines to add, where they are not among the given paths: `all`, `none`, or names with commas between
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
    /// The straight line with logSNR falling to 2, 4 and 6 below that of the ends; the best is named
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
