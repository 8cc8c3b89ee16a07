//! The variables of a configuration, completed by what is known where the energy comes from.

use geodyssey_molecule::variables::COORDINATE;

use super::energy_source::{EnergySource, GivenSamples};
use super::variables::Variable;
use crate::config::{Boundary, Config, InputError};

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
        EnergySource::Samples(GivenSamples::Table(samples)) => {
            return Ok(with_ranges(given, &samples.points));
        }
        EnergySource::Molecule | EnergySource::Samples(_) => return Ok(given),
    };
    let known = formula.variables();
    if given.is_empty() {
        return Ok(known
            .iter()
            .map(|variable| Variable {
                name: variable.name.to_owned(),
                quantity: &COORDINATE,
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
