//! Moments of the denoising posterior: exact mixtures and grids.

mod cumulants;
mod denoiser;
mod error;
mod mixture;

pub use denoiser::{Denoiser, ObservableMoments, PosteriorMoments, SpacetimePoint};
pub use error::DenoiserError;
pub use mixture::{Covariance, MixtureComponent, MixtureDenoiser};
