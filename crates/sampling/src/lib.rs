//! Langevin dynamics and annealed paths.
//!

mod baoab;
mod bias;
mod error;
mod random;
mod state;
mod system;

pub use baoab::Baoab;
pub use bias::{BiasPotential, NoBias};
pub use error::{Failure, SamplingError};
pub use random::RandomStream;
pub use state::{LangevinSnapshot, LangevinState};
pub use system::MolecularSystem;
