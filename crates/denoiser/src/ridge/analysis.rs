//! What counts as a ridge, and of which density.

use crate::{Denoiser as _, DenoiserError, KernelDenoiser};

/// What counts as a ridge, and how it is looked for.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RidgeSettings {
    /// Dimension `d` of the ridge, at least 1 and below the number of variables.
    pub dimension: usize,
    /// A point is on the ridge when `|P_N (m* - y)|` is below this, in units of `s`.
    pub tolerance: f64,
    /// Most mean shifts of a point.
    pub most_shifts: usize,
    /// A ridge is curved where its tangent space turns by more than this angle (radian) over the distance `s`. A circle of
    /// radius `R` turns by `s/R`.
    pub curvature_angle: f64,
}

impl Default for RidgeSettings {
    fn default() -> Self {
        Self { dimension: 1, tolerance: 1e-6, most_shifts: 2000, curvature_angle: 0.5 }
    }
}

/// Ridges of the smoothed density of samples.
///
/// ```
/// use geodyssey_denoiser::{KernelDenoiser, RidgeAnalysis, RidgeSettings, SampleSet, SpacetimePoint};
/// let modes = SampleSet::new(&[vec![-3.0, 0.0], vec![3.0, 0.0]], None, vec![None, None])?;
/// let empirical = KernelDenoiser::new(modes, vec![0.0, 0.0])?;
/// let ridges = RidgeAnalysis::new(&empirical, RidgeSettings::default())?;
/// let found = ridges.project_to_ridge(&[SpacetimePoint { log_snr: -1.0, y: vec![1.2, 0.9] }])?;
/// assert!((found[0].point.y[0] - 1.2).abs() < 1e-9 && found[0].point.y[1].abs() < 1e-9);
/// # Ok::<(), geodyssey_denoiser::DenoiserError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RidgeAnalysis<'k> {
    pub(super) empirical: &'k KernelDenoiser,
    pub(super) settings: RidgeSettings,
}

impl<'k> RidgeAnalysis<'k> {
    /// Ridges of the density that `empirical` denoises exactly: with bandwidth 0 that of the samples themselves.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if the ridge's dimension is 0 or not below the number of variables, or a tolerance or angle is not
    /// a positive number.
    pub fn new(empirical: &'k KernelDenoiser, settings: RidgeSettings) -> Result<Self, DenoiserError> {
        let variables = empirical.dimension();
        if settings.dimension == 0 || settings.dimension >= variables {
            let message = format!(
                "a ridge of dimension {} among {variables} variables has no normal space",
                settings.dimension
            );
            return Err(DenoiserError::Data(message));
        }
        if !(settings.tolerance > 0.0 && settings.curvature_angle > 0.0) {
            return Err(DenoiserError::Data(format!("ridge settings {settings:?} are not positive")));
        }
        Ok(Self { empirical, settings })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &RidgeSettings {
        &self.settings
    }
}
