//! Two-way shooting of overdamped dynamics.
//!
//! A trial takes a frame `x_i` of the current path and runs the dynamics from it twice, with new noise. Overdamped dynamics are
//! time-reversible, so that one trajectory, reversed, leads to `x_i` and the other leads on (P. G. Bolhuis,
//! D. Chandler, C. Dellago and P. L. Geissler, Annu. Rev. Phys. Chem. 53, 291 (2002)). The new path is kept, with the
//! probability below, if one of its ends lies in the start state and the other in the end state.
//!
//! * Fixed length ([`PathLength::Fixed`]): all paths have `L` steps, `x_i` is any of the `L + 1` frames, and the two trajectories have `i`
//!   and `L - i` steps. `P = min(1, w_new/w_old)`.
//! * Flexible length ([`PathLength::Flexible`]): a path leaves the start state with its first step and ends with its first
//!   frame in the end state, `x_i` is one of the `n` frames between, and a trajectory ends where it enters a state.
//!   `P = min(1, n_old/n_new · w_new/w_old)` (T. S. van Erp, D. Moroni and P. G. Bolhuis, J. Chem. Phys. 118, 7762 (2003)).
//!
//! `w = ρ(x_0) Π_{j<i} p(x_{j+1} | x_j)/p(x_j | x_{j+1})` would be `ρ(x_i)`, the same for both paths, if the steps kept detailed
//! balance exactly. With the Metropolis correction they do, and `w` is omitted; without it `w` is computed.

use super::leg::{Ending, Leg, LegNoise};
use super::mover::{PathLength, PathMover, PresentPath, Proposal, Transitions, Trial};

/// Two-way shooting: from a frame chosen at random, in both directions, with new noise.
#[derive(Clone, Copy, Debug, Default)]
pub struct TwoWayShooting;

impl PathMover for TwoWayShooting {
    fn propose(
        &self,
        transitions: &Transitions<'_>,
        present: &PresentPath,
        trial: Trial,
        energy_evaluations: &mut u64,
    ) -> Option<Proposal> {
        let last = present.steps();
        // Number of frames that may be chosen: all of them, or those between the states.
        let (first, count) = match transitions.length {
            PathLength::Fixed(_) => (0, last + 1),
            PathLength::Flexible(_) => (1, last - 1),
        };
        let index = first + ((trial.uniform("frame") * count as f64) as usize).min(count - 1);
        let origin = &present.frames[index];
        let [mut start, end] = shoot(transitions, origin, index, count, trial, energy_evaluations)?;
        let mut log_acceptance_ratio = match transitions.length {
            PathLength::Fixed(_) => 0.0,
            PathLength::Flexible(_) => {
                let between = start.frames.len() + end.frames.len() - 3;
                (count as f64 / between as f64).ln()
            }
        };
        if !transitions.dynamics.metropolis() {
            let old = log_weight(transitions, &present.frames[0], &present.weights[..index]);
            // The trajectory to the start runs from the frame outwards, opposite to the path.
            let begin = start.frames.last()?;
            let inwards: Vec<f64> = start.weights.iter().rev().map(|weight| -weight).collect();
            let new = log_weight(transitions, begin, &inwards);
            *energy_evaluations += 2;
            log_acceptance_ratio = log_acceptance_ratio + new - old;
        }
        start.turn_round();
        start.join(end);
        let path = PresentPath { frames: start.frames, weights: start.weights };
        Some(Proposal { path, log_acceptance_ratio })
    }
}

/// Both trajectories from a frame, first the one that ends in the start state; none if the new path is rejected for its ends or, if nothing
/// else matters, for its length.
fn shoot(
    transitions: &Transitions<'_>,
    origin: &[f64],
    index: usize,
    between: usize,
    trial: Trial,
    energy_evaluations: &mut u64,
) -> Option<[Leg; 2]> {
    let Transitions { landscape, dynamics, states, length } = transitions;
    let noise = |leg: &'static str| {
        LegNoise::new(trial.random.substream(leg), trial.chain, trial.number + 1, origin.len())
    };
    let (mut first_noise, mut second_noise) = (noise("first leg"), noise("second leg"));
    let run =
        |ending: Ending<'_>, noise: &mut LegNoise| Leg::run(*landscape, dynamics, origin, ending, noise);
    let side = |leg: &Leg| {
        let end = leg.frames.last()?;
        states.iter().position(|state| state(end))
    };
    let inside = |x: &[f64]| states.iter().any(|state| state(x));
    let limit = match *length {
        PathLength::Fixed(steps) => steps,
        // A path of more than n_old/u frames between the states would be rejected.
        PathLength::Flexible(longest) if dynamics.metropolis() => {
            longest.min((between as f64 / trial.acceptance()).min(longest as f64) as usize + 1)
        }
        PathLength::Flexible(longest) => longest,
    };
    let ending = |steps: usize, left: usize| match length {
        PathLength::Fixed(_) => Ending::After(steps),
        PathLength::Flexible(_) => Ending::Inside(&inside, left),
    };
    let first = run(ending(index, limit), &mut first_noise);
    *energy_evaluations += first.evaluations;
    let first_side = side(&first)?;
    let left = (limit - first.steps()).max(1);
    let second = run(ending(limit.saturating_sub(index), left), &mut second_noise);
    *energy_evaluations += second.evaluations;
    let steps = first.steps() + second.steps();
    // A run of a path of fixed length that left all numbers is too short.
    let is_whole = match length {
        PathLength::Fixed(_) => steps == limit,
        PathLength::Flexible(_) => steps <= limit,
    };
    if !is_whole {
        return None;
    }
    match (first_side, side(&second)?) {
        (0, 1) => Some([first, second]),
        (1, 0) => Some([second, first]),
        _ => None,
    }
}

/// `log w` of a path that begins at `start`, from the weights of its steps up to the shooting frame.
fn log_weight(transitions: &Transitions<'_>, start: &[f64], weights: &[f64]) -> f64 {
    let energy = (transitions.landscape)(start, &mut vec![0.0; start.len()]);
    -energy / transitions.dynamics.thermal_energy_kj_mol() + weights.iter().sum::<f64>()
}
