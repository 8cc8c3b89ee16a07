//! Geodesics in the spacetime of a diffusion model.
//!
//! A point of spacetime is a noise level `λ` (log SNR) and a noisy sample `y`; it stands for the denoising posterior
//! `p(x | λ, y) ∝ q(x) exp(-½ e^λ |x - y|²)`, and the Fisher–Rao metric measures how posteriors differ. See
//! A. Karczewski et al., arXiv 2505.17517.
//!
//! - [`kullback_leibler`], [`metric_in_log_snr_and_y`]: divergences and the metric in other coordinates.
//! - [`measure_curve`], [`arc_length`], [`forward_kl_along`]: what is measured on a discrete curve.
//! - [`solve_windings`], [`solve_from_starts`], [`solve`]: geodesics, under any [`PathConstraint`].
//! - [`straight_line`], [`tent`]: where solves start, and the baselines of a geodesic.
//! - [`diffusion_edit_distance`], [`edit_geodesic`]: how far apart two clean configurations are, and the edits between them.
//! - [`probability_flow`], [`reverse_diffusion`]: from noise to data, and back.
//! - [`Decoder`]: the geometry that the flow pulls back from data to noise, against which spacetime is held.
//!
//! ```
//! use geodyssey_denoiser::{Covariance, MixtureComponent, MixtureDenoiser, SpacetimePoint};
//! use geodyssey_spacetime::{GeodesicProblem, SolverSettings, default_starts, solve_from_starts};
//!
//! let well = |mean: f64| MixtureComponent { weight: 0.5, mean: vec![mean], covariance: Covariance::Isotropic(0.1) };
//! let denoiser = MixtureDenoiser::new(vec![well(-1.0), well(1.0)], vec![None])?;
//! let problem = GeodesicProblem {
//!     denoiser: &denoiser,
//!     metric: None,
//!     start: SpacetimePoint { log_snr: 4.0, y: vec![-1.0] },
//!     end: SpacetimePoint { log_snr: 4.0, y: vec![1.0] },
//!     constraints: &[],
//!     settings: SolverSettings::default(),
//!     progress: None,
//! };
//! let geodesic = solve_from_starts(&problem, &default_starts(&problem))?;
//! assert!(geodesic.converged && (geodesic.measures.constant_speed - 1.0).abs() < 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod augmented_lagrangian;
mod block_tridiagonal;
mod chart;
mod constraint;
mod curve;
mod edit_distance;
mod error;
mod exponential_family;
mod flow;
mod gaussian;
mod metric;
mod newton;
mod objective;
mod parametrisation;
mod problem;
mod pullback;
mod refinement;
mod solver;
mod spline;
mod starts;
mod windings;

pub use constraint::{ConstraintReport, CurveNode, NodeConstraintValue, PathConstraint};
pub use curve::{
    CurveMeasures, arc_length, forward_kl_along, jeffreys_divergences, measure_curve, measure_segments,
    reverse_kl_along,
};
pub use edit_distance::{EditGeodesic, diffusion_edit_distance, edit_geodesic, ways_round};
pub use error::SpacetimeError;
pub use exponential_family::{
    LinearLogSnrSchedule, kullback_leibler, log_partition, metric_in_log_snr_and_y,
    natural_parameter_jacobian,
};
pub use flow::{
    Prior, ProbabilityFlowSettings, ReverseDiffusionSettings, Trajectory, probability_flow, reverse_diffusion,
};
pub use gaussian::isotropic_gaussian_distance;
pub use metric::{FisherRao, LengthModel, PathMetric};
pub use parametrisation::CurveFamily;
pub use problem::{Geodesic, GeodesicProblem, SolverProgress, SolverSettings, StopReason};
pub use pullback::{
    DecodedPoint, Decoder, PullbackGeodesic, PullbackSettings, decoded_energy, decoded_length,
};
pub use solver::{default_starts, solve, solve_from_starts};
pub use spline::not_a_knot_spline;
pub use starts::{straight_line, tent, windings, wound};
pub use windings::{WindingGeodesic, WindingStart, lowest_mean_energy_barrier, shortest, solve_windings};
