//! The landscape stage: the energy of the variables, computed, read or known, and kept as `landscape.csv`. How it is known is the matter of
//! its methods, see [`LandscapeMethod`].

mod formula;
mod metadynamics;
mod method;
mod relaxed_scan;
mod samples;
mod table;

use geodyssey_run::{Fingerprint, Ingredients};

use crate::artifacts::json::json;
use crate::artifacts::landscape::{self as artifact, LandscapeResult, RECORD_FILE, table_file};
use crate::config::{LandscapeConfig, VariableConfig};
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::{Made, Run, Stage};

pub(crate) use crate::artifacts::landscape::STAGE;
pub(crate) use samples::without_positions;

use method::LandscapeMethod;

/// The method of a configuration.
pub(crate) fn method(problem: &Problem) -> Box<dyn LandscapeMethod + '_> {
    match &problem.config.landscape {
        LandscapeConfig::Metadynamics(settings) => Box::new(metadynamics::Method { settings }),
        LandscapeConfig::RelaxedScan(settings) => Box::new(relaxed_scan::Method { settings }),
        LandscapeConfig::Samples(settings) => Box::new(samples::Method { settings }),
        LandscapeConfig::Table(settings) => Box::new(table::Method { settings }),
        LandscapeConfig::Formula(settings) => Box::new(formula::Method { settings }),
    }
}

/// The stage.
struct LandscapeStage;

impl Stage for LandscapeStage {
    const NAME: &'static str = STAGE;
    const REVISION: u32 = 3;
    const IS_SHARED: bool = true;
    type Output = LandscapeResult;

    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error> {
        Ok(made_from(run.problem, ingredients))
    }

    fn make(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Made, Error> {
        let method = method(run.problem);
        let (table, record) = match method.known(run.problem)? {
            Some(known) => known,
            None => method.compute(run, made_from)?,
        };
        let files = vec![
            (table_file(run.problem).to_owned(), table.into_bytes()),
            (RECORD_FILE.to_owned(), json(&record)?),
        ];
        Ok(Made { outputs: run.write_all(files)?, energy_evaluations: record.energy_evaluations })
    }

    fn load(&self, run: &Run<'_>) -> Result<LandscapeResult, Error> {
        artifact::read(run.problem, |name| run.directory.read_text(name))
    }
}

/// Brings the landscape up to date.
pub(crate) fn run(run: &mut Run<'_>) -> Result<LandscapeResult, Error> {
    run.bring_up_to_date(&LandscapeStage)
}

/// What the landscape is made from.
fn made_from(problem: &Problem, ingredients: Ingredients) -> Ingredients {
    let config = &problem.config;
    // The units of the spacetime change no landscape.
    let variables: Vec<VariableConfig> =
        config.variables.iter().map(|variable| VariableConfig { scale: None, ..variable.clone() }).collect();
    let ingredients =
        ingredients.settings("variables", &variables).settings("thermal energy", &problem.thermal_energy);
    method(problem).ingredients(problem, ingredients).settings("inputs", &problem.inputs_of_landscape())
}

/// The landscape of files or a formula, without a run directory; `None` for one that must be computed first.
pub(crate) fn without_run(problem: &Problem) -> Result<Option<LandscapeResult>, Error> {
    method(problem).known(problem)?.map(|(table, record)| artifact::load(problem, &table, record)).transpose()
}
