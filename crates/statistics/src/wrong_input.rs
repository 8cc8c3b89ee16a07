//! Checks of numbers, shared by samplers and estimates.

use thiserror::Error;

/// A number, or a number of items, that no computation can start from.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum WrongInput {
    /// A quantity that must be a positive finite number is not.
    #[error("{what} must be a positive number, not {value}")]
    NotPositive {
        /// Name of the quantity with its unit.
        what: &'static str,
        /// What was given.
        value: f64,
    },
    /// A quantity that must not be negative is, or is not finite.
    #[error("{what} must be zero or a positive number, not {value}")]
    Negative {
        /// Name of the quantity with its unit.
        what: &'static str,
        /// What was given.
        value: f64,
    },
    /// A given number is infinite or NaN.
    #[error("{what} is not a finite number")]
    NotFinite {
        /// What holds it.
        what: &'static str,
    },
    /// Two numbers of items that must be equal differ.
    #[error("{what}: {found} instead of {expected}")]
    Count {
        /// What was counted.
        what: &'static str,
        /// What there should be.
        expected: usize,
        /// What there is.
        found: usize,
    },
    /// Fewer items than are needed.
    #[error("{what}: at least {least} needed, {found} given")]
    TooFew {
        /// What was counted.
        what: &'static str,
        /// The least number.
        least: usize,
        /// What there is.
        found: usize,
    },
    /// More items than there can be.
    #[error("{what}: at most {most} possible, {found} given")]
    TooMany {
        /// What was counted.
        what: &'static str,
        /// The largest number.
        most: usize,
        /// What there is.
        found: usize,
    },
}

impl WrongInput {
    /// `value` if it is positive and finite.
    ///
    /// # Errors
    /// [`WrongInput::NotPositive`] otherwise.
    pub fn check_positive(what: &'static str, value: f64) -> Result<f64, Self> {
        if value.is_finite() && value > 0.0 { Ok(value) } else { Err(Self::NotPositive { what, value }) }
    }

    /// `value` if it is zero or positive, and finite.
    ///
    /// # Errors
    /// [`WrongInput::Negative`] otherwise.
    pub fn check_not_negative(what: &'static str, value: f64) -> Result<f64, Self> {
        if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(Self::Negative { what, value }) }
    }

    /// Fails if there are fewer than needed.
    ///
    /// # Errors
    /// [`WrongInput::TooFew`] then.
    pub fn check_at_least(what: &'static str, least: usize, found: usize) -> Result<(), Self> {
        if found >= least { Ok(()) } else { Err(Self::TooFew { what, least, found }) }
    }

    /// Fails if there are more than possible.
    ///
    /// # Errors
    /// [`WrongInput::TooMany`] then.
    pub fn check_at_most(what: &'static str, most: usize, found: usize) -> Result<(), Self> {
        if found <= most { Ok(()) } else { Err(Self::TooMany { what, most, found }) }
    }

    /// Fails if the numbers differ.
    ///
    /// # Errors
    /// [`WrongInput::Count`] then.
    pub fn check_count(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found { Ok(()) } else { Err(Self::Count { what, expected, found }) }
    }
}
