//! Columns of numbers from the CSV text of an artifact.

use crate::ReportError;

/// A CSV table whose cells are numbers, by column.
///
/// Headers carry units (`potential_energy_kj_mol`); an empty cell reads as NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct NumericColumns {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

impl NumericColumns {
    /// Reads the text of a CSV file with one header line.
    ///
    /// # Errors
    /// [`ReportError::Csv`] for a row of another length, [`ReportError::NotANumber`] for a cell that is not a number,
    /// [`ReportError::RepeatedColumn`] for a header that appears twice.
    pub fn from_csv(text: &str) -> Result<Self, ReportError> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
        if let Some((_, name)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            return Err(ReportError::RepeatedColumn(name.clone()));
        }
        let mut columns = vec![Vec::new(); names.len()];
        for (row, record) in reader.records().enumerate() {
            for ((cell, column), name) in record?.iter().zip(&mut columns).zip(&names) {
                let cell = cell.trim();
                let value = if cell.is_empty() {
                    f64::NAN
                } else {
                    cell.parse().map_err(|_| ReportError::NotANumber {
                        row: row + 1,
                        column: name.clone(),
                        text: cell.to_owned(),
                    })?
                };
                column.push(value);
            }
        }
        Ok(Self { names, columns })
    }

    /// The headers, in the order of the file.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of rows.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// The column with this header.
    ///
    /// # Errors
    /// [`ReportError::MissingColumn`] lists the headers that are there.
    pub fn column(&self, name: &str) -> Result<&[f64], ReportError> {
        self.names.iter().position(|n| n == name).map(|i| self.columns[i].as_slice()).ok_or_else(|| {
            ReportError::MissingColumn { name: name.to_owned(), available: self.names.join(", ") }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_header() -> Result<(), ReportError> {
        let table = NumericColumns::from_csv("frame,work_kj_mol\n0,0.0\n1,-2.5e1\n2,\n")?;
        assert_eq!(table.row_count(), 3);
        let work = table.column("work_kj_mol")?;
        assert_eq!(&work[..2], &[0.0, -25.0]);
        assert!(work[2].is_nan());
        let missing = table.column("heat").map(<[f64]>::len);
        let message = missing.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(message.contains("frame, work_kj_mol"), "{message}");
        Ok(())
    }

    #[test]
    fn a_column_that_stands_twice_is_refused() {
        let error = NumericColumns::from_csv("phi,psi,phi\n1,2,3\n").err().map(|e| e.to_string());
        assert_eq!(error.as_deref(), Some("the column 'phi' appears twice in the header"));
    }

    #[test]
    fn a_word_is_named_with_its_place() {
        let error = NumericColumns::from_csv("a,b\n1,2\n3,x\n").err().map(|e| e.to_string());
        assert_eq!(error.as_deref(), Some("row 2 of column 'b': 'x' is not a number"));
    }
}
