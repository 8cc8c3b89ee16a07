//! The units in which the spacetime measures the variables.
//!
//! A tether of one logSNR acts on all variables with the same number, which is meaningful only if their units are chosen
//! accordingly. So all vectors of the spacetime (samples, centres of tethers, posterior means, natural and expectation parameters)
//! are in *scaled* variables `ξ/scale`: a torsion or angle in radian, a distance in tenths of a nanometre, unless the configuration
//! gives another `scale`. Landscapes, states and all files have radian and nm; conversions between the two go through [`Scales`].

use geodyssey_landscape::Landscape;
use geodyssey_molecule::variables::DefaultScale;

use super::state::State;

use super::variables::Variable;
use crate::config::{Config, InputError};

/// A state's radius in scaled variables is at least this, the default radius of a torsion (20°): a smaller radius makes the scale
/// smaller, so that a tether holds what has to arrive as closely as it holds a torsion.
const LEAST_SCALED_RADIUS: f64 = 20.0 * std::f64::consts::PI / 180.0;

/// One scale per variable, in radian, nm or the landscape's own unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scales(Vec<f64>);

impl Scales {
    /// Those of the configuration; where it gives none: 1 for torsions and coordinates; for angles 1 rad and for distances 0.1 nm,
    /// but not more than the smaller radius of the two states over 0.349 (20° in radian).
    pub(crate) fn of(
        config: &Config,
        variables: &[Variable],
        states: Option<&[State; 2]>,
    ) -> Result<Self, InputError> {
        let scales = variables.iter().enumerate().map(|(index, variable)| {
            let given = config.variables.get(index).and_then(|variable| variable.scale);
            if let (Some(_), Some(_)) = (given, variable.period) {
                let message =
                    "a periodic variable is measured in its own unit (a torsion in radian): omit `scale`";
                return Err(config.error(&format!("variable.{index}.scale"), message));
            }
            if let Some(given) = given {
                return Ok(given.get() * variable.quantity.factor());
            }
            let radii = states.iter().flat_map(|states| states.iter()).map(|state| state.radius[index]);
            let by_radius = radii.fold(f64::INFINITY, f64::min) / LEAST_SCALED_RADIUS;
            Ok(match variable.quantity.scale {
                DefaultScale::Fixed(scale) => scale,
                DefaultScale::AtMost(scale) => by_radius.min(scale),
            })
        });
        Ok(Self(scales.collect::<Result<_, _>>()?))
    }

    /// One per variable.
    pub(crate) fn each(&self) -> &[f64] {
        &self.0
    }

    /// Whether scaled variables are the variables themselves.
    pub(crate) fn are_one(&self) -> bool {
        self.0.iter().all(|scale| *scale == 1.0)
    }

    /// From the variables' own units to the spacetime's.
    pub(crate) fn scaled(&self, own: &[f64]) -> Vec<f64> {
        own.iter().zip(&self.0).map(|(x, scale)| x / scale).collect()
    }

    /// From the spacetime's units to the variables' own.
    pub(crate) fn own(&self, scaled: &[f64]) -> Vec<f64> {
        scaled.iter().zip(&self.0).map(|(x, scale)| x * scale).collect()
    }

    /// Ranges in the spacetime's units.
    pub(crate) fn scaled_ranges(&self, own: &[(f64, f64)]) -> Vec<(f64, f64)> {
        own.iter().zip(&self.0).map(|(&(low, high), scale)| (low / scale, high / scale)).collect()
    }

    /// Standard deviation of a tether in every variable's own unit: `scale · exp(-½ logSNR)`.
    pub(crate) fn tether_widths(&self, log_snr: f64) -> Vec<f64> {
        self.0.iter().map(|scale| scale * (-0.5 * log_snr).exp()).collect()
    }

    /// A landscape over the scaled variables.
    pub(crate) fn landscape<'l>(&'l self, landscape: &'l dyn Landscape) -> ScaledLandscape<'l> {
        ScaledLandscape { landscape, scales: self }
    }
}

/// A landscape over the scaled variables: the same energies. Periodic variables have the scale 1, so that periods stay what they are.
pub(crate) struct ScaledLandscape<'l> {
    landscape: &'l dyn Landscape,
    scales: &'l Scales,
}

impl Landscape for ScaledLandscape<'_> {
    fn periods(&self) -> &[Option<f64>] {
        self.landscape.periods()
    }

    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let energy = self.landscape.energy_gradient(&self.scales.own(x), gradient);
        for (slope, scale) in gradient.iter_mut().zip(&self.scales.0) {
            *slope *= scale;
        }
        energy
    }
}
