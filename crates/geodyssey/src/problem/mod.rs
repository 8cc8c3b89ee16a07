//! What a configuration means: the molecule, the variables, the states and where the energy comes from, read and checked. Nothing here
//! writes, and nothing computes more than a minimisation.

pub(crate) mod cautions;
mod declared;
mod definition;
mod energy_source;
pub(crate) mod engine;
mod grid_axes;
mod input_files;
mod molecule;
mod molecule_warnings;
pub(crate) mod preparation;
mod sample_table;
pub(crate) mod scales;
pub(crate) mod state;
mod states_made_from;
mod variable_box;
pub(crate) mod variable_table;
pub(crate) mod variables;

pub use definition::Problem;
pub(crate) use definition::temperature_of;
pub(crate) use energy_source::{EnergySource, GivenSamples};
pub(crate) use grid_axes::{FEWEST_GRID_POINTS, grid_axes};
pub(crate) use molecule::{Molecule, undefined_torsion};
pub(crate) use molecule_warnings::{NAMES_FILE, molecule_warnings};
pub(crate) use sample_table::{SampleTable, read_table, read_weights};
