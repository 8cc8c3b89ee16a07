//! Weighted samples of a density, where it is known by its samples alone.

mod kernel;
mod lanes;
mod sample_set;

pub use kernel::KernelDenoiser;
pub use sample_set::SampleSet;
