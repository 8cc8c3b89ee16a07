//! Two wells joined by two channels.

use super::closed_form::{Formula, FormulaVariable, StationaryKind, StationaryPoint};
use crate::Landscape;

/// `F(x, y) = [4(1 - x² - y²)² + 2(x² - 2)² + ((x + y)² - 1)² + ((x - y)² - 1)² - 2]/6` kJ/mol.
///
/// Minima at `(±√5/2, 0)`, -1/12 kJ/mol; saddles of 1 kJ/mol at `(0, ±1)`, flat to second order along x; a maximum of
/// 2 kJ/mol in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TwoChannel;

impl TwoChannel {
    /// The landscape; it has no parameters.
    pub fn new() -> Self {
        Self
    }
}

impl Landscape for TwoChannel {
    fn periods(&self) -> &[Option<f64>] {
        &[None, None]
    }

    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (x, y) = (x[0], x[1]);
        let (ring, wells) = (1.0 - x * x - y * y, x * x - 2.0);
        let (sum, difference) = ((x + y).powi(2) - 1.0, (x - y).powi(2) - 1.0);
        let (along_sum, along_difference) = (4.0 * (x + y) * sum, 4.0 * (x - y) * difference);
        gradient[0] = (-16.0 * x * ring + 8.0 * x * wells + along_sum + along_difference) / 6.0;
        gradient[1] = (-16.0 * y * ring + along_sum - along_difference) / 6.0;
        (4.0 * ring * ring + 2.0 * wells * wells + sum * sum + difference * difference - 2.0) / 6.0
    }
}

impl Formula for TwoChannel {
    fn name(&self) -> &'static str {
        "two-channel"
    }

    fn variables(&self) -> Vec<FormulaVariable> {
        ["x", "y"].map(|name| FormulaVariable { name, lower: -1.8, upper: 1.8 }).to_vec()
    }

    fn stationary_points(&self) -> Vec<StationaryPoint> {
        let mut points = Vec::new();
        for sign in [-1.0, 1.0] {
            let x = vec![sign * 1.25f64.sqrt(), 0.0];
            points.push(StationaryPoint { kind: StationaryKind::Minimum, x, energy_kj_mol: -1.0 / 12.0 });
            points.push(StationaryPoint {
                kind: StationaryKind::Saddle,
                x: vec![0.0, sign],
                energy_kj_mol: 1.0,
            });
        }
        points
    }
}
