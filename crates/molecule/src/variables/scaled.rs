//! A variable counted in another unit.

use super::collective_variable::CollectiveVariable;
use super::quantity::Quantity;
use crate::replicas::Replicas;

/// `ξ(X)/scale` of another variable `ξ`, for tethers that hold variables of different units alike.
pub struct Scaled {
    variable: Box<dyn CollectiveVariable>,
    scale: f64,
}

impl Scaled {
    /// `scale` is what counts as one, in the variable's own unit; it is not zero.
    pub fn new(variable: Box<dyn CollectiveVariable>, scale: f64) -> Self {
        Self { variable, scale }
    }
}

impl CollectiveVariable for Scaled {
    fn quantity(&self) -> &'static Quantity {
        self.variable.quantity()
    }

    fn atoms(&self) -> &[usize] {
        self.variable.atoms()
    }

    fn evaluate(&self, positions: &Replicas, values: &mut [f64], gradient: &mut [f64]) {
        self.variable.evaluate(positions, values, gradient);
        for number in values.iter_mut().chain(gradient) {
            *number /= self.scale;
        }
    }

    fn period(&self) -> Option<f64> {
        self.variable.period().map(|period| period / self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::Distance;

    #[test]
    fn values_and_gradients_are_divided() {
        let plain = Distance::new([0, 1], 2).unwrap();
        let scaled = Scaled::new(Box::new(Distance::new([0, 1], 2).unwrap()), 0.1);
        let positions = [[0.0; 3], [0.3, 0.0, 0.4]];
        assert!((plain.value(&positions) - 0.5).abs() < 1e-15);
        assert!((scaled.value(&positions) - 5.0).abs() < 1e-14);
        let batch = Replicas::repeat(&positions, 1);
        let (mut values, mut gradient) = (vec![0.0; batch.stride()], vec![0.0; 6 * batch.stride()]);
        scaled.evaluate(&batch, &mut values, &mut gradient);
        // ∂(r/0.1)/∂x of the second atom: 0.6/0.1.
        assert!((gradient[3 * batch.stride()] - 6.0).abs() < 1e-13);
    }
}
