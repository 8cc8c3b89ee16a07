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

#[cfg(test)]
pub(crate) mod tests {
    use super::Landscape;

    /// Compares the gradient with central differences of the energy; `tolerance` is relative to the larger of both and 1.
    pub(crate) fn check_gradient(landscape: &dyn Landscape, x: &[f64], tolerance: f64) {
        let mut gradient = vec![0.0; x.len()];
        let energy = landscape.energy_gradient(x, &mut gradient);
        assert_eq!(energy, landscape.energy(x));
        for axis in 0..x.len() {
            let step = 1e-5;
            let mut moved = x.to_vec();
            moved[axis] = x[axis] + step;
            let above = landscape.energy(&moved);
            moved[axis] = x[axis] - step;
            let below = landscape.energy(&moved);
            let difference = (above - below) / (2.0 * step);
            let scale = 1.0 + difference.abs().max(gradient[axis].abs()) + energy.abs();
            assert!(
                (difference - gradient[axis]).abs() < tolerance * scale,
                "axis {axis} at {x:?}: gradient {}, differences {difference}",
                gradient[axis]
            );
        }
    }
}
