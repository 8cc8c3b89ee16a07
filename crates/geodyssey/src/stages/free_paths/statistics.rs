//! What follows from the chains of path sampling: lengths, channels, and how well they are known.

use geodyssey_paths::ensembles::{LaneUse, MoveCount, Rejection, TransitionChain};
use geodyssey_report::{ChannelSummary, FreePathsSummary, MoveSummary, SlowestCoordinate, Warning};
use geodyssey_statistics::{effective_sample_size, equilibrated_after, split_r_hat};

use super::channels::Channels;
use crate::artifacts::free_paths::STAGE;
use crate::config::{PathLengthKind, PathsConfig};
use crate::error::Error;
use crate::problem::Problem;

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

/// Statistics of the chains.
pub(super) fn summarised(
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
        slowest: slowest(problem, &chains, &present, first_trial),
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

/// The coordinate of the paths that decorrelates most slowly, among the averages of the variables over a path.
fn slowest(
    problem: &Problem,
    chains: &[TransitionChain],
    present: &[Vec<usize>],
    first: usize,
) -> Option<SlowestCoordinate> {
    type Of = fn(f64) -> f64;
    let of: [(&str, Of); 2] = [("sin ", f64::sin), ("cos ", f64::cos)];
    let mut found: Option<SlowestCoordinate> = None;
    for (index, variable) in problem.variables.iter().enumerate() {
        let turn = variable.period.map(|period| std::f64::consts::TAU / period);
        let functions: Vec<(String, Of)> = match turn {
            Some(_) => of.iter().map(|&(name, of)| (format!("{name}{}", variable.name), of)).collect(),
            None => vec![(variable.name.clone(), |x| x)],
        };
        let turn = turn.unwrap_or(1.0);
        for (name, of) in functions {
            let series: Vec<Vec<f64>> = chains
                .iter()
                .zip(present)
                .map(|(chain, present)| {
                    let mean = |values: &Vec<Vec<f64>>| {
                        values.iter().map(|values| of(turn * values[index])).sum::<f64>()
                            / values.len() as f64
                    };
                    let means: Vec<f64> = chain.paths.iter().map(|path| mean(&path.values)).collect();
                    present[first..].iter().map(|&path| means[path]).collect()
                })
                .collect();
            let Some(size) = effective_sample_size(&series) else { continue };
            let count = series.iter().map(Vec::len).sum::<usize>() as f64;
            let autocorrelation_trials = count / size;
            if found.as_ref().is_none_or(|known| known.autocorrelation_trials < autocorrelation_trials) {
                let r_hat = split_r_hat(&series).filter(|r_hat| r_hat.is_finite());
                found = Some(SlowestCoordinate { name, autocorrelation_trials, r_hat });
            }
        }
    }
    found
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
    if let Some(slowest) = &summary.slowest
        && slowest.r_hat.is_none_or(|r_hat| r_hat > LARGEST_R_HAT)
    {
        let r_hat = slowest.r_hat.map_or_else(|| "R̂ not known".to_owned(), |r_hat| format!("R̂ {r_hat:.2}"));
        warn(format!(
            "The free paths are not sampled well in {} ({r_hat}; it decorrelates in {:.0} trials): how the paths divide between routes that differ in it is that of \
             the led paths that the chains began with, and so is, in part, everything that depends on the route. Many times more trials are needed.",
            slowest.name, slowest.autocorrelation_trials
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
