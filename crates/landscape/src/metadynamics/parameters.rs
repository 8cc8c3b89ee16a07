//! Parameters of metadynamics.

use serde::{Deserialize, Serialize};

use crate::{GridAxis, LandscapeError};

/// One variable: its grid, and the width of the hills along it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetadynamicsVariable {
    /// Grid of the bias and of the result.
    pub axis: GridAxis,
    /// Standard deviation of a hill, in the variable's unit.
    pub hill_width: f64,
}

impl MetadynamicsVariable {
    /// A torsion: from -π, with 90 grid points and hills of 0.25 rad.
    pub fn torsion(name: &str) -> Self {
        let axis = GridAxis::periodic(name, -std::f64::consts::PI, std::f64::consts::TAU, 90);
        Self { axis, hill_width: 0.25 }
    }

    /// A non-periodic variable between two walls: 90 grid points, hills of a thirtieth of the range.
    ///
    /// Beyond the ends a harmonic wall, which rises by `½kT` within one grid spacing, keeps it inside.
    pub fn bounded(name: &str, lower: f64, upper: f64) -> Self {
        Self { axis: GridAxis::bounded(name, lower, upper, 90), hill_width: (upper - lower) / 30.0 }
    }
}

/// Times, hills and numbers of multiple-walker well-tempered metadynamics. The defaults suit a dipeptide's two torsions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetadynamicsParameters {
    /// Copies of the molecule that share one bias.
    pub walkers: usize,
    /// Time step, ps.
    pub time_step_ps: f64,
    /// Friction of the thermostat, 1/ps.
    pub friction_per_ps: f64,
    /// Least time for which each walker deposits hills, ps.
    pub filling_time_ps: f64,
    /// Most time for which each walker deposits hills, ps, unless walkers recross earlier; by default ten times the least time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filling_limit_ps: Option<f64>,
    /// Filling continues until this fraction of the walkers of each end have been at the other end and come back.
    pub recrossing_share: f64,
    /// Time for which each walker then equilibrates under the fixed bias, ps.
    pub equilibration_time_ps: f64,
    /// Least time for which each walker is then counted, ps.
    pub sampling_time_ps: f64,
    /// Most time for which each walker is counted, ps, unless there are enough crossings earlier; by default ten times the least time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling_limit_ps: Option<f64>,
    /// Counting continues until all walkers together have arrived this number of times at each end from the other one: the standard error
    /// of the free energy between the ends is then about `kT √(2/crossings)`.
    pub crossings: u32,
    /// Time between two hills of one walker, ps.
    pub deposition_interval_ps: f64,
    /// Height of a hill without bias, kJ/mol; by default it follows from the hills' width and the number of variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hill_height_kj_mol: Option<f64>,
    /// Bias factor `γ = 1 + ΔT/T`: the bias tends to `-(1 - 1/γ) F`. It is raised if filling lasts longer than its least time.
    pub bias_factor: f64,
    /// Time between two counts of one walker, ps.
    pub count_interval_ps: f64,
    /// Standard deviation of the Gaussian with which the counts are smoothed, in hill widths.
    pub smoothing_in_hill_widths: f64,
}

impl Default for MetadynamicsParameters {
    fn default() -> Self {
        Self {
            walkers: 64,
            time_step_ps: 0.001,
            friction_per_ps: 2.0,
            filling_time_ps: 100.0,
            filling_limit_ps: None,
            recrossing_share: 0.25,
            equilibration_time_ps: 5.0,
            sampling_time_ps: 300.0,
            sampling_limit_ps: None,
            crossings: 50,
            deposition_interval_ps: 0.2,
            hill_height_kj_mol: None,
            bias_factor: 15.0,
            count_interval_ps: 0.01,
            smoothing_in_hill_widths: 0.4,
        }
    }
}

