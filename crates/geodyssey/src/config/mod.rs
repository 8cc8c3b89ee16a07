//! The configuration: one TOML file that defines a run completely.
//!
//! What is read here is right in itself: types, names, signs and numbers of values. What needs other files
//! (atoms, structures, tables) is checked by the stages, which report through [`Config::error`] with the place.

mod bounds;
mod change;
mod constraints;
pub(crate) mod denoiser;
mod error;
pub(crate) mod geodesic;
mod key_path;
pub(crate) mod landscape;
pub(crate) mod paths;
#[cfg(test)]
mod reference;
mod reserved_names;
mod samples;
pub(crate) mod sampling;
mod source;
pub(crate) mod system;
mod values;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub(crate) use change::{ConfigChange, CurveChange};
pub(crate) use denoiser::{
    Bandwidth, DenoiserConfig, NeuralConfig, RandomFeaturesConfig, TrainingDataConfig,
};
pub use error::InputError;
pub(crate) use geodesic::{Choice, CurveKind, GeodesicConfig, Parametrisation};
pub(crate) use landscape::{
    FormulaConfig, Interpolation, LandscapeConfig, MetadynamicsConfig, RelaxedScanConfig, TableConfig,
};
pub(crate) use paths::{
    CommittorConfig, Interfaces, MoveName, PathLengthKind, PathsConfig, PathsMethod, ShootFrom,
};
pub(crate) use samples::{ReplicaExchangeConfig, SamplesConfig, SamplesSource};
pub(crate) use sampling::{
    DEFAULT_DURATION_PS, DEFAULT_LIFTED_PATHS, DEFAULT_STEPS_PER_POINT, OutputConfig, SamplingConfig,
    SamplingMethod, ShootingLength, Space,
};
pub(crate) use system::{
    AtomName, Boundary, Matching, StateConfig, StateRanges, StatesConfig, SystemConfig, VariableAtoms,
    VariableConfig,
};
pub(crate) use values::{PerVariable, Real};

pub(crate) use constraints::ConstraintConfig;
use key_path::KeyPath;
use source::{Section, Source};

/// Largest `|logSNR|` at which a denoiser can be evaluated, even an exact one.
pub(crate) const LARGEST_LOG_SNR: f64 = 50.0;
/// Every key of the top level.
const SECTIONS: [&str; 12] = [
    "seed",
    "system",
    "variable",
    "states",
    "landscape",
    "denoiser",
    "geodesic",
    "constraint",
    "sampling",
    "paths",
    "committor",
    "output",
];

/// A configuration with every default filled in. Its fields stand in the order in which they are written.
#[derive(Clone, Debug, Serialize)]
pub struct Config {
    #[serde(skip)]
    source: Source,
    /// Seed of all random numbers.
    pub(crate) seed: u64,
    /// The molecule; none for a table or formula alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<SystemConfig>,
    /// The variables.
    #[serde(rename = "variable")]
    pub(crate) variables: Vec<VariableConfig>,
    /// From where to where; only the denoiser can be asked without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) states: Option<StatesConfig>,
    /// Energy of the variables.
    pub(crate) landscape: LandscapeConfig,
    /// Its posteriors.
    pub(crate) denoiser: DenoiserConfig,
    /// The curve.
    pub(crate) geodesic: GeodesicConfig,
    /// What it must keep.
    #[serde(rename = "constraint", skip_serializing_if = "Vec::is_empty")]
    pub(crate) constraints: Vec<ConstraintConfig>,
    /// The paths.
    pub(crate) sampling: SamplingConfig,
    /// Free paths.
    #[serde(skip_serializing_if = "PathsConfig::is_off")]
    pub(crate) paths: PathsConfig,
    /// Committors.
    #[serde(skip_serializing_if = "CommittorConfig::is_default")]
    pub(crate) committor: CommittorConfig,
    /// The files of all paths.
    pub(crate) output: OutputConfig,
}

