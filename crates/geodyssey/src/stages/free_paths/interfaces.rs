//! Where interfaces lie.

use geodyssey_dynamics::TetherPoint;

use super::places::{Order, curve_points};
use crate::artifacts::curve::GeodesicResult;
use crate::config::{InputError, Interfaces};
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::variables::Variable;

/// The name of the place on the curve among variables.
const ARC: &str = "arc";
/// Probability to reach the next interface for which a pilot places them.
const WANTED_PROBABILITY: f64 = 0.3;
/// Fewest and most interfaces that a pilot places.
const PLACED: (usize, usize) = (3, 20);

/// What the interfaces of a run lie along, with its name.
pub(super) struct Along {
    /// In configurations and tables.
    pub(super) name: String,
    /// The order parameter.
    pub(super) order: Order,
}

impl Along {
    /// According to the configuration; by default the only variable that both states bound, otherwise the curve.
    pub(super) fn of(problem: &Problem, geodesic: &GeodesicResult) -> Result<Self, InputError> {
        let [start, end] = problem.states()?;
        let bounded: Vec<usize> = (0..problem.variables.len())
            .filter(|&index| start.bounds()[index] && end.bounds()[index])
            .collect();
        let index = match problem.config.paths.along.as_deref() {
            Some(ARC) => None,
            Some(name) => {
                let found = problem.variables.iter().position(|variable| variable.name == name);
                let names =
                    || problem.variables.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
                Some(found.ok_or_else(|| {
                    let message =
                        format!("there is no variable `{name}`: expected one of {}, or arc", names());
                    problem.config.error("paths.along", message)
                })?)
            }
            None => (bounded.len() == 1).then(|| bounded[0]),
        };
        Ok(match index {
            Some(index) => {
                let [from, to] = ends_of_curve(problem, geodesic, index);
                let sign = if to >= from { 1.0 } else { -1.0 };
                let order = Order::Variable { index, sign, middle: 0.5 * (from + to) };
                Self { name: problem.variables[index].name.clone(), order }
            }
            None => {
                let curve: Vec<TetherPoint> = geodesic
                    .curve
                    .points
                    .iter()
                    .map(|point| TetherPoint { log_snr: point.log_snr, center: point.y.clone() })
                    .collect();
                Self { name: ARC.to_owned(), order: Order::Arc(curve_points(problem, &curve)) }
            }
        })
    }

    fn variable<'p>(&self, problem: &'p Problem) -> Option<&'p Variable> {
        match self.order {
            Order::Variable { index, .. } => Some(&problem.variables[index]),
            _ => None,
        }
    }

    /// Refuses interfaces that do not lie between the ends of the curve.
    pub(super) fn check(&self, problem: &Problem, geodesic: &GeodesicResult) -> Result<(), Error> {
        let (Order::Variable { index, .. }, Some(Interfaces::At(values))) =
            (&self.order, &problem.config.paths.interfaces)
        else {
            return Ok(());
        };
        let [from, to] = ends_of_curve(problem, geodesic, *index);
        let variable = &problem.variables[*index];
        for (number, value) in values.iter().enumerate() {
            let value = value.get() * variable.quantity.factor();
            if !(from.min(to)..=from.max(to)).contains(&value) {
                let shown = [value, from, to].map(|value| variable.display(value));
                let message = format!(
                    "the interface at {} does not lie between the ends of the curve, {} and {}",
                    shown[0], shown[1], shown[2]
                );
                return Err(problem.config.error(&format!("paths.interfaces.{number}"), message).into());
            }
        }
        Ok(())
    }

    /// Interfaces of the configuration as order parameters of the forward direction, rising; none if they are to be placed.
    pub(super) fn given(&self, problem: &Problem) -> Result<Option<Vec<f64>>, Error> {
        let Some(Interfaces::At(values)) = &problem.config.paths.interfaces else { return Ok(None) };
        let factor = self.variable(problem).map_or(1.0, |variable| variable.quantity.factor());
        let sign = match self.order {
            Order::Variable { sign, .. } => sign,
            _ => 1.0,
        };
        let orders: Vec<f64> = values.iter().map(|value| sign * factor * value.get()).collect();
        if orders.windows(2).any(|pair| pair[1] <= pair[0]) {
            let message = "the interfaces must follow each other from the start state to the end state";
            return Err(problem.config.error("paths.interfaces", message).into());
        }
        Ok(Some(orders))
    }

    /// An order parameter of one direction as a person reads it: in the variable's own display unit.
    pub(super) fn shown(&self, problem: &Problem, order: f64, is_backward: bool) -> f64 {
        let forward = if is_backward { -order } else { order };
        match self.order {
            Order::Variable { index, sign, .. } => {
                sign * forward / problem.variables[index].quantity.factor()
            }
            _ => forward,
        }
    }
}