/// The parameters in whole steps and rounds; a round lasts from one deposition to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Schedule {
    pub(super) steps_per_round: u64,
    pub(super) steps_per_count: u64,
    pub(super) filling: u64,
    pub(super) filling_limit: u64,
    pub(super) equilibration: u64,
    pub(super) sampling: u64,
    pub(super) sampling_limit: u64,
}

/// Default ratio of the most to the least time for filling or counting.
const LIMIT_FACTOR: f64 = 10.0;
/// Least number of rounds of the sampling time.
const LEAST_SAMPLING_ROUNDS: u64 = 4;

impl MetadynamicsParameters {
    /// Most time for which each walker deposits hills, ps.
    pub fn filling_limit_ps(&self) -> f64 {
        self.filling_limit_ps.unwrap_or(LIMIT_FACTOR * self.filling_time_ps)
    }

    /// Most time for which each walker is counted, ps.
    pub fn sampling_limit_ps(&self) -> f64 {
        self.sampling_limit_ps.unwrap_or(LIMIT_FACTOR * self.sampling_time_ps)
    }

    /// Rejects numbers that cannot be used.
    ///
    /// # Errors
    /// A time, height or interval that is not positive, a bias factor of 1 or less, a fraction above 1, or no walkers.
    pub fn check(&self) -> Result<(), LandscapeError> {
        let positive = [
            ("time_step_ps", self.time_step_ps),
            ("friction_per_ps", self.friction_per_ps),
            ("filling_time_ps", self.filling_time_ps),
            ("filling_limit_ps", self.filling_limit_ps()),
            ("sampling_time_ps", self.sampling_time_ps),
            ("sampling_limit_ps", self.sampling_limit_ps()),
            ("deposition_interval_ps", self.deposition_interval_ps),
            ("hill_height_kj_mol", self.hill_height_kj_mol.unwrap_or(1.0)),
            ("count_interval_ps", self.count_interval_ps),
            ("smoothing_in_hill_widths", self.smoothing_in_hill_widths),
        ];
        for (name, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return Err(LandscapeError::Parameters(format!(
                    "{name} must be a positive number, not {value}"
                )));
            }
        }
        if !(self.equilibration_time_ps.is_finite() && self.equilibration_time_ps >= 0.0) {
            let value = self.equilibration_time_ps;
            return Err(LandscapeError::Parameters(format!(
                "equilibration_time_ps must not be negative, not {value}"
            )));
        }
        if !(self.bias_factor.is_finite() && self.bias_factor > 1.0) {
            let value = self.bias_factor;
            return Err(LandscapeError::Parameters(format!(
                "bias_factor must be larger than 1, not {value}"
            )));
        }
        if !(0.0..=1.0).contains(&self.recrossing_share) {
            let value = self.recrossing_share;
            return Err(LandscapeError::Parameters(format!(
                "recrossing_share must be a number from 0 to 1, not {value}"
            )));
        }
        if self.walkers == 0 {
            return Err(LandscapeError::Parameters("walkers must be at least 1".to_owned()));
        }
        Ok(())
    }

    /// Checks the numbers and converts times to steps.
    pub(super) fn schedule(&self) -> Result<Schedule, LandscapeError> {
        self.check()?;
        let steps = |time: f64| ((time / self.time_step_ps).round() as u64).max(1);
        let steps_per_round = steps(self.deposition_interval_ps);
        let rounds = |time: f64| ((time / self.time_step_ps) / steps_per_round as f64).round() as u64;
        Ok(Schedule {
            steps_per_round,
            steps_per_count: steps(self.count_interval_ps).min(steps_per_round),
            filling: rounds(self.filling_time_ps).max(1),
            filling_limit: rounds(self.filling_limit_ps().max(self.filling_time_ps)).max(1),
            equilibration: rounds(self.equilibration_time_ps),
            sampling: rounds(self.sampling_time_ps).max(LEAST_SAMPLING_ROUNDS),
            sampling_limit: rounds(self.sampling_limit_ps().max(self.sampling_time_ps))
                .max(LEAST_SAMPLING_ROUNDS),
        })
    }
}
