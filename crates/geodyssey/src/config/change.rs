//! Sections that replace those of a file: from a configuration that was read, others are derived, such as a comparison's baselines.

use super::constraints::ConstraintConfig;
use super::denoiser::DenoiserConfig;
use super::geodesic::{CurveKind, GeodesicConfig};
use super::sampling::SamplingConfig;
use super::values::{Count, Ends, Real};

/// The sections that a derived configuration replaces. Everything else stays.
#[derive(Clone, Debug)]
pub(crate) struct ConfigChange {
    /// Its purpose, for error messages, since the section is not in any file.
    pub(crate) reason: String,
    /// `[geodesic]`.
    pub(crate) curve: CurveChange,
    /// Every `[[constraint]]`.
    pub(crate) constraints: Vec<ConstraintConfig>,
    /// `[denoiser]`; none if unchanged.
    pub(crate) denoiser: Option<DenoiserConfig>,
    /// `[sampling]`; none if unchanged.
    pub(crate) sampling: Option<SamplingConfig>,
}

/// A replaced `[geodesic]`, whose other keys have their defaults. Its numbers come from results and are checked like those of a file.
#[derive(Clone, Debug)]
pub(crate) struct CurveChange {
    /// Kind of curve.
    pub(crate) kind: CurveKind,
    /// Points on it, both ends included.
    pub(crate) points: Count,
    /// logSNR at the ends.
    pub(crate) log_snr: Ends,
    /// Lower bound of logSNR.
    pub(crate) log_snr_min: Real,
    /// Turns per variable.
    pub(crate) winding: Vec<i64>,
    /// logSNR at equal spacing along a straight line; none if it is linear.
    pub(crate) log_snr_schedule: Option<Vec<f64>>,
    /// logSNR in the middle of a tent; none for the default.
    pub(crate) tent_log_snr: Option<f64>,
}

impl ConfigChange {
    /// The sections that differ from those of the file.
    pub(super) fn sections(&self) -> impl Iterator<Item = &'static str> {
        let denoiser = self.denoiser.as_ref().map(|_| "denoiser");
        let sampling = self.sampling.as_ref().map(|_| "sampling");
        ["geodesic", "constraint"].into_iter().chain(denoiser).chain(sampling)
    }
}

impl CurveChange {
    /// The resulting section, or the key of an impossible number with the reason.
    pub(super) fn section(&self) -> Result<GeodesicConfig, (&'static str, String)> {
        let real =
            |key: &'static str| move |value: f64| Real::try_from(value).map_err(|why: String| (key, why));
        let turns = |&turns: &i64| {
            let wrong = || ("geodesic.winding", format!("expected a whole number of turns, found {turns}"));
            i32::try_from(turns).map_err(|_| wrong())
        };
        let schedule = match &self.log_snr_schedule {
            Some(levels) => {
                let levels = levels.iter().copied().map(real("geodesic.log_snr_schedule"));
                Some(levels.collect::<Result<Vec<Real>, _>>()?)
            }
            None => None,
        };
        let default = GeodesicConfig::default();
        let tent = self.tent_log_snr.map(real("geodesic.tent_log_snr")).transpose()?;
        Ok(GeodesicConfig {
            kind: self.kind,
            points: self.points,
            log_snr: self.log_snr,
            log_snr_min: self.log_snr_min,
            winding: Some(self.winding.iter().map(turns).collect::<Result<Vec<i32>, _>>()?),
            log_snr_schedule: schedule,
            tent_log_snr: tent.unwrap_or(default.tent_log_snr),
            ..default
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::{Config, InputError, SamplingMethod, ShootingLength, Space};

    fn read(changes: &[&str]) -> Config {
        let file =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../configs/alanine-dipeptide-neural.toml");
        let changes: Vec<String> = changes.iter().map(|change| (*change).to_owned()).collect();
        Config::read(&file, &changes, Some(3)).expect("a configuration")
    }

    fn changed(change: impl FnOnce(&mut ConfigChange)) -> Result<Config, InputError> {
        let config = read(&["output.formats=[\"dcd\"]"]);
        let mut wanted = ConfigChange {
            reason: "set by a test".to_owned(),
            curve: CurveChange {
                kind: CurveKind::Straight,
                points: config.geodesic.points,
                log_snr: config.geodesic.log_snr,
                log_snr_min: config.geodesic.log_snr_min,
                winding: vec![0, -1],
                log_snr_schedule: None,
                tent_log_snr: None,
            },
            constraints: Vec::new(),
            denoiser: Some(DenoiserConfig::exact()),
            sampling: None,
        };
        change(&mut wanted);
        config.with(&wanted)
    }

    #[test]
    fn a_change_comes_to_what_the_same_text_comes_to() {
        let levels = [4.0, -0.1 - 0.2, 1e-7, 4.0];
        let found = changed(|change| {
            change.curve.log_snr_schedule = Some(levels.to_vec());
            change.sampling = Some(SamplingConfig {
                method: SamplingMethod::TwoWayShooting,
                space: Some(Space::Variables),
                length: Some(ShootingLength::Flexible),
                lifted_paths: Some(0),
                backward: false,
                ..SamplingConfig::default()
            });
        });
        let text = read(&[
            "output.formats=[\"dcd\"]",
            &format!(
                "geodesic={{ kind = \"straight\", log_snr_schedule = {levels:?}, points = 128, log_snr = 4.0, winding = [0, -1] }}"
            ),
            "constraint=[]",
            "denoiser={ kind = \"mixture\" }",
            "sampling={ method = \"two-way-shooting\", space = \"variables\", length = \"flexible\", paths = 32, lifted_paths = 0 }",
        ]);
        let found = found.and_then(|config| config.resolved()).expect("a changed configuration");
        assert_eq!(found, text.resolved().expect("a configuration"));
    }

    #[test]
    fn a_change_is_checked_like_a_file() {
        type Change = fn(&mut ConfigChange);
        let wrong: [(Change, &str); 4] = [
            (|change| change.curve.winding = vec![1], "expected 2 whole numbers"),
            (|change| change.curve.winding = vec![1 << 40, 0], "expected a whole number of turns"),
            (|change| change.curve.tent_log_snr = Some(f64::NAN), "expected a finite number"),
            (|change| change.curve.tent_log_snr = Some(60.0), "logSNR must lie within"),
        ];
        for (change, complaint) in wrong {
            let message = changed(change).expect_err("an error").to_string();
            assert!(message.contains(complaint) && message.ends_with("= set by a test"), "{message}");
        }
    }
}
