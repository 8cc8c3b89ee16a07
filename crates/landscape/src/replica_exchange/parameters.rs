//! Parameters of replica exchange.

use serde::{Deserialize, Serialize};

use geodyssey_dynamics::DynamicsError;
use geodyssey_statistics::WrongInput;

/// Times of temperature replica exchange, and the number of ladders. The defaults suit a small peptide in vacuum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReplicaExchangeParameters {
    /// Number of independent ladders, which never exchange with each other.
    pub ladders: usize,
    /// Time step, ps.
    pub time_step_ps: f64,
    /// Friction of the thermostat, 1/ps.
    pub friction_per_ps: f64,
    /// Time for which each replica equilibrates before the first frame is kept, ps.
    pub equilibration_time_ps: f64,
    /// Time for which frames of each replica are then kept, ps.
    pub sampling_time_ps: f64,
    /// Time between two attempts to exchange, ps.
    pub exchange_interval_ps: f64,
    /// Time between two frames of one replica, ps; rounded to a whole number of exchange intervals.
    pub frame_interval_ps: f64,
}

impl Default for ReplicaExchangeParameters {
    fn default() -> Self {
        Self {
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

/// `count` temperatures from the lowest to the highest, with a constant ratio between neighbours, K.
///
/// # Errors
/// Fewer than two temperatures, or a highest that is not above the lowest.
pub fn geometric_ladder(lowest_k: f64, highest_k: f64, count: usize) -> Result<Vec<f64>, DynamicsError> {
    if count < 2 {
        return Err(WrongInput::TooFew { what: "temperatures", least: 2, found: count }.into());
    }
    WrongInput::check_positive("the lowest temperature in K", lowest_k)?;
    if !(highest_k.is_finite() && highest_k > lowest_k) {
        return Err(DynamicsError::Parameters(format!(
            "the highest temperature is {highest_k} K, which is not above the lowest, {lowest_k} K"
        )));
    }
    let last = (count - 1) as f64;
    let temperature = |index: usize| lowest_k * (highest_k / lowest_k).powf(index as f64 / last);
    Ok((0..count).map(temperature).collect())
}

/// The parameters in whole steps and rounds; a round lasts from one exchange attempt to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Schedule {
    pub(super) steps_per_round: u64,
    pub(super) rounds_per_frame: u64,
    pub(super) equilibration: u64,
    pub(super) sampling: u64,
}

impl Schedule {
    /// Checks the numbers and converts times to steps. The sampling ends with a frame.
    pub(super) fn new(parameters: &ReplicaExchangeParameters) -> Result<Self, DynamicsError> {
        let positive = [
            ("the time step in ps", parameters.time_step_ps),
            ("the sampling time in ps", parameters.sampling_time_ps),
            ("the exchange interval in ps", parameters.exchange_interval_ps),
            ("the frame interval in ps", parameters.frame_interval_ps),
        ];
        for (what, value) in positive {
            WrongInput::check_positive(what, value)?;
        }
        let equilibration = parameters.equilibration_time_ps;
        if !(equilibration.is_finite() && equilibration >= 0.0) {
            return Err(DynamicsError::Parameters(format!(
                "the equilibration time must not be negative, not {equilibration} ps"
            )));
        }
        for (what, interval) in
            [("frame", parameters.frame_interval_ps), ("exchange", parameters.exchange_interval_ps)]
        {
            // At least one interval is run, so that an interval beyond the sampling time would prolong the run.
            if interval > parameters.sampling_time_ps {
                return Err(DynamicsError::Parameters(format!(
                    "`{what}_interval_ps` = {interval} is longer than `sampling_time_ps` = {}",
                    parameters.sampling_time_ps
                )));
            }
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