/// Where the curve begins and ends in one variable, in its own unit.
fn ends_of_curve(problem: &Problem, geodesic: &GeodesicResult, index: usize) -> [f64; 2] {
    let points = &geodesic.curve.points;
    let scale = problem.scales.each()[index];
    [0, points.len() - 1].map(|point| points[point].y[index] * scale)
}

/// Refuses interfaces that are known not to lie between the states before the curve is known: of variables without a period.
pub(super) fn check(problem: &Problem) -> Result<(), Error> {
    let Some(Interfaces::At(values)) = &problem.config.paths.interfaces else { return Ok(()) };
    let Some(name) = problem.config.paths.along.as_deref().filter(|name| *name != ARC) else { return Ok(()) };
    let Some(index) = problem.variables.iter().position(|variable| variable.name == name) else {
        return Ok(());
    };
    let variable = &problem.variables[index];
    if variable.period.is_some() {
        return Ok(());
    }
    let [from, to] = problem.ends()?;
    let rises = to[index] >= from[index];
    for (number, value) in values.iter().enumerate() {
        let value = value.get() * variable.quantity.factor();
        let (low, high) = (from[index].min(to[index]), from[index].max(to[index]));
        if !(low..=high).contains(&value) {
            let message = format!(
                "the interface at {} does not lie between the centres of the states, {} and {}",
                variable.display(value),
                variable.display(from[index]),
                variable.display(to[index])
            );
            return Err(problem.config.error(&format!("paths.interfaces.{number}"), message).into());
        }
    }
    let falls = values.windows(2).any(|pair| (pair[1].get() > pair[0].get()) != rises);
    if falls {
        let message = "the interfaces must follow each other from the start state to the end state";
        return Err(problem.config.error("paths.interfaces", message).into());
    }
    Ok(())
}

/// Places interfaces so that each is reached from the one before with the same probability, by linear interpolation of the logarithm of the
/// probability to reach a place: `known` are places with the probabilities to reach each from the one before, the last being that to reach the
/// other state from the last place. `end` is a place at the other state's border.
pub(super) fn placed(known: &[f64], conditional: &[f64], end: f64, count: Option<usize>) -> Vec<f64> {
    let mut places: Vec<(f64, f64)> = vec![(known[0], 0.0)];
    let mut sum = 0.0;
    for (index, probability) in conditional.iter().enumerate() {
        sum -= probability.clamp(1e-6, 0.999).ln();
        let place = known.get(index + 1).copied().unwrap_or(end.max(known[known.len() - 1] + 1e-9));
        places.push((place, sum));
    }
    let wanted = (sum / -WANTED_PROBABILITY.ln()).ceil() as usize;
    let count = count.unwrap_or_else(|| wanted.clamp(PLACED.0, PLACED.1));
    let mut found = Vec::new();
    for number in 0..count {
        let target = sum * number as f64 / count as f64;
        let after = places.iter().position(|(_, total)| *total >= target).unwrap_or(places.len() - 1).max(1);
        let ((from, low), (to, high)) = (places[after - 1], places[after]);
        let share = if high > low { (target - low) / (high - low) } else { 0.0 };
        let place = from + share.clamp(0.0, 1.0) * (to - from);
        if found.last().is_none_or(|last| place > *last) {
            found.push(place);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A probability that falls as exp(-6 x) from 0 to 1: equal probabilities are equal distances.
    #[test]
    fn interfaces_are_placed_at_equal_probabilities() {
        let known = [0.0, 0.1, 0.4, 0.8];
        let conditional = [0.1, 0.3, 0.4, 0.2].map(|step: f64| (-6.0 * step).exp());
        let found = placed(&known, &conditional, 1.0, Some(4));
        for (place, expected) in found.iter().zip([0.0, 0.25, 0.5, 0.75]) {
            assert!((place - expected).abs() < 1e-9, "{found:?}");
        }
        // exp(-6) is about 0.3 to the fifth power.
        assert_eq!(placed(&known, &conditional, 1.0, None).len(), 5);
    }
}
