//! Aligned text tables for the terminal.

use std::fmt;

use crate::ReportError;

/// One column of a [`Table`]: a header with its unit, and the side on which the cells stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    header: String,
    align_right: bool,
}

impl Column {
    /// A column of words, aligned left.
    #[must_use]
    pub fn text(name: &str) -> Self {
        Self { header: name.to_owned(), align_right: false }
    }

    /// A column of numbers, aligned right; the unit stands in the header (empty: none).
    #[must_use]
    pub fn number(name: &str, unit: &str) -> Self {
        let header = if unit.is_empty() { name.to_owned() } else { format!("{name} ({unit})") };
        Self { header, align_right: true }
    }
}

/// A table of text: a header, a rule, and the rows, columns two spaces apart.
///
/// ```
/// use geodyssey_report::{Column, Table, decimals};
/// let mut table = Table::new([Column::text("term"), Column::number("energy", "kJ/mol")]);
/// table.row(["bonds".to_owned(), decimals(12.345, 2)])?;
/// table.row(["angles".to_owned(), decimals(-3.0, 2)])?;
/// assert_eq!(table.to_string(), "\
/// term    energy (kJ/mol)
/// ──────  ───────────────
/// bonds             12.35
/// angles            -3.00
/// ");
/// # Ok::<(), geodyssey_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`ReportError::Length`] if the row does not have one cell per column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) -> Result<(), ReportError> {
        let cells: Vec<String> = cells.into_iter().collect();
        if cells.len() != self.columns.len() {
            return Err(ReportError::Length {
                place: format!("row {} of the table", self.rows.len() + 1),
                expected: self.columns.len(),
                found: cells.len(),
            });
        }
        self.rows.push(cells);
        Ok(())
    }

    /// Heads of the columns, each with whether numbers stand below it.
    #[must_use]
    pub fn header(&self) -> Vec<(bool, &str)> {
        self.columns.iter().map(|column| (column.align_right, column.header.as_str())).collect()
    }

    /// Cells row by row, each with whether it is a number.
    pub fn rows(&self) -> impl Iterator<Item = Vec<(bool, &str)>> {
        self.rows.iter().map(|row| {
            let columns = self.columns.iter().map(|column| column.align_right);
            columns.zip(row.iter().map(String::as_str)).collect()
        })
    }

    /// Number of rows.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, column)| {
                self.rows
                    .iter()
                    .map(|row| row[i].chars().count())
                    .fold(column.header.chars().count(), usize::max)
            })
            .collect();
        let write_row = |f: &mut fmt::Formatter<'_>, cells: &mut dyn Iterator<Item = &str>| {
            let mut line = String::new();
            for ((cell, column), width) in cells.zip(&self.columns).zip(&widths) {
                if column.align_right {
                    line.push_str(&format!("{cell:>width$}  "));
                } else {
                    line.push_str(&format!("{cell:<width$}  "));
                }
            }
            writeln!(f, "{}", line.trim_end())
        };
        write_row(f, &mut self.columns.iter().map(|c| c.header.as_str()))?;
        let rules: Vec<String> = widths.iter().map(|&w| "─".repeat(w)).collect();
        write_row(f, &mut rules.iter().map(String::as_str))?;
        for row in &self.rows {
            write_row(f, &mut row.iter().map(String::as_str))?;
        }
        Ok(())
    }
}

/// A number with a fixed count of decimals; `nan`, `inf` and `-inf` stay visible.
#[must_use]
pub fn decimals(value: f64, count: usize) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    let text = format!("{value:.count$}");
    // "-0.00" reads like a sign that means something.
    if text.starts_with('-') && !text.bytes().any(|b| (b'1'..=b'9').contains(&b)) && value.is_finite() {
        text[1..].to_owned()
    } else {
        text
    }
}

/// `value ± error` with a fixed count of decimals; the error is left out where there is none.
#[must_use]
pub fn with_error(value: f64, error: Option<f64>, count: usize) -> String {
    match error {
        Some(error) => format!("{} ± {}", decimals(value, count), decimals(error, count)),
        None => decimals(value, count),
    }
}

/// A whole number with thin groups of three, `12 345 678`.
#[must_use]
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_units_stand_in_the_header() -> Result<(), ReportError> {
        let mut table =
            Table::new([Column::number("frame", ""), Column::text("Δ"), Column::number("work", "kJ/mol")]);
        table.row(["1".into(), "ψ".into(), decimals(-1234.5, 1)])?;
        table.row(["12".into(), "long word".into(), decimals(0.25, 1)])?;
        let text = table.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "frame  Δ          work (kJ/mol)");
        assert_eq!(lines[2], "    1  ψ                -1234.5");
        assert_eq!(lines[3], "   12  long word            0.2");
        let ends: Vec<usize> = lines.iter().map(|l| l.chars().count()).collect();
        assert!(ends.iter().all(|&e| e == ends[0]), "{ends:?}");
        Ok(())
    }

    #[test]
    fn a_row_of_wrong_length_is_refused() {
        let mut table = Table::new([Column::text("a"), Column::text("b")]);
        let refused = table.row(["only one".to_owned()]);
        assert!(matches!(refused, Err(ReportError::Length { expected: 2, found: 1, .. })));
        assert_eq!(table.row_count(), 0);
    }

    #[test]
    fn numbers_read_as_meant() {
        assert_eq!(decimals(-0.001, 2), "0.00");
        assert_eq!(decimals(-0.01, 2), "-0.01");
        assert_eq!(decimals(f64::NAN, 2), "nan");
        assert_eq!(decimals(f64::NEG_INFINITY, 2), "-inf");
        assert_eq!(with_error(1.0, Some(0.5), 1), "1.0 ± 0.5");
        assert_eq!(with_error(1.0, None, 1), "1.0");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(grouped(999), "999");
    }
}
