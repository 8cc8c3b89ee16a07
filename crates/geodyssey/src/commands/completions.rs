//! `completions SHELL`: a shell completion script.

use clap::CommandFactory as _;

use crate::cli::{Arguments, CompletionsArguments};
use crate::error::Error;
use crate::terminal::print;

/// Prints the script.
pub(crate) fn completions(arguments: &CompletionsArguments) -> Result<(), Error> {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    print(&String::from_utf8_lossy(&script))
}
