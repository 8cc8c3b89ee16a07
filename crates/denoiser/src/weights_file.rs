//! Files of a learned denoiser's weights: safetensors, with what the weights belong to in the header.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::{Denoiser as _, DenoiserError, Preconditioning};

/// Version of the format; a file of another one is refused.
pub const WEIGHTS_VERSION: u32 = 2;
/// The metadata's key under which the header stands.
const HEADER_KEY: &str = "geodyssey";
/// The first key of the header as it is stored: BLAKE3 of the header without it and of every tensor's name, type, shape and
/// entries, in the order of names. It stands in the one entry of the metadata, because several are written in an order that
/// changes from process to process.
const CHECKSUM_KEY: &str = "blake3";

/// What weights belong to; JSON under the key `geodyssey` of the safetensors metadata.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsHeader {
    /// Version of the format, [`WEIGHTS_VERSION`].
    pub version: u32,
    /// Kind of denoiser, such as `neural` or `random-features`.
    pub kind: String,
    /// Name of each variable.
    pub variables: Vec<String>,
    /// Period of each variable; none where it is not periodic.
    pub periods: Vec<Option<f64>>,
    /// Least and largest `λ` that the denoiser was trained on.
    pub log_snr: (f64, f64),
    /// Fingerprint of the data and settings it was trained with, as the caller computes it.
    pub data_hash: String,
    /// Version of the program that wrote the file.
    pub program_version: String,
    /// Settings of the denoiser's kind.
    pub settings: serde_json::Value,
    /// Scale of the task.
    pub preconditioning: Preconditioning,
}

/// What a caller expects of a file.
#[derive(Clone, Debug)]
pub struct WeightsExpectation<'e> {
    /// Kind of denoiser.
    pub kind: &'e str,
    /// Name of each variable.
    pub variables: &'e [String],
    /// Period of each variable.
    pub periods: &'e [Option<f64>],
    /// Fingerprint of the data; none if any will do.
    pub data_hash: Option<&'e str>,
}

impl WeightsHeader {
    /// Refuses weights of another kind, other variables, periods or data, or with numbers that make no sense.
    ///
    /// # Errors
    /// [`DenoiserError::Weights`] that says what differs.
    pub fn check(&self, expected: &WeightsExpectation<'_>) -> Result<(), DenoiserError> {
        let fail = |what: &str, found: String, wanted: String| {
            let message = format!("the file has {what} {found}, expected {wanted}");
            Err(DenoiserError::Weights(message))
        };
        if self.kind != expected.kind {
            return fail("a denoiser of kind", self.kind.clone(), expected.kind.to_owned());
        }
        if self.variables != expected.variables {
            return fail("the variables", self.variables.join(", "), expected.variables.join(", "));
        }
        if self.periods != expected.periods || self.preconditioning.periods != expected.periods {
            return fail("the periods", format!("{:?}", self.periods), format!("{:?}", expected.periods));
        }
        if let Some(hash) = expected.data_hash
            && hash != self.data_hash
        {
            return fail("weights for the data", self.data_hash.clone(), hash.to_owned());
        }
        let dimension = self.periods.len();
        let scaling = &self.preconditioning;
        let lengths = [scaling.centre.len(), scaling.deviation.len(), scaling.log_scale.len()];
        if lengths != [dimension; 3] {
            return fail("a scaling for", format!("{lengths:?} variables"), dimension.to_string());
        }
        let (low, high) = self.log_snr;
        if !low.is_finite() || !high.is_finite() || low >= high || self.log_snr != scaling.log_snr {
            let found = format!("{:?} and {:?}", self.log_snr, scaling.log_snr);
            return fail("the logSNR ranges", found, "one range".to_owned());
        }
        if scaling.baseline.mixture().periods() != expected.periods {
            let found = format!("{:?}", scaling.baseline.mixture().periods());
            return fail("a baseline with the periods", found, format!("{:?}", expected.periods));
        }
        let numbers = scaling.centre.iter().chain(scaling.log_scale.iter().flatten());
        if numbers.chain(&scaling.deviation).any(|value| !value.is_finite())
            || scaling.deviation.iter().any(|deviation| *deviation <= 0.0)
        {
            return fail("a scaling", "that is not finite".to_owned(), "finite numbers".to_owned());
        }
        Ok(())
    }
}