impl Config {
    /// Reads a configuration file with changes as the command line has them (`sampling.paths=8`) and a seed.
    ///
    /// # Errors
    /// What is wrong, with its place in the file.
    pub fn read(path: &Path, changes: &[String], seed: Option<u64>) -> Result<Self, InputError> {
        let mut changes = changes.to_vec();
        changes.extend(seed.map(|seed| format!("seed={seed}")));
        let source = Source::read(path, &changes)?;
        let root = Section::root(&source)?;
        root.only(&SECTIONS)?;
        let seed = root.value::<u64>("seed")?.unwrap_or(1);
        let system: Option<SystemConfig> = root.table("system")?.map(Section::read).transpose()?;
        let variables = system::read_variables(&root, system.is_some())?;
        if system.is_some() && variables.is_empty() {
            let message = "a molecule needs at least one [[variable]], such as a torsion of four atoms";
            return Err(root.error("system", message));
        }
        let mut config = Self {
            seed,
            states: root.table("states")?.map(Section::read).transpose()?,
            landscape: LandscapeConfig::read(&root, system.is_some())?,
            denoiser: DenoiserConfig::read(&root)?,
            geodesic: root.table("geodesic")?.map(Section::read).transpose()?.unwrap_or_default(),
            constraints: constraints::read_constraints(&root)?,
            sampling: root.table("sampling")?.map(SamplingConfig::read).transpose()?.unwrap_or_default(),
            paths: root.table("paths")?.map(Section::read).transpose()?.unwrap_or_default(),
            committor: root.table("committor")?.map(Section::read).transpose()?.unwrap_or_default(),
            output: root.table("output")?.map(Section::read).transpose()?.unwrap_or_default(),
            system,
            variables,
            source: source.clone(),
        };
        config.check()?;
        config.resolve_paths();
        Ok(config)
    }

    /// The same with other sections in place of some, checked as if they stood in the file.
    ///
    /// # Errors
    /// What is wrong, with the change's reason.
    pub(crate) fn with(&self, change: &ConfigChange) -> Result<Self, InputError> {
        let mut config = self.clone();
        for section in change.sections() {
            config.source.supersede(section, &change.reason);
        }
        config.geodesic = change.curve.section().map_err(|(key, why)| config.error(key, why))?;
        config.constraints.clone_from(&change.constraints);
        if let Some(denoiser) = &change.denoiser {
            config.denoiser = denoiser.clone();
        }
        if let Some(sampling) = &change.sampling {
            config.sampling = sampling.clone();
        }
        config.check()?;
        Ok(config)
    }

    /// What cannot be checked within one section.
    fn check(&self) -> Result<(), InputError> {
        self.check_bounds()?;
        self.check_geodesic()?;
        self.check_denoiser()?;
        self.check_sampling()?;
        self.paths
            .check(self.states.is_some(), self.space() == Space::Atoms)
            .map_err(|(key, why)| self.error(format!("paths.{key}").trim_end_matches('.'), why))?;
        self.check_bandwidth()?;
        let Some(states) = &self.states else { return Ok(()) };
        for (name, state) in [("start", &states.start), ("end", &states.end)] {
            self.check_state(name, state)?;
        }
        Ok(())
    }

