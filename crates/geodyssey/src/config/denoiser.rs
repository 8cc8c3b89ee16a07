//! `[denoiser]`: the posteriors of the landscape's density, exact or learned.

use std::path::PathBuf;

use geodyssey_denoiser::{DenoiserError, DeviceChoice, NeuralSettings, RandomFeatureSettings, Targets};
use serde::{Deserialize, Serialize};

use super::error::InputError;
use super::geodesic::GeodesicConfig;
use super::source::Section;
use super::values::{Count, PerVariable, PositiveReal, Real};

/// Names of the kinds, as the configuration has them.
const KINDS: [&str; 3] = ["mixture", "neural", "random-features"];
/// Keys that all learned kinds have.
const LEARNED_KEYS: [&str; 7] =
    ["kind", "log_snr_range", "targets", "broadening", "samples", "bandwidth", "weights"];
/// Further keys of `neural` beside those of the network and its training.
const NEURAL_KEYS: [&str; 2] = ["device", "checkpoint_interval"];
/// Lower end of the range of logSNR by default: on a torus of 2π the data are no longer visible, and boxes of a few units are a
/// single blur.
const DEFAULT_LEAST_LOG_SNR: f64 = -4.0;
/// By how much the range of logSNR reaches above the geodesic's ends by default.
const DEFAULT_LOG_SNR_MARGIN: f64 = 1.0;

/// `[denoiser]`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum DenoiserConfig {
    /// The exact posterior of the landscape: a sum over its grid, rows, Gaussians or samples.
    Mixture(MixtureConfig),
    /// A network, trained.
    Neural(NeuralConfig),
    /// A linear map of random features, fitted in closed form.
    RandomFeatures(RandomFeaturesConfig),
}

/// `kind = "mixture"`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MixtureConfig {
    /// Width of the Gaussians that replace the samples; for samples only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bandwidth: Option<Bandwidth>,
}

/// Standard deviation of the Gaussian about each sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "toml::Value", into = "toml::Value")]
pub(crate) enum Bandwidth {
    /// The one at which held-out samples are likeliest.
    #[default]
    HeldOut,
    /// One for all variables or one for each, in the units of the configuration.
    Given(PerVariable),
}

const HELD_OUT: &str = "held-out";

impl TryFrom<toml::Value> for Bandwidth {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value.as_str() {
            Some(HELD_OUT) => Ok(Self::HeldOut),
            Some(other) => Err(format!("expected \"{HELD_OUT}\" or a number above zero, found \"{other}\"")),
            None => PerVariable::try_from(value).map(Self::Given),
        }
    }
}

impl From<Bandwidth> for toml::Value {
    fn from(bandwidth: Bandwidth) -> Self {
        match bandwidth {
            Bandwidth::HeldOut => Self::String(HELD_OUT.to_owned()),
            Bandwidth::Given(widths) => widths.into(),
        }
    }
}

/// What every learned denoiser is trained on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct TrainingDataConfig {
    /// Least and largest logSNR. By default from −4 to one above the higher of the geodesic's ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_snr_range: Option<[Real; 2]>,
    /// Training target of a noisy point: the exact posterior mean of the data, or the clean sample from which it was made.
    pub(crate) targets: Targets,
    /// Factor by which the density from whose samples the noisy points are made is hotter than the landscape, so that they lie
    /// on barriers too (the targets are those of the landscape itself). By default it makes half the barrier between the states,
    /// above the global minimum, equal to one kT, but is at least 1; 4 if no barrier is known. Given samples (`[landscape]
    /// method = "samples"`) are used as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) broadening: Option<PositiveReal>,
    /// Number of samples.
    pub(crate) samples: Count,
    /// Width of the Gaussians that replace the samples, for the targets; only with `[landscape] method = "samples"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bandwidth: Option<Bandwidth>,
    /// Weights of another run, used instead of training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) weights: Option<PathBuf>,
}

/// `kind = "neural"`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NeuralConfig {
    /// What it is trained on.
    #[serde(flatten)]
    pub(crate) data: TrainingDataConfig,
    /// Where it computes.
    pub(crate) device: DeviceChoice,
    /// Steps between two checkpoints.
    pub(crate) checkpoint_interval: Count,
    /// The network and its training.
    #[serde(flatten)]
    pub(crate) settings: NeuralSettings,
}

/// `kind = "random-features"`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RandomFeaturesConfig {
    /// What it is fitted to.
    #[serde(flatten)]
    pub(crate) data: TrainingDataConfig,
    /// The features and their fit.
    #[serde(flatten)]
    pub(crate) settings: RandomFeatureSettings,
}

impl Default for TrainingDataConfig {
    fn default() -> Self {
        Self {
            log_snr_range: None,
            targets: Targets::default(),
            broadening: None,
            samples: Count::constant(65_536),
            bandwidth: None,
            weights: None,
        }
    }
}

