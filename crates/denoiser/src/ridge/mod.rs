//! Log-density ridges of smoothed samples, and how a denoiser's error lies against them.
//!
//! With `s² = e^{-λ}`, `p_s(y) = Σ_i w_i N(y; x_i, s² I)` is the smoothed density of the samples (with kernels of a bandwidth, of
//! their kernel density; on a torus with all lattice images), `m*(y)` the posterior mean and `C(y)` the posterior covariance. Then
//! `∇log p_s = (m* - y)/s²` and `Hess log p_s = C/s⁴ - I/s²`. With the eigenvalues of `C/s²` in descending order the first `d`
//! eigenvectors span the tangent space `T`, the others the normal space `N`. A point lies on the `d`-dimensional ridge where
//! `P_N (m* - y) = 0` and the `(d + 1)`-th eigenvalue is below 1, i.e. the density is largest across it (U. Ozertem, D. Erdogmus,
//! *J. Mach. Learn. Res.* 12, 1249, 2011). The quantities are those of He, Qiu and Tao, arXiv 2602.06021, in data units and units
//! of the noise `s`.

mod analysis;
mod frame;
mod offsets;
mod projection;

pub use analysis::{RidgeAnalysis, RidgeSettings};
pub use frame::RidgeFrame;
pub use offsets::RidgeOffsets;
pub use projection::{RidgePoint, RidgeProjection};
