//! What the user is told when a command cannot be carried out, and the exit code that goes with it.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use geodyssey_denoiser::DenoiserError;
use geodyssey_landscape::LandscapeError;
use geodyssey_run::{RunError, UnitError};
use geodyssey_spacetime::SpacetimeError;

use crate::config::InputError;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub enum Error {
    /// The input is wrong: exit code 2.
    Input(Box<InputError>),
    /// The input is right, but the work failed: exit code 1.
    Failed(String),
    /// A file could not be read, understood or written: exit code 1.
    File(String),
    /// Ctrl-C: what was finished is kept, and the same command goes on from there. Exit code 1.
    Interrupted,
}

impl Error {
    /// A failure that names what was done and why it did not work.
    pub(crate) fn failed(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::Failed(format!("{what}: {why}"))
    }

    /// A failure of a computation that Ctrl-C may have stopped, which is no failure.
    pub(crate) fn computing(what: impl fmt::Display, why: impl Stoppable) -> Self {
        if why.is_interrupted() { Self::Interrupted } else { Self::failed(what, why) }
    }

    /// A file that could not be written or otherwise handled.
    pub(crate) fn file(action: &str, path: &Path, why: impl fmt::Display) -> Self {
        Self::File(format!("cannot {action} {}: {why}", path.display()))
    }

    /// A wrong input that has no place in a configuration, such as a file given on the command line.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input(Box::new(InputError::new(message)))
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(2),
            Self::Failed(_) | Self::File(_) | Self::Interrupted => ExitCode::from(1),
        }
    }
}

impl std::error::Error for Error {}

/// An error of a computation that is told to stop: it asks a closure, or evaluates an
/// [`InterruptibleDenoiser`](geodyssey_denoiser::InterruptibleDenoiser), which does.
pub(crate) trait Stoppable: fmt::Display {
    /// Whether it was stopped, and nothing else is wrong.
    fn is_interrupted(&self) -> bool;
}

impl Stoppable for DenoiserError {
    fn is_interrupted(&self) -> bool {
        matches!(self, Self::Interrupted)
    }
}

impl Stoppable for LandscapeError {
    fn is_interrupted(&self) -> bool {
        matches!(self, Self::Interrupted)
    }
}

impl Stoppable for SpacetimeError {
    fn is_interrupted(&self) -> bool {
        self.is_interrupted()
    }
}

impl From<InputError> for Error {
    fn from(error: InputError) -> Self {
        Self::Input(Box::new(error))
    }
}

impl UnitError for Error {
    fn is_interrupted(&self) -> bool {
        matches!(self, Self::Interrupted)
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Input { message, notes } => {
                notes.into_iter().fold(InputError::new(message), |error, note| error.note(note)).into()
            }
            RunError::File(message) => Self::File(message),
            RunError::Failed(message) => Self::Failed(message),
            RunError::Interrupted => Self::Interrupted,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => write!(formatter, "error: {error}"),
            Self::Failed(message) | Self::File(message) => write!(formatter, "error: {message}"),
            Self::Interrupted => {
                write!(formatter, "interrupted: finished work is kept; give the same command again to resume")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_run_directory_read_like_all_others() {
        let wrong = Error::from(RunError::input("the directory is in use", &["wait", "take another"]));
        assert_eq!(wrong.to_string(), "error: the directory is in use\n  = wait\n  = take another");
        assert!(matches!(wrong, Error::Input(_)));
        let file = Error::from(RunError::file("write", Path::new("run/a.csv"), "the disk is full"));
        assert_eq!(file.to_string(), "error: cannot write run/a.csv: the disk is full");
        assert!(matches!(Error::from(RunError::Interrupted), Error::Interrupted));
    }
}
