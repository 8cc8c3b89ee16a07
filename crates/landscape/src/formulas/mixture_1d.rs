//! A mixture of Gaussians on a line.

use super::closed_form::{Formula, FormulaVariable, GaussianComponent, StationaryKind, StationaryPoint};
use crate::Landscape;

/// `F(x) = -kT log Σ_k w_k N(x; m_k, s²)`, so that the Boltzmann density at `kT` is the mixture itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture1d {
    thermal_energy_kj_mol: f64,
    weights: [f64; 3],
    means: [f64; 3],
    standard_deviation: f64,
}

impl Mixture1d {
    /// The mixture of arXiv 2505.17517, its one-dimensional example: weights 0.275, 0.45, 0.275, means -2.5, 0.5, 2.5,
    /// standard deviation 0.75.
    pub fn paper(thermal_energy_kj_mol: f64) -> Self {
        Self {
            thermal_energy_kj_mol,
            weights: [0.275, 0.45, 0.275],
            means: [-2.5, 0.5, 2.5],
            standard_deviation: 0.75,
        }
    }
}

impl Landscape for Mixture1d {
    fn periods(&self) -> &[Option<f64>] {
        &[None]
    }

    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let variance = self.standard_deviation * self.standard_deviation;
        let norm = 0.5 * (std::f64::consts::TAU * variance).ln();
        let logs: [f64; 3] = std::array::from_fn(|k| {
            self.weights[k].ln() - 0.5 * (x[0] - self.means[k]).powi(2) / variance - norm
        });
        let largest = logs.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let shares = logs.map(|log| (log - largest).exp());
        let total: f64 = shares.iter().sum();
        let slope: f64 =
            shares.iter().zip(self.means).map(|(share, mean)| share * (x[0] - mean) / variance).sum();
        gradient[0] = self.thermal_energy_kj_mol * slope / total;
        -self.thermal_energy_kj_mol * (largest + total.ln())
    }
}

impl Formula for Mixture1d {
    fn name(&self) -> &'static str {
        "mixture-1d"
    }

    fn variables(&self) -> Vec<FormulaVariable> {
        vec![FormulaVariable { name: "x", lower: -5.0, upper: 5.0 }]
    }

    /// Found by bisection of the gradient, which changes sign between grid points 0.01 apart.
    fn stationary_points(&self) -> Vec<StationaryPoint> {
        let slope = |x: f64| {
            let mut gradient = [0.0];
            self.energy_gradient(&[x], &mut gradient);
            gradient[0]
        };
        let mut points = Vec::new();
        for cell in -500..500 {
            let (mut lower, mut upper) = (f64::from(cell) * 0.01, f64::from(cell + 1) * 0.01);
            let rising = slope(upper) > 0.0;
            if (slope(lower) > 0.0) == rising {
                continue;
            }
            for _ in 0..60 {
                let middle = 0.5 * (lower + upper);
                if (slope(middle) > 0.0) == rising { upper = middle } else { lower = middle }
            }
            let kind = if rising { StationaryKind::Minimum } else { StationaryKind::Saddle };
            points.push(StationaryPoint { kind, x: vec![lower], energy_kj_mol: self.energy(&[lower]) });
        }
        points
    }

    fn components(&self) -> Option<Vec<GaussianComponent>> {
        let component = |(weight, mean)| GaussianComponent {
            weight,
            mean: vec![mean],
            standard_deviation: self.standard_deviation,
        };
        Some(self.weights.into_iter().zip(self.means).map(component).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energies_agree_with_the_density_written_out() {
        let mixture = Mixture1d::paper(2.0);
        // Independent values of -log q at the stationary points (scipy's root finder), times kT = 2.
        let expected = [
            (-2.498_339_452_6, 1.921_689_424_2),
            (-1.123_242_278_5, 2.992_939_607_2),
            (0.538_793_056_1, 1.411_098_098_8),
            (1.833_669_679_5, 1.911_691_083_4),
            (2.354_642_854_1, 1.865_566_675_3),
        ];
        let found = mixture.stationary_points();
        assert_eq!(found.len(), expected.len());
        for (point, (x, log)) in found.iter().zip(expected) {
            assert!(
                (point.x[0] - x).abs() < 1e-5 && (point.energy_kj_mol - 2.0 * log).abs() < 1e-8,
                "{point:?}"
            );
        }
        let total: f64 =
            (-10_000..10_000).map(|i| (-mixture.energy(&[f64::from(i) * 1e-3]) / 2.0).exp() * 1e-3).sum();
        assert!((total - 1.0).abs() < 1e-9, "{total}");
    }
}
