//! What variables measure: units, periods, and what is taken where a configuration says nothing.

use std::f64::consts::PI;

/// The unit of a variable, inside the program and in what a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Radian; a person reads and writes degrees.
    Radian,
    /// Nanometre.
    Nanometre,
    /// None that is known, or none at all.
    Own,
}

impl Unit {
    /// How many of the program's units are one of those that a person writes.
    pub fn factor(self) -> f64 {
        match self {
            Self::Radian => PI / 180.0,
            Self::Nanometre | Self::Own => 1.0,
        }
    }

    /// The unit that a person reads: `°`, `nm`, or nothing.
    pub fn display(self) -> &'static str {
        match self {
            Self::Radian => "°",
            Self::Nanometre => "nm",
            Self::Own => "",
        }
    }

    /// The program's unit, as columns of its files are named: `rad`, `nm`, or nothing.
    pub fn column(self) -> &'static str {
        match self {
            Self::Radian => "rad",
            Self::Nanometre => "nm",
            Self::Own => "",
        }
    }

    /// Decimals of a value that a person reads.
    pub fn decimals(self) -> usize {
        match self {
            Self::Radian => 1,
            Self::Nanometre => 3,
            Self::Own => 4,
        }
    }

    /// A restraint as stiff as what holds the atoms anyway, kJ/mol per squared unit: of a bond angle, of a bond.
    pub fn stiffness_kj_mol(self) -> f64 {
        match self {
            Self::Radian | Self::Own => 5e3,
            Self::Nanometre => 5e5,
        }
    }

    /// Offset from a wanted value at which a minimisation may end, in the program's unit.
    pub fn offset(self) -> f64 {
        match self {
            Self::Radian | Self::Own => 1e-3,
            Self::Nanometre => 1e-4,
        }
    }
}

/// Radius of a state where none is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DefaultRadius {
    /// In the program's unit.
    Fixed(f64),
    /// A share of the period or range.
    ShareOfRange(f64),
}

/// What logSNR counts as one where no scale is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DefaultScale {
    /// In the program's unit.
    Fixed(f64),
    /// At most this, in the program's unit; less where a state's radius is small.
    AtMost(f64),
}

/// What a variable measures: all that the program must know of it beside its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Its name.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Its period, if it has one of its own, in the program's unit.
    pub period: Option<f64>,
    /// Least and largest value, where these are its own, in the program's unit.
    pub range: Option<(f64, f64)>,
    /// Radius of a state.
    pub radius: DefaultRadius,
    /// What logSNR counts as one.
    pub scale: DefaultScale,
}

impl Quantity {
    /// How many of the program's units are one of those that a person writes.
    pub fn factor(&self) -> f64 {
        self.unit.factor()
    }

    /// Ending of a column's name in files: `_rad`, `_nm`, or nothing.
    pub fn column_unit(&self) -> &'static str {
        match self.unit {
            Unit::Radian => "_rad",
            Unit::Nanometre => "_nm",
            Unit::Own => "",
        }
    }

    /// The unit that a person reads; empty where none is known.
    pub fn display_unit(&self) -> &'static str {
        self.unit.display()
    }
}

/// A coordinate of a table or formula, which no atoms have; in its own unit.
pub static COORDINATE: Quantity = Quantity {
    name: "coordinate",
    unit: Unit::Own,
    period: None,
    range: None,
    radius: DefaultRadius::ShareOfRange(0.1),
    scale: DefaultScale::Fixed(1.0),
};
