//! Annealed Langevin dynamics in the space of the variables themselves, as arXiv 2505.17517 does it.

use std::ops::ControlFlow;

use geodyssey_molecule::LANES;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{AnnealingProtocol, PATHS_PER_BATCH, check_curve};
use crate::error::{Failure, SamplingError};
use crate::overdamped::{Overdamped, Walker};
use crate::random::RandomStream;
use crate::segment::{Maxima, maximum_between};
use crate::tether::{Tether, TetherPoint};

/// Steps whose normal variates are drawn at once.
const CHUNK: u64 = 16;
/// A step longer than so many segments counts as blown up.
const LONGEST_STEP: f64 = 1e5;

/// Energy (kJ/mol) over the variables; overwrites the gradient.
pub type EnergyOfVariables<'a> = dyn Fn(&[f64], &mut [f64]) -> f64 + Sync + 'a;

/// Leads batches of walkers on a landscape along a curve.
pub struct VariableAnnealing<'a> {
    landscape: &'a EnergyOfVariables<'a>,
    integrator: Overdamped,
    curve: &'a [TetherPoint],
    protocol: AnnealingProtocol,
    segment_length: f64,
    random: RandomStream,
    first_tether: Tether,
}

/// A path at the end of its steps for one point of the curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariableRecord {
    /// Index of the point on the curve.
    pub point: usize,
    /// `λ` of the point.
    pub log_snr: f64,
    /// Values of the variables, not wrapped.
    pub variables: Vec<f64>,
    /// Landscape energy there, kJ/mol.
    pub energy_kj_mol: f64,
    /// Energy of the point's tether, kJ/mol.
    pub tether_energy_kj_mol: f64,
    /// Work done so far by switching the tether, kJ/mol.
    pub work_kj_mol: f64,
    /// Highest landscape energy over every step since the previous record, kJ/mol.
    pub maximum_energy_at_steps_kj_mol: f64,
    /// The same with the segments between steps, kJ/mol.
    pub maximum_energy_kj_mol: f64,
}

/// What is known of one path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariablePath {
    /// Number of the path.
    pub path: u32,
    /// One record for every point passed, in order; it ends early if the path blew up.
    pub records: Vec<VariableRecord>,
    /// Steps that moved the walker, equilibration included.
    pub accepted_steps: u64,
    /// Set if the path blew up.
    pub failure: Option<Failure>,
}

/// A batch of paths between two points of the curve. Stored and read back it goes on with the same bits, given a format
/// that keeps doubles exactly; all its numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariableAnnealingState {
    next_point: usize,
    step: u64,
    energy_evaluations: u64,
    work: Vec<f64>,
    values: Vec<Vec<f64>>,
    paths: Vec<VariablePath>,
}

impl VariableAnnealingState {
    /// Index of the point that comes next; the length of the curve when all is done.
    pub fn next_point(&self) -> usize {
        self.next_point
    }

    /// Evaluations of the landscape so far, equilibration and segments included.
    pub fn energy_evaluations(&self) -> u64 {
        self.energy_evaluations
    }

    /// The paths so far.
    pub fn paths(&self) -> &[VariablePath] {
        &self.paths
    }

    /// The paths, taken out.
    pub fn into_paths(self) -> Vec<VariablePath> {
        self.paths
    }
}

/// The landscape with a tether on it: remembers the landscape's share and counts.
struct TetheredLandscape<'a> {
    landscape: &'a EnergyOfVariables<'a>,
    tether: Tether,
    landscape_energy: f64,
    evaluations: u64,
}

impl TetheredLandscape<'_> {
    fn evaluate(&mut self, values: &[f64], gradient: &mut [f64]) -> f64 {
        self.landscape_energy = (self.landscape)(values, gradient);
        self.evaluations += 1;
        self.landscape_energy + self.tether.energy(values, gradient)
    }
}

impl<'a> VariableAnnealing<'a> {
    /// Puts landscape, integrator, curve and protocol together.
    ///
    /// `periods` says for every variable whether its tether is summed over images. Values are never wrapped; on the
    /// universal cover (a periodic landscape, no periods here) the tether alone picks the winding. Steps longer than
    /// `segment_length` are searched for their highest energy at points no farther apart than that.
    ///
    /// # Errors
    /// If the curve has fewer than two points, a point is not usable, or the protocol is impossible.
    pub fn new(
        landscape: &'a EnergyOfVariables<'a>,
        periods: &[Option<f64>],
        integrator: Overdamped,
        curve: &'a [TetherPoint],
        protocol: AnnealingProtocol,
        segment_length: f64,
        random: RandomStream,
    ) -> Result<Self, SamplingError> {
        protocol.check()?;
        SamplingError::check_positive("the segment length", segment_length)?;
        let first_tether = check_curve(curve, periods, integrator.thermal_energy_kj_mol())?;
        Ok(Self { landscape, integrator, curve, protocol, segment_length, random, first_tether })
    }

