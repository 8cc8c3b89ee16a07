//! What each command does.

mod check;
mod committor;
mod compare;
mod completions;
mod diagnose;
mod distance;
mod energy;
pub(crate) mod export;
mod foreign;
mod overrides;
mod posterior;
mod run;
mod shell;
mod show;

use crate::cli::{Arguments, Command};
use crate::error::Error;
use crate::pipeline::Stage;

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
        Command::Committor(arguments) => committor::execute(arguments),
        Command::Compare(arguments) => compare::execute(arguments),
        Command::Export(arguments) => export::export(arguments),
        Command::ReadForeignFile(arguments) => foreign::serve(arguments),
        Command::Completions(arguments) => completions::completions(arguments),
    }
}
