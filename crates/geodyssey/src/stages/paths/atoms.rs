//! Paths of all atoms: annealed Langevin dynamics under the force field, with a tether on the variables.

use geodyssey_dynamics::{DynamicsError, Engine, Langevin, TetherPoint};
use geodyssey_landscape::Landscape;
use geodyssey_paths::annealing::{AtomAnnealingState, AtomFrame};
use geodyssey_paths::{AnnealingProtocol, AtomAnnealing, Direction};

use super::batches::{BatchId, BatchStore, Batches, FinishedBatch, carry_out};
use super::on_landscape::{Steps, as_the_run_has_them, both_ways, done_in_words};
use super::sampled::Sampled;
use super::streams::stream;
use crate::config::DEFAULT_DURATION_PS;
use crate::error::Error;
use crate::problem::engine::ActsOn;
use crate::problem::scales::Scales;
use crate::problem::{Molecule, Problem};

/// Steps of the dynamics at each point of the curve.
pub(super) fn steps_per_point(problem: &Problem, points: usize) -> u64 {
    let settings = &problem.config.sampling;
    match settings.steps_per_point {
        Some(steps) => steps.get() as u64,
        None => {
            let duration = settings.duration_ps.map_or(DEFAULT_DURATION_PS, |duration| duration.get());
            (duration / settings.time_step_ps.get() / points as f64).round().max(1.0) as u64
        }
    }
}

/// Samples all paths.
pub(super) fn sample<'r>(
    problem: &Problem,
    molecule: &Molecule,
    landscape: Option<&dyn Landscape>,
    store: BatchStore<'r>,
    curve: &[TetherPoint],
) -> Result<Sampled<'r>, Error> {
    let settings = &problem.config.sampling;
    let steps_per_point = steps_per_point(problem, curve.len());
    let time_step = settings.time_step_ps.get();
    let protocol = AnnealingProtocol {
        equilibration_steps: (settings.equilibration_ps.get() / time_step).round() as u64,
        steps_per_point,
        switches_per_point: settings.switches(steps_per_point),
        frame_stride: settings.frame_stride.get(),
    };
    let law =
        Langevin::new(time_step, settings.friction_per_ps.get(), problem.thermal_energy).map_err(failed)?;
    // The dynamics use the variables in the spacetime's units; records are converted back to the variables' own units.
    let scales = &problem.scales;
    let engine = molecule.engine(ActsOn::ScaledVariables).map_err(failed)?;
    let engine: &dyn Engine = engine.as_ref();
    let reversed: Vec<TetherPoint> = curve.iter().rev().cloned().collect();
    let segment = Steps::of(problem, curve).segment;
    let energy = landscape.map(|landscape| {
        let scaled = scales.landscape(landscape);
        move |x: &[f64], gradient: &mut [f64]| scaled.energy_gradient(x, gradient)
    });
    let annealing = |curve, direction| {
        let settings = [law.time_step_ps(), law.friction_per_ps()];
        let random = stream(problem.config.seed, direction, curve, &protocol, &settings);
        let annealing = AtomAnnealing::new(engine, law, curve, protocol, random)?;
        match &energy {
            Some(energy) => annealing.watching(energy, segment),
            None => Ok(annealing),
        }
    };
    let forward = annealing(curve, Direction::Forward).map_err(failed)?;
    let backward = annealing(&reversed, Direction::Backward).map_err(failed)?;

    let [start, end] = molecule
        .structures
        .as_ref()
        .ok_or_else(|| Error::Failed("the states have no structures".to_owned()))?;
    let batches =
        AtomBatches { annealing: [forward, backward], structures: [start, end], points: curve.len(), scales };
    let all = both_ways(settings, engine.capabilities().replicas_per_batch);
    carry_out(store, &batches, &all)?.finish(&done_in_words(settings));
    let path_time_ps = steps_per_point as f64 * curve.len() as f64 * time_step;
    let mut sampled = Sampled::new(store, all)?;
    sampled.path_time_ps = Some(path_time_ps);
    Ok(sampled)
}

/// Batches of both directions.
struct AtomBatches<'b> {
    annealing: [AtomAnnealing<'b>; 2],
    /// The structures from which the paths of each direction start.
    structures: [&'b Vec<[f64; 3]>; 2],
    points: usize,
    scales: &'b Scales,
}

impl<'b> AtomBatches<'b> {
    fn annealing(&self, batch: BatchId) -> &AtomAnnealing<'b> {
        &self.annealing[usize::from(batch.first.direction == Direction::Backward)]
    }
}

impl<'b> Batches for AtomBatches<'b> {
    type State = AtomAnnealingState<'b>;

    fn steps(&self, _batch: BatchId) -> u64 {
        self.points as u64
    }

    fn start(&self, batch: BatchId) -> Result<AtomAnnealingState<'b>, Error> {
        let structure = self.structures[usize::from(batch.first.direction == Direction::Backward)];
        let started = self
            .annealing(batch)
            .start(batch.first, &vec![structure.clone(); batch.count])
            .map_err(failed)?;
        started.into_iter().next().ok_or_else(|| Error::Failed("a batch without paths".to_owned()))
    }

    fn done(&self, state: &AtomAnnealingState<'b>) -> u64 {
        state.next_point() as u64
    }

    fn advance(&self, batch: BatchId, state: &mut AtomAnnealingState<'b>) -> Result<(), Error> {
        self.annealing(batch).advance(state, state.next_point() + 1).map_err(failed)
    }

    fn take_frames(&self, state: &mut AtomAnnealingState<'b>) -> Vec<AtomFrame> {
        state.take_frames()
    }

    fn finish(&self, _batch: BatchId, state: AtomAnnealingState<'b>) -> FinishedBatch {
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
