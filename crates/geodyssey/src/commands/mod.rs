//! What each command does.

mod check;
mod compare;
mod completions;
mod diagnose;
mod distance;
mod energy;
pub(crate) mod export;
mod foreign;
mod posterior;
mod run;
mod shell;
mod show;

use geodyssey_run::Claim;

use crate::cli::{Arguments, Command, Overrides};
use crate::error::Error;
use crate::pipeline::{self, Stage};
use crate::problem::Problem;
pub(crate) use crate::terminal::print;

/// Carries a command out.
pub(crate) fn execute(arguments: &Arguments) -> Result<(), Error> {
    match &arguments.command {
        Command::Run(arguments) => run::run(&arguments.configurations, &arguments.overrides, Stage::Report),
        Command::Check(arguments) => check::check(arguments),
        Command::Energy(arguments) => energy::energy(arguments),
        Command::Posterior(arguments) => posterior::posterior(arguments),
        Command::Landscape(arguments) => run::run_one(arguments, Stage::Landscape),
        Command::Train(arguments) => run::run_one(arguments, Stage::Denoiser),
        Command::Geodesic(arguments) => run::run_one(arguments, Stage::Geodesic),
        Command::Sample(arguments) => run::run_one(arguments, Stage::Paths),
        Command::Diagnose(arguments) => diagnose::execute(arguments),
        Command::Distance(arguments) => distance::execute(arguments),
        Command::Compare(arguments) => compare::execute(arguments),
        Command::Export(arguments) => export::export(arguments),
        Command::ReadForeignFile(arguments) => foreign::serve(arguments),
        Command::Completions(arguments) => completions::completions(arguments),
    }
}

/// What a run requires of its directory.
fn claim(problem: &Problem, overrides: &Overrides) -> Claim {
    Claim { force: overrides.force, ..pipeline::claim(problem) }
}

/// Uses as many threads as the command line says.
fn use_threads(overrides: &Overrides) -> Result<(), Error> {
    let threads = overrides.threads.map_or(0, usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| Error::failed("starting threads", error))
}
