//! Paths of the variables alone: overdamped dynamics on the landscape, as the paper has it.

use geodyssey_dynamics::{DynamicsError, Overdamped, TetherPoint, Walls};
use geodyssey_landscape::Landscape;
use geodyssey_paths::annealing::{PATHS_PER_BATCH, VariableAnnealingState};
use geodyssey_paths::{AnnealingProtocol, Direction, Path, PathId, VariableAnnealing};

use super::batches::{BatchId, BatchStore, Batches, FinishedBatch, carry_out};
use super::sampled::Sampled;
use super::streams::stream;
use crate::config::{DEFAULT_STEPS_PER_POINT, SamplingConfig};
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::scales::Scales;
use crate::problem::state::State;

/// Steps before a path begins, in units of the steps at one point.
const EQUILIBRATION_POINTS: u64 = 16;
/// Length of a step by default, as a share of the narrowest tether's variance.
const STEP_SHARE: f64 = 0.1;
/// Longest piece of a step that is not searched for its highest energy, in standard deviations of the narrowest tether.
const SEGMENT_SHARE: f64 = 0.1;

/// Steps of the dynamics at each point of the curve.
pub(super) fn steps_per_point(problem: &Problem) -> u64 {
    problem.config.sampling.steps_per_point.map_or(DEFAULT_STEPS_PER_POINT, |steps| steps.get()) as u64
}

/// How far a walker goes at a time.
pub(super) struct Steps {
    /// Length `ds` of one step, in squared units of the spacetime.
    pub(super) step: f64,
    /// Longest piece of a step that is not searched for its highest energy.
    pub(super) segment: f64,
}

impl Steps {
    /// By the narrowest tether of a curve, and the configuration.
    pub(super) fn of(problem: &Problem, curve: &[TetherPoint]) -> Self {
        let narrowest = curve.iter().map(|point| (-point.log_snr).exp()).fold(f64::INFINITY, f64::min);
        let given = problem.config.sampling.step_size;
        Self {
            step: given.map_or(STEP_SHARE * narrowest, |step| step.get()),
            segment: SEGMENT_SHARE * narrowest.sqrt(),
        }
    }
}

/// The batches of driven paths: forward ones, and backward ones if these are wanted.
pub(super) fn both_ways(settings: &SamplingConfig, paths_per_batch: usize) -> Vec<BatchId> {
    let of =
        |direction| BatchId::split(PathId { direction, number: 0 }, settings.paths.get(), paths_per_batch);
    let backward = if settings.backward { of(Direction::Backward) } else { Vec::new() };
    of(Direction::Forward).into_iter().chain(backward).collect()
}

/// The message when all driven paths are done.
pub(super) fn done_in_words(settings: &SamplingConfig) -> String {
    format!("{} paths{} done", settings.paths.get(), if settings.backward { " each way" } else { "" })
}

/// Paths as the run has them: variables in their own units, and points counted from the state where forward paths begin.
pub(super) fn as_the_run_has_them(mut paths: Vec<Path>, curve_points: usize, scales: &Scales) -> Vec<Path> {
    for path in &mut paths {
        for point in &mut path.points {
            point.variables = scales.own(&point.variables);
            if path.id.direction == Direction::Backward {
                point.curve_point = curve_points - 1 - point.curve_point;
            }
        }
    }
    paths
}

