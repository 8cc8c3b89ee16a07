//! Tables of energies as text, in and out.

use std::fmt::Write as _;

use crate::text_table::{TableVariable, TextTable};
use crate::{Grid, GridAxis, LandscapeError};

/// Header of the energies' column.
pub const ENERGY_COLUMN: &str = "energy_kj_mol";
/// Header of the optional column of standard errors of the energies, kJ/mol.
pub const STANDARD_ERROR_COLUMN: &str = "standard_error_kj_mol";
/// Header of the optional column that is 1 where the energy was sampled and 0 where it is an extrapolation.
pub const SAMPLED_COLUMN: &str = "sampled";
/// Ending of the column in which PLUMED's `sum_hills` writes the free energy (`file.free`).
const PLUMED_ENERGY_ENDING: &str = ".free";

/// How far a value may lie from its grid point, in spacings: tables are often rounded.
const POSITION_TOLERANCE: f64 = 1e-3;
/// How far the energies of the two ends of a period may differ, relative to the largest energy and 1 kJ/mol.
const PERIOD_TOLERANCE: f64 = 1e-6;

/// The rows of a table as they stand: points and their energies.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRows {
    /// The variables' names.
    pub names: Vec<String>,
    /// One point per row.
    pub points: Vec<Vec<f64>>,
    /// One energy per row, kJ/mol.
    pub energies: Vec<f64>,
    /// The column `standard_error_kj_mol`, if it is there; NaN where no error is known.
    pub standard_errors: Option<Vec<f64>>,
    /// The column `sampled`, if it is there: whether the energy was sampled and not extrapolated.
    pub sampled: Option<Vec<bool>>,
    lines: Vec<u64>,
}

