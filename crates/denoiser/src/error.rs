//! What can go wrong in a denoiser.

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum DenoiserError {
    /// A spacetime point is not finite or has the wrong dimension.
    #[error("spacetime point {index} is not usable: {reason}")]
    Point {
        /// Which point of the batch.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// An energy function gave a value that is not finite.
    #[error("the energy at {position:?} is {value}, not a finite number")]
    Energy {
        /// Where, in the variables' units.
        position: Vec<f64>,
        /// What it gave.
        value: f64,
    },
    /// The data cannot make a density.
    #[error("the data cannot make a density: {0}")]
    Data(String),
}
