//! Moments of the denoising posterior `p(x | λ, y) ∝ q(x) exp(-½ e^λ |x - y|²)`: the trait [`Denoiser`] and its
//! exact forms, [`MixtureDenoiser`] for Gaussians and weighted points in any dimension and [`GridDenoiser`] for energies of one
//! to three variables. Both compute cumulants about the posterior mean and then those of `T = (x, |x|²)`.

mod cumulants;
mod denoiser;
mod error;
mod grid;
mod interruptible;
mod mixture;
mod neural;
mod polynomial;
mod random;
mod random_features;
mod ridge;
mod samples;
mod training;
mod weights_file;

pub use denoiser::{Denoiser, ObservableMoments, PosteriorMoments, SpacetimePoint};
pub use error::DenoiserError;
pub use grid::{GridDenoiser, QuadratureAxis};
pub use interruptible::InterruptibleDenoiser;
pub use mixture::{Covariance, MixtureComponent, MixtureDenoiser};
pub use neural::{
    Activation, ComputeDevice, DeviceChoice, NeuralDenoiser, NeuralIdentity, NeuralSettings, Training,
    TrainingProgress,
};
pub use random_features::{
    FitReport, GradientFlow, LevelError, NormalEquations, RandomFeatureDenoiser, RandomFeatureSettings,
    RectifierFeatures, Row,
};
pub use ridge::{RidgeAnalysis, RidgeFrame, RidgeOffsets, RidgePoint, RidgeProjection, RidgeSettings};
pub use samples::{BandwidthSettings, Bandwidths, HoldOut, KernelDenoiser, SampleSet, held_out_bandwidth};
pub use training::{ClusterMixture, PairSource, Preconditioning, Targets, TrainingPairs};
pub use weights_file::{
    WEIGHTS_VERSION, WeightsExpectation, WeightsFile, WeightsHeader, WeightsTensor, WeightsValues,
};
