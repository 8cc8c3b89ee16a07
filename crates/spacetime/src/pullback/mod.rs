//! Pullback geometry: the flat metric of data space, carried to the latent space of noise by the probability-flow ODE.
//!
//! The ODE is a smooth bijection between data `x` at a high logSNR and latents `z` at a low one. With the decoder `x = g(z)` a
//! latent curve has the energy `½ ∫ |d g(z(s))/ds|² ds = ½ ∫ żᵀ JᵀJ ż ds`, `J = ∂g/∂z`, and the metric `JᵀJ`. Since `g` is onto,
//! its geodesics decode to straight lines, whatever the data (arXiv 2505.17517, section 3): they take no account of barriers. The
//! other natural choice, the Fisher–Rao metric of `p(x | z)`, vanishes where `z` is pure noise, since all posteriors are then the
//! data's own density. Spacetime escapes both by taking every noise level at once.

mod decoder;
mod geodesic;

pub use decoder::{DecodedPoint, Decoder, decoded_energy, decoded_length};
pub use geodesic::{PullbackGeodesic, PullbackSettings};
