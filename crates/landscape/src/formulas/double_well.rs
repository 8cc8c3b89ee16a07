//! Two wells on a line.

use super::closed_form::{Formula, FormulaVariable, StationaryKind, StationaryPoint};
use crate::Landscape;

/// `F(x) = h (x² - 1)²`: minima at ±1, barrier `h` at 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DoubleWell {
    /// Barrier height `h`, kJ/mol.
    pub barrier_kj_mol: f64,
}

impl Default for DoubleWell {
    /// A barrier of 5 kJ/mol.
    fn default() -> Self {
        Self { barrier_kj_mol: 5.0 }
    }
}

impl Landscape for DoubleWell {
    fn periods(&self) -> &[Option<f64>] {
        &[None]
    }

    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let well = x[0] * x[0] - 1.0;
        gradient[0] = 4.0 * self.barrier_kj_mol * x[0] * well;
        self.barrier_kj_mol * well * well
    }
}

impl Formula for DoubleWell {
    /// The one with a barrier of 1 kJ/mol, `x⁴ - 2x²` up to a constant, has a name of its own: it is the field's test case for rates.
    fn name(&self) -> &'static str {
        if self.barrier_kj_mol == 1.0 { "unit-double-well" } else { "double-well" }
    }

    fn variables(&self) -> Vec<FormulaVariable> {
        vec![FormulaVariable { name: "x", lower: -2.0, upper: 2.0 }]
    }

    fn stationary_points(&self) -> Vec<StationaryPoint> {
        let point = |kind, x, energy_kj_mol| StationaryPoint { kind, x: vec![x], energy_kj_mol };
        vec![
            point(StationaryKind::Minimum, -1.0, 0.0),
            point(StationaryKind::Minimum, 1.0, 0.0),
            point(StationaryKind::Saddle, 0.0, self.barrier_kj_mol),
        ]
    }
}
