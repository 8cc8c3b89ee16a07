//! The trait behind which every landscape stands.

/// An energy `F(x)` of a few variables, continuously differentiable on its universal cover.
pub trait Landscape: Send + Sync {
    /// Period of each variable; `None` where it is not periodic. Its length is the dimension.
    fn periods(&self) -> &[Option<f64>];

    /// `F(x)` in kJ/mol; `∂F/∂x` is written into `gradient` (kJ/mol per unit of the variable).
    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64;

    /// Number of variables.
    fn dimension(&self) -> usize {
        self.periods().len()
    }

    /// `F(x)` in kJ/mol.
    fn energy(&self, x: &[f64]) -> f64 {
        let mut gradient = vec![0.0; x.len()];
        self.energy_gradient(x, &mut gradient)
    }
}
