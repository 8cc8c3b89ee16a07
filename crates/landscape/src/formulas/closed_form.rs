//! What a landscape in closed form is, and what is known of it.

use crate::Landscape;

/// A variable of a formula.
#[derive(Clone, Debug, PartialEq)]
pub struct FormulaVariable {
    /// Its usual name.
    pub name: &'static str,
    /// Least value of the range worth looking at.
    pub lower: f64,
    /// Largest value of the range worth looking at.
    pub upper: f64,
}

/// What kind of stationary point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StationaryKind {
    /// No direction of negative curvature.
    Minimum,
    /// One direction of negative curvature: a transition state (in one dimension, a maximum).
    Saddle,
}

/// A point where the gradient vanishes.
#[derive(Clone, Debug, PartialEq)]
pub struct StationaryPoint {
    /// Minimum or saddle.
    pub kind: StationaryKind,
    /// Where.
    pub x: Vec<f64>,
    /// `F` there, kJ/mol.
    pub energy_kj_mol: f64,
}

/// One isotropic Gaussian of a density that is a mixture of them.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianComponent {
    /// Its share; the shares sum to 1.
    pub weight: f64,
    /// Its centre.
    pub mean: Vec<f64>,
    /// Its standard deviation in every direction.
    pub standard_deviation: f64,
}

/// A landscape in closed form.
pub trait Formula: Landscape {
    /// Its name in a configuration.
    fn name(&self) -> &'static str;

    /// Its variables, as many as its dimension.
    fn variables(&self) -> Vec<FormulaVariable>;

    /// Its minima and the saddles between them, as far as they are known.
    fn stationary_points(&self) -> Vec<StationaryPoint>;

    /// The Gaussians that `exp(-F/kT)` is a mixture of, if it is one.
    fn components(&self) -> Option<Vec<GaussianComponent>> {
        None
    }
}
