//! Annealed Langevin dynamics in the space of the variables themselves, as in arXiv 2505.17517.

use geodyssey_dynamics::{
    DynamicsError, EnergyOfVariables, Failure, Overdamped, Tether, TetherPoint, Walker,
};
use geodyssey_molecule::LANES;
use geodyssey_statistics::{RandomStream, WrongInput};
use serde::{Deserialize, Serialize};

use super::protocol::{AnnealingProtocol, check_curve};
use crate::path::{End, Path, PathPoint};
use crate::path_id::PathId;
use crate::segment::{Maxima, maximum_between};

/// Number of steps for which normal variates are drawn at once.
const CHUNK: u64 = 16;
/// A path whose step is longer than this number of segments has blown up.
const LONGEST_STEP: f64 = 1e5;

/// Paths that are processed together. A constant, so that the division into batches, and with it every bit of the results, does not depend
/// on the machine.
pub const PATHS_PER_BATCH: usize = 16;

/// Drives batches of walkers on a landscape along a curve.
pub struct VariableAnnealing<'a> {
    landscape: &'a EnergyOfVariables<'a>,
    integrator: Overdamped,
    curve: &'a [TetherPoint],
    protocol: AnnealingProtocol,
    segment_length: f64,
    random: RandomStream,
    first_tether: Tether,
}

/// A batch of paths between two points of the curve. Stored in a format that keeps doubles exactly and read back, it continues with
/// identical bits; all its numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariableAnnealingState {
    next_point: usize,
    step: u64,
    energy_evaluations: u64,
    work: Vec<f64>,
    values: Vec<Vec<f64>>,
    paths: Vec<Path>,
    accepted_steps: Vec<u64>,
}

impl VariableAnnealingState {
    /// Index of the next point; the length of the curve when finished.
    pub fn next_point(&self) -> usize {
        self.next_point
    }

    /// Evaluations of the landscape so far, equilibration and segments included.
    pub fn energy_evaluations(&self) -> u64 {
        self.energy_evaluations
    }

    /// The paths so far.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// Steps that moved each walker, equilibration included.
    pub fn accepted_steps(&self) -> &[u64] {
        &self.accepted_steps
    }

    /// The paths, by value.
    pub fn into_paths(self) -> Vec<Path> {
        self.paths
    }
}

/// Energies of landscape and tether at one place.
#[derive(Clone)]
struct Place {
    landscape_energy: f64,
    /// Of the landscape alone.
    gradient: Vec<f64>,
    tether_energy: f64,
}

/// A walker with the parts of its energy, so that moving the tether needs no evaluation of the landscape.
struct Lane {
    walker: Walker,
    here: Place,
    proposed: Place,
    evaluations: u64,
}

impl Lane {
    fn new(landscape: &EnergyOfVariables<'_>, tether: &Tether, values: &[f64]) -> Self {
        let mut here = Place { landscape_energy: 0.0, gradient: vec![0.0; values.len()], tether_energy: 0.0 };
        let walker =
            Walker::new(values.to_vec(), &mut |x, gradient| here.evaluate(landscape, tether, x, gradient));
        Self { walker, proposed: here.clone(), here, evaluations: 1 }
    }

    /// Switches to another tether; returns the work of this.
    fn switch(&mut self, tether: &Tether) -> f64 {
        let before = self.here.tether_energy;
        self.walker.gradient.copy_from_slice(&self.here.gradient);
        self.here.tether_energy = tether.energy(&self.walker.values, &mut self.walker.gradient);
        self.walker.energy_kj_mol = self.here.landscape_energy + self.here.tether_energy;
        self.here.tether_energy - before
    }

    /// One step; returns whether the walker moved.
    fn step(
        &mut self,
        integrator: &Overdamped,
        landscape: &EnergyOfVariables<'_>,
        tether: &Tether,
        normals: &[f64],
        uniform: f64,
    ) -> bool {
        let proposed = &mut self.proposed;
        let mut energy = |x: &[f64], gradient: &mut [f64]| proposed.evaluate(landscape, tether, x, gradient);
        let moved = integrator.step(&mut energy, &mut self.walker, normals, uniform);
        self.evaluations += 1;
        if moved {
            std::mem::swap(&mut self.here, &mut self.proposed);
        }
        moved
    }
}

