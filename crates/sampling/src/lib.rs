//! Langevin dynamics and annealed paths.

mod bias;

pub use bias::BiasPotential;
