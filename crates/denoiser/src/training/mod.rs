//! What every learned denoiser shares: its training points, its targets there, and the scale of its task.

mod baseline;
mod pairs;
mod preconditioning;

pub use baseline::Baseline;
pub use pairs::{PairSource, Targets, TrainingPairs};
pub use preconditioning::Preconditioning;