    fn check_state(&self, name: &str, state: &StateConfig) -> Result<(), InputError> {
        let section = format!("states.{name}");
        let count = self.variables.len();
        if self.system.is_some() && state.structure.is_none() && state.center.is_none() {
            let message = format!(
                "[{section}] needs `structure`, a file with the atoms of this state, or `center`, values of the variables to \
                 which the molecule is driven"
            );
            return Err(self.error(&section, message));
        }
        if self.system.is_none() && state.structure.is_some() {
            return Err(self.error(
                &format!("{section}.structure"),
                "a structure needs a molecule: there is no [system]",
            ));
        }
        if self.system.is_none() && state.center.is_none() {
            return Err(self.error(&section, format!("[{section}] needs `center`: one number per variable")));
        }
        // Formulas may name their variables themselves; then the count is checked when they are resolved.
        if count == 0 {
            return Ok(());
        }
        if let Some(center) = &state.center
            && center.len() != count
        {
            let message = format!("expected {count} numbers, one per variable, found {}", center.len());
            return Err(self.error(&format!("{section}.center"), message));
        }
        if state.radius.as_ref().is_some_and(|radius| radius.expand(count).is_none()) {
            let message = format!("expected one number or {count}, one per variable");
            return Err(self.error(&format!("{section}.radius"), message));
        }
        Ok(())
    }

    fn check_geodesic(&self) -> Result<(), InputError> {
        let geodesic = &self.geodesic;
        for (key, log_snr) in [
            ("log_snr", geodesic.log_snr.start),
            ("log_snr", geodesic.log_snr.end),
            ("log_snr_min", geodesic.log_snr_min.get()),
            ("tent_log_snr", geodesic.tent_log_snr.get()),
            ("latent_log_snr", geodesic.latent_log_snr.map_or(0.0, |log_snr| log_snr.get())),
        ] {
            if log_snr.abs() > LARGEST_LOG_SNR {
                let message = format!("logSNR must lie within ±{LARGEST_LOG_SNR}, found {log_snr}");
                return Err(self.error(&format!("geodesic.{key}"), message));
            }
        }
        let floor = geodesic.log_snr_min.get();
        if geodesic.log_snr.start < floor || geodesic.log_snr.end < floor {
            let message = format!("the ends' logSNR must not lie below `log_snr_min` = {floor}");
            return Err(self.error("geodesic.log_snr", message));
        }
        self.check_schedule()?;
        let highest = geodesic.log_snr.start.max(geodesic.log_snr.end);
        if geodesic.latent_log_snr.is_some_and(|latents| latents.get() >= highest) {
            let message =
                format!("latents are noisier than data: expected a number below `log_snr` = {highest}");
            return Err(self.error("geodesic.latent_log_snr", message));
        }
        if geodesic.points.get() < 3 {
            return Err(self.error("geodesic.points", "a curve needs at least 3 points, both ends included"));
        }
        if geodesic.knots.get() < 3 || geodesic.knots.get() > geodesic.points.get() {
            let message = "a spline needs at least 3 knots, both ends included, and not more than `points`";
            if geodesic.curve == Parametrisation::Spline {
                return Err(self.error("geodesic.knots", message));
            }
        }
        if let Some(winding) = &geodesic.winding
            && !self.variables.is_empty()
            && winding.len() != self.variables.len()
        {
            let message = format!(
                "expected {} whole numbers, one per variable, found {}",
                self.variables.len(),
                winding.len()
            );
            return Err(self.error("geodesic.winding", message));
        }
        Ok(())
    }

    /// A learned denoiser can be evaluated only within the range of its training.
    fn check_schedule(&self) -> Result<(), InputError> {
        let geodesic = &self.geodesic;
        let Some(schedule) = &geodesic.log_snr_schedule else { return Ok(()) };
        let ends = [schedule.first(), schedule.last()].map(|end| end.map(|end| end.get()));
        let message = if geodesic.kind != CurveKind::Straight {
            "a schedule of logSNR is only for `kind = \"straight\"`".to_owned()
        } else if schedule.len() < 2 || ends != [Some(geodesic.log_snr.start), Some(geodesic.log_snr.end)] {
            format!(
                "expected two or more numbers, the first and the last equal to those of `log_snr`: {} and {}",
                geodesic.log_snr.start, geodesic.log_snr.end
            )
        } else {
            return Ok(());
        };
        Err(self.error("geodesic.log_snr_schedule", message))
    }

