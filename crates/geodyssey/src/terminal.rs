//! The terminal: the one place that writes to standard error and standard output.
//!
//! A terminal, or whatever reads the output, may disappear during a run. That is no reason to stop: only the output is lost.

use std::fmt;
use std::io::{self, Write as _};

use crate::error::Error;

/// Writes one line to standard error, as `eprintln!` does, but for the panic where that is closed.
macro_rules! say {
    ($($argument:tt)*) => { $crate::terminal::line(format_args!($($argument)*)) };
}
pub(crate) use say;

/// Writes one line to standard error.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    let text = format!("{text}\n");
    // There is nobody left to tell.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes results to standard output. A reader that went away, as `head` does, is not a failure.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::failed("writing to standard output", error))
        }
        _ => Ok(()),
    }
}
