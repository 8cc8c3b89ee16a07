//! Transition path sampling by two-way shooting: Monte Carlo over unbiased paths of overdamped dynamics on a landscape.
//!
//! A trial takes a frame `x_i` of the present path and runs the dynamics from it twice, with new noise; overdamped dynamics
//! are their own time reversal, so that one run turned round is the way to `x_i` and the other the way on (P. G. Bolhuis,
//! D. Chandler, C. Dellago and P. L. Geissler, Annu. Rev. Phys. Chem. 53, 291 (2002)). The new path is kept, with the
//! probability below, if one of its ends lies in the start state and the other in the end state.
//!
//! * Fixed length ([`PathLength::Fixed`]): all paths have `L` steps, `x_i` is any of the `L + 1` frames, and the two runs take
//!   `i` and `L - i` steps. `P = min(1, w_new/w_old)`.
//! * Flexible length ([`PathLength::Flexible`]): a path leaves the start state with its first step and ends with its first
//!   frame in the end state, `x_i` is one of the `n` frames between, and a run ends where it meets a state.
//!   `P = min(1, n_old/n_new · w_new/w_old)` (T. S. van Erp, D. Moroni and P. G. Bolhuis, J. Chem. Phys. 118, 7762 (2003)).
//!
//! `w = ρ(x_0) Π_{j<i} p(x_{j+1} | x_j)/p(x_j | x_{j+1})` would be `ρ(x_i)`, the same for both paths, if the steps kept detailed
//! balance exactly. They do with the Metropolis correction, and `w` is left out; without it `w` is computed.

mod chain;
mod leg;

use geodyssey_dynamics::{DynamicsError, EnergyOfVariables, Overdamped};
use geodyssey_statistics::RandomStream;

use crate::path::HighestLandscapeEnergy;
use crate::segment::{Maxima, maximum_between};
use leg::{Ending, Leg, LegNoise};

pub use chain::ShootingChain;
pub use leg::StateTest;

/// How long the paths are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathLength {
    /// All have so many steps.
    Fixed(usize),
    /// From the last frame in the start state to the first in the end state, in at most so many steps.
    Flexible(usize),
}

/// How many paths are recorded, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShootingProtocol {
    /// Length of the paths.
    pub length: PathLength,
    /// Trials of every chain before the first path is recorded.
    pub equilibration_trials: u64,
    /// Trials of a chain from one recorded path to the next; the path is recorded whether it changed or not.
    pub trials_per_path: u64,
    /// Points of a path that are recorded, both ends included, at equal parts of its steps.
    pub points: usize,
    /// Every so many points one is a frame; the last one always is.
    pub frame_stride: usize,
}

/// Two-way shooting between two states of a landscape.
pub struct TwoWayShooting<'a> {
    landscape: &'a EnergyOfVariables<'a>,
    dynamics: Overdamped,
    states: [&'a StateTest<'a>; 2],
    protocol: ShootingProtocol,
    segment_length: f64,
    random: RandomStream,
}

impl<'a> TwoWayShooting<'a> {
    /// Puts landscape, dynamics, states (start, end) and protocol together. Steps longer than `segment_length` are searched for
    /// their highest energy at points no farther apart than that, when a path is recorded.
    ///
    /// # Errors
    /// A number that must be positive and is not.
    pub fn new(
        landscape: &'a EnergyOfVariables<'a>,
        dynamics: Overdamped,
        states: [&'a StateTest<'a>; 2],
        protocol: ShootingProtocol,
        segment_length: f64,
        random: RandomStream,
    ) -> Result<Self, DynamicsError> {
        let (PathLength::Fixed(steps) | PathLength::Flexible(steps)) = protocol.length;
        if steps < 2 {
            return Err(DynamicsError::TooFew { what: "steps of a path", least: 2, found: steps });
        }
        if protocol.points < 2 {
            return Err(DynamicsError::TooFew { what: "points of a path", least: 2, found: protocol.points });
        }
        DynamicsError::check_positive("the stride of frames", protocol.frame_stride as f64)?;
        DynamicsError::check_positive("the number of trials per path", protocol.trials_per_path as f64)?;
        DynamicsError::check_positive("the segment length", segment_length)?;
        Ok(Self { landscape, dynamics, states, protocol, segment_length, random })
    }

