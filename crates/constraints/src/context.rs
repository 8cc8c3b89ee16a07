//! What a constraint is made from beside its own settings.

use geodyssey_denoiser::{Denoiser, SpacetimePoint};

use crate::error::ConstraintError;

/// The unit in which a user writes a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct UserUnit {
    /// Its name, such as `degree` or `nm`; empty for a variable without a unit.
    pub name: String,
    /// Internal units per user's unit: π/180 for a torsion in degrees.
    pub factor: f64,
}

impl UserUnit {
    /// The unit of a variable that is written as it is computed with.
    pub fn internal(name: &str) -> Self {
        Self { name: name.to_owned(), factor: 1.0 }
    }

    /// Degrees for an angle in radian.
    pub fn degree() -> Self {
        Self { name: "degree".to_owned(), factor: std::f64::consts::PI / 180.0 }
    }
}

/// The problem that a constraint belongs to.
pub struct ConstraintContext<'a> {
    /// The denoiser in whose spacetime the path runs.
    pub denoiser: &'a dyn Denoiser,
    /// The two ends of the path.
    pub ends: [&'a SpacetimePoint; 2],
    /// Unit of each variable in the settings.
    pub units: &'a [UserUnit],
    /// Lowest barrier between the ends on the landscape, on the landscape's own zero, in kJ/mol, where it is known.
    pub bottleneck_kj_mol: Option<f64>,
}

impl ConstraintContext<'_> {
    /// The one unit that all variables share, for lengths in the space of variables.
    pub(crate) fn common_unit(&self, kind: &'static str, what: &str) -> Result<&UserUnit, ConstraintError> {
        let fail = |reason: String| Err(ConstraintError::Settings { kind, reason });
        let Some(first) = self.units.first() else {
            return fail("there is no variable".into());
        };
        match self.units.iter().find(|unit| *unit != first) {
            Some(other) => fail(format!(
                "`{what}` measures all variables together, but they have the units `{}` and `{}`",
                first.name, other.name
            )),
            None => Ok(first),
        }
    }

    /// The higher logSNR of the two ends.
    pub(crate) fn highest_log_snr(&self) -> f64 {
        self.ends[0].log_snr.max(self.ends[1].log_snr)
    }
}

/// A finite number above zero, or an error that names the key.
pub(crate) fn positive(kind: &'static str, key: &str, value: f64) -> Result<f64, ConstraintError> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(ConstraintError::Settings {
            kind,
            reason: format!("`{key}` must be a positive number, not {value}"),
        })
    }
}

/// A finite number, or an error that names the key.
pub(crate) fn finite(kind: &'static str, key: &str, value: f64) -> Result<f64, ConstraintError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(ConstraintError::Settings {
            kind,
            reason: format!("`{key}` must be a finite number, not {value}"),
        })
    }
}
