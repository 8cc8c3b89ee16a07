//! Moments of the denoising posterior: exact mixtures and grids.

mod denoiser;
mod error;

pub use denoiser::{Denoiser, ObservableMoments, PosteriorMoments, SpacetimePoint};
pub use error::DenoiserError;
