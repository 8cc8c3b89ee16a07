//! Networks as weight files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::NeuralSettings;
use super::model::{Head, Model};
use super::state::{NeuralIdentity, Progress};
use crate::{
    DenoiserError, WEIGHTS_VERSION, WeightsExpectation, WeightsFile, WeightsHeader, WeightsTensor,
    WeightsValues,
};

/// Kind of a file that contains a denoiser.
pub(super) const DENOISER: &str = "neural";
/// Kind of a file that contains an unfinished training.
pub(super) const TRAINING: &str = "neural-training";

/// Content of the header under `settings`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Details {
    network: NeuralSettings,
    head: Head,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<Progress>,
}

/// A file of single-precision tensors.
pub(super) fn write<'t>(
    kind: &str,
    model: &Model,
    identity: &NeuralIdentity,
    progress: Option<&Progress>,
    tensors: impl Iterator<Item = (String, Vec<usize>, &'t [f32])>,
) -> Result<WeightsFile, DenoiserError> {
    let details =
        Details { network: model.settings.clone(), head: model.head.clone(), progress: progress.cloned() };
    let settings =
        serde_json::to_value(details).map_err(|error| DenoiserError::Weights(error.to_string()))?;
    let header = WeightsHeader {
        version: WEIGHTS_VERSION,
        kind: kind.to_owned(),
        variables: identity.variables.clone(),
        periods: model.preconditioning.periods.clone(),
        log_snr: model.preconditioning.log_snr,
        data_hash: identity.data_hash.clone(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        settings,
        preconditioning: model.preconditioning.clone(),
    };
    let tensors = tensors.map(|(name, shape, values)| {
        (name, WeightsTensor { shape, values: WeightsValues::F32(values.to_vec()) })
    });
    Ok(WeightsFile { header, tensors: tensors.collect::<BTreeMap<_, _>>() })
}

/// The model, identity and progress of a file, if it is as expected.
pub(super) fn read(
    file: &WeightsFile,
    expected: &WeightsExpectation<'_>,
) -> Result<(Model, NeuralIdentity, Option<Progress>), DenoiserError> {
    let header = &file.header;
    header.check(expected)?;
    let details: Details = serde_json::from_value(header.settings.clone())
        .map_err(|error| DenoiserError::Weights(format!("its settings cannot be read: {error}")))?;
    details.network.check().map_err(|error| DenoiserError::Weights(error.to_string()))?;
    if details.network.conservative != matches!(details.head, Head::Conservative(_)) {
        return Err(DenoiserError::Weights("its settings do not match its kind of network".into()));
    }
    let identity =
        NeuralIdentity { variables: header.variables.clone(), data_hash: header.data_hash.clone() };
    let model = Model::new(details.network, header.preconditioning.clone(), details.head);
    Ok((model, identity, details.progress))
}
