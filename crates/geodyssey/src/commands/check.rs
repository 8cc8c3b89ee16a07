//! `check CONFIG`
use crate::cli::OneConfiguration;
use crate::config::Config;
use crate::error::Error;

pub(crate) fn check(arguments: &OneConfiguration) -> Result<(), Error> {
    let config = Config::read(&arguments.configuration, &arguments.overrides.set, arguments.overrides.seed)?;
    println!("{}", config.resolved()?);
    Ok(())
}
