//! Atoms, topology, units, geometry and collective variables.
//!
//! This crate knows no energies and no files.

pub mod bonds;
mod cell;
mod element;
mod error;
pub mod replicas;
pub mod rotamers;
mod selection;
pub mod solute;
pub mod states;
pub mod superposition;
pub mod symmetry;
mod topology;
pub mod units;
pub mod variables;
pub mod whole;

pub use cell::Cell;
pub use element::Element;
pub use error::MoleculeError;
pub use replicas::{LANES, Replicas};
pub use selection::AtomSelector;
pub use topology::{Atom, Residue, Structure, Topology};
pub use variables::{CollectiveVariable, VariableKind};
