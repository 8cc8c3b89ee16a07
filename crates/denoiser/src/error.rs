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
    #[error("the data do not form a density: {0}")]
    Data(String),
    /// Weights of a learned denoiser cannot be written, read, or used here.
    #[error("the weights cannot be used: {0}")]
    Weights(String),
    /// A setting of a learned denoiser cannot be.
    #[error("{0}")]
    Settings(String),
    /// The loss of a training is not a finite number.
    #[error(
        "the training loss is {loss} at step {step} with learning rate {learning_rate:.2e}: lower the learning rate"
    )]
    Training {
        /// Step, counted from 0.
        step: usize,
        /// Learning rate of that step.
        learning_rate: f64,
        /// Sum of the losses.
        loss: f64,
    },
    /// The requested device cannot be used.
    #[error("no GPU: {0}")]
    Device(String),
    /// The evaluation was stopped on request: see [`crate::InterruptibleDenoiser`].
    #[error("stopped on request")]
    Interrupted,
}
