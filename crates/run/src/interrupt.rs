//! Ctrl-C: the running work continues to its next checkpoint, then the program ends.
//!
//! Loops call [`check`] as often as they can. The handler of Ctrl-C calls [`request`]; if a loop does not check in time, the program may
//! end anyway unless [`is_writing`]: artifacts and checkpoints are complete at every moment, so that only the work since the last one is
//! lost.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::error::RunError;

static REQUESTED: AtomicBool = AtomicBool::new(false);
/// Number of checkpoints that are being written.
static WRITING: AtomicUsize = AtomicUsize::new(0);

/// Requests an orderly end. Returns whether it had been requested before.
pub fn request() -> bool {
    REQUESTED.swap(true, Ordering::SeqCst)
}

/// An error if Ctrl-C was pressed. Called between blocks, after the last one was stored.
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

/// Held while something is being written that is worth waiting for.
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
