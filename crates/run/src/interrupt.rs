//! Ctrl-C: what is running is brought to its next checkpoint, then the program ends.
//!
//! Loops ask by [`check`] as often as they can. Who listens to Ctrl-C calls [`request`]; where a loop does not come to ask in time, the
//! program may end all the same, but for [`is_writing`]: artifacts and checkpoints are whole at every moment, so that nothing is lost but
//! what was done since the last one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::error::RunError;

static REQUESTED: AtomicBool = AtomicBool::new(false);
/// Checkpoints that are being written.
static WRITING: AtomicUsize = AtomicUsize::new(0);

/// From now on everything should come to an orderly end. Whether that was asked for before.
pub fn request() -> bool {
    REQUESTED.swap(true, Ordering::SeqCst)
}

/// An error once Ctrl-C was pressed. Called between blocks, after the last one was written.
///
/// # Errors
/// [`RunError::Interrupted`].
pub fn check() -> Result<(), RunError> {
    if is_requested() { Err(RunError::Interrupted) } else { Ok(()) }
}

/// Whether Ctrl-C was pressed.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Whether a checkpoint is being written, which is worth waiting for.
pub fn is_writing() -> bool {
    WRITING.load(Ordering::SeqCst) > 0
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