    /// `chains` independent chains that record the paths number 0 to `paths - 1` between them; all begin with the
    /// line through `points`, walked at equal speed. It need not be a likely path, only one from state to state.
    ///
    /// # Errors
    /// Fewer than two points, one that is not finite, or ends that do not lie in the states.
    pub fn start(
        &self,
        points: &[Vec<f64>],
        chains: usize,
        paths: usize,
    ) -> Result<Vec<ShootingChain>, DynamicsError> {
        if points.len() < 2 {
            return Err(DynamicsError::TooFew {
                what: "points of the first path",
                least: 2,
                found: points.len(),
            });
        }
        if points.iter().flatten().any(|x| !x.is_finite()) {
            return Err(DynamicsError::NotFinite { what: "a point of the first path" });
        }
        let (PathLength::Fixed(steps) | PathLength::Flexible(steps)) = self.protocol.length;
        let mut first = resampled(points, steps + 1);
        let (Some(begin), Some(end)) = (first.first(), first.last()) else { return Ok(Vec::new()) };
        if !(self.states[0])(begin) || !(self.states[1])(end) {
            return Err(DynamicsError::Parameters(
                "the first path does not begin in the start state and end in the end state".to_owned(),
            ));
        }
        if let PathLength::Flexible(_) = self.protocol.length {
            let entry = first.iter().position(|x| (self.states[1])(x)).unwrap_or(first.len() - 1);
            first.truncate(entry + 1);
            let exit = first.iter().rposition(|x| (self.states[0])(x)).unwrap_or(0);
            first.drain(..exit);
            if first.len() < 3 {
                return Err(DynamicsError::Parameters(
                    "the first path jumps from state to state: more steps are needed".to_owned(),
                ));
            }
        }
        let (weights, evaluations) = self.weights(&first);
        let chains = chains.clamp(1, paths.max(1));
        let chain = |number: usize| {
            let range = number * paths / chains..(number + 1) * paths / chains;
            ShootingChain::new(
                number as u32,
                range.start as u32,
                range.len(),
                first.clone(),
                weights.clone(),
                evaluations,
            )
        };
        Ok((0..chains).map(chain).collect())
    }

    /// Runs one chain until one more path is recorded.
    pub fn advance(&self, chain: &mut ShootingChain) {
        let before = if chain.paths().is_empty() { self.protocol.equilibration_trials } else { 0 };
        for _ in 0..before + self.protocol.trials_per_path {
            self.trial(chain);
        }
        let (highest, evaluations) = self.highest(&chain.frames);
        chain.energy_evaluations += evaluations;
        let last = chain.frames.len() - 1;
        let count = self.protocol.points;
        let points = (0..count)
            .map(|point| chain.frames[(point * last + (count - 1) / 2) / (count - 1)].clone())
            .collect();
        chain.record(points, self.protocol.frame_stride, highest);
    }

    /// One trial.
    fn trial(&self, chain: &mut ShootingChain) {
        let trial = chain.trials;
        let uniform = |name: &str| self.random.substream(name).uniform(chain.number, trial, 0);
        let (frame, acceptance) = (uniform("frame"), uniform("trial"));
        let last = chain.frames.len() - 1;
        // Frames that may be chosen: all of them, or those between the states.
        let (first, count) = match self.protocol.length {
            PathLength::Fixed(_) => (0, last + 1),
            PathLength::Flexible(_) => (1, last - 1),
        };
        let index = first + ((frame * count as f64) as usize).min(count - 1);
        chain.trials += 1;
        let Some(found) = self.shoot(chain, index, acceptance, count) else { return };
        let [mut start, end] = found;
        if !self.dynamics.metropolis() {
            let old = self.log_weight(&chain.frames[0], &chain.weights[..index]);
            // The start's run goes from the frame outwards, the other way than the path.
            let Some(origin) = start.frames.last().cloned() else { return };
            let inwards: Vec<f64> = start.weights.iter().rev().map(|weight| -weight).collect();
            let new = self.log_weight(&origin, &inwards);
            chain.energy_evaluations += 2;
            let ratio = match self.protocol.length {
                PathLength::Fixed(_) => 0.0,
                PathLength::Flexible(_) => {
                    let between = start.frames.len() + end.frames.len() - 3;
                    (count as f64 / between as f64).ln()
                }
            };
            // False for NaN too.
            let accepted = acceptance.ln() < ratio + new - old;
            if !accepted {
                return;
            }
        }
        start.turn_round();
        start.join(end);
        chain.frames = start.frames;
        chain.weights = start.weights;
        chain.accepted += 1;
    }

