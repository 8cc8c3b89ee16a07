//! Values that cannot be wrong once they are read.

use serde::{Deserialize, Serialize};

/// A finite number above zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub(crate) struct PositiveReal(f64);

impl PositiveReal {
    /// A constant that is known to be positive.
    pub(crate) const fn constant(value: f64) -> Self {
        assert!(value > 0.0 && value.is_finite());
        Self(value)
    }

    /// The number.
    pub(crate) fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for PositiveReal {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if value > 0.0 && value.is_finite() {
            Ok(Self(value))
        } else {
            Err(format!("expected a finite number above zero, found {value}"))
        }
    }
}

impl From<PositiveReal> for f64 {
    fn from(value: PositiveReal) -> Self {
        value.0
    }
}

/// A finite number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub(crate) struct Real(f64);

impl Real {
    /// A constant that is known to be finite.
    pub(crate) const fn constant(value: f64) -> Self {
        assert!(value.is_finite());
        Self(value)
    }

    /// The number.
    pub(crate) fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Real {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if value.is_finite() {
            Ok(Self(value))
        } else {
            Err(format!("expected a finite number, found {value}"))
        }
    }
}

impl From<Real> for f64 {
    fn from(value: Real) -> Self {
        value.0
    }
}

/// A whole number above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub(crate) struct Count(usize);

impl Count {
    /// A constant that is known to be positive.
    pub(crate) const fn constant(value: usize) -> Self {
        assert!(value > 0);
        Self(value)
    }

    /// The number.
    pub(crate) fn get(self) -> usize {
        self.0
    }
}

impl TryFrom<i64> for Count {
    type Error = String;

    fn try_from(value: i64) -> Result<Self, String> {
        match usize::try_from(value) {
            Ok(count) if count > 0 && value < 1 << 40 => Ok(Self(count)),
            _ => Err(format!("expected a whole number above zero, found {value}")),
        }
    }
}

impl From<Count> for i64 {
    fn from(value: Count) -> Self {
        // Cannot be larger: it was read from an i64 or is a small constant.
        i64::try_from(value.0).unwrap_or(i64::MAX)
    }
}

/// One positive number for all variables, or one for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "toml::Value", into = "toml::Value")]
pub(crate) enum PerVariable {
    /// The same for all.
    One(PositiveReal),
    /// One for each.
    Each(Vec<PositiveReal>),
}

impl PerVariable {
    /// One number per variable; `None` if their number is another.
    pub(crate) fn expand(&self, variables: usize) -> Option<Vec<f64>> {
        match self {
            Self::One(value) => Some(vec![value.get(); variables]),
            Self::Each(values) => {
                (values.len() == variables).then(|| values.iter().map(|value| value.get()).collect())
            }
        }
    }
}

impl TryFrom<toml::Value> for PerVariable {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match &value {
            toml::Value::Array(values) => {
                values.iter().map(positive).collect::<Result<_, _>>().map(Self::Each)
            }
            other => positive(other).map(Self::One),
        }
    }
}

impl From<PerVariable> for toml::Value {
    fn from(value: PerVariable) -> Self {
        match value {
            PerVariable::One(value) => Self::Float(value.get()),
            PerVariable::Each(values) => {
                Self::Array(values.iter().map(|value| Self::Float(value.get())).collect())
            }
        }
    }
}

/// A number of either kind of TOML.
fn number(value: &toml::Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64))
}

fn positive(value: &toml::Value) -> Result<PositiveReal, String> {
    number(value)
        .ok_or_else(|| format!("expected a number above zero or one per variable in brackets, found {value}"))
        .and_then(PositiveReal::try_from)
}

/// A pair of numbers for the two ends of a curve, written as one number or as `{ start = …, end = … }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "toml::Value", into = "toml::Value")]
pub(crate) struct Ends {
    /// At the start.
    pub(crate) start: f64,
    /// At the end.
    pub(crate) end: f64,
}

impl TryFrom<toml::Value> for Ends {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let wrong = || format!("expected a number or {{ start = …, end = … }}, found {value}");
        let ends = match &value {
            toml::Value::Table(table) => {
                if table.len() != 2 {
                    return Err(wrong());
                }
                let read = |key: &str| table.get(key).and_then(number).ok_or_else(wrong);
                Self { start: read("start")?, end: read("end")? }
            }
            other => {
                let both = number(other).ok_or_else(wrong)?;
                Self { start: both, end: both }
            }
        };
        if ends.start.is_finite() && ends.end.is_finite() { Ok(ends) } else { Err(wrong()) }
    }
}

impl From<Ends> for toml::Value {
    fn from(ends: Ends) -> Self {
        if ends.start == ends.end {
            return Self::Float(ends.start);
        }
        let mut table = toml::Table::new();
        table.insert("start".to_owned(), Self::Float(ends.start));
        table.insert("end".to_owned(), Self::Float(ends.end));
        Self::Table(table)
    }
}
