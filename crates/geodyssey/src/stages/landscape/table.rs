//! `method = "table"`: values from a file.

use std::fmt::Write as _;

use geodyssey_landscape::table_file::{ENERGY_COLUMN, TableRows, write_grid};
use geodyssey_landscape::{LandscapeError, SampledGround};
use geodyssey_run::{Fingerprint, Ingredients};

use super::method::{Landscape, LandscapeMethod};
use crate::artifacts::landscape::LandscapeRecord;
use crate::config::{Interpolation, TableConfig};
use crate::error::Error;
use crate::problem::{EnergySource, Problem};
use crate::run_context::Run;

/// The landscape of a file.
pub(super) struct Method<'s> {
    /// Its settings.
    pub(super) settings: &'s TableConfig,
}

impl Method<'_> {
    fn error(&self, problem: &Problem, error: &LandscapeError) -> Error {
        let message = format!("{}: {error}", self.settings.file.display());
        problem.config.error("landscape.file", message).into()
    }

    /// Whether its rows are taken as they are.
    fn is_of_points(&self) -> bool {
        self.settings.interpolation == Interpolation::None
    }
}

/// The rows of the file.
fn rows(problem: &Problem) -> Result<&TableRows, Error> {
    match &problem.source {
        EnergySource::Table(rows) => Ok(rows),
        _ => Err(Error::Failed("the table of the landscape was not read".to_owned())),
    }
}

impl LandscapeMethod for Method<'_> {
    fn check(&self, problem: &Problem) -> Result<(), Error> {
        if self.is_of_points() {
            return Ok(());
        }
        let grid = rows(problem)?.clone().into_grid(&problem.periods());
        grid.map(|_| ()).map_err(|error| self.error(problem, &error))
    }

    /// The file counts by its content, wherever it lies.
    fn ingredients(&self, _problem: &Problem, ingredients: Ingredients) -> Ingredients {
        ingredients.settings("table", &self.settings.interpolation)
    }

    fn known(&self, problem: &Problem) -> Result<Option<Landscape>, Error> {
        let rows = rows(problem)?;
        if self.is_of_points() {
            return Ok(Some((rows_csv(problem, rows), LandscapeRecord::not_computed("table"))));
        }
        let failed = |error: LandscapeError| self.error(problem, &error);
        let ground = SampledGround::from_rows(rows, &problem.periods()).map_err(failed)?;
        let mut grid = rows.clone().into_grid(&problem.periods()).map_err(failed)?;
        for (axis, variable) in grid.axes.iter_mut().zip(&problem.variables) {
            axis.name = variable.column();
        }
        let columns = ground.map_or_else(Vec::new, |ground| ground.columns());
        let further: Vec<(&str, &[f64])> =
            columns.iter().map(|(header, values)| (*header, values.as_slice())).collect();
        Ok(Some((write_grid(&grid, &further), LandscapeRecord::not_computed("table"))))
    }

    fn compute(&self, run: &Run<'_>, _made_from: &Fingerprint) -> Result<Landscape, Error> {
        self.known(run.problem)?.ok_or_else(|| Error::Failed("a table is not computed".to_owned()))
    }

    fn has_surface(&self, problem: &Problem) -> bool {
        !self.is_of_points()
            || rows(problem).is_ok_and(|rows| rows.clone().into_grid(&problem.periods()).is_ok())
    }

    fn describe(&self, problem: &Problem) -> Result<String, Error> {
        Ok(format!("table of {} rows", rows(problem)?.points.len()))
    }
}

fn rows_csv(problem: &Problem, rows: &TableRows) -> String {
    let mut text: String = problem.variables.iter().map(|variable| variable.column() + ",").collect();
    text.push_str(ENERGY_COLUMN);
    text.push('\n');
    for (point, energy) in rows.points.iter().zip(&rows.energies) {
        for x in point {
            let _ = write!(text, "{x},"); // writing to a string cannot fail
        }
        let _ = writeln!(text, "{energy}");
    }
    text
}
