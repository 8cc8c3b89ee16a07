//! The denoiser stage: trains what is learned. An exact denoiser needs none, see [`super::denoiser`].

mod data;
mod failure;
mod figure;
mod neural;
mod random_features;
mod record;
mod weights;

use geodyssey_denoiser::{
    ComputeDevice, Denoiser, DenoiserError, DeviceChoice, NeuralDenoiser, RandomFeatureDenoiser,
    SpacetimePoint, WeightsFile,
};
use geodyssey_run::{Fingerprint, Ingredients};

pub(crate) use crate::artifacts::denoiser::STAGE;
pub(crate) use data::{TrainingData, boltzmann_set};
pub(crate) use record::TrainingRecord;

use super::landscape;
use crate::artifacts::denoiser::{HELD_OUT_FILE, HISTORY_FILE, RECORD_FILE, WEIGHTS_FILE};
use crate::artifacts::json::json;
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::named_files::NamedFiles;
use crate::config::{DenoiserConfig, InputError, NeuralConfig, TrainingDataConfig};
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::{Made, Run, Stage};
use crate::terminal::say;
use failure::failed;
use weights::{expectation, foreign_weights, names};

/// The figure of the loss, without its ending.
const FIGURE: &str = "plots/training";

/// A trained denoiser.
pub(crate) struct LearnedDenoiser {
    /// It.
    pub(crate) denoiser: Box<dyn Denoiser>,
    /// Of random features whose training was stopped early: the same ones after complete training.
    pub(crate) equilibrium: Option<Box<dyn Denoiser>>,
    /// How it was made.
    pub(crate) record: TrainingRecord,
}

/// Brings the trained denoiser up to date; none where the configuration asks for an exact one.
pub(crate) fn run(run: &mut Run<'_>, landscape: &LandscapeResult) -> Result<Option<LearnedDenoiser>, Error> {
    let Some(settings) = run.problem.config.denoiser.training_data() else {
        if run.discard(STAGE)? {
            say!("{STAGE}: exact; the files of the learned one in this directory are removed");
        }
        return Ok(None);
    };
    let device = device(run.problem)?;
    run.bring_up_to_date(&DenoiserStage { landscape, settings, device }).map(Some)
}

/// The stage.
struct DenoiserStage<'s> {
    landscape: &'s LandscapeResult,
    settings: &'s TrainingDataConfig,
    device: ComputeDevice,
}

impl Stage for DenoiserStage<'_> {
    const NAME: &'static str = STAGE;
    const REVISION: u32 = 2;
    const IS_SHARED: bool = true;
    type Output = LearnedDenoiser;

    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error> {
        Ok(made_from(run, ingredients, self.settings, &self.device))
    }

    fn make(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Made, Error> {
        let outputs = match &self.settings.weights {
            Some(_) => take_over(run.problem, &self.device)?,
            None => train(run, self.landscape, self.settings, &self.device, made_from)?,
        };
        Ok(Made::files(run.write_all(outputs)?))
    }

    fn load(&self, run: &Run<'_>) -> Result<LearnedDenoiser, Error> {
        load(run, &self.device)
    }
}

/// Trains; the files of the stage.
fn train(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    settings: &TrainingDataConfig,
    device: &ComputeDevice,
    made_from: &Fingerprint,
) -> Result<NamedFiles, Error> {
    let problem = run.problem;
    let data = TrainingData::gather(problem, landscape, settings)?;
    let data_hash = data_hash(run, settings, &data);
    let (weights, record, table, figure) = match &problem.config.denoiser {
        DenoiserConfig::Mixture(_) => return Ok(Vec::new()),
        DenoiserConfig::Neural(config) => {
            say!("{STAGE}: training on the {}", device.description());
            let (denoiser, history, outcome) =
                neural::train(run, config, &data, &data_hash, device, made_from)?;
            let record = neural::record(&denoiser, device, Some(outcome));
            let table = (HISTORY_FILE, neural::history_csv(&history));
            (denoiser.to_weights().map_err(failed)?, record, table, figure::of_training(&history)?)
        }
        DenoiserConfig::RandomFeatures(config) => {
            let (denoiser, report, outcome) = random_features::fit(run, config, &data)?;
            let record = random_features::record(&denoiser, &data_hash, Some(outcome));
            let table = (HELD_OUT_FILE, random_features::levels_csv(&report));
            (denoiser.to_weights(&names(problem), &data_hash), record, table, figure::of_fit(&report)?)
        }
    };
    Ok(vec![
        (WEIGHTS_FILE.to_owned(), weights.to_bytes().map_err(failed)?),
        (RECORD_FILE.to_owned(), json(&record)?),
        (table.0.to_owned(), table.1.into_bytes()),
        (format!("{FIGURE}.png"), figure.png),
        (format!("{FIGURE}.svg"), figure.svg.into_bytes()),
    ])
}

/// The weights of another run.
fn take_over(problem: &Problem, device: &ComputeDevice) -> Result<NamedFiles, Error> {
    let Some(weights) = foreign_weights(problem)? else { return Ok(Vec::new()) };
    let (denoiser, record) = foreign_denoiser(problem, &weights, device).map_err(failed)?;
    let (low, high) = denoiser.log_snr_range();
    say!(
        "{STAGE}: weights of another run, trained on logSNR {low} to {high}; the training settings are not used"
    );
    let bytes = weights.to_bytes().map_err(failed)?;
    Ok(vec![(WEIGHTS_FILE.to_owned(), bytes), (RECORD_FILE.to_owned(), json(&record)?)])
}

