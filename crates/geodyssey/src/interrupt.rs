//! Ctrl-C: the running block is finished and written, then the program ends.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C asks for an orderly end; a second one ends the program at once.
pub(crate) fn listen() {
    // A handler that cannot be installed leaves the system's own behaviour, which resumes just as well.
    let _ = ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(1);
        }
        eprintln!("\nCtrl-C: finishing the running block (again to end at once)");
    });
}

/// Whether Ctrl-C was pressed: the question that long computations ask.
pub(crate) fn is_requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// An error once Ctrl-C was pressed. Called between blocks, after the last one was written.
pub(crate) fn check() -> Result<(), Error> {
    if is_requested() { Err(Error::Interrupted) } else { Ok(()) }
}
