//! The ensemble of free transition paths: chains, and what follows from them.

use std::sync::Arc;

use geodyssey_paths::ensembles::{
    AtomsPoint, ChainProtocol, EngineVelocities, FrameSelection, FreePath, LaneUse, Lanes, MoveCount,
    PathEnsemble, Rejection, TransitionChain,
};
use geodyssey_report::{ChannelSummary, FreePathsSummary, MoveSummary, Warning};
use geodyssey_statistics::{effective_sample_size, equilibrated_after, split_r_hat};

use super::channels::Channels;
use super::dynamics::FreeDynamics;
use super::moves::moves;
use super::places::{Order, StatePlaces, curve_points, nearest_place};
use super::seeds::{candidates, seeds};
use super::units::{CHAINS_PER_UNIT, UnitStore, Units, grouped};
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::free_paths::STAGE;
use crate::artifacts::landscape::LandscapeResult;
use crate::config::{PathLengthKind, PathsConfig, ShootFrom};
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::Run;

/// What a sampling leaves.
pub(super) struct SampledTransitions {
    /// All chains.
    pub(super) chains: Vec<TransitionChain>,
    /// Names of the moves.
    pub(super) moves: Vec<&'static str>,
    /// The first trial of each chain that counts.
    pub(super) first_trial: usize,
    /// Time between frames, ps.
    pub(super) interval_ps: f64,
    /// Winding of every path of every chain.
    pub(super) windings: Vec<Vec<Vec<i32>>>,
    /// The summary.
    pub(super) summary: FreePathsSummary,
    /// Warnings.
    pub(super) warnings: Vec<Warning>,
}

/// Time between frames, ps.
pub(crate) fn interval_ps(settings: &PathsConfig) -> f64 {
    settings.time_step_ps.get() * settings.check_every.get() as f64
}

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
    let seeds = seeds(store, "seeds", dynamics, &lanes, most_frames, false, &from, chains)?;
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

