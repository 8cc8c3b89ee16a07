//! Denoisers that are linear in fixed random features, fitted in closed form.

mod cosines;
mod denoiser;
mod file;
mod fit;
mod gradient_flow;
mod normal_equations;
mod rectifiers;
mod settings;

pub use denoiser::RandomFeatureDenoiser;
pub use fit::{FitReport, LevelError};
pub use gradient_flow::GradientFlow;
pub use normal_equations::{NormalEquations, Row};
pub use rectifiers::RectifierFeatures;
pub use settings::RandomFeatureSettings;
