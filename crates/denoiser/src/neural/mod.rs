//! The neural denoiser: a small network, its moments with derivatives, its training and its files.

mod activation;
mod checkpoint;
mod conservative;
mod denoiser;
mod device;
mod features;
mod level_polynomial;
mod model;
mod network;
mod optimiser;
mod plain;
mod potential;
mod schedule;
mod settings;
mod state;
mod training;
mod variants;

pub use activation::Activation;
pub use denoiser::NeuralDenoiser;
pub use device::{ComputeDevice, DeviceChoice};
pub use settings::NeuralSettings;
pub use state::{NeuralIdentity, TrainingProgress};
pub use training::Training;
