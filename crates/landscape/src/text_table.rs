//! Tables of numbers as text that others write: CSV with one header line, or PLUMED's files (`COLVAR`, `fes.dat`).

use std::f64::consts::{PI, TAU};

use crate::LandscapeError;

/// Values of a torsion beyond this, rad, are degrees for sure: one turn more than a torsion of any image has.
const LARGEST_TORSION: f64 = 3.0 * PI;
/// How far an angle may lie beyond π by rounding.
const ANGLE_TOLERANCE: f64 = 1e-3;
/// How far two statements of a period may differ, relative to it.
const PERIOD_TOLERANCE: f64 = 1e-4;

/// The unit that a variable's values have once they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableUnit {
    /// Radian: a torsion if it has a period, an angle between 0 and π if not.
    Radian,
    /// nm, a length.
    Nanometre,
    /// Whatever unit the table has.
    Own,
}

/// Endings of headers with the factor to the unit that is read.
const RADIAN_ENDINGS: [(&str, f64); 3] = [("", 1.0), ("_rad", 1.0), ("_deg", PI / 180.0)];
const LENGTH_ENDINGS: [(&str, f64); 3] = [("", 1.0), ("_nm", 1.0), ("_angstrom", 0.1)];
const OWN_ENDINGS: [(&str, f64); 5] =
    [("", 1.0), ("_rad", 1.0), ("_deg", 1.0), ("_nm", 1.0), ("_angstrom", 1.0)];

impl TableUnit {
    fn endings(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Radian => &RADIAN_ENDINGS,
            Self::Nanometre => &LENGTH_ENDINGS,
            Self::Own => &OWN_ENDINGS,
        }
    }
}

/// A variable that a table is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableVariable<'n> {
    /// Its name. Its column is called so, or so with the unit at the end (`phi_rad`, `phi_deg`, `d_nm`, `d_angstrom`).
    pub name: &'n str,
    /// The requested unit; without a unit in the header its values are in this unit.
    pub unit: TableUnit,
    /// Its period in that unit, if it has one.
    pub period: Option<f64>,
    /// Whether values that it cannot have are refused (a torsion of 180 rad); centres of tethers may lie anywhere.
    pub bounded: bool,
}

impl<'n> TableVariable<'n> {
    /// A variable in the table's own unit.
    pub fn own(name: &'n str, period: Option<f64>) -> Self {
        Self { name, unit: TableUnit::Own, period, bounded: false }
    }

    /// The factor of a column with this header; none if it is not the variable's.
    pub(crate) fn factor(&self, header: &str) -> Option<f64> {
        let ending = header.strip_prefix(self.name)?;
        self.unit.endings().iter().find(|(known, _)| *known == ending).map(|(_, factor)| *factor)
    }
}

/// A table of numbers with a name for each column.
#[derive(Clone, Debug, PartialEq)]
pub struct TextTable {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    /// Of each column, the first cell that is neither empty nor a finite number, and its line.
    words: Vec<Option<(u64, String)>>,
    lines: Vec<u64>,
    header_line: u64,
    /// PLUMED's settings (`#! SET key value`); none in a CSV file.
    settings: Option<Vec<(String, String)>>,
}

impl TextTable {
    /// Reads a table. A text with a line that starts with `#! FIELDS` is PLUMED's; any other is CSV, in which lines that start
    /// with `#` are comments. Blanks around headers and numbers are left out. An empty cell is NaN.
    ///
    /// # Errors
    /// A header that is missing or repeated, a row of another length; each with its line.
    pub fn read(text: &str) -> Result<Self, LandscapeError> {
        if text.lines().any(|line| fields_of(line).is_some()) {
            Self::read_plumed(text)
        } else {
            Self::read_csv(text)
        }
    }

