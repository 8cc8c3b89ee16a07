//! Ctrl-C: asks for an orderly end, and ends the program where that does not come in time.

use std::time::{Duration, Instant};

use geodyssey_run::interrupt;

use crate::error::Error;
use crate::terminal::say;

/// For so long an orderly end is waited for, counted anew from every checkpoint that is written meanwhile.
const GRACE: Duration = Duration::from_millis(1500);
/// Between two looks at whether a checkpoint is being written.
const LOOK: Duration = Duration::from_millis(50);

/// From now on Ctrl-C asks for an orderly end; a second one ends the program at once.
pub(crate) fn listen() {
    // A handler that cannot be installed leaves the system's own behaviour, which resumes just as well.
    let _ = ctrlc::set_handler(|| {
        if interrupt::request() {
            std::process::exit(1);
        }
        say!("\nCtrl-C: writing a checkpoint (press again to stop at once)");
        std::thread::spawn(end_in_time);
    });
}

/// Ends the program once nothing was written for a while.
fn end_in_time() {
    let mut quiet = Instant::now();
    while quiet.elapsed() < GRACE {
        std::thread::sleep(LOOK);
        if interrupt::is_writing() {
            quiet = Instant::now();
        }
    }
    let interrupted = Error::Interrupted;
    say!("{interrupted}");
    std::process::exit(1);
}
