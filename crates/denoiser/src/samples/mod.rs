//! Weighted samples of a density, where it is known by its samples alone.

mod sample_set;

pub use sample_set::SampleSet;
