//! Boxes of variables, of which states may be made.

use super::variables::Variable;
use crate::config::{Config, InputError, StateRanges};

/// A box: for every variable the lower end and the width of its range; none where it may have any value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VariableBox(pub(super) Vec<Option<(f64, f64)>>);

impl VariableBox {
    /// The boxes of a configuration, in the program's units; none if it gives no ranges.
    pub(super) fn read(
        config: &Config,
        key: &str,
        ranges: Option<&StateRanges>,
        variables: &[Variable],
    ) -> Result<Vec<Self>, InputError> {
        let Some(ranges) = ranges else { return Ok(Vec::new()) };
        let key = format!("{key}.ranges");
        let mut boxes = Vec::new();
        for ranges in ranges.alternatives() {
            let mut sides = vec![None; variables.len()];
            for (name, [low, high]) in ranges {
                let Some(index) = variables.iter().position(|variable| variable.name == *name) else {
                    let names: Vec<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
                    let message =
                        format!("there is no variable `{name}`: expected one of {}", names.join(", "));
                    return Err(config.error(&key, message));
                };
                let variable = &variables[index];
                let factor = variable.quantity.factor();
                let (low, width) = (low.get() * factor, (high.get() - low.get()) * factor);
                if width <= 0.0 || variable.period.is_some_and(|period| width >= period) {
                    let message = format!(
                        "the range of `{name}` must increase from its lower to its upper end by less than a period, found {} to {}",
                        variable.display(low),
                        variable.display(low + width)
                    );
                    return Err(config.error(&key, message));
                }
                sides[index] = Some((low, width));
            }
            if sides.iter().all(Option::is_none) {
                return Err(config.error(&key, "expected at least one range, such as `phi = [-180, -40]`"));
            }
            boxes.push(Self(sides));
        }
        if boxes.is_empty() {
            return Err(config.error(&key, "expected at least one range, such as `phi = [-180, -40]`"));
        }
        Ok(boxes)
    }

    /// Whether a point lies inside; ends belong to it.
    pub(super) fn contains(&self, variables: &[Variable], values: &[f64]) -> bool {
        let sides = self.0.iter().zip(variables).zip(values);
        sides.into_iter().all(|((side, variable), value)| match side {
            Some((low, width)) => offset(variable, *value, *low) <= *width,
            None => true,
        })
    }

    /// Which variables it bounds.
    pub(super) fn bounds(&self) -> impl Iterator<Item = bool> {
        self.0.iter().map(Option::is_some)
    }

    /// The point inside that is nearest to another in one variable.
    fn nearest(&self, index: usize, variable: &Variable, value: f64) -> f64 {
        let Some((low, width)) = self.0[index] else { return value };
        let along = offset(variable, value, low);
        let beyond = match variable.period {
            // From above the range, whichever end is nearer the other way round.
            Some(period) if along > width => {
                return if along - width <= period - along { low + width } else { low };
            }
            _ => along,
        };
        low + beyond.clamp(0.0, width)
    }

    /// Whether two boxes have a point in common.
    pub(super) fn meets(&self, other: &Self, variables: &[Variable]) -> bool {
        let sides = self.0.iter().zip(&other.0).zip(variables);
        sides.into_iter().all(|((a, b), variable)| match (a, b) {
            (Some((a, wide)), Some((b, broad))) => {
                offset(variable, *b, *a) <= *wide || offset(variable, *a, *b) <= *broad
            }
            _ => true,
        })
    }

    /// The point inside that is nearest to another in every variable.
    pub(super) fn nearest_to(&self, variables: &[Variable], point: &[f64]) -> Vec<f64> {
        let each = variables.iter().zip(point).enumerate();
        each.map(|(index, (variable, &value))| self.nearest(index, variable, value)).collect()
    }
}

/// `value - low`, in one period where there is one.
fn offset(variable: &Variable, value: f64, low: f64) -> f64 {
    match variable.period {
        Some(period) => (value - low).rem_euclid(period),
        // Below the range it is more than any width.
        None if value < low => f64::INFINITY,
        None => value - low,
    }
}
