//! From noise to data and back: the flows of a denoiser through all noise levels.
//!
//! With `s² = e^{-λ}` and `y = x + s n` the noisy density is `p_λ = q * N(0, s²)` at every schedule, its score
//! `∇ log p_λ = (D(λ, y) - y)/s²` (Tweedie's formula), and noise grows as `d(s²) = -s² dλ`. Two processes keep `p_λ`
//! (Y. Song et al., arXiv 2011.13456, Eqs. 6 and 13, there with `f = 0` and `g² dt = d(s²)`):
//!
//! - the probability-flow ODE `dy = -½ ∇ log p_λ d(s²)`, that is `dy/dλ = ½ (D(λ, y) - y)`
//!   (in `s`: `dy/ds = (y - D)/s`, T. Karras et al., arXiv 2206.00364, Eq. 3): [`probability_flow`];
//! - the reverse diffusion, `λ` growing, `dy = (D(λ, y) - y) dλ + s dW`: [`reverse_diffusion`].

mod particles;
mod prior;
mod probability_flow;
mod random;
mod reverse_diffusion;

pub(crate) use particles::check;
pub(crate) use probability_flow::integrate;

pub use particles::Trajectory;
pub use prior::Prior;
pub use probability_flow::{ProbabilityFlowSettings, probability_flow};
pub use reverse_diffusion::{ReverseDiffusionSettings, reverse_diffusion};