/// Reads a table whose header names the variables ([`TableVariable`]) and `energy_kj_mol`, in any order; or a free energy that PLUMED's
/// `sum_hills` wrote, in kJ/mol, whose derivatives are left out.
///
/// The columns `standard_error_kj_mol` (empty where none is known) and `sampled` (1 or 0) may be there; lines that start with `#` are comments.
///
/// # Errors
/// A column that is missing, unknown or repeated; a row of another length, or with something that is not a finite
/// number; values that the variable cannot have: each with its line number. No rows at all.
pub fn read_table(text: &str, variables: &[TableVariable<'_>]) -> Result<TableRows, LandscapeError> {
    let table = TextTable::read(text)?;
    let energy = energy_column(&table, variables)?;
    let rows = TableRows {
        names: variables.iter().map(|variable| variable.name.to_owned()).collect(),
        points: table.points(variables)?,
        energies: table.finite_column(&energy)?.to_vec(),
        standard_errors: error_column(&table)?,
        sampled: sampled_column(&table)?,
        lines: table.lines().to_vec(),
    };
    if rows.points.is_empty() {
        return Err(LandscapeError::Table("it has no rows".to_owned()));
    }
    Ok(rows)
}

/// Name of the column of energies.
fn energy_column(table: &TextTable, variables: &[TableVariable<'_>]) -> Result<String, LandscapeError> {
    let bad_header = |reason| Err(LandscapeError::TableLine { line: table.header_line(), reason });
    let has_energy = table.names().iter().any(|column| column == ENERGY_COLUMN);
    if table.is_plumed() && !has_energy {
        let free: Vec<&String> =
            table.names().iter().filter(|column| column.ends_with(PLUMED_ENERGY_ENDING)).collect();
        return match free[..] {
            [column] => Ok(column.clone()),
            _ => bad_header(format!(
                "expected one field of free energies, `{ENERGY_COLUMN}` or one that ends with `{PLUMED_ENERGY_ENDING}`; the fields are {}",
                table.names().join(", ")
            )),
        };
    }
    let known = |column: &str| {
        variables.iter().any(|variable| variable.factor(column).is_some())
            || [ENERGY_COLUMN, STANDARD_ERROR_COLUMN, SAMPLED_COLUMN].contains(&column)
    };
    let expected = || {
        let names = variables.iter().map(|variable| variable.name).chain([ENERGY_COLUMN]);
        names.collect::<Vec<_>>().join(", ")
    };
    match table.names().iter().find(|column| !known(column)) {
        Some(column) if !table.is_plumed() => {
            bad_header(format!("unknown column `{column}`; the columns are {}", expected()))
        }
        _ if !has_energy => {
            bad_header(format!("there is no column `{ENERGY_COLUMN}`; the columns are {}", expected()))
        }
        _ => Ok(ENERGY_COLUMN.to_owned()),
    }
}

/// The column of standard errors, if there is one.
fn error_column(table: &TextTable) -> Result<Option<Vec<f64>>, LandscapeError> {
    let Some(column) = table.column(STANDARD_ERROR_COLUMN)? else { return Ok(None) };
    if let Some(row) = column.iter().position(|value| *value < 0.0) {
        let reason = format!("{} in the column `{STANDARD_ERROR_COLUMN}` is negative", column[row]);
        return Err(LandscapeError::TableLine { line: table.lines()[row], reason });
    }
    Ok(Some(column.to_vec()))
}

/// The column that says what was sampled, if there is one.
fn sampled_column(table: &TextTable) -> Result<Option<Vec<bool>>, LandscapeError> {
    let Some(column) = table.column(SAMPLED_COLUMN)? else { return Ok(None) };
    if let Some(row) = column.iter().position(|value| *value != 0.0 && *value != 1.0) {
        let reason = format!("{} in the column `{SAMPLED_COLUMN}` is neither 1 nor 0", column[row]);
        return Err(LandscapeError::TableLine { line: table.lines()[row], reason });
    }
    Ok(Some(column.iter().map(|value| *value == 1.0).collect()))
}

impl TableRows {
    /// The same rows with other values in place of the energies.
    ///
    /// # Panics
    /// If there is not one value per row.
    pub fn with_values(&self, values: Vec<f64>) -> Self {
        assert_eq!(values.len(), self.points.len(), "one value per row");
        Self { energies: values, ..self.clone() }
    }

    /// Arranges the rows, whatever their order, as a regular grid with the periods given (one a variable).
    ///
    /// A periodic variable must cover its period once; a repeated end point (the first value plus the period) is left
    /// out after its energies were seen to equal those of the first.
    ///
    /// # Errors
    /// Values that are not equally spaced, points that are missing or twice there, a period that is not covered, ends of a
    /// period that differ; and all of [`Grid::new`].
    pub fn into_grid(self, periods: &[Option<f64>]) -> Result<Grid, LandscapeError> {
        if periods.len() != self.names.len() {
            let (have, want) = (periods.len(), self.names.len());
            return Err(LandscapeError::Table(format!("{have} periods are given for {want} variables")));
        }
        let axes =
            (0..self.names.len()).map(|axis| self.regular_axis(axis)).collect::<Result<Vec<_>, _>>()?;
        let full = Grid { axes, values: Vec::new() };
        let mut owner: Vec<Option<usize>> = vec![None; full.len()];
        for (row, point) in self.points.iter().enumerate() {
            let node = full.axes.iter().zip(point).fold(0, |node, (axis, x)| {
                node * axis.count + ((x - axis.start) / axis.spacing).round() as usize
            });
            if let Some(first) = owner[node] {
                let reason = format!("the point {point:?} was given before, on line {}", self.lines[first]);
                return Err(LandscapeError::TableLine { line: self.lines[row], reason });
            }
            owner[node] = Some(row);
        }
        let rows: Vec<usize> = owner.iter().flatten().copied().collect();
        if rows.len() < full.len() {
            let missing = owner.iter().position(Option::is_none).unwrap_or(0);
            return Err(LandscapeError::Table(format!(
                "{} of the grid's {} points are missing, the first is {:?}",
                full.len() - rows.len(),
                full.len(),
                full.point(missing)
            )));
        }
        self.close_periods(full, &rows, periods)
    }

    /// The axis whose values are those of one column.
    fn regular_axis(&self, column: usize) -> Result<GridAxis, LandscapeError> {
        let name = &self.names[column];
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        order.sort_by(|&a, &b| self.points[a][column].total_cmp(&self.points[b][column]));
        let value = |row: usize| self.points[row][column];
        let (start, end) = (value(order[0]), value(order[order.len() - 1]));
        let mut distinct = vec![order[0]];
        for &row in &order {
            if value(row) - value(distinct[distinct.len() - 1]) > 1e-7 * (end - start) {
                distinct.push(row);
            }
        }
        let spacing = (end - start) / (distinct.len() as f64 - 1.0);
        for (index, &row) in distinct.iter().enumerate() {
            let expected = start + index as f64 * spacing;
            if (value(row) - expected).abs() > POSITION_TOLERANCE * spacing {
                let reason = format!(
                    "the values of `{name}` are not equally spaced: {}, expected {expected}",
                    value(row)
                );
                return Err(LandscapeError::TableLine { line: self.lines[row], reason });
            }
        }
        if distinct.len() < 4 {
            let count = distinct.len();
            return Err(LandscapeError::Table(format!(
                "`{name}` has {count} distinct values, at least 4 are needed"
            )));
        }
        Ok(GridAxis { name: name.clone(), start, spacing, count: distinct.len(), period: None })
    }

    /// Gives the axes their periods; `rows` holds the row of every grid point.
    fn close_periods(
        &self,
        full: Grid,
        rows: &[usize],
        periods: &[Option<f64>],
    ) -> Result<Grid, LandscapeError> {
        let mut axes = full.axes.clone();
        for (axis, period) in axes.iter_mut().zip(periods) {
            let Some(period) = *period else { continue };
            let intervals = period / axis.spacing;
            let off =
                |count: usize| (intervals - count as f64).abs() > POSITION_TOLERANCE * axis.count as f64;
            if !off(axis.count - 1) {
                axis.count -= 1;
            } else if off(axis.count) {
                return Err(LandscapeError::Table(format!(
                    "`{}` runs from {} to {} in steps of {} and does not cover its period {period} once",
                    axis.name,
                    axis.start,
                    axis.end(),
                    axis.spacing
                )));
            }
            axis.spacing = period / axis.count as f64;
            axis.period = Some(period);
        }
        let largest = self.energies.iter().fold(1.0, |largest: f64, energy| largest.max(energy.abs()));
        let mut values = Vec::with_capacity(full.len());
        for (node, &row) in rows.iter().enumerate() {
            let (mut remainder, mut stride, mut image) = (node, 1, node);
            for (whole, axis) in full.axes.iter().zip(&axes).rev() {
                let index = remainder % whole.count;
                image -= (index - index % axis.count) * stride;
                remainder /= whole.count;
                stride *= whole.count;
            }
            if image == node {
                values.push(self.energies[row]);
                continue;
            }
            let (here, there) = (self.energies[row], self.energies[rows[image]]);
            if (here - there).abs() > PERIOD_TOLERANCE * largest {
                let reason = format!(
                    "the energy {here} at {:?} differs from {there} one period before, on line {}",
                    self.points[row], self.lines[rows[image]]
                );
                return Err(LandscapeError::TableLine { line: self.lines[row], reason });
            }
        }
        Ok(Grid::new(axes, values)?)
    }
}

/// Reads a table as a regular grid: [`read_table`], then [`TableRows::into_grid`].
///
/// # Errors
/// Those of both.
pub fn read_grid(text: &str, variables: &[TableVariable<'_>]) -> Result<Grid, LandscapeError> {
    let periods: Vec<Option<f64>> = variables.iter().map(|variable| variable.period).collect();
    read_table(text, variables)?.into_grid(&periods)
}

/// A grid as CSV text for [`read_grid`]: the variables, then `energy_kj_mol`, then the further columns given (header and
/// one value per grid point; a cell is empty where it is NaN). Every number is written so that it is read to the same bits.
pub fn write_grid(grid: &Grid, further: &[(&str, &[f64])]) -> String {
    let mut text = grid.axes.iter().map(|axis| axis.name.as_str()).collect::<Vec<_>>().join(",");
    text.push(',');
    text.push_str(ENERGY_COLUMN);
    for (header, _) in further {
        text.push(',');
        text.push_str(header);
    }
    text.push('\n');
    for (index, energy) in grid.values.iter().enumerate() {
        for x in grid.point(index) {
            let _ = write!(text, "{x},"); // writing to a string cannot fail
        }
        let _ = write!(text, "{energy}");
        for (_, values) in further {
            text.push(',');
            if !values[index].is_nan() {
                let _ = write!(text, "{}", values[index]);
            }
        }
        text.push('\n');
    }
    text
}
