//! The variables of a run, in the program's units.

use geodyssey_molecule::variables::{COORDINATE, Quantity, Unit};

use crate::config::{Boundary, PerVariable, VariableConfig};

/// A variable, in radian, nm or the landscape's own unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: String,
    /// What it measures.
    pub(crate) quantity: &'static Quantity,
    /// Its period, if it is taken as periodic.
    pub(crate) period: Option<f64>,
    /// Smallest and largest value considered, if that is known before the landscape is.
    pub(crate) range: Option<(f64, f64)>,
}

impl Variable {
    /// A molecule's variable.
    pub(crate) fn of_molecule(config: &VariableConfig) -> Self {
        let quantity = config.quantity();
        let factor = quantity.factor();
        let given = config.range.map(|[low, high]| (low.get() * factor, high.get() * factor));
        Self { name: config.name.clone(), quantity, period: quantity.period, range: given.or(quantity.range) }
    }

    /// A coordinate of a table or formula.
    pub(crate) fn coordinate(config: &VariableConfig) -> Self {
        let boxed = config.boundary == Some(Boundary::Box);
        Self {
            name: config.name.clone(),
            quantity: &COORDINATE,
            period: config.period.map(|period| period.get()).filter(|_| !boxed),
            range: config.range.map(|[low, high]| (low.get(), high.get())),
        }
    }

    /// The name of its column in files: its name with the unit.
    pub(crate) fn column(&self) -> String {
        format!("{}{}", self.name, self.quantity.column_unit())
    }

    /// A value in the unit that a person reads, with that unit.
    pub(crate) fn display(&self, value: f64) -> String {
        let value = value / self.quantity.factor();
        let (decimals, unit) = match self.quantity.unit {
            // Degrees stand close to their number.
            Unit::Radian => (1, "°".to_owned()),
            Unit::Own => (Unit::Own.decimals() as i32, String::new()),
            unit => (unit.decimals() as i32, format!(" {}", unit.display())),
        };
        // A value other than zero is not shown as zero.
        if value != 0.0 && value.abs() < 0.5 * 10_f64.powi(-decimals) {
            return format!("{value:.1e}{unit}");
        }
        format!("{value:.*}{unit}", decimals as usize)
    }

    /// A value of a configuration in the program's unit; of a periodic variable its image within one period from the smallest
    /// value considered, the same number whichever image was written. `None` where the value is so large that its digits do not say where
    /// within a period it lies.
    ///
    /// For that the image is rounded to 12 digits of the period: of degrees, to nine decimals, beyond which no value is meant.
    pub(crate) fn within_period(&self, value: f64) -> Option<f64> {
        let scale = self.quantity.factor();
        let Some(period) = self.period else { return Some(value * scale) };
        let grain = 10_f64.powi(12 - (period / scale).log10().ceil() as i32);
        // A quotient of two numbers that are exact is the number nearest to the decimal one.
        let rounded = |value: f64| (value * grain).round() / grain;
        let period = if scale == 1.0 { period } else { rounded(period / scale) };
        if value.abs() * f64::EPSILON * grain > 1.0 {
            return None;
        }
        let least = self.range.map_or(-0.5 * period, |(low, _)| rounded(low / scale));
        // The upper end belongs to the period, as 180° does to torsions.
        let turns = ((value - least) / period - 1e-12).ceil() - 1.0;
        Some(rounded(value - period * turns) * scale)
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

/// Positive numbers of a configuration in the program's units; `None` if their number is not the variables'.
pub(crate) fn scaled(given: &PerVariable, variables: &[Variable]) -> Option<Vec<f64>> {
    let values = given.expand(variables.len())?;
    Some(values.iter().zip(variables).map(|(value, variable)| value * variable.quantity.factor()).collect())
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{PI, TAU};

    use geodyssey_molecule::variables::VARIABLES;

    use super::*;

    fn torsion() -> Variable {
        Variable {
            name: "phi".to_owned(),
            quantity: &VARIABLES[0].quantity,
            period: Some(TAU),
            range: Some((-PI, PI)),
        }
    }

    #[test]
    fn the_image_in_which_a_value_is_written_leaves_no_trace() {
        let coordinate = Variable {
            name: "x".to_owned(),
            quantity: &COORDINATE,
            period: Some(TAU),
            range: Some((0.0, TAU)),
        };
        for turns in -2770_i32..=2770 {
            for value in [60.1, -40.8, 0.0, 179.999_999, 180.0] {
                let written = format!("{:.6}", value + 360.0 * f64::from(turns)).parse().unwrap();
                assert_eq!(torsion().within_period(written), Some(value * (PI / 180.0)), "{written}");
            }
            let image = coordinate.within_period(1.25 + TAU * f64::from(turns));
            assert!(turns.abs() > 100 || image == Some(1.25), "{image:?}");
        }
        assert_eq!(torsion().within_period(-180.0), Some(PI));
        assert_eq!(torsion().within_period(1e9), None);
    }
}