    /// Paths number `first_path`, `first_path + 1`, …, one for each set of starting values, in batches of
    /// [`PATHS_PER_BATCH`].
    ///
    /// # Errors
    /// If the number of variables differs or a value is not finite.
    pub fn start(
        &self,
        first_path: u32,
        values: &[Vec<f64>],
    ) -> Result<Vec<VariableAnnealingState>, SamplingError> {
        for values in values {
            SamplingError::check_count("variables", self.curve[0].center.len(), values.len())?;
            if values.iter().any(|x| !x.is_finite()) {
                return Err(SamplingError::NotFinite { what: "a starting value" });
            }
        }
        let batches = values.chunks(PATHS_PER_BATCH).zip((first_path..).step_by(PATHS_PER_BATCH));
        Ok(batches
            .map(|(values, first)| VariableAnnealingState {
                next_point: 0,
                step: 0,
                energy_evaluations: 0,
                work: vec![0.0; values.len()],
                values: values.to_vec(),
                paths: (first..)
                    .take(values.len())
                    .map(|path| VariablePath { path, records: Vec::new(), accepted_steps: 0, failure: None })
                    .collect(),
            })
            .collect())
    }

    /// Runs all batches to the end of the curve, in parallel. After every point of every batch `on_point` is called
    /// with its state, from any thread; where it breaks, the batch stops, and a later call goes on with it.
    pub fn run(
        &self,
        states: &mut [VariableAnnealingState],
        on_point: &(dyn Fn(&VariableAnnealingState) -> ControlFlow<()> + Sync),
    ) {
        states.par_iter_mut().for_each(|state| {
            while state.next_point < self.curve.len() {
                self.advance(state, state.next_point + 1);
                if on_point(state).is_break() {
                    break;
                }
            }
        });
    }

    /// Runs one batch until the points before `until_point` are done.
    pub fn advance(&self, state: &mut VariableAnnealingState, until_point: usize) {
        let last = state.next_point.saturating_sub(1);
        let mut energy = TetheredLandscape {
            landscape: self.landscape,
            tether: self.first_tether.clone(),
            landscape_energy: 0.0,
            evaluations: 0,
        };
        energy.tether.move_between(&self.curve[last], &self.curve[last], 1.0);
        let mut noise = Noise::new(self.random, &state.paths, self.curve[0].center.len());
        let mut maxima = vec![Maxima::NONE; state.paths.len()];
        if state.step == 0 {
            self.share(state, &mut energy, &mut noise, self.protocol.equilibration_steps, &mut maxima);
        }
        while state.next_point < until_point.min(self.curve.len()) {
            let point = state.next_point;
            maxima.fill(Maxima::NONE);
            for (fraction, steps) in self.protocol.shares(point) {
                if point > 0 {
                    self.switch(state, &mut energy.tether, fraction);
                }
                self.share(state, &mut energy, &mut noise, steps, &mut maxima);
            }
            self.record(state, &mut energy, &maxima);
            state.next_point += 1;
        }
        state.energy_evaluations += energy.evaluations;
    }

    /// Moves the tether on its way to the next point and adds the work.
    fn switch(&self, state: &mut VariableAnnealingState, tether: &mut Tether, fraction: f64) {
        let mut gradient = vec![0.0; self.curve[0].center.len()];
        let before: Vec<f64> = state.values.iter().map(|x| tether.energy(x, &mut gradient)).collect();
        tether.move_between(&self.curve[state.next_point - 1], &self.curve[state.next_point], fraction);
        for ((work, values), before) in state.work.iter_mut().zip(&state.values).zip(before) {
            *work += tether.energy(values, &mut gradient) - before;
        }
    }

