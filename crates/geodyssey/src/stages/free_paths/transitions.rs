//! The ensemble of free transition paths: chains, and what follows from them.

use std::sync::Arc;

use geodyssey_paths::ensembles::{
    AtomsPoint, ChainProtocol, EngineVelocities, FrameSelection, FreePath, Lanes, PathEnsemble,
    TransitionChain,
};
use geodyssey_report::Warning;

use super::dynamics::FreeDynamics;
use super::moves::moves;
use super::places::{Order, StatePlaces, curve_points, nearest_place};
use super::seeds::{Search, candidates, seeds};
use super::statistics::{SampledTransitions, summarised};
use super::units::{CHAINS_PER_UNIT, UnitStore, Units, grouped};
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::free_paths::STAGE;
use crate::artifacts::landscape::LandscapeResult;
use crate::config::{PathLengthKind, PathsConfig, ShootFrom};
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::Run;

/// Samples the ensemble.
pub(super) fn sample(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    store: UnitStore<'_>,
    dynamics: &FreeDynamics<'_>,
) -> Result<SampledTransitions, Error> {
    let problem = run.problem;
    let settings = &problem.config.paths;
    let states = problem.states()?;
    let places = StatePlaces::new(problem, states, Order::None, false);
    let lanes = Lanes {
        engine: dynamics.engine,
        law: dynamics.law,
        random: dynamics.random.substream("dynamics"),
        check_every: settings.check_every.get() as u64,
        places: &places,
    };
    let ensemble = match settings.length {
        PathLengthKind::Flexible => PathEnsemble::Transition { most_frames: settings.longest_frames() },
        PathLengthKind::Fixed => PathEnsemble::FixedLength { frames: settings.longest_frames() },
    };
    let chains = settings.chains.get();
    let from = candidates(run, &places)?;
    let most_frames = settings.longest_frames();
    let search = Search { store, kind: "seeds", dynamics, lanes: &lanes, wants_inside: false };
    let seeds = seeds(&search, most_frames, &from, chains)?;
    let velocities = EngineVelocities {
        engine: dynamics.engine,
        thermal_energy_kj_mol: dynamics.law.thermal_energy_kj_mol(),
    };
    let all_moves = moves(settings, None);
    let names: Vec<&'static str> = all_moves.iter().map(|(one, _)| one.name()).collect();
    let protocol = ChainProtocol {
        ensemble,
        selection: selection(problem, landscape, geodesic)?,
        moves: all_moves,
        velocities: &velocities,
        random: dynamics.random.substream("moves"),
    };
    let trials = settings.trials.get() as u64;
    let mut fresh = Vec::new();
    for (chain, (first, _)) in seeds.first.into_iter().enumerate() {
        let first = match ensemble {
            PathEnsemble::FixedLength { frames } => of_length(first, frames, problem)?,
            _ => first,
        };
        let kept = kept_trials(settings, chain);
        fresh.push(TransitionChain::new(chain as u32, first, names.len(), trials, kept));
    }
    let units =
        Units { kind: "chains", lanes: &lanes, protocol: &protocol, legs_at_once: 1, counted: "trials" };
    let (chains, lane_use) = store.carry_out(&units, grouped(fresh, CHAINS_PER_UNIT))?;
    let mut sampled = summarised(problem, chains, names, lane_use)?;
    sampled.summary.failed_first_shots = seeds.failed_shots.total();
    if seeds.without_own > 0 {
        sampled.warnings.push(Warning::new(
            STAGE,
            format!(
                "{} of {} chains found no first path of their own and began with that of another chain; wider states or a larger \
                 `longest_ps` make first paths easier to find.",
                seeds.without_own,
                sampled.chains.len()
            ),
        ));
    }
    Ok(sampled)
}

/// The trials of a chain after which its path is kept.
fn kept_trials(settings: &PathsConfig, chain: usize) -> Vec<u64> {
    let (kept, chains, trials) =
        (settings.kept_paths.get(), settings.chains.get(), settings.trials.get() as u64);
    let own = kept / chains + usize::from(chain < kept % chains);
    let half = trials / 2;
    let mut all: Vec<u64> =
        (1..=own as u64).map(|index| half + (trials - half) * index / own as u64 - 1).collect();
    all.dedup();
    all
}

/// A first path of a fixed length.
fn of_length(
    path: FreePath<AtomsPoint>,
    frames: usize,
    problem: &Problem,
) -> Result<FreePath<AtomsPoint>, Error> {
    // One that is too short is prolonged by waiting in its last frame. Such a path is no dynamics, only what the first trials shoot from.
    if path.frames.len() > frames {
        let message = format!(
            "a free crossing takes {} frames here, more than the fixed length of {frames}: increase `longest_ps`",
            path.frames.len()
        );
        return Err(problem.config.error("paths.longest_ps", message).into());
    }
    let mut all = path.frames;
    while all.len() < frames {
        let last = all[all.len() - 1].clone();
        all.push(last);
    }
    Ok(FreePath::first(all))
}

/// How shooting frames are selected.
fn selection(
    problem: &Problem,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
) -> Result<FrameSelection, Error> {
    let settings = &problem.config.paths;
    match settings.shoot_from {
        ShootFrom::Uniform => Ok(FrameSelection::uniform()),
        ShootFrom::Arc => {
            let curve: Vec<geodyssey_dynamics::TetherPoint> = geodesic
                .curve
                .points
                .iter()
                .map(|point| geodyssey_dynamics::TetherPoint {
                    log_snr: point.log_snr,
                    center: point.y.clone(),
                })
                .collect();
            let points = curve_points(problem, &curve);
            let surface = landscape.landscape.as_deref();
            let highest = || {
                let energy = |point: &Vec<f64>| surface.map_or(0.0, |surface| surface.energy(point));
                let best =
                    (0..points.len()).max_by(|&a, &b| energy(&points[a]).total_cmp(&energy(&points[b])));
                best.unwrap_or(0) as f64 / (points.len().max(2) - 1) as f64
            };
            let place = settings.arc_place.map_or_else(highest, |place| place.get());
            let width = settings.arc_width.get();
            let distances = ArcDistance::new(problem, points);
            Ok(FrameSelection::weighted(Arc::new(move |values| {
                let away = (distances.place(values) - place) / width;
                (-0.5 * away * away).exp()
            })))
        }
        ShootFrom::Committor => {
            let committor = super::exact_committor::exact_committor(problem, landscape)?;
            Ok(FrameSelection::weighted(Arc::new(move |values| {
                let p = committor.at(values);
                4.0 * p * (1.0 - p)
            })))
        }
    }
}

/// The place on a curve, without the run that it belongs to.
struct ArcDistance {
    points: Vec<Vec<f64>>,
    periods: Vec<Option<f64>>,
    scales: Vec<f64>,
}

impl ArcDistance {
    fn new(problem: &Problem, points: Vec<Vec<f64>>) -> Self {
        Self { points, periods: problem.periods(), scales: problem.scales.each().to_vec() }
    }

    fn place(&self, values: &[f64]) -> f64 {
        nearest_place(&self.periods, &self.scales, &self.points, values)
    }
}
