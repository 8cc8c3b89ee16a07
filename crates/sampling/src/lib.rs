//! Langevin dynamics and annealed paths.
//!
//! Atoms move by [`Baoab`] under `U(X) + V(ξ(X))`, collective variables by [`Overdamped`]. [`AtomAnnealing`] and
//! [`VariableAnnealing`] lead batches of paths along a list of [`TetherPoint`]s and keep the work that this takes;
//! [`work`] turns it into free-energy differences. All random numbers come from [`RandomStream`] and all batches are
//! of fixed size, so that results depend on neither threads nor interruptions.

pub mod annealing;
mod baoab;
mod bias;
mod error;
mod overdamped;
mod random;
mod state;
mod system;
mod tether;
pub mod work;

pub use annealing::{AnnealingProtocol, AtomAnnealing, VariableAnnealing};
pub use baoab::Baoab;
pub use bias::{BiasPotential, NoBias};
pub use error::{Failure, SamplingError};
pub use overdamped::{Overdamped, Walker};
pub use random::RandomStream;
pub use state::{LangevinSnapshot, LangevinState};
pub use system::MolecularSystem;
pub use tether::{Tether, TetherPoint};
