//! The configuration stage: `config.toml`, the configuration with every default filled in. It is written first, so that an
//! unfinished run documents what it was meant to be.

use geodyssey_run::{Fingerprint, Ingredients};

use crate::artifacts::report::CONFIG_FILE;
use crate::error::Error;
use crate::run_context::{Made, Run, Stage};

/// Brings the file up to date.
pub(crate) fn run(run: &mut Run<'_>) -> Result<(), Error> {
    run.bring_up_to_date(&ConfigurationStage)
}

/// The stage.
struct ConfigurationStage;

impl Stage for ConfigurationStage {
    const NAME: &'static str = "configuration";
    const REVISION: u32 = 1;
    const IS_TOLD: bool = false;
    type Output = ();

    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error> {
        Ok(ingredients.add("configuration", run.problem.config.resolved()?.as_bytes()))
    }

    fn make(&self, run: &Run<'_>, _made_from: &Fingerprint) -> Result<Made, Error> {
        let file = (CONFIG_FILE.to_owned(), run.problem.config.resolved()?.into_bytes());
        Ok(Made::files(run.write_all(vec![file])?))
    }

    fn load(&self, _run: &Run<'_>) -> Result<(), Error> {
        Ok(())
    }
}