    fn check_denoiser(&self) -> Result<(), InputError> {
        let Some(data) = self.denoiser.training_data() else { return Ok(()) };
        let (low, high) = data.log_snr_range(&self.geodesic);
        if low >= high {
            let message =
                format!("expected the smallest logSNR first, then the largest; found {low} and {high}");
            return Err(self.error("denoiser.log_snr_range", message));
        }
        if low.abs().max(high.abs()) > LARGEST_LOG_SNR {
            let message = format!("logSNR must lie within ±{LARGEST_LOG_SNR}; found {low} and {high}");
            return Err(self.error("denoiser.log_snr_range", message));
        }
        if data.broadening.is_some_and(|broadening| broadening.get() < 1.0) {
            return Err(self.error("denoiser.broadening", "expected a factor of at least 1"));
        }
        // The range of weights from another run is known once they are read.
        if data.weights.is_some() { Ok(()) } else { self.check_range((low, high)) }
    }

    /// Rejects a curve whose ends, or whose tent's top, lie outside a denoiser's range.
    pub(crate) fn check_range(&self, (low, high): (f64, f64)) -> Result<(), InputError> {
        let geodesic = &self.geodesic;
        let tent = (geodesic.kind == CurveKind::Tent).then_some(geodesic.tent_log_snr.get());
        let latents = geodesic
            .latent_log_snr
            .filter(|_| geodesic.kind == CurveKind::Pullback)
            .map(|log_snr| log_snr.get());
        let schedule = geodesic.log_snr_schedule.iter().flatten().map(|log_snr| log_snr.get());
        let asked = [
            ("geodesic.log_snr_schedule", schedule.clone().reduce(f64::min)),
            ("geodesic.log_snr_schedule", schedule.reduce(f64::max)),
            ("geodesic.log_snr", Some(geodesic.log_snr.start)),
            ("geodesic.log_snr", Some(geodesic.log_snr.end)),
            ("geodesic.tent_log_snr", tent),
            ("geodesic.latent_log_snr", latents),
        ];
        for (key, log_snr) in asked {
            if let Some(log_snr) = log_snr
                && !(low..=high).contains(&log_snr)
            {
                let message = format!(
                    "logSNR {log_snr} lies outside the range that the denoiser is trained on, {low} to {high}: change \
                     it, or `denoiser.log_snr_range`"
                );
                return Err(self.error(key, message));
            }
        }
        Ok(())
    }

    fn check_bandwidth(&self) -> Result<(), InputError> {
        if let DenoiserConfig::Mixture(mixture) = &self.denoiser
            && mixture.bandwidth.is_some()
            && !self.landscape.is_samples()
        {
            let message = "a bandwidth is only for samples: this landscape has an energy";
            return Err(self.error("denoiser.bandwidth", message));
        }
        Ok(())
    }

    fn check_sampling(&self) -> Result<(), InputError> {
        let sampling = &self.sampling;
        if sampling.duration_ps.is_some() && sampling.steps_per_point.is_some() {
            return Err(
                self.error("sampling.steps_per_point", "give `duration_ps` or `steps_per_point`, not both")
            );
        }
        if sampling.space == Some(Space::Atoms) && self.system.is_none() {
            return Err(self.error("sampling.space", "paths of atoms need a molecule: there is no [system]"));
        }
        if let Some((key, method)) = sampling.foreign_key() {
            return Err(self.error(&format!("sampling.{key}"), sampling::foreign(key, method)));
        }
        if sampling.method == SamplingMethod::TwoWayShooting && self.space() == Space::Atoms {
            let message = "two-way shooting is only for paths on the landscape: set `space = \"variables\"`";
            return Err(self.error("sampling.method", message));
        }
        if sampling.lifted_paths.is_some() && (self.system.is_none() || self.space() == Space::Atoms) {
            let message = "`lifted_paths` is only for paths of a molecule's variables, which have no atoms of their own";
            return Err(self.error("sampling.lifted_paths", message));
        }
        if self.space() == Space::Variables && sampling.duration_ps.is_some() {
            let message = "a duration is only for paths of atoms: for the variables give `steps_per_point` (and `step_size`)";
            return Err(self.error("sampling.duration_ps", message));
        }
        if let LandscapeConfig::RelaxedScan(scan) = &self.landscape
            && scan.thermal_energy.is_some()
            && self.space() == Space::Atoms
        {
            let message = "kT of the surface alone is only for paths on it: set `space = \"variables\"` in [sampling], or omit it; \
                           the atoms' temperature is set in [system]";
            return Err(self.error("landscape.thermal_energy", message));
        }
        if self.space() == Space::Atoms && sampling.step_size.is_some() {
            return Err(self.error(
                "sampling.step_size",
                "`step_size` is only for paths of the variables: for atoms give `time_step_ps`",
            ));
        }
        Ok(())
    }

