//! What each command means.

mod check;

use crate::cli::{Arguments, Command};
use crate::error::Error;

/// Carries a command out.
pub(crate) fn execute(arguments: &Arguments) -> Result<(), Error> {
    match &arguments.command {
        Command::Check(arguments) => check::check(arguments),
        _ => Ok(()),
    }
}
