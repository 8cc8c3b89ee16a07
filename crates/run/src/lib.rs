//! Run directories, and the work that leaves its results in them. Nothing here knows what is computed.
//!
//! - [`RunDirectory`]: artifacts that are whole or absent, and a manifest that says what each was made from ([`Fingerprint`],
//!   [`Ingredients`]). What is up to date is not made again.
//! - [`Checkpoints`] and [`Stream`]: what a stage that is running has done so far, so that after any interruption it goes on and ends with the
//!   same bytes.
//! - [`Executor`]: units of work that do not depend on each other, and who carries them out ([`Threads`]).
//! - [`interrupt`]: whether Ctrl-C was pressed.
//! - [`FinishedRun`]: a run directory that is only read.

mod artifact;
mod begun;
mod checkpoint_files;
mod checkpoints;
mod directory;
mod donors;
mod error;
mod executor;
mod fingerprint;
mod finished;
pub mod interrupt;
mod lock;
mod manifest;
mod names;
mod own_files;
mod owner;
mod pace;
mod stream;
mod threads;
mod unfinished;

pub use artifact::{remove_partial, write as write_whole};
pub use checkpoints::{Checkpoints, Interval, Keeping};
pub use directory::RunDirectory;
pub use error::RunError;
pub use executor::{Executor, Stop, UnitError, Work};
pub use fingerprint::{Fingerprint, Ingredients};
pub use finished::FinishedRun;
pub use lock::DirectoryLock;
pub use names::{SUMMARY_FILE, TIMINGS_FILE};
pub use own_files::check_claim;
pub use owner::Claim;
pub use stream::{Mark, Stream, StreamReader};
pub use threads::Threads;
