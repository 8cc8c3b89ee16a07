//! Values of the variables in a table that a user gives: samples, conformations, points of spacetime.

use geodyssey_landscape::text_table::{TableUnit, TableVariable, TextTable};
use geodyssey_molecule::variables::Unit;

use super::variables::Variable;

/// A table with a column for each variable, by its name with or without a unit at the end.
pub(crate) struct VariableTable {
    /// The variables in radian, nm, or the landscape's own unit; one point a row.
    pub(crate) points: Vec<Vec<f64>>,
    table: TextTable,
}

impl VariableTable {
    /// Reads a CSV text, or a `COLVAR` file of PLUMED. Other columns are left alone.
    ///
    /// # Errors
    /// As [`TextTable::read`] and [`TextTable::points`], in words.
    pub(crate) fn read(text: &str, variables: &[Variable]) -> Result<Self, String> {
        Self::read_as(text, variables, true)
    }

    /// The same of centres of tethers, which may lie where the variables themselves cannot.
    ///
    /// # Errors
    /// As [`TextTable::read`] and [`TextTable::points`], in words.
    pub(crate) fn read_centres(text: &str, variables: &[Variable]) -> Result<Self, String> {
        Self::read_as(text, variables, false)
    }

    fn read_as(text: &str, variables: &[Variable], bounded: bool) -> Result<Self, String> {
        let wanted: Vec<TableVariable<'_>> =
            variables.iter().map(|variable| TableVariable { bounded, ..variable.in_table() }).collect();
        let table = TextTable::read(text).map_err(|error| error.to_string())?;
        let points = table.points(&wanted).map_err(|error| error.to_string())?;
        Ok(Self { points, table })
    }

    /// Another column, where there is one.
    ///
    /// # Errors
    /// A cell of it is empty or not a finite number.
    pub(crate) fn column(&self, name: &str) -> Result<Option<&[f64]>, String> {
        if !self.table.names().iter().any(|known| known == name) {
            return Ok(None);
        }
        self.table.finite_column(name).map(Some).map_err(|error| error.to_string())
    }

    /// Line of a row.
    pub(crate) fn line(&self, row: usize) -> u64 {
        self.table.lines()[row]
    }
}

impl Variable {
    /// How it is looked for in a table.
    pub(crate) fn in_table(&self) -> TableVariable<'_> {
        let unit = match self.quantity.unit {
            Unit::Radian => TableUnit::Radian,
            Unit::Nanometre => TableUnit::Nanometre,
            Unit::Own => TableUnit::Own,
        };
        TableVariable { name: &self.name, unit, period: self.period, bounded: true }
    }
}
