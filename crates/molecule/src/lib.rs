//! Atoms, topology, units, geometry and collective variables.
//!
//! This crate contains neither energies nor files.

pub mod bonds;
mod cell;
mod element;
pub mod element_clues;
mod error;
pub mod exchanged_labels;
pub mod force_field_match;
pub mod labellings;
pub mod replicas;
pub mod residue_names;
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
pub use topology::{Atom, Residue, Structure, Topology, UNNAMED_RESIDUE};
pub use variables::CollectiveVariable;
