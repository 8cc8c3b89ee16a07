//! Energies in closed form, with known stationary points: toys that start in a second.

mod closed_form;
mod double_well;
mod four_well;
mod mixture_1d;
mod mueller_brown;
mod two_channel;

pub use closed_form::{Formula, FormulaVariable, GaussianComponent, StationaryKind, StationaryPoint};
pub use double_well::DoubleWell;
pub use four_well::FourWell;
pub use mixture_1d::Mixture1d;
pub use mueller_brown::MuellerBrown;
pub use two_channel::TwoChannel;

use crate::LandscapeError;

/// Makes a formula; one line for each.
type Maker = fn(f64) -> Box<dyn Formula>;

/// Every formula by the name that a configuration gives.
const FORMULAS: [(&str, Maker); 6] = [
    ("mixture-1d", |thermal_energy| Box::new(Mixture1d::paper(thermal_energy))),
    ("double-well", |_| Box::new(DoubleWell::default())),
    ("unit-double-well", |_| Box::new(DoubleWell { barrier_kj_mol: 1.0 })),
    ("mueller-brown", |_| Box::new(MuellerBrown::new())),
    ("two-channel", |_| Box::new(TwoChannel::new())),
    ("four-well", |_| Box::new(FourWell::new())),
];

/// Names of all formulas.
pub fn formula_names() -> Vec<&'static str> {
    FORMULAS.iter().map(|(name, _)| *name).collect()
}

/// The formula of that name; `thermal_energy_kj_mol` is `kT`, used by those that are made from a density.
///
/// # Errors
/// An unknown name, with the nearest known one; `kT` not a positive number.
pub fn formula(name: &str, thermal_energy_kj_mol: f64) -> Result<Box<dyn Formula>, LandscapeError> {
    if !(thermal_energy_kj_mol.is_finite() && thermal_energy_kj_mol > 0.0) {
        return Err(LandscapeError::Parameters(format!(
            "the thermal energy must be a positive number of kJ/mol, not {thermal_energy_kj_mol}"
        )));
    }
    if let Some((_, make)) = FORMULAS.iter().find(|(known, _)| *known == name) {
        return Ok(make(thermal_energy_kj_mol));
    }
    let mut nearest = FORMULAS[0].0;
    for (known, _) in FORMULAS {
        if strsim::jaro_winkler(known, name) > strsim::jaro_winkler(nearest, name) {
            nearest = known;
        }
    }
    Err(LandscapeError::UnknownFormula { name: name.to_owned(), nearest, known: formula_names().join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Box<dyn Formula>> {
        formula_names().into_iter().map(|name| formula(name, 1.3).unwrap()).collect()
    }

    #[test]
    fn gradients_match_finite_differences() {
        for formula in all() {
            let variables = formula.variables();
            assert_eq!(variables.len(), formula.dimension());
            for sample in 0..40 {
                let x: Vec<f64> = variables
                    .iter()
                    .enumerate()
                    .map(|(axis, v)| {
                        let fraction =
                            (0.618 * (sample + 1) as f64 + 0.37 * axis as f64 * sample as f64).fract();
                        v.lower + fraction * (v.upper - v.lower)
                    })
                    .collect();
                crate::landscape::tests::check_gradient(formula.as_ref(), &x, 1e-6);
            }
        }
    }

    #[test]
    fn stationary_points_are_stationary_and_of_their_kind() {
        for formula in all() {
            let points = formula.stationary_points();
            assert!(points.len() >= 3, "{}", formula.name());
            for point in points {
                let mut gradient = vec![0.0; formula.dimension()];
                let energy = formula.energy_gradient(&point.x, &mut gradient);
                assert!((energy - point.energy_kj_mol).abs() < 2e-4, "{} {point:?} {energy}", formula.name());
                let variables = formula.variables();
                for (g, (x, v)) in gradient.iter().zip(point.x.iter().zip(&variables)) {
                    assert!(
                        g.abs() < 1e-4 && *x > v.lower && *x < v.upper,
                        "{} {point:?} {g}",
                        formula.name()
                    );
                }
                if formula.name() == "two-channel" && point.kind == StationaryKind::Saddle {
                    continue; // flat to second order along x
                }
                let negative = negative_curvatures(formula.as_ref(), &point.x);
                assert_eq!(
                    negative,
                    usize::from(point.kind == StationaryKind::Saddle),
                    "{} {point:?}",
                    formula.name()
                );
            }
        }
    }

    /// Number of negative eigenvalues of the Hessian (one or two dimensions), by differences of the gradient.
    fn negative_curvatures(formula: &dyn Formula, x: &[f64]) -> usize {
        let step = 1e-4;
        let column = |axis: usize| {
            let (mut forward, mut backward) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            let mut moved = x.to_vec();
            moved[axis] += step;
            formula.energy_gradient(&moved, &mut forward);
            moved[axis] -= 2.0 * step;
            formula.energy_gradient(&moved, &mut backward);
            forward.iter().zip(backward).map(|(f, b)| (f - b) / (2.0 * step)).collect::<Vec<f64>>()
        };
        match x.len() {
            1 => usize::from(column(0)[0] < 0.0),
            _ => {
                let (first, second) = (column(0), column(1));
                let (trace, determinant) =
                    (first[0] + second[1], first[0] * second[1] - first[1] * second[0]);
                match (determinant < 0.0, trace < 0.0) {
                    (true, _) => 1,
                    (false, true) => 2,
                    (false, false) => 0,
                }
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let error = formula("muller-brown", 1.0).err().map(|error| error.to_string()).unwrap();
        assert!(error.contains("nearest name is `mueller-brown`"), "{error}");
        assert!(formula("double-well", 0.0).is_err());
    }
}
