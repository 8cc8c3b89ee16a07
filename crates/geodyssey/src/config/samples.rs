//! `[landscape] method = "samples"`: where the samples of the variables come from.

use std::path::PathBuf;

use geodyssey_landscape::{ReplicaExchangeParameters, replica_exchange::geometric_ladder};
use serde::{Deserialize, Serialize};

use super::error::InputError;
use super::source::Section;
use super::values::{Count, PositiveReal};

/// `method = "samples"`: samples with weights in place of an energy. They come from trajectory files, from a table, or, where
/// neither is named, from replica exchange of the molecule.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SamplesConfig {
    /// Trajectories of the molecule, one after the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) trajectory: Vec<PathBuf>,
    /// CSV with the column `weight`, one row for each frame of the trajectories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) weights: Option<PathBuf>,
    /// Keep every n-th frame of the trajectories, starting with the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stride: Option<Count>,
    /// CSV with the variables by name and, optionally, the column `weight`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) samples: Option<PathBuf>,
    /// kT of a table, kJ/mol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thermal_energy: Option<PositiveReal>,
    /// Temperature of a table, K.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) temperature: Option<PositiveReal>,
    /// Samples that the run makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replica_exchange: Option<ReplicaExchangeConfig>,
}

/// `[landscape.replica_exchange]`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReplicaExchangeConfig {
    /// Its temperatures.
    #[serde(flatten)]
    pub(crate) ladder: LadderConfig,
    /// Times, and how many ladders.
    #[serde(flatten)]
    pub(crate) parameters: ReplicaExchangeParameters,
}

/// The temperatures of replica exchange.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum LadderConfig {
    /// Each of them, K; the first is the run's.
    Given {
        /// The temperatures, from the lowest to the highest.
        temperatures_k: Vec<PositiveReal>,
    },
    /// From the run's temperature up to the highest in one ratio.
    Geometric {
        /// Number of temperatures.
        temperatures: Count,
        /// Highest temperature, K.
        highest_temperature_k: PositiveReal,
    },
}

impl Default for ReplicaExchangeConfig {
    fn default() -> Self {
        let ladder = LadderConfig::Geometric {
            temperatures: Count::constant(8),
            highest_temperature_k: PositiveReal::constant(800.0),
        };
        Self { ladder, parameters: ReplicaExchangeParameters::default() }
    }
}

/// Where the samples come from.
#[derive(Clone, Copy)]
pub(crate) enum SamplesSource<'s> {
    /// Trajectory files.
    Trajectory(&'s [PathBuf]),
    /// A table.
    Table(&'s PathBuf),
    /// The run itself.
    ReplicaExchange(&'s ReplicaExchangeConfig),
}

impl SamplesConfig {
    /// Reads the section; `molecule` says whether there is one.
    pub(super) fn read(section: Section<'_>, molecule: bool) -> Result<Self, InputError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            trajectory: Option<Vec<PathBuf>>,
            weights: Option<PathBuf>,
            stride: Option<Count>,
            samples: Option<PathBuf>,
            thermal_energy: Option<PositiveReal>,
            temperature: Option<PositiveReal>,
        }
        let mut rest = section.clone();
        let replica_exchange =
            rest.take_table("replica_exchange")?.map(ReplicaExchangeConfig::read).transpose()?;
        let written: Written = rest.read()?;
        let refuse = |key: &str, message: &str| Err(section.error(key, message));
        if written.trajectory.as_ref().is_some_and(Vec::is_empty) {
            return refuse("trajectory", "name at least one file");
        }
        let trajectory = written.trajectory.unwrap_or_default();
        let files = !trajectory.is_empty();
        if !molecule && written.samples.is_none() {
            return refuse(
                "method",
                "without a [system] samples need `samples = \"FILE.csv\"`, a table of the variables",
            );
        }
        if files && written.samples.is_some() {
            return refuse("samples", "give `trajectory` or `samples`, not both");
        }
        if replica_exchange.is_some() && (files || written.samples.is_some()) {
            return refuse(
                "replica_exchange",
                "samples are read from files or made by replica exchange, not both",
            );
        }
        for (key, given) in [("weights", written.weights.is_some()), ("stride", written.stride.is_some())] {
            if given && !files {
                return refuse(key, &format!("`{key}` goes with `trajectory`"));
            }
        }
        let made = (!files && written.samples.is_none()).then(|| replica_exchange.unwrap_or_default());
        Ok(Self {
            trajectory,
            weights: written.weights,
            stride: written.stride,
            samples: written.samples,
            thermal_energy: written.thermal_energy,
            temperature: written.temperature,
            replica_exchange: made,
        })
    }

    /// Where the samples come from.
    pub(crate) fn source(&self) -> SamplesSource<'_> {
        match (&self.samples, &self.replica_exchange) {
            (Some(file), _) => SamplesSource::Table(file),
            (None, Some(settings)) => SamplesSource::ReplicaExchange(settings),
            (None, None) => SamplesSource::Trajectory(&self.trajectory),
        }
    }
}

impl ReplicaExchangeConfig {
    fn read(mut section: Section<'_>) -> Result<Self, InputError> {
        let whole = section.clone();
        let given: Option<Vec<PositiveReal>> = section.take("temperatures_k")?;
        let temperatures: Option<Count> = section.take("temperatures")?;
        let highest_temperature_k: Option<PositiveReal> = section.take("highest_temperature_k")?;
        let mut config = Self { parameters: section.read()?, ..Self::default() };
        match (given, &mut config.ladder) {
            (Some(temperatures_k), ladder) => {
                for (key, both) in [
                    ("temperatures", temperatures.is_some()),
                    ("highest_temperature_k", highest_temperature_k.is_some()),
                ] {
                    if both {
                        return Err(whole.error(key, format!("give `temperatures_k` or `{key}`, not both")));
                    }
                }
                *ladder = LadderConfig::Given { temperatures_k };
            }
            (None, LadderConfig::Geometric { temperatures: count, highest_temperature_k: highest }) => {
                *count = temperatures.unwrap_or(*count);
                *highest = highest_temperature_k.unwrap_or(*highest);
            }
            (None, LadderConfig::Given { .. }) => {}
        }
        Ok(config)
    }

    /// The temperatures of a run at `lowest_k`, K.
    ///
    /// # Errors
    /// Temperatures that do not begin with the run's or do not rise, with the key that is wrong.
    pub(crate) fn temperatures_k(&self, lowest_k: f64) -> Result<Vec<f64>, (&'static str, String)> {
        match &self.ladder {
            LadderConfig::Geometric { temperatures, highest_temperature_k } => {
                geometric_ladder(lowest_k, highest_temperature_k.get(), temperatures.get())
                    .map_err(|error| ("highest_temperature_k", error.to_string()))
            }
            LadderConfig::Given { temperatures_k } => {
                let ladder: Vec<f64> = temperatures_k.iter().map(|temperature| temperature.get()).collect();
                if ladder.first() != Some(&lowest_k) {
                    let message = format!("the first temperature must be the run's, {lowest_k} K");
                    return Err(("temperatures_k", message));
                }
                Ok(ladder)
            }
        }
    }
}