impl Place {
    /// The sum of both energies; overwrites `gradient` with that of both.
    fn evaluate(
        &mut self,
        landscape: &EnergyOfVariables<'_>,
        tether: &Tether,
        values: &[f64],
        gradient: &mut [f64],
    ) -> f64 {
        self.landscape_energy = landscape(values, &mut self.gradient);
        gradient.copy_from_slice(&self.gradient);
        self.tether_energy = tether.energy(values, gradient);
        self.landscape_energy + self.tether_energy
    }
}

impl<'a> VariableAnnealing<'a> {
    /// Combines landscape, integrator, curve and protocol.
    ///
    /// `periods` determines for every variable whether its tether is summed over images. Values are never wrapped; on the universal cover
    /// (a periodic landscape, no periods here) only the tether selects the winding. On steps longer than `segment_length` the highest
    /// energy is searched at points no farther apart than that.
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
    ) -> Result<Self, DynamicsError> {
        protocol.check()?;
        WrongInput::check_positive("the segment length", segment_length)?;
        let first_tether = check_curve(curve, periods, integrator.thermal_energy_kj_mol())?;
        Ok(Self { landscape, integrator, curve, protocol, segment_length, random, first_tether })
    }

    /// Paths from number `first` on, one for each set of starting values, in batches of
    /// [`PATHS_PER_BATCH`].
    ///
    /// # Errors
    /// If the number of variables differs, or a value is not finite or outside the integrator's walls.
    pub fn start(
        &self,
        first: PathId,
        values: &[Vec<f64>],
    ) -> Result<Vec<VariableAnnealingState>, DynamicsError> {
        for values in values {
            WrongInput::check_count("variables", self.curve[0].center.len(), values.len())?;
            if values.iter().any(|x| !x.is_finite()) {
                return Err(WrongInput::NotFinite { what: "a starting value" }.into());
            }
            if !self.integrator.walls().contain(values) {
                return Err(DynamicsError::Parameters(format!(
                    "a path starts outside the landscape, at {values:?}"
                )));
            }
        }
        let batches = values.chunks(PATHS_PER_BATCH).zip(first.and_following().step_by(PATHS_PER_BATCH));
        Ok(batches
            .map(|(values, first)| VariableAnnealingState {
                next_point: 0,
                step: 0,
                energy_evaluations: 0,
                work: vec![0.0; values.len()],
                values: values.to_vec(),
                paths: first.and_following().take(values.len()).map(Path::led).collect(),
                accepted_steps: vec![0; values.len()],
            })
            .collect())
    }

    /// Advances one batch until the points before `until_point` are done.
    pub fn advance(&self, state: &mut VariableAnnealingState, until_point: usize) {
        let last = state.next_point.saturating_sub(1);
        let mut tether = self.first_tether.clone();
        tether.move_between(&self.curve[last], &self.curve[last], 1.0);
        let mut noise = Noise::new(self.random, &state.paths, self.curve[0].center.len());
        if state.step == 0 {
            let steps = self.protocol.equilibration_steps;
            let (lanes, _) = self.steps(state, &mut tether, &mut noise, steps, &|_| None);
            self.leave(state, &lanes);
        }
        while state.next_point < until_point.min(self.curve.len()) {
            let point = state.next_point;
            let switch = |step| self.protocol.switch(point, step);
            let (lanes, maxima) =
                self.steps(state, &mut tether, &mut noise, self.protocol.steps_per_point, &switch);
            self.leave(state, &lanes);
            self.record(state, &lanes, &maxima);
            state.next_point += 1;
        }
    }

    /// Steps of every path. Before each step `switch` gives the fraction of the way to the next point to which the tether moves, if it does.
    fn steps(
        &self,
        state: &mut VariableAnnealingState,
        tether: &mut Tether,
        noise: &mut Noise,
        steps: u64,
        switch: &dyn Fn(u64) -> Option<f64>,
    ) -> (Vec<Lane>, Vec<Maxima>) {
        let acceptance = self.random.substream("acceptance");
        let first = state.step;
        let mut lanes: Vec<Lane> =
            state.values.iter().map(|x| Lane::new(self.landscape, tether, x)).collect();
        let mut maxima = vec![Maxima::NONE; lanes.len()];
        let mut previous = vec![0.0; noise.variables];
        for chunk in chunks(first, first + steps) {
            noise.draw(chunk.start / CHUNK);
            // The place of the tether during every step of the chunk, and whether it has just moved there.
            let tethers: Vec<(bool, Tether)> = chunk
                .clone()
                .map(|step| {
                    let fraction = switch(step - first);
                    if let Some(fraction) = fraction {
                        let [from, to] =
                            [state.next_point - 1, state.next_point].map(|point| &self.curve[point]);
                        tether.move_between(from, to, fraction);
                    }
                    (fraction.is_some(), tether.clone())
                })
                .collect();
            for (number, (path, lane)) in state.paths.iter_mut().zip(&mut lanes).enumerate() {
                for (step, (moved, tether)) in chunk.clone().zip(&tethers) {
                    if !path.is_whole() {
                        break;
                    }
                    if *moved {
                        state.work[number] += lane.switch(tether);
                    }
                    previous.copy_from_slice(&lane.walker.values);
                    noise.copy(number, step % CHUNK);
                    let uniform = if self.integrator.metropolis() {
                        acceptance.uniform(path.id.number, step, 0)
                    } else {
                        0.5
                    };
                    if !lane.step(&self.integrator, self.landscape, tether, &noise.values, uniform) {
                        continue;
                    }
                    let landscape_energy = lane.here.landscape_energy;
                    let now = &lane.walker.values;
                    let longest = previous.iter().zip(now).fold(0.0, |m: f64, (a, b)| m.max((b - a).abs()));
                    if !lane.walker.is_finite() || longest > LONGEST_STEP * self.segment_length {
                        path.end = End::BlewUp(Failure {
                            path: path.id.number,
                            step,
                            potential_energy_kj_mol: landscape_energy.is_finite().then_some(landscape_energy),
                        });
                        break;
                    }
                    state.accepted_steps[number] += 1;
                    let (between, evaluations) =
                        maximum_between(self.landscape, &previous, now, self.segment_length);
                    lane.evaluations += evaluations;
                    maxima[number].at_steps = maxima[number].at_steps.max(landscape_energy);
                    maxima[number].between = maxima[number].between.max(between);
                }
            }
        }
        state.step += steps;
        (lanes, maxima)
    }

    /// Stores the walkers, except those that blew up, and the number of their evaluations.
    fn leave(&self, state: &mut VariableAnnealingState, lanes: &[Lane]) {
        for ((values, lane), path) in state.values.iter_mut().zip(lanes).zip(&state.paths) {
            if path.is_whole() {
                values.copy_from_slice(&lane.walker.values);
            }
        }
        state.energy_evaluations += lanes.iter().map(|lane| lane.evaluations).sum::<u64>();
    }

    /// Records every path at the end of its steps for a point.
    fn record(&self, state: &mut VariableAnnealingState, lanes: &[Lane], maxima: &[Maxima]) {
        for (number, (path, lane)) in state.paths.iter_mut().zip(lanes).enumerate() {
            if !path.is_whole() {
                continue;
            }
            // A walker that never moved is still at its previous place.
            let at_steps = maxima[number].at_steps.max(lane.here.landscape_energy);
            let highest = Maxima { at_steps, ..maxima[number] }.highest();
            let point = PathPoint {
                curve_point: state.next_point,
                time_ps: None,
                variables: state.values[number].clone(),
                potential_energy_kj_mol: None,
                highest_potential_energy_kj_mol: None,
                landscape_energy_kj_mol: Some(lane.here.landscape_energy),
                highest_landscape_energy: Some(highest),
                tether_energy_kj_mol: lane.here.tether_energy,
                work_kj_mol: state.work[number],
            };
            path.pass(point, self.protocol.is_frame(state.next_point, self.curve.len()));
        }
    }
}

/// Normal variates of a batch for a chunk of steps: row `step * variables + variable`.
struct Noise {
    random: RandomStream,
    lanes: Vec<u32>,
    variables: usize,
    chunk: Option<u64>,
    normals: Vec<f64>,
    values: Vec<f64>,
}

impl Noise {
    fn new(random: RandomStream, paths: &[Path], variables: usize) -> Self {
        let mut lanes: Vec<u32> = paths.iter().map(|path| path.id.number).collect();
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

/// The steps from `first` to `end`, divided at multiples of [`CHUNK`].
fn chunks(first: u64, end: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
    (first / CHUNK..end.div_ceil(CHUNK))
        .map(move |chunk| first.max(chunk * CHUNK)..end.min((chunk + 1) * CHUNK))
}
