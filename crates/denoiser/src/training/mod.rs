//! What every learned denoiser shares: where it looks, what it is told there, and the scale of its task.

mod baseline;
mod pairs;
mod preconditioning;

pub use baseline::Baseline;
pub use pairs::{PairSource, Targets, TrainingPairs};
pub use preconditioning::Preconditioning;
