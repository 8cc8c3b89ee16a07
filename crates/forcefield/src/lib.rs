//! Potential energies and forces for a batch of replicas.
//!
//! [`read_system`] reads an OpenMM System XML; its [`ForceField`] is an [`Engine`]. Each energy term is one file in
//! `terms/`, written once for any width of vector instructions (see `simd`).

mod block;
mod document;
mod engine;
mod error;
mod force_field;
mod refused;
mod simd;
mod system;
mod terms;

pub use block::{Block, Lanes3};
pub use engine::{EnergyTerm, Engine};
pub use error::ForceFieldError;
pub use force_field::ForceField;
pub use system::{System, read_system};
