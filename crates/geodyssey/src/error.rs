//! What the user is told when a command cannot be carried out, and the exit code that goes with it.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use crate::config::InputError;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Error {
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

    /// A file that could not be written or otherwise handled.
    pub(crate) fn file(action: &str, path: &Path, why: impl fmt::Display) -> Self {
        Self::File(format!("cannot {action} {}: {why}", path.display()))
    }

    /// A wrong input that has no place in a configuration, such as a file given on the command line.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input(Box::new(InputError::new(message)))
    }

    /// The process's exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(2),
            Self::Failed(_) | Self::File(_) | Self::Interrupted => ExitCode::from(1),
        }
    }
}

impl From<InputError> for Error {
    fn from(error: InputError) -> Self {
        Self::Input(Box::new(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => write!(formatter, "error: {error}"),
            Self::Failed(message) | Self::File(message) => write!(formatter, "error: {message}"),
            Self::Interrupted => write!(
                formatter,
                "interrupted: what was finished is kept; give the same command again to go on from there"
            ),
        }
    }
}