/// A tensor of a file, in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsTensor {
    /// Length along each axis.
    pub shape: Vec<usize>,
    /// Entries.
    pub values: WeightsValues,
}

/// Entries of a tensor in the precision of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum WeightsValues {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

/// A file in memory: its header and its tensors by name.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsFile {
    /// What the weights belong to.
    pub header: WeightsHeader,
    /// Tensors by name.
    pub tensors: BTreeMap<String, WeightsTensor>,
}

impl WeightsFile {
    /// The file's bytes; the same for the same content.
    ///
    /// # Errors
    /// [`DenoiserError::Weights`] if a shape does not fit its entries, or an entry is not finite.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DenoiserError> {
        let mut stored = Vec::with_capacity(self.tensors.len());
        for (name, tensor) in &self.tensors {
            let (dtype, bytes, finite) = match &tensor.values {
                WeightsValues::F32(values) => (
                    Dtype::F32,
                    values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>(),
                    values.iter().all(|value| value.is_finite()),
                ),
                WeightsValues::F64(values) => (
                    Dtype::F64,
                    values.iter().flat_map(|value| value.to_le_bytes()).collect(),
                    values.iter().all(|value| value.is_finite()),
                ),
            };
            if !finite {
                return Err(not_finite(name));
            }
            stored.push((name, tensor, dtype, bytes));
        }
        let mut views = Vec::with_capacity(stored.len());
        for (name, tensor, dtype, bytes) in &stored {
            let view = TensorView::new(*dtype, tensor.shape.clone(), bytes).map_err(unusable)?;
            views.push((name.as_str(), view));
        }
        let header = serde_json::to_string(&self.header).map_err(unusable)?;
        let checksum = checksum(
            &header,
            stored.iter().map(|(name, tensor, dtype, bytes)| {
                (name.as_str(), *dtype, tensor.shape.as_slice(), bytes.as_slice())
            }),
        );
        let metadata = HashMap::from([(HEADER_KEY.to_owned(), stored_header(&header, &checksum))]);
        safetensors::serialize(views, Some(metadata)).map_err(unusable)
    }

    /// Reads what [`WeightsFile::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`DenoiserError::Weights`] if the bytes are not a safetensors file, it has no header of ours or one of another version, its
    /// content is not that of its checksum, or a tensor is not of single or double precision or not finite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DenoiserError> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(unusable)?;
        let header = metadata.metadata().as_ref().and_then(|entries| entries.get(HEADER_KEY));
        let header = header.ok_or_else(|| {
            DenoiserError::Weights("the file's metadata have no entry `geodyssey`".to_owned())
        })?;
        let (header, stated) = parted_header(header);
        let value: serde_json::Value = serde_json::from_str(&header).map_err(unusable)?;
        let version = value.get("version").and_then(serde_json::Value::as_u64);
        if version != Some(u64::from(WEIGHTS_VERSION)) {
            let found = version.map_or("none".to_owned(), |version| version.to_string());
            let message =
                format!("the file's format has version {found}, this program reads {WEIGHTS_VERSION}");
            return Err(DenoiserError::Weights(message));
        }
        let stored = SafeTensors::deserialize(bytes).map_err(unusable)?;
        let sorted: BTreeMap<&str, TensorView<'_>> = stored.iter().collect();
        let found = checksum(
            &header,
            sorted.iter().map(|(name, view)| (*name, view.dtype(), view.shape(), view.data())),
        );
        if stated.as_ref() != Some(&found) {
            let message =
                "its content does not match the checksum that it states: the file was changed or damaged";
            return Err(DenoiserError::Weights(message.to_owned()));
        }
        let header: WeightsHeader = serde_json::from_value(value).map_err(unusable)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in sorted {
            let values = match view.dtype() {
                Dtype::F32 => {
                    let (numbers, _) = view.data().as_chunks();
                    WeightsValues::F32(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
                }
                Dtype::F64 => {
                    let (numbers, _) = view.data().as_chunks();
                    WeightsValues::F64(numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
                }
                other => {
                    let message = format!("tensor `{name}` has entries of type {other}, expected F32 or F64");
                    return Err(DenoiserError::Weights(message));
                }
            };
            let finite = match &values {
                WeightsValues::F32(values) => values.iter().all(|value| value.is_finite()),
                WeightsValues::F64(values) => values.iter().all(|value| value.is_finite()),
            };
            if !finite {
                return Err(not_finite(name));
            }
            tensors.insert(name.to_owned(), WeightsTensor { shape: view.shape().to_vec(), values });
        }
        Ok(Self { header, tensors })
    }

    /// The tensor of this name, if it has this shape and double precision.
    ///
    /// # Errors
    /// [`DenoiserError::Weights`] that says what differs.
    pub fn double(&self, name: &str, shape: &[usize]) -> Result<&[f64], DenoiserError> {
        match self.tensor(name, shape)? {
            WeightsValues::F64(values) => Ok(values),
            WeightsValues::F32(_) => Err(DenoiserError::Weights(format!(
                "tensor `{name}` is of single precision, expected double"
            ))),
        }
    }

    /// The tensor of this name, if it has this shape and single precision.
    ///
    /// # Errors
    /// [`DenoiserError::Weights`] that says what differs.
    pub fn single(&self, name: &str, shape: &[usize]) -> Result<&[f32], DenoiserError> {
        match self.tensor(name, shape)? {
            WeightsValues::F32(values) => Ok(values),
            WeightsValues::F64(_) => Err(DenoiserError::Weights(format!(
                "tensor `{name}` is of double precision, expected single"
            ))),
        }
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<&WeightsValues, DenoiserError> {
        let tensor = self
            .tensors
            .get(name)
            .ok_or_else(|| DenoiserError::Weights(format!("the file has no tensor `{name}`")))?;
        if tensor.shape != shape {
            let message = format!("tensor `{name}` has the shape {:?}, expected {shape:?}", tensor.shape);
            return Err(DenoiserError::Weights(message));
        }
        Ok(&tensor.values)
    }
}

/// A header's JSON with the checksum as its first key.
fn stored_header(header: &str, checksum: &str) -> String {
    format!("{{\"{CHECKSUM_KEY}\":\"{checksum}\",{}", header.trim_start_matches('{'))
}

/// A stored header's JSON without the checksum, and the checksum where there is one.
fn parted_header(stored: &str) -> (String, Option<String>) {
    let parted =
        stored.strip_prefix(&format!("{{\"{CHECKSUM_KEY}\":\"")).and_then(|rest| rest.split_once("\","));
    match parted {
        Some((checksum, rest)) => (format!("{{{rest}"), Some(checksum.to_owned())),
        None => (stored.to_owned(), None),
    }
}

fn checksum<'t>(
    header: &str,
    tensors: impl Iterator<Item = (&'t str, Dtype, &'t [usize], &'t [u8])>,
) -> String {
    let mut hasher = blake3::Hasher::new();
    // Every part with its length, so that nothing can move from one to the next.
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    add(header.as_bytes());
    for (name, dtype, shape, bytes) in tensors {
        add(name.as_bytes());
        add(format!("{dtype:?} {shape:?}").as_bytes());
        add(bytes);
    }
    hasher.finalize().to_hex().to_string()
}

fn unusable(reason: impl std::fmt::Display) -> DenoiserError {
    DenoiserError::Weights(reason.to_string())
}

fn not_finite(name: &str) -> DenoiserError {
    DenoiserError::Weights(format!("tensor `{name}` has an entry that is not finite"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClusterMixture, SampleSet};

    fn file() -> WeightsFile {
        let points: Vec<Vec<f64>> = (0..9).map(|i| vec![f64::from(i % 3), f64::from(i)]).collect();
        let samples = SampleSet::new(&points, None, vec![Some(6.25), None]).unwrap();
        let preconditioning = Preconditioning {
            periods: vec![Some(6.25), None],
            centre: vec![0.0, 0.3],
            deviation: vec![1.0, 0.1],
            log_snr: (-2.0, 7.0),
            log_scale: vec![vec![0.1, 1.0 / 3.0]; 2],
            baseline: ClusterMixture::fit(&samples, 2, 1).unwrap(),
        };
        let header = WeightsHeader {
            version: WEIGHTS_VERSION,
            kind: "random-features".into(),
            variables: vec!["phi".into(), "distance".into()],
            periods: preconditioning.periods.clone(),
            log_snr: preconditioning.log_snr,
            data_hash: "abc".into(),
            program_version: "0.1.0".into(),
            settings: serde_json::json!({"features": 3}),
            preconditioning,
        };
        let tensors = BTreeMap::from([
            (
                "b".into(),
                WeightsTensor { shape: vec![1, 3], values: WeightsValues::F64(vec![0.1, -1e300, 0.0]) },
            ),
            ("a".into(), WeightsTensor { shape: vec![2], values: WeightsValues::F32(vec![0.1, 2.0]) }),
        ]);
        WeightsFile { header, tensors }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = file();
        let bytes = file.to_bytes().unwrap();
        assert_eq!(bytes, file.to_bytes().unwrap());
        let read = WeightsFile::from_bytes(&bytes).unwrap();
        assert_eq!(read, file);
        assert_eq!(read.double("b", &[1, 3]).unwrap()[1], -1e300);
        assert_eq!(read.single("a", &[2]).unwrap(), [0.1, 2.0]);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_reason() {
        let message = |result: Result<(), DenoiserError>| result.unwrap_err().to_string();
        let file = file();
        let (variables, periods) = (file.header.variables.clone(), file.header.periods.clone());
        let fits = WeightsExpectation {
            kind: "random-features",
            variables: &variables,
            periods: &periods,
            data_hash: Some("abc"),
        };
        file.header.check(&fits).unwrap();
        assert!(
            message(file.header.check(&WeightsExpectation { kind: "neural", ..fits.clone() }))
                .contains("kind")
        );
        let others = ["phi".to_owned(), "psi".to_owned()];
        let found = message(file.header.check(&WeightsExpectation { variables: &others, ..fits.clone() }));
        assert!(found.contains("phi, distance") && found.contains("phi, psi"), "{found}");
        let found =
            message(file.header.check(&WeightsExpectation { periods: &[None, None], ..fits.clone() }));
        assert!(found.contains("6.25"), "{found}");
        assert!(
            message(file.header.check(&WeightsExpectation { data_hash: Some("d"), ..fits })).contains("abc")
        );
        assert!(message(file.double("c", &[1]).map(|_| ())).contains("`c`"));
        assert!(message(file.double("b", &[3]).map(|_| ())).contains("[1, 3]"));
        assert!(message(file.double("a", &[2]).map(|_| ())).contains("single"));

        let bytes = file.to_bytes().unwrap();
        assert!(WeightsFile::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        // One bit of one weight, of the header, or of a name.
        let last = bytes.len() - 1;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for place in [last, text.find("0.1.0").unwrap(), text.find("\\\"abc").unwrap() + 3] {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            let message = WeightsFile::from_bytes(&damaged).unwrap_err().to_string();
            assert!(message.contains("checksum"), "{message}");
        }
        let mut infinite = file.clone();
        infinite.tensors.insert(
            "b".into(),
            WeightsTensor { shape: vec![1], values: WeightsValues::F64(vec![f64::INFINITY]) },
        );
        assert!(infinite.to_bytes().unwrap_err().to_string().contains("not finite"));
        let mut newer = file.clone();
        newer.header.version = WEIGHTS_VERSION + 1;
        let message = WeightsFile::from_bytes(&newer.to_bytes().unwrap()).unwrap_err().to_string();
        assert!(message.contains("version 3"), "{message}");
        let mut wrong = file;
        wrong
            .tensors
            .insert("b".into(), WeightsTensor { shape: vec![4], values: WeightsValues::F64(vec![0.0; 3]) });
        assert!(wrong.to_bytes().is_err());
    }
}