    /// Steps of every path under one tether.
    fn share(
        &self,
        state: &mut VariableAnnealingState,
        energy: &mut TetheredLandscape<'_>,
        noise: &mut Noise,
        steps: u64,
        maxima: &mut [Maxima],
    ) {
        let acceptance = self.random.substream("acceptance");
        let mut walkers: Vec<Walker> =
            state.values.iter().map(|x| Walker::new(x.clone(), &mut |x, g| energy.evaluate(x, g))).collect();
        let mut previous = vec![0.0; noise.variables];
        for chunk in chunks(state.step, state.step + steps) {
            noise.draw(chunk.start / CHUNK);
            for (lane, (path, walker)) in state.paths.iter_mut().zip(&mut walkers).enumerate() {
                for step in chunk.clone() {
                    if path.failure.is_some() {
                        break;
                    }
                    previous.copy_from_slice(&walker.values);
                    noise.copy(lane, step % CHUNK);
                    let uniform = if self.integrator.metropolis() {
                        acceptance.uniform(path.path, step, 0)
                    } else {
                        0.5
                    };
                    if !self.integrator.step(
                        &mut |x, g| energy.evaluate(x, g),
                        walker,
                        &noise.values,
                        uniform,
                    ) {
                        continue;
                    }
                    let landscape_energy = energy.landscape_energy;
                    let longest =
                        previous.iter().zip(&walker.values).fold(0.0, |m: f64, (a, b)| m.max((b - a).abs()));
                    if !walker.is_finite() || longest > LONGEST_STEP * self.segment_length {
                        path.failure = Some(Failure {
                            path: path.path,
                            step,
                            potential_energy_kj_mol: landscape_energy.is_finite().then_some(landscape_energy),
                        });
                        break;
                    }
                    path.accepted_steps += 1;
                    let (between, evaluations) =
                        maximum_between(self.landscape, &previous, &walker.values, self.segment_length);
                    energy.evaluations += evaluations;
                    maxima[lane].at_steps = maxima[lane].at_steps.max(landscape_energy);
                    maxima[lane].between = maxima[lane].between.max(between);
                }
            }
        }
        for ((values, walker), path) in state.values.iter_mut().zip(walkers).zip(&state.paths) {
            if path.failure.is_none() {
                *values = walker.values;
            }
        }
        state.step += steps;
    }

    /// Records every path at the end of its steps for a point.
    fn record(
        &self,
        state: &mut VariableAnnealingState,
        energy: &mut TetheredLandscape<'_>,
        maxima: &[Maxima],
    ) {
        let mut gradient = vec![0.0; self.curve[0].center.len()];
        for (lane, path) in state.paths.iter_mut().enumerate() {
            if path.failure.is_some() {
                continue;
            }
            let values = &state.values[lane];
            energy.evaluate(values, &mut gradient);
            let at_steps = maxima[lane].at_steps.max(energy.landscape_energy);
            path.records.push(VariableRecord {
                point: state.next_point,
                log_snr: self.curve[state.next_point].log_snr,
                variables: values.clone(),
                energy_kj_mol: energy.landscape_energy,
                tether_energy_kj_mol: energy.tether.energy(values, &mut gradient),
                work_kj_mol: state.work[lane],
                maximum_energy_at_steps_kj_mol: at_steps,
                maximum_energy_kj_mol: at_steps.max(maxima[lane].between),
            });
        }
    }
}

/// Normal variates of a batch, a chunk of steps at a time: row `step * variables + variable`.
struct Noise {
    random: RandomStream,
    lanes: Vec<u32>,
    variables: usize,
    chunk: Option<u64>,
    normals: Vec<f64>,
    values: Vec<f64>,
}

impl Noise {
    fn new(random: RandomStream, paths: &[VariablePath], variables: usize) -> Self {
        let mut lanes: Vec<u32> = paths.iter().map(|path| path.path).collect();
        lanes.resize(paths.len().next_multiple_of(LANES), 0);
        let normals = vec![0.0; CHUNK as usize * variables * lanes.len()];
        Self { random, lanes, variables, chunk: None, normals, values: vec![0.0; variables] }
    }

    fn draw(&mut self, chunk: u64) {
        if self.chunk != Some(chunk) {
            self.random.fill_normals(chunk, &self.lanes, &mut self.normals);
            self.chunk = Some(chunk);
        }
    }

    /// The variates of one path and step of the chunk, into `values`.
    fn copy(&mut self, lane: usize, step: u64) {
        for (variable, value) in self.values.iter_mut().enumerate() {
            *value = self.normals[(step as usize * self.variables + variable) * self.lanes.len() + lane];
        }
    }
}

/// The steps from `first` to `end`, split at the multiples of [`CHUNK`].
fn chunks(first: u64, end: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
    (first / CHUNK..end.div_ceil(CHUNK))
        .map(move |chunk| first.max(chunk * CHUNK)..end.min((chunk + 1) * CHUNK))
}