/// Samples all paths.
pub(super) fn sample<'r>(
    problem: &Problem,
    landscape: &dyn Landscape,
    store: BatchStore<'r>,
    walls: Walls,
    curve: &[TetherPoint],
) -> Result<Sampled<'r>, Error> {
    let settings = &problem.config.sampling;
    let steps_per_point = steps_per_point(problem);
    let Steps { step, segment } = Steps::of(problem, curve);
    let protocol = AnnealingProtocol {
        equilibration_steps: EQUILIBRATION_POINTS * steps_per_point,
        steps_per_point,
        switches_per_point: settings.switches(steps_per_point),
        frame_stride: settings.frame_stride.get(),
    };
    let integrator = Overdamped::new(step, settings.metropolis, problem.thermal_energy).map_err(failed)?;
    let scales = &problem.scales;
    let landscape = scales.landscape(landscape);
    let integrator = integrator.within(walls);
    let energy = |x: &[f64], gradient: &mut [f64]| landscape.energy_gradient(x, gradient);
    // Walkers live on the universal cover, where the landscape is periodic and a tether need not be: wrapped round, their density
    // is that of the tether summed over its images, and yet they go the way round that the curve goes.
    let periods = vec![None; problem.variables.len()];
    let reversed: Vec<TetherPoint> = curve.iter().rev().cloned().collect();
    let annealing = |curve, direction| {
        let settings = [step, f64::from(u8::from(settings.metropolis))];
        let random = stream(problem.config.seed, direction, curve, &protocol, &settings);
        VariableAnnealing::new(&energy, &periods, integrator.clone(), curve, protocol, segment, random)
    };
    let forward = annealing(curve, Direction::Forward).map_err(failed)?;
    let backward = annealing(&reversed, Direction::Backward).map_err(failed)?;

    let [start, end] = problem.states()?;
    let batches = VariableBatches {
        annealing: [forward, backward],
        beginnings: [beginning(problem, start, curve), beginning(problem, end, &reversed)],
        points: curve.len(),
        scales,
    };
    let all = both_ways(settings, PATHS_PER_BATCH);
    carry_out(store, &batches, &all)?.finish(&done_in_words(settings));
    Sampled::new(store, all)
}

/// Batches of both directions.
struct VariableBatches<'b> {
    annealing: [VariableAnnealing<'b>; 2],
    /// Where paths of either direction begin, in the spacetime's units.
    beginnings: [Vec<f64>; 2],
    points: usize,
    scales: &'b Scales,
}

impl<'b> VariableBatches<'b> {
    fn annealing(&self, batch: BatchId) -> &VariableAnnealing<'b> {
        &self.annealing[usize::from(batch.first.direction == Direction::Backward)]
    }
}

impl Batches for VariableBatches<'_> {
    type State = VariableAnnealingState;

    fn steps(&self, _batch: BatchId) -> u64 {
        self.points as u64
    }

    fn start(&self, batch: BatchId) -> Result<VariableAnnealingState, Error> {
        let values = &self.beginnings[usize::from(batch.first.direction == Direction::Backward)];
        let started =
            self.annealing(batch).start(batch.first, &vec![values.clone(); batch.count]).map_err(failed)?;
        started.into_iter().next().ok_or_else(|| Error::Failed("a batch without paths".to_owned()))
    }

    fn done(&self, state: &VariableAnnealingState) -> u64 {
        state.next_point() as u64
    }

    fn advance(&self, batch: BatchId, state: &mut VariableAnnealingState) -> Result<(), Error> {
        self.annealing(batch).advance(state, state.next_point() + 1);
        Ok(())
    }

    fn finish(&self, _batch: BatchId, state: VariableAnnealingState) -> FinishedBatch {
        let energy_evaluations = state.energy_evaluations();
        FinishedBatch {
            paths: as_the_run_has_them(state.into_paths(), self.points, self.scales),
            energy_evaluations,
            ..FinishedBatch::default()
        }
    }
}

fn failed(error: DynamicsError) -> Error {
    Error::failed("sampling", error)
}

/// Where the paths of a curve begin: at the state's centre, in the image that the curve begins in. A curve may go round, and nothing
/// would bring walkers on the universal cover to the image in which the configuration writes the state.
fn beginning(problem: &Problem, state: &State, curve: &[TetherPoint]) -> Vec<f64> {
    let center = problem.scaled_center(state);
    let Some(first) = curve.first() else { return center };
    let axes = center.iter().zip(&first.center).zip(problem.periods());
    let image = |((x, y), period): ((&f64, &f64), Option<f64>)| {
        period.map_or(*x, |period| x - period * ((x - y) / period).round())
    };
    axes.map(image).collect()
}
