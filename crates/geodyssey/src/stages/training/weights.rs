//! Weights in a file: what they must fit, and those of another run.

use geodyssey_denoiser::{WeightsExpectation, WeightsFile};

use crate::config::InputError;
use crate::problem::Problem;

/// Names in a file of weights, which say in which units the variables are counted: `r/0.1` is `r` in tenths of its unit.
pub(super) fn names(problem: &Problem) -> Vec<String> {
    let variables = problem.variables.iter().zip(problem.scales.each());
    variables
        .map(|(variable, &scale)| match scale {
            1.0 => variable.name.clone(),
            scale => format!("{}/{scale}", variable.name),
        })
        .collect()
}

/// The weights of another run that the configuration names, if they fit the variables.
pub(super) fn foreign_weights(problem: &Problem) -> Result<Option<WeightsFile>, InputError> {
    let config = &problem.config;
    let path = config.denoiser.training_data().and_then(|data| data.weights.as_ref());
    let Some((path, bytes)) = path.zip(problem.denoiser_weights.as_ref()) else { return Ok(None) };
    let wrong = |why: String| config.error("denoiser.weights", format!("{}: {why}", path.display()));
    let weights = WeightsFile::from_bytes(bytes).map_err(|error| wrong(error.to_string()))?;
    let (names, periods) = (names(problem), problem.periods());
    let expected = expectation(config.denoiser.kind(), &names, &periods);
    weights.header.check(&expected).map_err(|error| wrong(error.to_string()))?;
    Ok(Some(weights))
}

/// What weights must fit, however their training went.
pub(super) fn expectation<'e>(
    kind: &'e str,
    variables: &'e [String],
    periods: &'e [Option<f64>],
) -> WeightsExpectation<'e> {
    WeightsExpectation { kind, variables, periods, data_hash: None }
}
