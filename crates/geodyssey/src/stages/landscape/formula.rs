//! `method = "formula"`: a surface that the program knows.

use geodyssey_landscape::table_file::write_grid;
use geodyssey_landscape::{Formula, Grid};
use geodyssey_run::{Fingerprint, Ingredients};

use super::method::{Landscape, LandscapeMethod, grid_points};
use crate::artifacts::landscape::LandscapeRecord;
use crate::config::FormulaConfig;
use crate::error::Error;
use crate::problem::{EnergySource, FEWEST_GRID_POINTS, Problem, grid_axes};
use crate::run_context::Run;
use crate::stages::need::Need;

/// The landscape of a formula.
pub(super) struct Method<'s> {
    /// Its settings.
    pub(super) settings: &'s FormulaConfig,
}

fn formula(problem: &Problem) -> Result<&dyn Formula, Error> {
    match &problem.source {
        EnergySource::Formula(formula) => Ok(formula.as_ref()),
        _ => Err(Error::Failed("the formula of the landscape is not known".to_owned())),
    }
}

impl LandscapeMethod for Method<'_> {
    fn check(&self, problem: &Problem) -> Result<(), Error> {
        if self.settings.grid_points.get() < FEWEST_GRID_POINTS {
            let message =
                format!("expected at least {FEWEST_GRID_POINTS} points, to interpolate a smooth surface");
            return Err(problem.config.error("landscape.grid_points", message).into());
        }
        Ok(grid_axes(problem).map(|_| ())?)
    }

    fn ingredients(&self, _problem: &Problem, ingredients: Ingredients) -> Ingredients {
        ingredients.settings("formula", self.settings)
    }

    fn known(&self, problem: &Problem) -> Result<Option<Landscape>, Error> {
        let formula = formula(problem)?;
        let grid = Grid::from_function(grid_axes(problem)?, |x| formula.energy(x))
            .map_err(|error| Error::from(problem.config.error("landscape", error.to_string())))?;
        Ok(Some((write_grid(&grid, &[]), LandscapeRecord::not_computed("formula"))))
    }

    fn compute(&self, run: &Run<'_>, _made_from: &Fingerprint) -> Result<Landscape, Error> {
        self.known(run.problem)?.ok_or_else(|| Error::Failed("a formula is not computed".to_owned()))
    }

    fn needs(&self, problem: &Problem) -> Vec<Need> {
        let nodes = grid_points(problem, self.settings.grid_points.get());
        vec![Need {
            key: "landscape.grid_points",
            what: format!("a table of {nodes} grid points"),
            bytes: nodes * 100.0,
        }]
    }

    fn describe(&self, problem: &Problem) -> Result<String, Error> {
        Ok(format!("formula {}", formula(problem)?.name()))
    }
}
