//! What every learned denoiser shares: its training points, its targets there, and the scale of its task.

mod cluster_mixture;
mod pairs;
mod preconditioning;

pub use cluster_mixture::ClusterMixture;
pub use pairs::{PairSource, Targets, TrainingPairs};
pub use preconditioning::Preconditioning;
