//! One trajectory of the dynamics from a frame.

use geodyssey_dynamics::{EnergyOfVariables, Overdamped, Walker};
use geodyssey_molecule::LANES;
use geodyssey_statistics::RandomStream;

/// Decides whether a point lies in a state.
pub type StateTest<'a> = dyn Fn(&[f64]) -> bool + Sync + 'a;

/// Number of steps whose variates lie in one lane of a draw.
const STEPS_PER_LANE: u64 = 16;
/// Number of steps for which variates are drawn at once.
const CHUNK: u64 = STEPS_PER_LANE * LANES as u64;
/// Number of bits for the chunk's number; the other bits hold the trial's number.
const CHUNK_BITS: u32 = 24;

/// Where a trajectory ends.
#[derive(Clone, Copy)]
pub(super) enum Ending<'a> {
    /// After this number of steps.
    After(usize),
    /// With the first step into a state, or after this number of steps.
    Inside(&'a StateTest<'a>, usize),
}

/// Frames of a trajectory, from its start.
pub(super) struct Leg {
    /// The first is the shooting frame.
    pub(super) frames: Vec<Vec<f64>>,
    /// `log p(x_{j+1} | x_j) - log p(x_j | x_{j+1})` of every step; zeros with the Metropolis correction.
    pub(super) weights: Vec<f64>,
    /// Evaluations of the landscape.
    pub(super) evaluations: u64,
}

impl Leg {
    /// Runs the dynamics. A trajectory whose values are no longer finite ends there, outside every state.
    pub(super) fn run(
        landscape: &EnergyOfVariables<'_>,
        dynamics: &Overdamped,
        origin: &[f64],
        ending: Ending<'_>,
        noise: &mut LegNoise,
    ) -> Self {
        let mut evaluations = 0;
        let mut energy = |x: &[f64], gradient: &mut [f64]| {
            evaluations += 1;
            landscape(x, gradient)
        };
        let steps = match ending {
            Ending::After(steps) | Ending::Inside(_, steps) => steps,
        };
        let mut frames = vec![origin.to_vec()];
        let mut weights = Vec::new();
        if steps > 0 {
            let mut walker = Walker::new(origin.to_vec(), &mut energy);
            let mut gradient = walker.gradient.clone();
            for step in 0..steps as u64 {
                let uniform = noise.draw(step, dynamics.metropolis());
                let moved = dynamics.step(&mut energy, &mut walker, &noise.values, uniform);
                if !walker.is_finite() {
                    break;
                }
                weights.push(match frames.last() {
                    Some(last) if moved && !dynamics.metropolis() => {
                        dynamics.log_step_ratio([last, &walker.values], [&gradient, &walker.gradient])
                    }
                    _ => 0.0,
                });
                gradient.copy_from_slice(&walker.gradient);
                frames.push(walker.values.clone());
                if let Ending::Inside(state, _) = ending
                    && state(&walker.values)
                {
                    break;
                }
            }
        }
        Self { frames, weights, evaluations }
    }

    /// Number of steps.
    pub(super) fn steps(&self) -> usize {
        self.frames.len() - 1
    }

    /// The same frames in reverse order.
    pub(super) fn turn_round(&mut self) {
        self.frames.reverse();
        self.weights.reverse();
        self.weights.iter_mut().for_each(|weight| *weight = -*weight);
    }

    /// Appends a trajectory that continues from the last frame.
    pub(super) fn join(&mut self, other: Self) {
        self.frames.extend(other.frames.into_iter().skip(1));
        self.weights.extend(other.weights);
    }
}

/// The variates of one trajectory: a pure function of the chain, the trial and the step.
pub(super) struct LegNoise {
    random: RandomStream,
    acceptance: RandomStream,
    lanes: [u32; LANES],
    chain: u32,
    trial: u64,
    chunk: Option<u64>,
    normals: Vec<f64>,
    /// Normal variates of the step drawn last, one per variable.
    pub(super) values: Vec<f64>,
}

impl LegNoise {
    pub(super) fn new(random: RandomStream, chain: u32, trial: u64, variables: usize) -> Self {
        Self {
            random,
            acceptance: random.substream("acceptance"),
            lanes: std::array::from_fn(|lane| chain * LANES as u32 + lane as u32),
            chain,
            trial,
            chunk: None,
            normals: vec![0.0; STEPS_PER_LANE as usize * variables * LANES],
            values: vec![0.0; variables],
        }
    }

    /// Draws a step's variates; returns the uniform one.
    fn draw(&mut self, step: u64, metropolis: bool) -> f64 {
        let chunk = step / CHUNK;
        if self.chunk != Some(chunk) {
            self.random.fill_normals(self.trial << CHUNK_BITS | chunk, &self.lanes, &mut self.normals);
            self.chunk = Some(chunk);
        }
        let place = (step % CHUNK) as usize;
        let (lane, row) = (place % LANES, place / LANES);
        let variables = self.values.len();
        for (variable, value) in self.values.iter_mut().enumerate() {
            *value = self.normals[(row * variables + variable) * LANES + lane];
        }
        if metropolis { self.acceptance.uniform(self.chain, self.trial, step as u32) } else { 0.5 }
    }
}
