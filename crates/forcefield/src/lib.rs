//! Potential energies and forces for a batch of replicas.
//!
//! A [`ForceModel`] is the model of a molecule's forces, made of energy terms with numbers; [`read_force_model`] makes it from an OpenMM
//! System XML (`openmm/`), and its [`ForceField`] is a [`Potential`]. Each energy term is a file in [`terms`], written once for all widths
//! of vector instructions (see `simd`); another file format needs only another reader, independent of the kernels.

mod block;
mod energy_term;
mod error;
mod force_field;
mod force_field_format;
mod force_model;
mod formats;
mod openmm;
mod potential;
mod rigid_bond;
mod simd;
pub mod terms;

pub use block::{Block, Lanes3};
pub use energy_term::EnergyTerm;
pub use error::{ForceFieldError, PotentialError};
pub use force_field::ForceField;
pub use force_field_format::ForceFieldFormat;
pub use force_model::ForceModel;
pub use formats::{FORMATS, read_force_model};
pub use potential::Potential;
pub use rigid_bond::RigidBond;
