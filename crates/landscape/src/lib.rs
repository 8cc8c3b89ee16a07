//! Energies over a few variables: formulas, tables, metadynamics, bottlenecks.

mod landscape;

pub use landscape::Landscape;
