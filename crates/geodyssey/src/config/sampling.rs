//! `[sampling]` and `[output]`: how many paths, how slowly, and in which files.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::InputError;
use super::source::Section;
use super::values::{Count, PositiveReal};

/// Where the dynamics take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Space {
    /// The molecule's atoms under its force field; the tether acts on the variables.
    Atoms,
    /// The variables alone, on the landscape, as the paper does.
    Variables,
}

/// How paths are generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SamplingMethod {
    /// Annealed Langevin dynamics under the tethers of the curve.
    #[default]
    Annealing,
    /// Monte Carlo over unbiased paths on the landscape, starting from the curve.
    TwoWayShooting,
}

impl SamplingMethod {
    fn is_annealing(&self) -> bool {
        *self == Self::Annealing
    }
}

/// How long the paths of two-way shooting are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ShootingLength {
    /// All alike.
    #[default]
    Fixed,
    /// From the last frame in the start state to the first in the end state.
    Flexible,
}

/// `[sampling]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SamplingConfig {
    /// Atoms or variables; by default atoms where there is a molecule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) space: Option<Space>,
    /// How paths are generated.
    #[serde(skip_serializing_if = "SamplingMethod::is_annealing")]
    pub(crate) method: SamplingMethod,
    /// Length of two-way shooting's paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) length: Option<ShootingLength>,
    /// Steps of two-way shooting's paths; for flexible ones, the maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_steps: Option<Count>,
    /// Trials of a chain of two-way shooting between two recorded paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trials_per_path: Option<Count>,
    /// Trials of a chain of two-way shooting before its first recorded path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) equilibration_trials: Option<Count>,
    /// Paths of the variables, in each direction, whose frames get atoms by restrained minimisation; 32 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lifted_paths: Option<usize>,
    /// Paths from start to end.
    pub(crate) paths: Count,
    /// Sample as many paths from end to start, for BAR.
    pub(crate) backward: bool,
    /// Simulated time of one path of a molecule, ps; 40 if neither this nor `steps_per_point` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ps: Option<PositiveReal>,
    /// Steps at each point of the curve, instead of `duration_ps`; for paths of the variables 128 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) steps_per_point: Option<Count>,
    /// Time step of a molecule, ps.
    pub(crate) time_step_ps: PositiveReal,
    /// Friction of a molecule, 1/ps.
    pub(crate) friction_per_ps: PositiveReal,
    /// Simulated time under the first tether before a path begins, ps.
    pub(crate) equilibration_ps: PositiveReal,
    /// Size of one step in the variables, in squares of variables divided by their scale; by default a fraction of the tether's variance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step_size: Option<PositiveReal>,
    /// Metropolis correction of the steps in the variables.
    pub(crate) metropolis: bool,
    /// Number of switches by which the tether moves from one point to the next; by default one before every step, which
    /// dissipates the least work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) switches_per_point: Option<Count>,
    /// Distance of the torsions from the end state's within which a path of atoms counts as a hit, radian.
    pub(crate) hit_radius_rad: PositiveReal,
    /// Keep a frame at every n-th point of the curve.
    pub(crate) frame_stride: Count,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self {
            space: None,
            method: SamplingMethod::Annealing,
            length: None,
            path_steps: None,
            trials_per_path: None,
            equilibration_trials: None,
            lifted_paths: None,
            paths: Count::constant(32),
            backward: true,
            duration_ps: None,
            steps_per_point: None,
            time_step_ps: PositiveReal::constant(0.001),
            friction_per_ps: PositiveReal::constant(2.0),
            equilibration_ps: PositiveReal::constant(5.0),
            step_size: None,
            metropolis: true,
            switches_per_point: None,
            hit_radius_rad: PositiveReal::constant(0.75),
            frame_stride: Count::constant(1),
        }
    }
}

/// Simulated time of one path where the configuration says nothing, ps.
pub(crate) const DEFAULT_DURATION_PS: f64 = 40.0;

/// Steps at each point in the space of the variables where the configuration says nothing.
pub(crate) const DEFAULT_STEPS_PER_POINT: usize = 128;

/// Paths of a molecule's variables that get atoms, where the configuration says nothing.
pub(crate) const DEFAULT_LIFTED_PATHS: usize = 32;

impl SamplingConfig {
    /// Reads the section. What only annealed paths have is refused for others where it is given, and left out where it is not.
    pub(crate) fn read(section: Section<'_>) -> Result<Self, InputError> {
        let backward = section.value::<bool>("backward")?;
        let mut sampling: Self = section.clone().read()?;
        if sampling.method == SamplingMethod::TwoWayShooting {
            if backward == Some(true) {
                return Err(section.error("backward", foreign("backward", "annealing")));
            }
            sampling.backward = false;
        }
        Ok(sampling)
    }

    /// Switches of the tether between two points that have so many steps.
    pub(crate) fn switches(&self, steps_per_point: u64) -> u64 {
        self.switches_per_point.map_or(steps_per_point, |switches| steps_per_point.min(switches.get() as u64))
    }

    /// The first key, given, that the method does not know.
    pub(crate) fn foreign_key(&self) -> Option<(&'static str, &'static str)> {
        let of_shooting = [
            ("length", self.length.is_some()),
            ("path_steps", self.path_steps.is_some()),
            ("trials_per_path", self.trials_per_path.is_some()),
            ("equilibration_trials", self.equilibration_trials.is_some()),
        ];
        let of_annealing = [
            ("steps_per_point", self.steps_per_point.is_some()),
            ("duration_ps", self.duration_ps.is_some()),
            ("switches_per_point", self.switches_per_point.is_some()),
        ];
        let given =
            |keys: &[(&'static str, bool)]| keys.iter().find(|(_, given)| *given).map(|(key, _)| *key);
        match self.method {
            SamplingMethod::Annealing => given(&of_shooting).map(|key| (key, "two-way-shooting")),
            SamplingMethod::TwoWayShooting => given(&of_annealing).map(|key| (key, "annealing")),
        }
    }
}

/// What is wrong with a key that goes with another method.
pub(crate) fn foreign(key: &str, method: &str) -> String {
    format!("`{key}` goes with `method = \"{method}\"`")
}

/// `[output]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OutputConfig {
    /// Trajectory formats.
    pub(crate) formats: Vec<String>,
    /// Run directory, relative to the configuration.
    #[serde(skip_serializing)]
    pub(crate) directory: Option<PathBuf>,
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self { formats: vec!["xtc".to_owned()], directory: None }
    }
}
