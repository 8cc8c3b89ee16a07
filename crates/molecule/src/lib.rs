//! Atoms, topology, units, geometry and collective variables.
//!
//! This crate knows no energies and no files.

pub mod replicas;
pub mod units;
pub mod variables;

pub use replicas::{LANES, Replicas};
pub use variables::{CollectiveVariable, VariableKind};
