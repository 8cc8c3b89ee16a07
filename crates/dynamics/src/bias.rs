//! Energies that act on collective variables, as data, so that every engine can implement them itself.

use std::sync::Arc;

use crate::grid_bias::GridBias;
use crate::tether::Tether;

/// An energy `V(ξ)` of the collective variables.
#[derive(Clone, Debug, Default)]
pub enum Bias {
    /// `V = 0`.
    #[default]
    None,
    /// A tether to a point of spacetime.
    Tether(Tether),
    /// Energies on a grid, as in metadynamics.
    Grid(Arc<GridBias>),
}

impl Bias {
    /// Writes `V` (kJ/mol) into `energies` and `∂V/∂ξ` into `derivatives`.
    ///
    /// `values` and `derivatives` are laid out `[variable][replica]`, `energies` `[replica]`, each row `stride` long.
    pub fn evaluate(&self, values: &[f64], stride: usize, energies: &mut [f64], derivatives: &mut [f64]) {
        match self {
            Self::None => {
                energies.fill(0.0);
                derivatives.fill(0.0);
            }
            Self::Tether(tether) => tether.evaluate(values, stride, energies, derivatives),
            Self::Grid(grid) => grid.evaluate(values, stride, energies, derivatives),
        }
    }

    /// Number of variables on which it acts; none if it acts on any number.
    pub fn dimension(&self) -> Option<usize> {
        match self {
            Self::None => None,
            Self::Tether(tether) => Some(tether.center().len()),
            Self::Grid(bias) => Some(bias.grid().dimension()),
        }
    }
}
