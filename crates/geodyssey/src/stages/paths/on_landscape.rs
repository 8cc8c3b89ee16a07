//! Paths of the variables alone: overdamped dynamics on the landscape, as the paper has it.

use geodyssey_landscape::Landscape;
use geodyssey_report::Direction;
use geodyssey_sampling::annealing::{VariableAnnealingState, VariablePath};
use geodyssey_sampling::{
    AnnealingProtocol, Overdamped, SamplingError, TetherPoint, VariableAnnealing, Walls,
};

use super::batches::{self, Keeper};
use super::sampled::{Sampled, SampledPath, SampledPoint};
use super::streams::stream;
use crate::config::DEFAULT_STEPS_PER_POINT;
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::scales::Scales;
use crate::problem::variables::State;
use crate::run_directory::{Fingerprint, RunDirectory};

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

/// Samples all paths.
pub(super) fn sample(
    problem: &Problem,
    landscape: &dyn Landscape,
    directory: &RunDirectory,
    made_from: &Fingerprint,
    walls: Walls,
    curve: &[TetherPoint],
) -> Result<Sampled, Error> {
    let failed = |error: SamplingError| Error::failed("sampling", error);
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
    let begin = |annealing: &VariableAnnealing<'_>, direction, values: Vec<f64>, paths: usize| {
        let fresh = annealing.start(0, &vec![values; paths]).map_err(failed)?;
        Ok::<_, Error>(batches::resume(directory, made_from, direction, fresh))
    };
    let paths = settings.paths.get();
    let from_start = beginning(problem, start, curve);
    let mut forward_batches = begin(&forward, Direction::Forward, from_start, paths)?;
    let backward_paths = if settings.backward { paths } else { 0 };
    let from_end = beginning(problem, end, &reversed);
    let mut backward_batches = begin(&backward, Direction::Backward, from_end, backward_paths)?;

    let batches = || forward_batches.iter().chain(&backward_batches);
    let (total, done) =
        (batches().count() * curve.len(), batches().map(VariableAnnealingState::next_point).sum());
    let keeper = Keeper::new(directory, *made_from, curve.len(), total, done);
    rayon::join(
        || forward.run(&mut forward_batches, &|batch| keeper.passed(Direction::Forward, batch)),
        || backward.run(&mut backward_batches, &|batch| keeper.passed(Direction::Backward, batch)),
    );
    keeper.finish(&format!("{paths} paths{} done", if settings.backward { " each way" } else { "" }))?;

    let all = || forward_batches.iter().chain(&backward_batches);
    let energy_evaluations = all().map(VariableAnnealingState::energy_evaluations).sum();
    let of = |batches: &[VariableAnnealingState], direction| -> Vec<SampledPath> {
        let paths = batches.iter().flat_map(|batch| batch.paths());
        paths.map(|path| sampled(path, direction, curve.len(), protocol.frame_stride, scales)).collect()
    };
    let mut paths = of(&forward_batches, Direction::Forward);
    paths.extend(of(&backward_batches, Direction::Backward));
    Ok(Sampled { paths, energy_evaluations, path_time_ps: None, shooting: None, warnings: Vec::new() })
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

fn sampled(
    path: &VariablePath,
    direction: Direction,
    curve_points: usize,
    stride: usize,
    scales: &Scales,
) -> SampledPath {
    let curve_point = |point: usize| match direction {
        Direction::Forward => point,
        Direction::Backward => curve_points - 1 - point,
    };
    let points: Vec<SampledPoint> = path
        .records
        .iter()
        .map(|record| SampledPoint {
            curve_point: curve_point(record.point),
            variables: scales.own(&record.variables),
            potential_energy: None,
            highest_potential_energy: None,
            tether_energy: record.tether_energy_kj_mol,
            work: record.work_kj_mol,
        })
        .collect();
    let maxima = path.records.iter().map(|record| record.maximum_energy_kj_mol);
    let at_steps = path.records.iter().map(|record| record.maximum_energy_at_steps_kj_mol);
    SampledPath {
        direction,
        number: path.path as usize,
        frames: (0..points.len())
            .filter(|point| point.is_multiple_of(stride) || point + 1 == curve_points)
            .collect(),
        points,
        positions: Vec::new(),
        maximum_potential_energy: None,
        maximum_landscape_energy: maxima.reduce(f64::max),
        maximum_landscape_energy_at_steps: at_steps.reduce(f64::max),
        failure: path.failure.clone(),
        is_structure: None,
    }
}
