//! Weighted samples of a density, where it is known by its samples alone.

mod bandwidth;
mod kernel;
mod lanes;
mod sample_set;

pub use bandwidth::{BandwidthSettings, Bandwidths, HoldOut, held_out_bandwidth};
pub use kernel::KernelDenoiser;
pub use sample_set::SampleSet;
