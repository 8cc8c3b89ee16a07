//! Ctrl-C: what is running is brought to its next checkpoint, then the program ends.
//!
//! Loops ask by [`check`] as often as they can. Where one does not come to ask in time, the program ends all the same: artifacts and
//! checkpoints are whole at every moment, so that nothing is lost but what was done since the last one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::terminal::say;

static REQUESTED: AtomicBool = AtomicBool::new(false);
/// Checkpoints that are being written.
static WRITING: AtomicUsize = AtomicUsize::new(0);

/// For so long an orderly end is waited for, counted anew from every checkpoint that is written meanwhile.
const GRACE: Duration = Duration::from_millis(1500);
/// Between two looks at whether a checkpoint is being written.
const LOOK: Duration = Duration::from_millis(50);

/// From now on Ctrl-C asks for an orderly end; a second one ends the program at once.
pub(crate) fn listen() {
    // A handler that cannot be installed leaves the system's own behaviour, which resumes just as well.
    let _ = ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
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
        if WRITING.load(Ordering::SeqCst) > 0 {
            quiet = Instant::now();
        }
    }
    let interrupted = Error::Interrupted;
    say!("{interrupted}");
    std::process::exit(1);
}

/// An error once Ctrl-C was pressed. Called between blocks, after the last one was written.
pub(crate) fn check() -> Result<(), Error> {
    if is_requested() { Err(Error::Interrupted) } else { Ok(()) }
}

/// Whether Ctrl-C was pressed.
pub(crate) fn is_requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// While this lives, something is being written that is worth waiting for.
pub(crate) fn writing() -> impl Drop {
    WRITING.fetch_add(1, Ordering::SeqCst);
    Writing
}

struct Writing;

impl Drop for Writing {
    fn drop(&mut self) {
        WRITING.fetch_sub(1, Ordering::SeqCst);
    }
}
