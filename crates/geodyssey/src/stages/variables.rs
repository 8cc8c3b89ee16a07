//! The variables and states of a run, in the program's units.

use std::f64::consts::{PI, TAU};

use super::system::EnergySource;
use crate::config::{Boundary, Config, InputError, Measure, PerVariable, Space, StateConfig, VariableConfig};

/// Radius of a state where the configuration gives none: degrees, nm, or a share of a coordinate's range.
const DEFAULT_ANGLE_RADIUS_DEGREES: f64 = 20.0;
const DEFAULT_DISTANCE_RADIUS_NM: f64 = 0.05;
const DEFAULT_COORDINATE_RADIUS_SHARE: f64 = 0.1;

/// A variable, in radian, nm or the landscape's own unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: String,
    /// What it measures.
    pub(crate) measure: Measure,
    /// Its period, if it is taken as periodic.
    pub(crate) period: Option<f64>,
    /// Least and largest value looked at, where that is known before the landscape is.
    pub(crate) range: Option<(f64, f64)>,
}

impl Variable {
    /// A molecule's variable.
    pub(crate) fn of_molecule(config: &VariableConfig) -> Self {
        let (measure, _) = config.measure();
        let (period, default) = match measure {
            Measure::Torsion => (Some(TAU), Some((-PI, PI))),
            Measure::Angle => (None, Some((0.0, PI))),
            Measure::Distance | Measure::Coordinate => (None, None),
        };
        let given =
            config.range.map(|[low, high]| (low.get() * measure.factor(), high.get() * measure.factor()));
        Self { name: config.name.clone(), measure, period, range: given.or(default) }
    }

    /// A coordinate of a table or formula.
    pub(crate) fn coordinate(config: &VariableConfig) -> Self {
        let boxed = config.boundary == Some(Boundary::Box);
        Self {
            name: config.name.clone(),
            measure: Measure::Coordinate,
            period: config.period.map(|period| period.get()).filter(|_| !boxed),
            range: config.range.map(|[low, high]| (low.get(), high.get())),
        }
    }

    /// The head of its column in files: its name with the unit.
    pub(crate) fn column(&self) -> String {
        format!("{}{}", self.name, self.measure.column_unit())
    }

    /// A value in the unit that a person reads, with that unit.
    pub(crate) fn display(&self, value: f64) -> String {
        let value = value / self.measure.factor();
        match self.measure {
            Measure::Torsion | Measure::Angle => format!("{value:.1}°"),
            Measure::Distance => format!("{value:.3} nm"),
            Measure::Coordinate => format!("{value:.4}"),
        }
    }

    /// `a - b`, the shortest way round.
    pub(crate) fn difference(&self, a: f64, b: f64) -> f64 {
        match self.period {
            Some(period) => {
                let difference = a - b;
                difference - period * (difference / period).round()
            }
            None => a - b,
        }
    }
}

/// The variables of a configuration, with what the source of the energy knows of them.
pub(super) fn declared(config: &Config, source: &EnergySource) -> Result<Vec<Variable>, InputError> {
    if config.system.is_some() {
        return Ok(config.variables.iter().map(Variable::of_molecule).collect());
    }
    let given: Vec<Variable> = config.variables.iter().map(Variable::coordinate).collect();
    for (index, variable) in config.variables.iter().enumerate() {
        if variable.boundary == Some(Boundary::Periodic) && variable.period.is_none() {
            return Err(
                config.error(&format!("variable.{index}.boundary"), "a periodic variable needs a `period`")
            );
        }
    }
    let formula = match source {
        EnergySource::Formula(formula) => formula,
        EnergySource::Table(rows) => return Ok(with_ranges(given, &rows.points)),
        EnergySource::Samples(Some(samples)) => return Ok(with_ranges(given, &samples.points)),
        EnergySource::Molecule | EnergySource::Samples(None) => return Ok(given),
    };
    let known = formula.variables();
    if given.is_empty() {
        return Ok(known
            .iter()
            .map(|variable| Variable {
                name: variable.name.to_owned(),
                measure: Measure::Coordinate,
                period: None,
                range: Some((variable.lower, variable.upper)),
            })
            .collect());
    }
    if given.len() != known.len() {
        let names: Vec<&str> = known.iter().map(|variable| variable.name).collect();
        let message = format!(
            "the formula `{}` has {} variables ({}), found {}",
            formula.name(),
            known.len(),
            names.join(", "),
            given.len()
        );
        return Err(config.error(&format!("variable.{}.name", given.len() - 1), message));
    }
    let completed = given.into_iter().zip(&known).zip(formula.periods()).enumerate();
    completed
        .map(|(index, ((mut variable, known), period))| {
            if variable.period != *period {
                let message = format!(
                    "in the formula `{}` this variable has {}",
                    formula.name(),
                    period.map_or_else(|| "no period".to_owned(), |period| format!("the period {period}"))
                );
                return Err(config.error(&format!("variable.{index}.period"), message));
            }
            variable.range = variable.range.or(Some((known.lower, known.upper)));
            Ok(variable)
        })
        .collect()
}

/// Variables of a table without a range get that of its rows.
fn with_ranges(variables: Vec<Variable>, points: &[Vec<f64>]) -> Vec<Variable> {
    let ranged = variables.into_iter().enumerate().map(|(axis, variable)| {
        let values = points.iter().map(|point| point[axis]);
        let range =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        Variable { range: variable.range.or(Some(range)), ..variable }
    });
    ranged.collect()
}

