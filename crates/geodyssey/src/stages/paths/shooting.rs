//! Two-way shooting on the landscape: unbiased paths; the chains start from the curve.

use geodyssey_dynamics::{DynamicsError, Overdamped, TetherPoint, Walls};
use geodyssey_landscape::Landscape;
use geodyssey_paths::shooting::ShootingChain;
use geodyssey_paths::{
    Path, PathLength, PathSampling, Provenance, ShootingProtocol, Transitions, TwoWayShooting,
};
use geodyssey_report::{ShootingSummary, Warning};
use geodyssey_statistics::RandomStream;

use super::STAGE;
use super::batches::{BatchId, BatchStore, Batches, FinishedBatch, carry_out};
use super::on_landscape::{Steps, as_the_run_has_them};
use super::sampled::Sampled;
use crate::config::{SamplingConfig, ShootingLength};
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::scales::Scales;

/// Number of independent chains. A constant, so that results do not depend on the machine.
pub(crate) const CHAINS: usize = 16;
/// Default number of steps of a path: exactly for fixed, at most for flexible length.
const FIXED_STEPS: usize = 1000;
const MOST_STEPS: usize = 100_000;
/// Default number of trials between two recorded paths, and before the first.
const TRIALS_PER_PATH: u64 = 10;
const EQUILIBRATION_TRIALS: u64 = 100;

/// Number of trials according to the configuration.
fn protocol(settings: &SamplingConfig, points: usize) -> ShootingProtocol {
    ShootingProtocol {
        equilibration_trials: settings
            .equilibration_trials
            .map_or(EQUILIBRATION_TRIALS, |trials| trials.get() as u64),
        trials_per_path: settings.trials_per_path.map_or(TRIALS_PER_PATH, |trials| trials.get() as u64),
        points,
        frame_stride: settings.frame_stride.get(),
    }
}

/// Path length according to the configuration.
fn length(settings: &SamplingConfig) -> PathLength {
    let steps = |default: usize| settings.path_steps.map_or(default, |steps| steps.get());
    match settings.length.unwrap_or_default() {
        ShootingLength::Fixed => PathLength::Fixed(steps(FIXED_STEPS)),
        ShootingLength::Flexible => PathLength::Flexible(steps(MOST_STEPS)),
    }
}

/// Number of steps of a path: exactly for fixed, at most for flexible length.
pub(super) fn path_steps(settings: &SamplingConfig) -> u64 {
    let (PathLength::Fixed(steps) | PathLength::Flexible(steps)) = length(settings);
    steps as u64
}

/// Samples all paths.
pub(super) fn sample<'r>(
    problem: &Problem,
    landscape: &dyn Landscape,
    store: BatchStore<'r>,
    walls: Walls,
    curve: &[TetherPoint],
) -> Result<Sampled<'r>, Error> {
    let failed = |error: DynamicsError| Error::failed("two-way shooting", error);
    let settings = &problem.config.sampling;
    let protocol = protocol(settings, curve.len());
    let Steps { step, segment } = Steps::of(problem, curve);
    let dynamics = Overdamped::new(step, settings.metropolis, problem.thermal_energy).map_err(failed)?;
    let scales = &problem.scales;
    let landscape = scales.landscape(landscape);
    let dynamics = dynamics.within(walls);
    let energy = |x: &[f64], gradient: &mut [f64]| landscape.energy_gradient(x, gradient);
    let [start, end] = problem.states()?;
    let in_start = |x: &[f64]| start.contains(&problem.variables, &scales.own(x));
    let in_end = |x: &[f64]| end.contains(&problem.variables, &scales.own(x));
    let random = RandomStream::new(problem.config.seed, "two-way shooting");
    let length = length(settings);
    let transitions = Transitions { landscape: &energy, dynamics, states: [&in_start, &in_end], length };
    let shooting =
        PathSampling::new(transitions, &TwoWayShooting, protocol, segment, random).map_err(failed)?;
    let paths = settings.paths.get();
    let line: Vec<Vec<f64>> = curve.iter().map(|point| point.center.clone()).collect();
    let fresh = shooting.start(&line, CHAINS, paths).map_err(failed)?;
    let all: Vec<BatchId> =
        fresh.iter().map(|chain| BatchId { first: chain.first_path(), count: chain.path_count() }).collect();
    let batches = Chains { shooting, fresh, points: curve.len(), scales };
    let progress = carry_out(store, &batches, &all)?;
    let mut sampled = Sampled::new(store, all)?;
    let (mut trials, mut accepted, mut steps) = (0, 0, 0);
    for chain in sampled.finished() {
        let chain = chain?;
        trials += chain.trials;
        accepted += chain.accepted;
        steps += chain.path_steps;
    }
    progress.finish(&format!("{paths} paths done, {accepted} of {trials} trials accepted"));
    let mut warnings = Vec::new();
    if accepted < paths as u64 {
        warnings.push(Warning::new(
            STAGE,
            "Fewer trials were accepted than paths recorded: the paths represent the initial path rather than the ensemble. \
             Use wider states, other `path_steps` or more `trials_per_path`.",
        ));
    }
    sampled.shooting = Some(ShootingSummary {
        length: match length {
            PathLength::Fixed(_) => "fixed".to_owned(),
            PathLength::Flexible(_) => "flexible".to_owned(),
        },
        chains: batches.fresh.len(),
        trials,
        accepted,
        mean_steps: steps as f64 / paths as f64,
    });
    sampled.warnings = warnings;
    Ok(sampled)
}

/// The chains, each of which records some of the paths.
struct Chains<'c> {
    shooting: PathSampling<'c>,
    /// Before their first trials.
    fresh: Vec<ShootingChain>,
    points: usize,
    scales: &'c Scales,
}

impl Batches for Chains<'_> {
    type State = ShootingChain;

    fn steps(&self, batch: BatchId) -> u64 {
        batch.count as u64
    }

    fn start(&self, batch: BatchId) -> Result<ShootingChain, Error> {
        let chain = self.fresh.iter().find(|chain| chain.first_path() == batch.first);
        chain.cloned().ok_or_else(|| Error::Failed("a chain without paths".to_owned()))
    }

    fn done(&self, chain: &ShootingChain) -> u64 {
        chain.paths().len() as u64
    }

    fn advance(&self, _batch: BatchId, chain: &mut ShootingChain) -> Result<(), Error> {
        self.shooting.advance(chain);
        Ok(())
    }

    fn finish(&self, _batch: BatchId, chain: ShootingChain) -> FinishedBatch {
        let (trials, accepted, energy_evaluations) =
            (chain.trials(), chain.accepted(), chain.energy_evaluations());
        let steps = |path: &Path| match path.provenance {
            Provenance::Free { steps, .. } => steps,
            Provenance::Led { .. } => 0,
        };
        let path_steps = chain.paths().iter().map(steps).sum();
        let paths = as_the_run_has_them(chain.into_paths(), self.points, self.scales);
        FinishedBatch { paths, energy_evaluations, trials, accepted, path_steps, mark: None }
    }
}
