//! Energies that act on collective variables.

/// An energy `V(ξ)` of the collective variables of a batch of replicas: a tether, or a metadynamics bias.
pub trait BiasPotential: Send + Sync {
    /// Writes `V` (kJ/mol) into `energies` and `∂V/∂ξ` into `derivatives`.
    ///
    /// `values` and `derivatives` are laid out `[variable][replica]`, `energies` `[replica]`, each row `stride` long.
    fn evaluate(&self, values: &[f64], stride: usize, energies: &mut [f64], derivatives: &mut [f64]);
}

/// No bias: `V = 0`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBias;

impl BiasPotential for NoBias {
    fn evaluate(&self, _values: &[f64], _stride: usize, energies: &mut [f64], derivatives: &mut [f64]) {
        energies.fill(0.0);
        derivatives.fill(0.0);
    }
}
