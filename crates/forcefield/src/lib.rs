//! Potential energies and forces for a batch of replicas.

mod engine;

pub use engine::{EnergyTerm, Engine};
