//! The Müller–Brown surface.

use super::closed_form::{Formula, FormulaVariable, StationaryKind, StationaryPoint};
use crate::Landscape;

/// `F(x, y) = Σ_k A_k exp[a_k (x - x_k)² + b_k (x - x_k)(y - y_k) + c_k (y - y_k)²]`, taken in kJ/mol.
///
/// Source: K. Müller and L. D. Brown, Theor. Chim. Acta 53, 75 (1979).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MuellerBrown;

impl MuellerBrown {
    /// The landscape; it has no parameters.
    pub fn new() -> Self {
        Self
    }
}

const AMPLITUDES: [f64; 4] = [-200.0, -100.0, -170.0, 15.0];
const XX: [f64; 4] = [-1.0, -1.0, -6.5, 0.7];
const XY: [f64; 4] = [0.0, 0.0, 11.0, 0.6];
const YY: [f64; 4] = [-10.0, -10.0, -6.5, 0.7];
const CENTRES: [[f64; 2]; 4] = [[1.0, 0.0], [0.0, 0.5], [-0.5, 1.5], [-1.0, 1.0]];

impl Landscape for MuellerBrown {
    fn periods(&self) -> &[Option<f64>] {
        &[None, None]
    }

    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut energy = 0.0;
        gradient.fill(0.0);
        for k in 0..4 {
            let (dx, dy) = (x[0] - CENTRES[k][0], x[1] - CENTRES[k][1]);
            let term = AMPLITUDES[k] * (XX[k] * dx * dx + XY[k] * dx * dy + YY[k] * dy * dy).exp();
            energy += term;
            gradient[0] += term * (2.0 * XX[k] * dx + XY[k] * dy);
            gradient[1] += term * (XY[k] * dx + 2.0 * YY[k] * dy);
        }
        energy
    }
}

impl Formula for MuellerBrown {
    fn name(&self) -> &'static str {
        "mueller-brown"
    }

    fn variables(&self) -> Vec<FormulaVariable> {
        vec![
            FormulaVariable { name: "x", lower: -1.7, upper: 1.3 },
            FormulaVariable { name: "y", lower: -0.6, upper: 2.1 },
        ]
    }

    fn stationary_points(&self) -> Vec<StationaryPoint> {
        STATIONARY
            .iter()
            .map(|&(kind, x, energy_kj_mol)| StationaryPoint { kind, x: x.to_vec(), energy_kj_mol })
            .collect()
    }
}

/// Found by Newton's method on the gradient in double precision.
const STATIONARY: [(StationaryKind, [f64; 2], f64); 5] = [
    (StationaryKind::Minimum, [-0.558_223_63, 1.441_725_84], -146.699_517_21),
    (StationaryKind::Minimum, [0.623_499_40, 0.028_037_76], -108.166_724_12),
    (StationaryKind::Minimum, [-0.050_010_82, 0.466_694_10], -80.767_818_13),
    (StationaryKind::Saddle, [-0.822_001_56, 0.624_312_80], -40.664_843_51),
    (StationaryKind::Saddle, [0.212_486_58, 0.292_988_33], -72.248_940_11),
];
