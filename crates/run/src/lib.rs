//! Run directories, and the execution of the work whose results they hold. Independent of what is computed.
//!
//! - [`RunDirectory`]: artifacts that are complete or absent, and a manifest that records what each was made from ([`Fingerprint`],
//!   [`Ingredients`]). Artifacts that are up to date are not made again.
//! - [`Checkpoints`] and [`Stream`]: the progress of a running stage, so that after any interruption it continues and ends with the same
//!   bytes.
//! - [`Executor`]: carries out independent units of work ([`Threads`]).
//! - [`interrupt`]: whether Ctrl-C was pressed.
//! - [`FinishedRun`]: a run directory opened for reading.

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
