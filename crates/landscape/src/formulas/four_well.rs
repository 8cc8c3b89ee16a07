//! Four wells at the corners of a square.

use super::closed_form::{Formula, FormulaVariable, StationaryKind, StationaryPoint};
use crate::Landscape;

/// `F(x, y) = 5 [(x² - 1)² + (y² - 1)²]` kJ/mol: minima of 0 at (±1, ±1), saddles of 5 between neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FourWell;

impl FourWell {
    /// The landscape; it has no parameters.
    pub fn new() -> Self {
        Self
    }
}

const BARRIER_KJ_MOL: f64 = 5.0;

impl Landscape for FourWell {
    fn periods(&self) -> &[Option<f64>] {
        &[None, None]
    }

    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let wells = [x[0] * x[0] - 1.0, x[1] * x[1] - 1.0];
        for axis in 0..2 {
            gradient[axis] = 4.0 * BARRIER_KJ_MOL * x[axis] * wells[axis];
        }
        BARRIER_KJ_MOL * (wells[0] * wells[0] + wells[1] * wells[1])
    }
}

impl Formula for FourWell {
    fn name(&self) -> &'static str {
        "four-well"
    }

    fn variables(&self) -> Vec<FormulaVariable> {
        ["x", "y"].map(|name| FormulaVariable { name, lower: -1.8, upper: 1.8 }).to_vec()
    }

    fn stationary_points(&self) -> Vec<StationaryPoint> {
        let mut points = Vec::new();
        for sign in [-1.0, 1.0] {
            for other in [-1.0, 1.0] {
                points.push(StationaryPoint {
                    kind: StationaryKind::Minimum,
                    x: vec![sign, other],
                    energy_kj_mol: 0.0,
                });
            }
            for x in [vec![sign, 0.0], vec![0.0, sign]] {
                points.push(StationaryPoint {
                    kind: StationaryKind::Saddle,
                    x,
                    energy_kj_mol: BARRIER_KJ_MOL,
                });
            }
        }
        points
    }
}