/// The denoiser of another run's weights, and what is known of it.
fn foreign_denoiser(
    problem: &Problem,
    weights: &WeightsFile,
    device: &ComputeDevice,
) -> Result<(Box<dyn Denoiser>, TrainingRecord), DenoiserError> {
    let (names, periods) = (names(problem), problem.periods());
    let expected = expectation(problem.config.denoiser.kind(), &names, &periods);
    if let DenoiserConfig::RandomFeatures(_) = &problem.config.denoiser {
        let denoiser = RandomFeatureDenoiser::from_weights(weights, &expected)?;
        let record = random_features::record(&denoiser, &weights.header.data_hash, None);
        return Ok((Box::new(denoiser), record));
    }
    let denoiser = NeuralDenoiser::from_weights(weights, &expected, device)?;
    let record = neural::record(&denoiser, device, None);
    Ok((Box::new(denoiser), record))
}

/// The finished denoiser from its artifacts.
fn load(run: &Run<'_>, device: &ComputeDevice) -> Result<LearnedDenoiser, Error> {
    let damaged = |error: DenoiserError| Error::file("understand", &run.directory.file(WEIGHTS_FILE), error);
    let weights = WeightsFile::from_bytes(&run.directory.read(WEIGHTS_FILE)?).map_err(damaged)?;
    let record = serde_json::from_slice(&run.directory.read(RECORD_FILE)?)
        .map_err(|error| Error::file("understand", &run.directory.file(RECORD_FILE), error))?;
    let (names, periods) = (names(run.problem), run.problem.periods());
    let expected = expectation(run.problem.config.denoiser.kind(), &names, &periods);
    if let DenoiserConfig::RandomFeatures(_) = &run.problem.config.denoiser {
        let denoiser = RandomFeatureDenoiser::from_weights(&weights, &expected).map_err(damaged)?;
        let equilibrium = denoiser.at_equilibrium().map(|equilibrium| Box::new(equilibrium) as _);
        return Ok(LearnedDenoiser { denoiser: Box::new(denoiser), equilibrium, record });
    }
    let denoiser = NeuralDenoiser::from_weights(&weights, &expected, device).map_err(damaged)?;
    Ok(LearnedDenoiser { denoiser: Box::new(denoiser), equilibrium: None, record })
}

/// Errors in the settings that can be found before anything is computed.
pub(crate) fn check(problem: &Problem) -> Result<(), InputError> {
    let device = device(problem)?;
    let Some(weights) = foreign_weights(problem)? else { return Ok(()) };
    problem.config.check_range(weights.header.log_snr)?;
    let (denoiser, _) = foreign_denoiser(problem, &weights, &device)
        .map_err(|error| problem.config.error("denoiser.weights", error.to_string()))?;
    // Numbers that are finite each by itself may still make none.
    let (low, high) = weights.header.log_snr;
    let y = problem
        .states
        .as_ref()
        .map_or_else(|| vec![0.0; problem.variables.len()], |[start, _]| problem.scaled_center(start));
    let ends = [low, high].map(|log_snr| SpacetimePoint { log_snr, y: y.clone() });
    match denoiser.moments(&ends) {
        Ok(_) => Ok(()),
        Err(error) => Err(problem.config.error("denoiser.weights", error.to_string())),
    }
}

/// Where it computes.
fn device(problem: &Problem) -> Result<ComputeDevice, InputError> {
    let choice = match &problem.config.denoiser {
        DenoiserConfig::Neural(NeuralConfig { device, .. }) => *device,
        DenoiserConfig::Mixture(_) | DenoiserConfig::RandomFeatures(_) => DeviceChoice::Cpu,
    };
    ComputeDevice::select(choice).map_err(|error| problem.config.error("denoiser.device", error.to_string()))
}

/// Of the data alone: two denoisers with the same one were trained on the same data.
fn data_hash(run: &Run<'_>, settings: &TrainingDataConfig, data: &TrainingData) -> String {
    let problem = run.problem;
    Ingredients::of("training data")
        .upstream(landscape::STAGE, &run.directory.output_fingerprint(landscape::STAGE))
        .settings("thermal energy", &problem.thermal_energy)
        .settings("range", &settings.log_snr_range(&problem.config.geodesic))
        .settings("targets", &settings.targets)
        .settings("samples", &(data.samples.len(), data.broadening))
        .settings("bandwidths", &data.bandwidths)
        .settings("seed", &problem.config.seed)
        .fingerprint()
        .to_hex()
}

fn made_from(
    run: &Run<'_>,
    ingredients: Ingredients,
    settings: &TrainingDataConfig,
    device: &ComputeDevice,
) -> Ingredients {
    let (problem, config) = (run.problem, &run.problem.config);
    let ingredients =
        ingredients.settings("variables", &config.variables).settings("kind", &config.denoiser.kind());
    if settings.weights.is_some() {
        return ingredients.settings("inputs", &problem.inputs.get("denoiser.weights"));
    }
    // Where the samples lie depends on the barrier between the states unless the configuration says it.
    let centers = problem.centers_made_from().filter(|_| settings.broadening.is_none());
    let ingredients = ingredients
        .upstream(landscape::STAGE, &run.directory.output_fingerprint(landscape::STAGE))
        .settings("thermal energy", &problem.thermal_energy)
        .settings("data", settings)
        .settings("range", &settings.log_snr_range(&config.geodesic))
        .settings("states", &centers)
        .settings("scales", &problem.scales.each())
        .settings("seed", &config.seed);
    match &config.denoiser {
        DenoiserConfig::Mixture(_) => ingredients,
        DenoiserConfig::Neural(neural) => {
            ingredients.settings("network", &neural.settings).settings("on the CPU", &device.is_cpu())
        }
        DenoiserConfig::RandomFeatures(features) => ingredients.settings("features", &features.settings),
    }
}