    /// Makes every path of an input file independent of where the configuration stands.
    fn resolve_paths(&mut self) {
        let source = self.source.clone();
        let absolute = |path: &mut PathBuf| {
            let resolved = source.resolve(path);
            *path = std::path::absolute(&resolved).map(|path| without_parents(&path)).unwrap_or(resolved);
        };
        self.each_path(absolute);
        self.output.directory.iter_mut().for_each(absolute);
    }

    /// Every path of an input file.
    fn each_path(&mut self, change: impl Fn(&mut PathBuf)) {
        if let Some(system) = &mut self.system {
            change(&mut system.topology);
            change(&mut system.force_field);
        }
        if let Some(states) = &mut self.states {
            states.start.structure.iter_mut().for_each(&change);
            states.end.structure.iter_mut().for_each(&change);
        }
        self.paths.seed.iter_mut().for_each(&change);
        self.landscape.files_mut().into_iter().for_each(&change);
        if let Some(data) = self.denoiser.training_data_mut() {
            data.weights.iter_mut().for_each(&change);
        }
    }

    /// Where the dynamics take place.
    pub(crate) fn space(&self) -> Space {
        let default = if self.system.is_some() { Space::Atoms } else { Space::Variables };
        self.sampling.space.unwrap_or(default)
    }

    /// Its file.
    pub(crate) fn file(&self) -> &Path {
        self.source.path()
    }

    /// Every input file that it names.
    pub(crate) fn input_files(&self) -> Vec<PathBuf> {
        let files = std::cell::RefCell::new(Vec::new());
        self.clone().each_path(|path| files.borrow_mut().push(path.clone()));
        files.into_inner()
    }

    /// The configuration's name: its file's, without the ending.
    pub(crate) fn name(&self) -> String {
        self.source
            .path()
            .file_stem()
            .map_or_else(|| "run".to_owned(), |stem| stem.to_string_lossy().into_owned())
    }

    /// An error about the value at `key`, such as `states.start.radius`, with its place in the file.
    pub(crate) fn error(&self, key: &str, message: impl Into<String>) -> InputError {
        self.source.error(&KeyPath::parse(key).unwrap_or_default(), message)
    }

    /// The same without the places of its input files, which say nothing about the results.
    pub(crate) fn without_paths(&self) -> Self {
        let mut config = self.clone();
        let strip = |path: &mut PathBuf| *path = path.file_name().map(PathBuf::from).unwrap_or_default();
        config.each_path(strip);
        config
    }

    /// The whole configuration as TOML, every default written out.
    pub(crate) fn resolved(&self) -> Result<String, InputError> {
        toml::to_string(self)
            .map_err(|error| InputError::new(format!("the configuration cannot be written as TOML: {error}")))
    }
}

/// A path without `.` and `x/..`, for reading by people; symbolic links on the way are taken as folders.
fn without_parents(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::ParentDir => {
                result.pop();
            }
            std::path::Component::CurDir => {}
            other => result.push(other),
        }
    }
    result
}
