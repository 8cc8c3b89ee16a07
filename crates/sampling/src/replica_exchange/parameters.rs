//! What replica exchange is told.

use serde::{Deserialize, Serialize};

use crate::error::SamplingError;

/// Times and numbers of temperature replica exchange. The defaults suit a small peptide in vacuum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReplicaExchangeParameters {
    /// Temperatures of a ladder.
    pub temperatures: usize,
    /// The highest of them, K; the others lie between it and the run's temperature in one ratio.
    pub highest_temperature_k: f64,
    /// Ladders side by side; they never exchange with each other.
    pub ladders: usize,
    /// Time step, ps.
    pub time_step_ps: f64,
    /// Friction of the thermostat, 1/ps.
    pub friction_per_ps: f64,
    /// Time for which each replica forgets its start before the first frame is kept, ps.
    pub equilibration_time_ps: f64,
    /// Time for which frames of each replica are then kept, ps.
    pub sampling_time_ps: f64,
    /// Time between two attempts to exchange, ps.
    pub exchange_interval_ps: f64,
    /// Time between two frames of one replica, ps; a whole number of exchange intervals, else the nearest one.
    pub frame_interval_ps: f64,
}

impl Default for ReplicaExchangeParameters {
    fn default() -> Self {
        Self {
            temperatures: 8,
            highest_temperature_k: 800.0,
            ladders: 8,
            time_step_ps: 0.001,
            friction_per_ps: 2.0,
            equilibration_time_ps: 50.0,
            sampling_time_ps: 500.0,
            exchange_interval_ps: 0.1,
            frame_interval_ps: 1.0,
        }
    }
}

impl ReplicaExchangeParameters {
    /// A ladder from `lowest_k` to the highest temperature, neighbours in one ratio, K.
    ///
    /// # Errors
    /// Fewer than two temperatures, or a highest that is not above the lowest.
    pub fn geometric_ladder(&self, lowest_k: f64) -> Result<Vec<f64>, SamplingError> {
        let highest = self.highest_temperature_k;
        if self.temperatures < 2 {
            return Err(SamplingError::TooFew { what: "temperatures", least: 2, found: self.temperatures });
        }
        if !(highest.is_finite() && highest > lowest_k) {
            return Err(SamplingError::Parameters(format!(
                "the highest temperature is {highest} K, which is not above the run's {lowest_k} K"
            )));
        }
        let last = (self.temperatures - 1) as f64;
        Ok((0..self.temperatures)
            .map(|index| lowest_k * (highest / lowest_k).powf(index as f64 / last))
            .collect())
    }
}

/// The parameters in whole steps and rounds; a round lasts from one attempt to exchange to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Schedule {
    pub(super) steps_per_round: u64,
    pub(super) rounds_per_frame: u64,
    pub(super) equilibration: u64,
    pub(super) sampling: u64,
}

impl Schedule {
    /// Checks the numbers and counts them in steps. The sampling ends with a frame.
    pub(super) fn new(parameters: &ReplicaExchangeParameters) -> Result<Self, SamplingError> {
        let positive = [
            ("the time step in ps", parameters.time_step_ps),
            ("the sampling time in ps", parameters.sampling_time_ps),
            ("the exchange interval in ps", parameters.exchange_interval_ps),
            ("the frame interval in ps", parameters.frame_interval_ps),
        ];
        for (what, value) in positive {
            SamplingError::check_positive(what, value)?;
        }
        let equilibration = parameters.equilibration_time_ps;
        if !(equilibration.is_finite() && equilibration >= 0.0) {
            return Err(SamplingError::Parameters(format!(
                "the equilibration time must not be negative, not {equilibration} ps"
            )));
        }
        let steps_per_round =
            ((parameters.exchange_interval_ps / parameters.time_step_ps).round() as u64).max(1);
        let round_ps = steps_per_round as f64 * parameters.time_step_ps;
        let rounds = |time: f64| (time / round_ps).round() as u64;
        let rounds_per_frame = rounds(parameters.frame_interval_ps).max(1);
        let frames = ((parameters.sampling_time_ps / round_ps) / rounds_per_frame as f64).round() as u64;
        Ok(Self {
            steps_per_round,
            rounds_per_frame,
            equilibration: rounds(equilibration),
            sampling: frames.max(1) * rounds_per_frame,
        })
    }

    pub(super) fn rounds(&self) -> u64 {
        self.equilibration + self.sampling
    }
}
