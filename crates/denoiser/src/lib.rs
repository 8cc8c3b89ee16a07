//! Moments of the denoising posterior: exact mixtures and grids.

mod cumulants;
mod denoiser;
mod error;
mod grid;
mod mixture;

pub use denoiser::{Denoiser, ObservableMoments, PosteriorMoments, SpacetimePoint};
pub use error::DenoiserError;
pub use grid::{GridAxis, GridDenoiser};
pub use mixture::{Covariance, MixtureComponent, MixtureDenoiser};
