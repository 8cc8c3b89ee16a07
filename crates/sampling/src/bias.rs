//! Energies that act on collective variables.

/// An energy `V(ξ)` of the collective variables of a batch of replicas: a tether, or a metadynamics bias.
pub trait BiasPotential: Send + Sync {
    /// Writes `V` (kJ/mol) into `energies` and `∂V/∂ξ` into `derivatives`.
    ///
    /// `values` and `derivatives` are laid out `[variable][replica]`, `energies` `[replica]`, each row `stride` long.
    fn evaluate(&self, values: &[f64], stride: usize, energies: &mut [f64], derivatives: &mut [f64]);
}
