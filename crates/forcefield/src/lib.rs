//! Potential energies and forces for a batch of replicas.
//!
//! A [`System`] is the model of a molecule's forces, made of energy terms with numbers; [`read_system`] makes it from an OpenMM System XML
//! (`openmm/`), and its [`ForceField`] is an [`Engine`]. Each energy term is one file in [`terms`], written once for any width of vector
//! instructions (see `simd`); another file format is another reader, and knows nothing of kernels.

mod block;
mod engine;
mod error;
mod force_field;
mod openmm;
mod simd;
mod system;
pub mod terms;

pub use block::{Block, Lanes3};
pub use engine::{EnergyTerm, Engine};
pub use error::ForceFieldError;
pub use force_field::ForceField;
pub use openmm::read_system;
pub use system::System;
