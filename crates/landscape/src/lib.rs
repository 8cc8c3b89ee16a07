//! Energies over a few variables: formulas, tables, metadynamics, bottlenecks, minimum-energy paths, the committor.

mod basin;
mod boltzmann;
mod bottleneck;
mod committor;
mod dividing_surface;
mod error;
pub mod formulas;
mod landscape;
pub mod metadynamics;
mod minimum_energy_path;
pub mod relaxed_scan;
pub mod replica_exchange;
mod sampled_ground;
mod table;
pub mod table_file;
pub mod text_table;

pub use basin::{basin, nearest_point};
pub use boltzmann::{BoltzmannSamples, boltzmann_rows, boltzmann_samples};
pub use bottleneck::{Bottleneck, BottleneckSearch};
pub use committor::Committor;
pub use dividing_surface::{DividingSurface, TetheredWeight};
pub use error::LandscapeError;
pub use formulas::{Formula, formula, formula_names};
pub use geodyssey_dynamics::{Grid, GridAxis};
pub use landscape::Landscape;
pub use metadynamics::{
    EndRegion, FreeEnergy, Metadynamics, MetadynamicsParameters, MetadynamicsState, MetadynamicsVariable,
};
pub use minimum_energy_path::{MinimumEnergyPath, StringMethod};
pub use relaxed_scan::{RelaxedScan, RelaxedScanParameters, RelaxedScanState};
pub use replica_exchange::{ReplicaExchange, ReplicaExchangeParameters};
pub use sampled_ground::SampledGround;
pub use table::TableLandscape;
