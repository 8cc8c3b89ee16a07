//! Errors of a run directory and of the work done in it.

use std::fmt;
use std::path::Path;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Wrong input, such as the directory of another run.
    #[error("{message}{}", lines(.notes))]
    Input {
        /// What is wrong.
        message: String,
        /// Advice, one line each.
        notes: Vec<String>,
    },
    /// A file could not be read, understood or written.
    #[error("{0}")]
    File(String),
    /// The input is valid, but the work failed.
    #[error("{0}")]
    Failed(String),
    /// Ctrl-C: finished work is kept, and the same command continues from there.
    #[error("interrupted")]
    Interrupted,
}

impl RunError {
    /// Wrong input, with lines of advice.
    pub fn input(message: impl Into<String>, notes: &[&str]) -> Self {
        Self::Input { message: message.into(), notes: notes.iter().map(|&note| note.to_owned()).collect() }
    }

    /// A file that could not be written or otherwise handled.
    pub fn file(action: &str, path: &Path, why: impl fmt::Display) -> Self {
        Self::File(format!("cannot {action} {}: {why}", path.display()))
    }

    /// A failure that names the task and the reason.
    pub fn failed(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::Failed(format!("{what}: {why}"))
    }
}

/// Notes below a message.
fn lines(notes: &[String]) -> String {
    notes.iter().map(|note| format!("\n  = {note}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_stand_below_the_message() {
        let error = RunError::input("the directory is in use", &["wait", "take another"]);
        assert_eq!(error.to_string(), "the directory is in use\n  = wait\n  = take another");
        assert_eq!(RunError::input("wrong", &[]).to_string(), "wrong");
    }
}