impl TrainingDataConfig {
    fn take(section: &mut Section<'_>) -> Result<Self, InputError> {
        Ok(Self {
            log_snr_range: section.take("log_snr_range")?,
            targets: section.take("targets")?.unwrap_or_default(),
            broadening: section.take("broadening")?,
            samples: section.take("samples")?.unwrap_or(Self::default().samples),
            bandwidth: section.take("bandwidth")?,
            weights: section.take("weights")?,
        })
    }

    /// Least and largest logSNR of the training.
    pub(crate) fn log_snr_range(&self, geodesic: &GeodesicConfig) -> (f64, f64) {
        let highest = geodesic.log_snr.start.max(geodesic.log_snr.end);
        self.log_snr_range.map_or(
            (DEFAULT_LEAST_LOG_SNR.min(highest - DEFAULT_LOG_SNR_MARGIN), highest + DEFAULT_LOG_SNR_MARGIN),
            |[low, high]| (low.get(), high.get()),
        )
    }
}

impl DenoiserConfig {
    /// Reads `[denoiser]`.
    pub(super) fn read(root: &Section<'_>) -> Result<Self, InputError> {
        let Some(mut section) = root.table("denoiser")? else {
            return Ok(Self::exact());
        };
        let whole = section.clone();
        match section.take_kind("kind", Some("mixture"), &KINDS)?.as_str() {
            "mixture" => Ok(Self::Mixture(section.read()?)),
            "random-features" => {
                let mut own = keys(&RandomFeatureSettings::default());
                own.push("training_time".to_owned()); // has no default that could be written
                section.only(&names(&[&LEARNED_KEYS], &own))?;
                let data = TrainingDataConfig::take(&mut section)?;
                let settings: RandomFeatureSettings = section.read()?;
                settings.check().map_err(|error| setting_error(&whole, &own, &error))?;
                Ok(Self::RandomFeatures(RandomFeaturesConfig { data, settings }))
            }
            _ => {
                let own = keys(&NeuralSettings::default());
                section.only(&names(&[&LEARNED_KEYS, &NEURAL_KEYS], &own))?;
                let data = TrainingDataConfig::take(&mut section)?;
                let device = section.take("device")?.unwrap_or_default();
                let checkpoint_interval =
                    section.take("checkpoint_interval")?.unwrap_or(Count::constant(500));
                let settings: NeuralSettings = section.read()?;
                settings.check().map_err(|error| setting_error(&whole, &own, &error))?;
                Ok(Self::Neural(NeuralConfig { data, device, checkpoint_interval, settings }))
            }
        }
    }

    /// The exact one, as it is where nothing is said of it.
    pub(crate) fn exact() -> Self {
        Self::Mixture(MixtureConfig::default())
    }

    /// What a learned denoiser is trained on; none for an exact one.
    pub(crate) fn training_data(&self) -> Option<&TrainingDataConfig> {
        match self {
            Self::Mixture(_) => None,
            Self::Neural(neural) => Some(&neural.data),
            Self::RandomFeatures(features) => Some(&features.data),
        }
    }

    /// Width of the Gaussians that replace the samples.
    pub(crate) fn bandwidth(&self) -> Bandwidth {
        let given = match self {
            Self::Mixture(mixture) => &mixture.bandwidth,
            Self::Neural(neural) => &neural.data.bandwidth,
            Self::RandomFeatures(features) => &features.data.bandwidth,
        };
        given.clone().unwrap_or_default()
    }

    /// The same, to be changed.
    pub(super) fn training_data_mut(&mut self) -> Option<&mut TrainingDataConfig> {
        match self {
            Self::Mixture(_) => None,
            Self::Neural(neural) => Some(&mut neural.data),
            Self::RandomFeatures(features) => Some(&mut features.data),
        }
    }

    /// The kind's name as the configuration has it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Mixture(_) => KINDS[0],
            Self::Neural(_) => KINDS[1],
            Self::RandomFeatures(_) => KINDS[2],
        }
    }

    /// Whether it knows `log ∫ q(x) exp(-½ e^λ |x - y|²) dx`, as far as the configuration tells.
    pub(crate) fn knows_normaliser(&self) -> bool {
        match self {
            Self::Mixture(_) => true,
            Self::Neural(neural) => neural.settings.conservative || neural.data.weights.is_some(),
            Self::RandomFeatures(_) => false,
        }
    }
}

/// The keys of settings that are a plain table.
fn keys(settings: &impl Serialize) -> Vec<String> {
    let value = serde_json::to_value(settings).unwrap_or_default();
    value.as_object().map_or_else(Vec::new, |table| table.keys().cloned().collect())
}

fn names<'n>(lists: &[&[&'n str]], keys: &'n [String]) -> Vec<&'n str> {
    lists.iter().copied().flatten().copied().chain(keys.iter().map(String::as_str)).collect()
}

/// A setting that cannot be, at the place of the first key that the message names.
fn setting_error(section: &Section<'_>, keys: &[String], error: &DenoiserError) -> InputError {
    let message = error.to_string();
    let quoted = message.split('`').skip(1).step_by(2);
    let key = quoted.into_iter().find(|word| keys.iter().any(|key| key == word)).unwrap_or("kind").to_owned();
    section.error(&key, message)
}