/// A state: where it is and how far it reaches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// One value per variable.
    pub(crate) center: Vec<f64>,
    /// Semi-axes of the ellipsoid that counts as arrived.
    pub(crate) radius: Vec<f64>,
}

impl State {
    /// The state of a configuration; `structure` has the variables of its structure, where there is one.
    pub(crate) fn resolve(
        config: &Config,
        key: &str,
        state: &StateConfig,
        variables: &[Variable],
        structure: Option<Vec<f64>>,
    ) -> Result<Self, InputError> {
        let count = variables.len();
        let center = match (&state.center, structure.clone()) {
            (Some(center), _) if center.len() == count => center
                .iter()
                .zip(variables)
                .map(|(value, variable)| value.get() * variable.measure.factor())
                .collect(),
            (Some(center), _) => {
                let message = format!("expected {count} numbers, one per variable, found {}", center.len());
                return Err(config.error(&format!("{key}.center"), message));
            }
            (None, Some(values)) => values,
            (None, None) => {
                return Err(config.error(key, format!("[{key}] needs `center`: one number per variable")));
            }
        };
        let resolved = Self { center, radius: radius(config, key, state.radius.as_ref(), variables)? };
        for (variable, &value) in variables.iter().zip(&resolved.center) {
            if let (Some((low, high)), None) = (variable.range, variable.period)
                && !(low..=high).contains(&value)
            {
                let shown = [value, low, high].map(|x| variable.display(x));
                let message = format!(
                    "`{}` = {} lies outside its range, {} to {}",
                    variable.name, shown[0], shown[1], shown[2]
                );
                return Err(config.error(&format!("{key}.center"), message));
            }
        }
        // On the landscape a structure is only what minimisations begin with.
        if let (Some(values), Space::Atoms) = (structure, config.space())
            && !resolved.contains(variables, &values)
        {
            let found: Vec<String> =
                variables.iter().zip(&values).map(|(variable, &value)| variable.display(value)).collect();
            let message =
                format!("the structure lies outside this state: its variables are {}", found.join(", "));
            return Err(config.error(&format!("{key}.center"), message));
        }
        Ok(resolved)
    }

    /// Distance of a point from the centre, in radii, the shortest way round periods.
    pub(crate) fn distance(&self, variables: &[Variable], values: &[f64]) -> f64 {
        let squares = variables.iter().zip(values).zip(self.center.iter().zip(&self.radius));
        squares
            .map(|((variable, &value), (&center, radius))| {
                (variable.difference(value, center) / radius).powi(2)
            })
            .sum::<f64>()
            .sqrt()
    }

    /// Whether a point counts as arrived.
    pub(crate) fn contains(&self, variables: &[Variable], values: &[f64]) -> bool {
        self.distance(variables, values) <= 1.0
    }
}

fn radius(
    config: &Config,
    key: &str,
    given: Option<&PerVariable>,
    variables: &[Variable],
) -> Result<Vec<f64>, InputError> {
    let Some(given) = given else {
        return Ok(variables
            .iter()
            .map(|variable| match variable.measure {
                Measure::Torsion | Measure::Angle => DEFAULT_ANGLE_RADIUS_DEGREES.to_radians(),
                Measure::Distance => DEFAULT_DISTANCE_RADIUS_NM,
                Measure::Coordinate => {
                    let extent =
                        variable.period.or(variable.range.map(|(low, high)| high - low)).unwrap_or(1.0);
                    DEFAULT_COORDINATE_RADIUS_SHARE * extent
                }
            })
            .collect());
    };
    let mixed =
        variables.windows(2).any(|pair| pair[0].measure.column_unit() != pair[1].measure.column_unit());
    if mixed && matches!(given, PerVariable::One(_)) {
        let message =
            format!("expected {} numbers, one per variable, since their units differ", variables.len());
        return Err(config.error(&format!("{key}.radius"), message));
    }
    scaled(given, variables).ok_or_else(|| {
        config.error(
            &format!("{key}.radius"),
            format!("expected one number or {}, one per variable", variables.len()),
        )
    })
}

/// Positive numbers of a configuration in the program's units; `None` if their number is not the variables'.
pub(crate) fn scaled(given: &PerVariable, variables: &[Variable]) -> Option<Vec<f64>> {
    let values = given.expand(variables.len())?;
    Some(values.iter().zip(variables).map(|(value, variable)| value * variable.measure.factor()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn torsion() -> Variable {
        Variable {
            name: "phi".to_owned(),
            measure: Measure::Torsion,
            period: Some(TAU),
            range: Some((-PI, PI)),
        }
    }

    #[test]
    fn distances_go_the_shortest_way_round() {
        let state = State { center: vec![175.0_f64.to_radians()], radius: vec![20.0_f64.to_radians()] };
        let at = |degrees: f64| state.distance(&[torsion()], &[degrees.to_radians()]);
        assert!((at(-175.0) - 0.5).abs() < 1e-12);
        assert!((at(175.0 + 720.0)).abs() < 1e-9);
        assert!(state.contains(&[torsion()], &[-166.0_f64.to_radians()]));
        assert!(!state.contains(&[torsion()], &[-164.0_f64.to_radians()]));
    }
}