    /// Both runs from a frame, the one that ends in the start state first; none where the new path is refused for its ends or,
    /// where nothing else counts, its length.
    fn shoot(
        &self,
        chain: &mut ShootingChain,
        index: usize,
        acceptance: f64,
        between: usize,
    ) -> Option<[Leg; 2]> {
        let origin = chain.frames[index].clone();
        let noise = |leg: &'static str| {
            LegNoise::new(self.random.substream(leg), chain.number, chain.trials, origin.len())
        };
        let (mut first_noise, mut second_noise) = (noise("first leg"), noise("second leg"));
        let run = |ending: Ending<'_>, noise: &mut LegNoise| {
            Leg::run(self.landscape, &self.dynamics, &origin, ending, noise)
        };
        let side = |leg: &Leg| {
            let end = leg.frames.last()?;
            self.states.iter().position(|state| state(end))
        };
        let inside = |x: &[f64]| self.states.iter().any(|state| state(x));
        let limit = match self.protocol.length {
            PathLength::Fixed(steps) => steps,
            // A path of more than n_old/u frames between the states would be refused.
            PathLength::Flexible(longest) if self.dynamics.metropolis() => {
                longest.min((between as f64 / acceptance).min(longest as f64) as usize + 1)
            }
            PathLength::Flexible(longest) => longest,
        };
        let ending = |steps: usize, left: usize| match self.protocol.length {
            PathLength::Fixed(_) => Ending::After(steps),
            PathLength::Flexible(_) => Ending::Inside(&inside, left),
        };
        let first = run(ending(index, limit), &mut first_noise);
        chain.energy_evaluations += first.evaluations;
        let first_side = side(&first)?;
        let left = (limit - first.steps()).max(1);
        let second = run(ending(limit.saturating_sub(index), left), &mut second_noise);
        chain.energy_evaluations += second.evaluations;
        if first.steps() + second.steps() > limit {
            return None;
        }
        match (first_side, side(&second)?) {
            (0, 1) => Some([first, second]),
            (1, 0) => Some([second, first]),
            _ => None,
        }
    }

    /// `log w` of a path that begins at `start`, from its steps' weights as far as the frame that is shot from.
    fn log_weight(&self, start: &[f64], weights: &[f64]) -> f64 {
        let energy = (self.landscape)(start, &mut vec![0.0; start.len()]);
        -energy / self.dynamics.thermal_energy_kj_mol() + weights.iter().sum::<f64>()
    }

    /// `log p(x_{j+1} | x_j) - log p(x_j | x_{j+1})` of every step of a path; zeros where they are not needed.
    fn weights(&self, frames: &[Vec<f64>]) -> (Vec<f64>, u64) {
        if self.dynamics.metropolis() {
            return (vec![0.0; frames.len() - 1], 0);
        }
        let gradients: Vec<Vec<f64>> = frames
            .iter()
            .map(|x| {
                let mut gradient = vec![0.0; x.len()];
                (self.landscape)(x, &mut gradient);
                gradient
            })
            .collect();
        let pairs = frames.windows(2).zip(gradients.windows(2));
        let weights = pairs.map(|(x, g)| self.dynamics.log_step_ratio([&x[0], &x[1]], [&g[0], &g[1]]));
        (weights.collect(), frames.len() as u64)
    }

    /// Highest energy at the frames and between them, and the evaluations.
    fn highest(&self, frames: &[Vec<f64>]) -> (HighestLandscapeEnergy, u64) {
        let mut gradient = vec![0.0; frames.first().map_or(0, Vec::len)];
        let (mut maxima, mut evaluations) = (Maxima::NONE, 0);
        for x in frames {
            maxima.at_steps = maxima.at_steps.max((self.landscape)(x, &mut gradient));
            evaluations += 1;
        }
        for pair in frames.windows(2) {
            let (highest, count) = maximum_between(self.landscape, &pair[0], &pair[1], self.segment_length);
            maxima.between = maxima.between.max(highest);
            evaluations += count;
        }
        (maxima.highest(), evaluations)
    }
}

/// `count` points at equal parts of the length of the line through `points`.
fn resampled(points: &[Vec<f64>], count: usize) -> Vec<Vec<f64>> {
    let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (b - a).powi(2)).sum::<f64>().sqrt();
    let mut lengths = vec![0.0];
    for pair in points.windows(2) {
        lengths.push(lengths[lengths.len() - 1] + distance(&pair[0], &pair[1]));
    }
    let total = lengths[lengths.len() - 1];
    let mut segment = 0;
    (0..count)
        .map(|number| {
            let place = total * number as f64 / (count - 1) as f64;
            while segment + 2 < points.len() && lengths[segment + 1] < place {
                segment += 1;
            }
            let width = lengths[segment + 1] - lengths[segment];
            let share = if width > 0.0 { ((place - lengths[segment]) / width).clamp(0.0, 1.0) } else { 0.0 };
            points[segment].iter().zip(&points[segment + 1]).map(|(a, b)| a + share * (b - a)).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_walked_at_equal_speed() {
        let points = vec![vec![0.0, 0.0], vec![1.0, 0.0], vec![1.0, 3.0]];
        let line = resampled(&points, 5);
        assert_eq!(line, [vec![0.0, 0.0], vec![1.0, 0.0], vec![1.0, 1.0], vec![1.0, 2.0], vec![1.0, 3.0]]);
    }
}