/// Statistics of the chains.
fn summarised(
    problem: &Problem,
    chains: Vec<TransitionChain>,
    moves: Vec<&'static str>,
    lane_use: LaneUse,
) -> Result<SampledTransitions, Error> {
    let settings = &problem.config.paths;
    let interval_ps = interval_ps(settings);
    let channels = Channels::of(problem)?;
    let windings: Vec<Vec<Vec<i32>>> = chains
        .iter()
        .map(|chain| chain.paths.iter().map(|path| channels.winding(&path.values)).collect())
        .collect();
    let present: Vec<Vec<usize>> = chains.iter().map(TransitionChain::present_after_trials).collect();
    let lengths: Vec<Vec<f64>> = chains
        .iter()
        .zip(&present)
        .map(|(chain, present)| {
            present.iter().map(|&path| (chain.paths[path].values.len() - 1) as f64 * interval_ps).collect()
        })
        .collect();
    let mut counts = vec![MoveCount::default(); moves.len()];
    for chain in &chains {
        counts.iter_mut().zip(chain.chain().counts()).for_each(|(all, own)| all.add(own));
    }
    let (trials, accepted) = (
        counts.iter().map(|count| count.trials).sum::<u64>(),
        counts.iter().map(|count| count.accepted).sum::<u64>(),
    );
    let equilibrated = equilibration(&lengths);
    let least = settings.trials.get().div_ceil(LEAST_LEFT_OUT);
    let first_trial = equilibrated.unwrap_or(settings.trials.get() / 2).max(least);
    let kept: Vec<Vec<f64>> = lengths.iter().map(|chain| chain[first_trial..].to_vec()).collect();
    let mut all: Vec<f64> = kept.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let variance = all.iter().map(|length| (length - mean).powi(2)).sum::<f64>() / all.len() as f64;
    let of_length = effective_sample_size(&kept);
    let (channels, of_channels) = channel_summaries(&windings, &present, first_trial);
    let decorrelated = of_length.map(|size| of_channels.map_or(size, |channels| channels.min(size)));
    let quantile = |share: f64| all[((share * all.len() as f64) as usize).min(all.len() - 1)];
    let renewed = chains.iter().map(|chain| {
        chain.paths.iter().find(|path| !path.has_inherited_frames).map(|path| path.after_trial + 1)
    });
    let renewed_after = renewed.collect::<Option<Vec<u64>>>().and_then(|all| all.into_iter().max());
    let move_summary = |(name, count): (&&str, &MoveCount)| MoveSummary {
        name: (*name).to_owned(),
        trials: count.trials,
        acceptance: if count.trials > 0 { count.accepted as f64 / count.trials as f64 } else { 0.0 },
        rejected: count
            .rejected
            .iter()
            .map(|(why, count)| (rejection_name(*why).to_owned(), *count))
            .collect(),
    };
    let summary = FreePathsSummary {
        method: "tps".to_owned(),
        chains: chains.len(),
        trials,
        acceptance: accepted as f64 / trials.max(1) as f64,
        moves: moves.iter().zip(&counts).map(move_summary).collect(),
        frame_interval_ps: interval_ps,
        decorrelated,
        autocorrelation_trials: of_length.map(|size| all.len() as f64 / size),
        mean_length_ps: mean,
        mean_length_error_ps: decorrelated.map(|size| (variance / size).sqrt()),
        length_quantiles_ps: [0.05, 0.25, 0.5, 0.75, 0.95].map(quantile).to_vec(),
        longest_ps: quantile(1.0),
        lane_occupancy: lane_use.occupancy().unwrap_or(0.0),
        channels,
        r_hat: split_r_hat(&kept).filter(|r_hat| r_hat.is_finite()),
        equilibrated_after: equilibrated.map(|_| first_trial as u64),
        renewed_after,
        failed_first_shots: 0,
        energy_evaluations: lane_use.lane_steps + lane_use.legs,
        led: None,
    };
    if accepted == 0 {
        return Err(Error::Failed(format!(
            "free paths: all {trials} trials were rejected ({}), so that nothing is known beyond the first paths; more trials, another \
             move, wider states or a larger `longest_ps` may help",
            summary
                .moves
                .iter()
                .flat_map(|one| &one.rejected)
                .map(|(why, count)| format!("{why}: {count}"))
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    let longest_ps = match settings.length {
        PathLengthKind::Flexible => settings.longest_ps.get(),
        PathLengthKind::Fixed => f64::INFINITY,
    };
    let warnings = warnings(&summary, &counts, longest_ps);
    Ok(SampledTransitions { chains, moves, first_trial, interval_ps, windings, summary, warnings })
}

/// The number of trials to leave out: what the chains together need, and what their average needs, in which a drift shows that is small beside
/// the fluctuations of one chain; from averages of blocks where chains are long. None if either cannot tell.
fn equilibration(series: &[Vec<f64>]) -> Option<usize> {
    const LONGEST: usize = 2000;
    let length = series.first()?.len();
    let block = length.div_ceil(LONGEST);
    let averaged: Vec<Vec<f64>> = series
        .iter()
        .map(|chain| chain.chunks_exact(block).map(|part| part.iter().sum::<f64>() / block as f64).collect())
        .collect();
    let mean = |place: usize| averaged.iter().map(|chain| chain[place]).sum::<f64>() / averaged.len() as f64;
    let of_all: Vec<f64> = (0..length / block).map(mean).collect();
    let [chains, average] = [equilibrated_after(&averaged)?, equilibrated_after(&[of_all])?];
    Some(chains.max(average) * block)
}

/// A rejection in words.
pub(super) fn rejection_name(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::WrongEnds => "wrong ends",
        Rejection::TooLong => "too long",
        Rejection::LengthRatio => "length ratio",
        Rejection::AcceptanceRatio => "acceptance ratio",
        Rejection::NotApplicable => "not applicable",
        Rejection::BlewUp => "blew up",
    }
}

/// Shares of the channels, and the effective number of independent samples of the most frequent one's share.
fn channel_summaries(
    windings: &[Vec<Vec<i32>>],
    present: &[Vec<usize>],
    first: usize,
) -> (Vec<ChannelSummary>, Option<f64>) {
    let mut known: Vec<Vec<i32>> = windings.iter().flatten().cloned().collect();
    known.sort_unstable();
    known.dedup();
    let mut effective: Option<f64> = None;
    let mut all: Vec<ChannelSummary> = Vec::new();
    for winding in known {
        let series: Vec<Vec<f64>> = present
            .iter()
            .zip(windings)
            .map(|(present, own)| {
                present[first..].iter().map(|&path| f64::from(own[path] == winding)).collect()
            })
            .collect();
        let count: usize = series.iter().map(Vec::len).sum();
        let share = series.iter().flatten().sum::<f64>() / count as f64;
        let size = effective_sample_size(&series);
        effective = match (effective, size) {
            (Some(least), Some(size)) => Some(least.min(size)),
            (known, size) => known.or(size),
        };
        let changed = windings.iter().zip(present).filter(|(own, present)| {
            let inside = |path: usize| own[path] == winding;
            let mut paths = present.iter().copied().chain(std::iter::once(0));
            let first = inside(0);
            paths.any(|path| inside(path) != first)
        });
        all.push(ChannelSummary {
            share_error: size.map(|size| (share * (1.0 - share) / size).sqrt()),
            chains_that_changed: changed.count(),
            winding,
            share,
        });
    }
    all.sort_by(|a, b| b.share.total_cmp(&a.share));
    (all, effective)
}

/// One of so many trials is left out in any case: the first paths were shot from led ones.
const LEAST_LEFT_OUT: usize = 10;
/// Largest R̂ of chains that agree.
const LARGEST_R_HAT: f64 = 1.05;
/// Fewest decorrelated paths that make an ensemble.
const FEWEST_DECORRELATED: f64 = 100.0;
/// Largest share of trials that end because the longest path is too short.
const MOST_TOO_LONG: f64 = 0.005;
/// Longest path, as a share of the longest that is permitted, beyond which others are missed.
const LONG_SHARE: f64 = 0.5;

fn warnings(summary: &FreePathsSummary, counts: &[MoveCount], longest_ps: f64) -> Vec<Warning> {
    let mut all = Vec::new();
    let mut warn = |text: String| all.push(Warning::new(STAGE, text));
    match summary.decorrelated {
        None => warn("The number of decorrelated free paths cannot be estimated, so that errors are not known: more trials are needed.".to_owned()),
        Some(size) if size < FEWEST_DECORRELATED => {
            warn(format!("The free paths count as {size:.0} decorrelated ones: more trials or chains are needed."));
        }
        _ => {}
    }
    if summary.equilibrated_after.is_none() {
        warn("It could not be told from which trial on the chains of free paths are in equilibrium; the first half of the trials is left out.".to_owned());
    }
    if let Some(r_hat) = summary.r_hat.filter(|r_hat| *r_hat > LARGEST_R_HAT) {
        warn(format!(
            "The chains of free paths do not agree yet (R̂ of the length {r_hat:.2}, it should be below {LARGEST_R_HAT}): more trials are needed."
        ));
    }
    if summary.renewed_after.is_none() {
        warn("Some chains still have frames of their first paths: more trials are needed.".to_owned());
    }
    let count = |why: Rejection| counts.iter().filter_map(|count| count.rejected.get(&why)).sum::<u64>();
    let share = count(Rejection::TooLong) as f64 / summary.trials as f64;
    if share > MOST_TOO_LONG || summary.longest_ps > LONG_SHARE * longest_ps {
        warn(format!(
            "Free paths of up to {:.3} ps were found, and {:.1} % of the trials reached `longest_ps` = {longest_ps} ps before a state: the ensemble may lack its \
             longest paths. A larger `longest_ps`, or states that include where the molecule waits, are needed.",
            summary.longest_ps,
            100.0 * share
        ));
    }
    let blown = count(Rejection::BlewUp);
    if blown > 0 {
        warn(format!(
            "{blown} trials of free paths blew up and were rejected: a shorter `time_step_ps` is needed."
        ));
    }
    if summary.channels.len() > 1 {
        let never = summary.channels.iter().all(|channel| channel.chains_that_changed == 0);
        if never {
            warn("No chain of free paths ever changed its channel: the shares of the channels are those of the led paths that they began with and mean nothing.".to_owned());
        }
    }
    all
}
