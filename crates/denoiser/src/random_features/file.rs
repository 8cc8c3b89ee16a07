//! Files of random-feature denoisers.

use std::collections::BTreeMap;

use nalgebra::DMatrix;

use super::cosines::CosineFeatures;
use super::{RandomFeatureDenoiser, RandomFeatureSettings};
use crate::{
    DenoiserError, WEIGHTS_VERSION, WeightsExpectation, WeightsFile, WeightsHeader, WeightsTensor,
    WeightsValues,
};

impl RandomFeatureDenoiser {
    /// The kind that stands in the header of its files.
    pub const KIND: &'static str = "random-features";

    /// The denoiser as a file: double precision, `frequencies` `[features, variables]`, `level_frequencies` and `phases`
    /// `[features]`, `coefficients` `[variables, features + 1]` with the constant's first, and `equilibrium_coefficients` of a
    /// training that was stopped. `data_hash` is a fingerprint of the data, as the caller computes it.
    #[must_use]
    pub fn to_weights(&self, variables: &[String], data_hash: &str) -> WeightsFile {
        let features = &self.features;
        let (count, dimension) = (features.phases.len(), features.dimension());
        let row_major = |matrix: &DMatrix<f64>| matrix.transpose().as_slice().to_vec();
        let wide = vec![dimension, count + 1];
        let mut entries = vec![
            ("frequencies", vec![count, dimension], features.frequencies.clone()),
            ("level_frequencies", vec![count], features.level_frequencies.clone()),
            ("phases", vec![count], features.phases.clone()),
            ("coefficients", wide.clone(), row_major(&self.coefficients)),
        ];
        if let Some(equilibrium) = &self.equilibrium {
            entries.push(("equilibrium_coefficients", wide, row_major(equilibrium)));
        }
        let tensors = entries.into_iter().map(|(name, shape, values)| {
            (name.to_owned(), WeightsTensor { shape, values: WeightsValues::F64(values) })
        });
        let header = WeightsHeader {
            version: WEIGHTS_VERSION,
            kind: Self::KIND.to_owned(),
            variables: variables.to_vec(),
            periods: features.preconditioning.periods.clone(),
            log_snr: features.preconditioning.log_snr,
            data_hash: data_hash.to_owned(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            settings: serde_json::json!(self.settings),
            preconditioning: features.preconditioning.clone(),
        };
        WeightsFile { header, tensors: tensors.collect::<BTreeMap<_, _>>() }
    }

    /// The denoiser of a file that [`RandomFeatureDenoiser::to_weights`] made.
    ///
    /// # Errors
    /// [`DenoiserError::Weights`] if it is of another kind, of other variables, periods or data than expected, or incomplete.
    pub fn from_weights(
        file: &WeightsFile,
        expected: &WeightsExpectation<'_>,
    ) -> Result<Self, DenoiserError> {
        if expected.kind != Self::KIND {
            let message = format!(
                "a denoiser of kind {} was expected where only {} can be read",
                expected.kind,
                Self::KIND
            );
            return Err(DenoiserError::Weights(message));
        }
        file.header.check(expected)?;
        let settings: RandomFeatureSettings = serde_json::from_value(file.header.settings.clone())
            .map_err(|error| DenoiserError::Weights(format!("settings: {error}")))?;
        settings.check().map_err(|error| DenoiserError::Weights(error.to_string()))?;
        let preconditioning = file.header.preconditioning.clone();
        let (count, dimension) = (settings.features, preconditioning.dimension());
        let wide = [dimension, count + 1];
        let matrix = |name: &str| -> Result<DMatrix<f64>, DenoiserError> {
            Ok(DMatrix::from_row_slice(dimension, count + 1, file.double(name, &wide)?))
        };
        let features = CosineFeatures {
            frequencies: file.double("frequencies", &[count, dimension])?.to_vec(),
            level_frequencies: file.double("level_frequencies", &[count])?.to_vec(),
            phases: file.double("phases", &[count])?.to_vec(),
            damping: settings.damping,
            preconditioning,
        };
        for wave in features.frequencies.chunks(dimension) {
            let mut pairs = wave.iter().zip(&features.preconditioning.periods);
            if let Some((k, _)) = pairs.find(|(k, period)| period.is_some() && k.fract() != 0.0) {
                let message = format!("a periodic variable has the wave number {k}, which is not an integer");
                return Err(DenoiserError::Weights(message));
            }
        }
        let coefficients = matrix("coefficients")?;
        let equilibrium = settings.training_time.map(|_| matrix("equilibrium_coefficients")).transpose()?;
        Ok(Self { settings, features, coefficients, equilibrium })
    }
}