    fn read_csv(text: &str) -> Result<Self, LandscapeError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| csv_error(&error))?.clone();
        let line = header.position().map_or(1, csv::Position::line);
        let mut table = Self::empty(header.iter().map(str::to_owned).collect(), line)?;
        for record in reader.records() {
            let record = record.map_err(|error| csv_error(&error))?;
            table.push(record.position().map_or(0, csv::Position::line), record.iter());
        }
        Ok(table)
    }

    fn read_plumed(text: &str) -> Result<Self, LandscapeError> {
        let mut table: Option<Self> = None;
        let mut settings = Vec::new();
        for (index, text) in text.lines().enumerate() {
            let line = index as u64 + 1;
            if let Some(fields) = fields_of(text) {
                match &table {
                    None => table = Some(Self::empty(fields, line)?),
                    // A run that went on writes its header again.
                    Some(table) if table.names == fields => {}
                    Some(table) => {
                        let reason = format!("the fields differ from those on line {}", table.header_line);
                        return Err(LandscapeError::TableLine { line, reason });
                    }
                }
                continue;
            }
            if let Some(setting) = text.strip_prefix("#!") {
                let mut words = setting.split_whitespace();
                if let (Some("SET"), Some(key), Some(value)) = (words.next(), words.next(), words.next()) {
                    settings.push((key.to_owned(), value.to_owned()));
                }
                continue;
            }
            if text.trim().is_empty() || text.starts_with('#') {
                continue;
            }
            let Some(table) = &mut table else {
                let reason = "numbers before the line `#! FIELDS`".to_owned();
                return Err(LandscapeError::TableLine { line, reason });
            };
            let cells: Vec<&str> = text.split_whitespace().collect();
            if cells.len() != table.names.len() {
                let (len, expected) = (cells.len(), table.names.len());
                let reason = format!("it has {len} fields, but `#! FIELDS` names {expected}");
                return Err(LandscapeError::TableLine { line, reason });
            }
            table.push(line, cells.into_iter());
        }
        let mut table =
            table.ok_or_else(|| LandscapeError::Table("it has no line `#! FIELDS`".to_owned()))?;
        table.settings = Some(settings);
        Ok(table)
    }

    fn empty(names: Vec<String>, line: u64) -> Result<Self, LandscapeError> {
        if let Some((_, name)) =
            names.iter().enumerate().find(|(index, name)| names[..*index].contains(*name))
        {
            return Err(LandscapeError::TableLine {
                line,
                reason: format!("the column `{name}` appears twice"),
            });
        }
        Ok(Self {
            columns: vec![Vec::new(); names.len()],
            words: vec![None; names.len()],
            lines: Vec::new(),
            header_line: line,
            settings: None,
            names,
        })
    }

    fn push<'c>(&mut self, line: u64, cells: impl Iterator<Item = &'c str>) {
        for ((cell, column), word) in cells.zip(&mut self.columns).zip(&mut self.words) {
            let number = cell.parse().ok().filter(|number: &f64| number.is_finite());
            if number.is_none() && !cell.is_empty() {
                word.get_or_insert_with(|| (line, cell.to_owned()));
            }
            column.push(number.unwrap_or(f64::NAN));
        }
        self.lines.push(line);
    }

    /// The headers, in the order of the file.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Line of each row, from 1.
    pub fn lines(&self) -> &[u64] {
        &self.lines
    }

    /// Line of the header, from 1.
    pub fn header_line(&self) -> u64 {
        self.header_line
    }

    /// Whether PLUMED wrote it.
    pub fn is_plumed(&self) -> bool {
        self.settings.is_some()
    }

    /// The numbers of a column, where there is one; an empty cell is NaN.
    ///
    /// # Errors
    /// A cell that is neither empty nor a finite number, with its line.
    pub fn column(&self, name: &str) -> Result<Option<&[f64]>, LandscapeError> {
        let Some(index) = self.names.iter().position(|known| known == name) else { return Ok(None) };
        match &self.words[index] {
            None => Ok(Some(&self.columns[index])),
            Some((line, word)) => {
                let reason = format!("`{word}` in the column `{name}` is not a finite number");
                Err(LandscapeError::TableLine { line: *line, reason })
            }
        }
    }

    /// As [`TextTable::column`], and every cell must be a finite number.
    ///
    /// # Errors
    /// There is no such column, or a cell is not a finite number.
    pub fn finite_column(&self, name: &str) -> Result<&[f64], LandscapeError> {
        let column = self.column(name)?.ok_or_else(|| LandscapeError::TableLine {
            line: self.header_line,
            reason: format!("there is no column `{name}`; the columns are {}", self.names.join(", ")),
        })?;
        match column.iter().position(|x| x.is_nan()) {
            None => Ok(column),
            Some(row) => Err(LandscapeError::TableLine {
                line: self.lines[row],
                reason: format!("the column `{name}` is empty here"),
            }),
        }
    }

    /// The values of variables, one point per row, in the requested units.
    ///
    /// # Errors
    /// A variable without a column or with two; a cell that is not a finite number; torsions and angles far outside of what radians
    /// can be; negative lengths; a period that PLUMED states otherwise.
    pub fn points(&self, variables: &[TableVariable<'_>]) -> Result<Vec<Vec<f64>>, LandscapeError> {
        let mut columns = Vec::with_capacity(variables.len());
        for variable in variables {
            let (name, factor) = self.column_of(variable, variables)?;
            let column = self.finite_column(name)?;
            self.check_values(variable, name, column, factor)?;
            self.check_period(variable, name)?;
            columns.push((column, factor));
        }
        Ok((0..self.lines.len())
            .map(|row| columns.iter().map(|(column, factor)| column[row] * factor).collect())
            .collect())
    }

    /// Name of a variable's column, and the factor to the requested unit.
    fn column_of(
        &self,
        variable: &TableVariable<'_>,
        all: &[TableVariable<'_>],
    ) -> Result<(&str, f64), LandscapeError> {
        let others =
            |header: &&String| all.iter().any(|other| other.name != variable.name && other.name == **header);
        let mut found = self
            .names
            .iter()
            .filter(|header| !others(header))
            .filter_map(|header| variable.factor(header).map(|factor| (header.as_str(), factor)));
        let line = self.header_line;
        match (found.next(), found.next()) {
            (Some(column), None) => Ok(column),
            (Some((first, _)), Some((second, _))) => {
                let reason = format!("`{}` has two columns, `{first}` and `{second}`", variable.name);
                Err(LandscapeError::TableLine { line, reason })
            }
            (None, _) => {
                let reason = format!(
                    "there is no column `{}`; the columns are {}",
                    variable.name,
                    self.names.join(", ")
                );
                Err(LandscapeError::TableLine { line, reason })
            }
        }
    }

    fn check_values(
        &self,
        variable: &TableVariable<'_>,
        header: &str,
        column: &[f64],
        factor: f64,
    ) -> Result<(), LandscapeError> {
        let name = variable.name;
        let (low, high, expected) = match (variable.unit, variable.period) {
            _ if !variable.bounded => return Ok(()),
            (TableUnit::Own, _) => return Ok(()),
            (TableUnit::Nanometre, _) => (0.0, f64::INFINITY, "a length cannot be negative".to_owned()),
            (TableUnit::Radian, period) => {
                let (low, high, kind) = match period {
                    Some(_) => (-LARGEST_TORSION, LARGEST_TORSION, "torsion"),
                    None => (-ANGLE_TOLERANCE, PI + ANGLE_TOLERANCE, "angle"),
                };
                let hint = if factor == 1.0 {
                    format!("a {kind} is in radian here; if these are degrees, call the column `{name}_deg`")
                } else {
                    format!("this cannot be a {kind} in degrees")
                };
                (low, high, hint.replace("a angle", "an angle"))
            }
        };
        match column.iter().position(|x| !(low..=high).contains(&(x * factor))) {
            None => Ok(()),
            Some(row) => Err(LandscapeError::TableLine {
                line: self.lines[row],
                reason: format!("`{header}` is {}: {expected}", column[row]),
            }),
        }
    }

    /// PLUMED says whether a variable is periodic, and where its period begins and ends.
    fn check_period(&self, variable: &TableVariable<'_>, header: &str) -> Result<(), LandscapeError> {
        let setting = |key: &str| {
            let key = format!("{key}_{header}");
            self.settings
                .iter()
                .flatten()
                .rev()
                .find(|(known, _)| *known == key)
                .map(|(_, value)| value.as_str())
        };
        let bounds = setting("min").and_then(bound).zip(setting("max").and_then(bound));
        let stated = match setting("periodic") {
            Some("false") => None,
            _ => bounds.map(|(low, high)| high - low),
        };
        let agrees = match (stated, variable.period) {
            (Some(stated), Some(period)) => (stated - period).abs() <= PERIOD_TOLERANCE * period,
            (Some(_), None) => false,
            // A histogram of part of a period is cut off by `periodic false`.
            (None, _) => setting("periodic") != Some("false") || variable.period.is_none(),
        };
        if agrees {
            return Ok(());
        }
        let shown = |period: Option<f64>| {
            period.map_or_else(|| "no period".to_owned(), |period| format!("the period {period}"))
        };
        Err(LandscapeError::TableLine {
            line: self.header_line,
            reason: format!(
                "PLUMED says that `{header}` has {}, the configuration that `{}` has {}",
                shown(stated),
                variable.name,
                shown(variable.period)
            ),
        })
    }
}

/// The names on a line `#! FIELDS …`.
fn fields_of(line: &str) -> Option<Vec<String>> {
    let mut words = line.strip_prefix("#!")?.split_whitespace();
    (words.next() == Some("FIELDS")).then(|| words.map(str::to_owned).collect())
}

/// A bound as PLUMED writes it: a number, `pi`, `-pi`, `2*pi` or `2pi`.
fn bound(text: &str) -> Option<f64> {
    match text {
        "pi" | "+pi" => Some(PI),
        "-pi" => Some(-PI),
        "2*pi" | "2pi" => Some(TAU),
        _ => text.parse().ok(),
    }
}

pub(crate) fn csv_error(error: &csv::Error) -> LandscapeError {
    match error.position() {
        Some(position) => {
            let reason = match error.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    format!("it has {len} fields, the header has {expected_len}")
                }
                csv::ErrorKind::Utf8 { .. } => "it is not UTF-8 text".to_owned(),
                _ => error.to_string(),
            };
            LandscapeError::TableLine { line: position.line(), reason }
        }
        None => LandscapeError::Table(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn torsion(name: &str) -> TableVariable<'_> {
        TableVariable { name, unit: TableUnit::Radian, period: Some(TAU), bounded: true }
    }

    fn points(text: &str, variables: &[TableVariable<'_>]) -> Result<Vec<Vec<f64>>, String> {
        TextTable::read(text).and_then(|table| table.points(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn headers_may_say_the_unit() {
        let distance = TableVariable { name: "d", unit: TableUnit::Nanometre, period: None, bounded: true };
        for (header, row) in [
            ("phi,d", "1.5,0.3"),
            (" phi_rad , d_nm", "1.5,0.3"),
            ("d_angstrom,phi_deg,note", "3.0,85.943669269623,x"),
        ] {
            let found = points(&format!("{header}\n{row}\n"), &[torsion("phi"), distance]).unwrap();
            assert!(
                (found[0][0] - 1.5).abs() < 1e-12 && (found[0][1] - 0.3).abs() < 1e-12,
                "{header}: {found:?}"
            );
        }
        // A table's own unit is kept, whatever it is called.
        assert_eq!(points("phi_deg\n90\n", &[TableVariable::own("phi", Some(360.0))]).unwrap(), [[90.0]]);
        // Another variable's own name is not a unit.
        let both = [TableVariable::own("d", None), TableVariable::own("d_nm", None)];
        assert_eq!(points("d,d_nm\n1,2\n", &both).unwrap(), [[1.0, 2.0]]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_line() {
        let distance = TableVariable { name: "d", unit: TableUnit::Nanometre, period: None, bounded: true };
        let angle = TableVariable { name: "a", unit: TableUnit::Radian, period: None, bounded: true };
        for (text, variable, expected) in [
            (
                "phi\n1.0\n-179.0\n",
                torsion("phi"),
                "line 3 of the table: `phi` is -179: a torsion is in radian here; if these are degrees, call the column `phi_deg`",
            ),
            ("phi_deg\n1000\n", torsion("phi"), "cannot be a torsion in degrees"),
            ("a\n109.5\n", angle, "an angle is in radian here"),
            ("a\n-0.5\n", angle, "line 2"),
            ("d\n0.2\n-0.3\n", distance, "line 3 of the table: `d` is -0.3: a length cannot be negative"),
            ("phi,phi_deg\n1,2\n", torsion("phi"), "`phi` has two columns, `phi` and `phi_deg`"),
            ("phi,phi\n1,2\n", torsion("phi"), "line 1 of the table: the column `phi` appears twice"),
            ("psi\n1\n", torsion("phi"), "there is no column `phi`; the columns are psi"),
            ("phi\n1\n\"\"\n", torsion("phi"), "line 3 of the table: the column `phi` is empty here"),
            ("phi\none\n", torsion("phi"), "line 2 of the table: `one` in the column `phi`"),
            ("phi,psi\n1\n", torsion("phi"), "line 2 of the table: it has 1 fields"),
        ] {
            let error = points(text, &[variable]).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        // Torsions of another image are fine.
        assert!(points("phi\n9.0\n-6.5\n", &[torsion("phi")]).is_ok());
    }

    const COLVAR: &str = "#! FIELDS time phi metad.bias\n#! SET min_phi -pi\n#! SET max_phi pi\n 0.0 1.0 0.5\n 1.0 -2.0 0.5\n\
                          #! FIELDS time phi metad.bias\n#! SET min_phi -pi\n#! SET max_phi pi\n 2.0 3.0 0.5\n";

    #[test]
    fn plumed_says_what_is_periodic() {
        let table = TextTable::read(COLVAR).unwrap();
        assert!(table.is_plumed());
        assert_eq!(table.points(&[torsion("phi")]).unwrap(), [[1.0], [-2.0], [3.0]]);
        assert_eq!(table.lines(), [4, 5, 9]);
        for (period, text) in [(None, "no period"), (Some(360.0), "the period 360")] {
            let error = table.points(&[TableVariable::own("phi", period)]).unwrap_err().to_string();
            assert!(
                error.contains("PLUMED says that `phi` has the period 6.28") && error.contains(text),
                "{error}"
            );
        }
        for (text, expected) in [
            ("#! FIELDS a b\n1 2 3\n", "line 2 of the table: it has 3 fields, but `#! FIELDS` names 2"),
            ("#! FIELDS a a\n1 2\n", "the column `a` appears twice"),
            (
                "#! FIELDS a b\n1 2\n#! FIELDS a c\n",
                "line 3 of the table: the fields differ from those on line 1",
            ),
            ("1 2\n#! FIELDS a b\n", "numbers before"),
        ] {
            let error = TextTable::read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
