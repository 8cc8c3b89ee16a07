//! Annealed Langevin dynamics along a list of tether points.

mod atoms;
mod protocol;
mod variables;
mod watch;

pub use atoms::{AtomAnnealing, AtomAnnealingState, AtomFrame};
pub use protocol::AnnealingProtocol;
pub use variables::{PATHS_PER_BATCH, VariableAnnealing, VariableAnnealingState};
