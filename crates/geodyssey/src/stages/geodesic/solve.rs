//! Solves for the curve: every winding, and the choice among them.

use std::sync::atomic::{AtomicUsize, Ordering};

use geodyssey_denoiser::{Denoiser, SpacetimePoint};
use geodyssey_landscape::Bottleneck;
use geodyssey_report::{GeodesicSummary, WindingSummary};
use geodyssey_spacetime::{
    CurveKind as SolverCurve, GeodesicProblem, PathConstraint, SolverProgress, SolverSettings,
    WindingGeodesic, WindingStart, solve_windings, wound,
};
use rayon::prelude::*;

use super::candidate::{Candidate, choose};
use super::images::images;
use super::{GeodesicRecord, STAGE};
use crate::config::{CurveKind, Parametrisation};
use crate::error::Error;
use crate::progress::Activity;
use crate::stages::barrier;
use crate::stages::constraints::{self, Which};
use crate::stages::landscape::LandscapeResult;
use crate::stages::system::Problem;
use crate::terminal::say;

/// Relative excess of the energy over its minimum at which a curve of a learned denoiser is done: its own errors are larger.
const LEARNED_TOLERANCE: f64 = 1e-4;
/// Most iterations with a learned denoiser. It knows no derivative of its metric, so that where its errors make the energy
/// rough the last steps lead nowhere.
const LEARNED_ITERATIONS: usize = 100;

/// All that a solve needs.
pub(crate) struct Solve<'s> {
    /// What is to be solved.
    pub(crate) problem: &'s Problem,
    /// The energy of the variables.
    pub(crate) landscape: &'s LandscapeResult,
    /// Whose spacetime the curve runs through.
    pub(crate) denoiser: &'s dyn Denoiser,
    /// The exact denoiser of the landscape, which may be the same.
    pub(crate) exact: &'s dyn Denoiser,
}

impl Solve<'_> {
    /// The curve of the chosen winding, and what is known of all.
    pub(super) fn solve(&self) -> Result<(Candidate, GeodesicRecord), Error> {
        let settings = &self.problem.config.geodesic;
        let [start, end] = self.ends()?;
        let all = self.windings()?;
        let lower_bound = barrier::lowest(self.problem, self.landscape)?;
        let channels = barrier::bottlenecks(self.problem, self.landscape, &all, true)?;
        let active =
            constraints::build(self.problem, self.denoiser, [&start, &end], lower_bound, Which::Active)?;
        let mut candidates = match settings.kind {
            CurveKind::Geodesic => self.geodesics(&start, &end, &all, &channels, &active)?,
            CurveKind::Straight | CurveKind::Tent | CurveKind::MinimumEnergyPath | CurveKind::Pullback => {
                self.baselines(&start, &end, &all, &channels, &active)?
            }
        };
        let known = channels.iter().any(Option::is_some);
        for candidate in &mut candidates {
            let channel = all
                .iter()
                .position(|winding| *winding == candidate.winding)
                .and_then(|index| channels[index].as_ref());
            candidate.barrier = match channel {
                Some(bottleneck) => Some(bottleneck.energy_kj_mol),
                None if known => Some(f64::INFINITY),
                None => candidate.highest_mean_energy(),
            };
            candidate.crest = match self.crest(candidate).or_else(|| candidate.highest_mean_energy()) {
                Some(crest) => Some(crest),
                None => self.smoothed_crest(candidate)?,
            };
        }
        let chosen = choose(settings.choose, self.problem.thermal_energy, &candidates)
            .ok_or_else(|| Error::Failed("no geodesic was found for any winding".to_owned()))?;
        let length = candidates[chosen].measures.length;
        if !(length.is_finite() && length > 0.0) {
            return Err(Error::Failed(format!(
                "the curve has length {length}: its two ends are one point to this landscape and logSNR"
            )));
        }
        let report_only =
            constraints::build(self.problem, self.denoiser, [&start, &end], lower_bound, Which::ReportOnly)?;
        let record = self.record(&candidates, chosen, &report_only, lower_bound)?;
        Ok((candidates.swap_remove(chosen), record))
    }

    /// The geodesic of one winding and its energy; none where the configuration asks for a baseline.
    pub(crate) fn geodesic_of(&self, winding: &[i32]) -> Result<Option<(Vec<SpacetimePoint>, f64)>, Error> {
        if self.problem.config.geodesic.kind != CurveKind::Geodesic {
            return Ok(None);
        }
        let [start, end] = self.ends()?;
        let all = [winding.to_vec()];
        let channels = barrier::bottlenecks(self.problem, self.landscape, &all, true)?;
        let lower_bound = barrier::lowest(self.problem, self.landscape)?;
        let active =
            constraints::build(self.problem, self.denoiser, [&start, &end], lower_bound, Which::Active)?;
        let found = self.geodesics(&start, &end, &all, &channels, &active)?;
        Ok(found.into_iter().next().map(|candidate| {
            (candidate.nodes.into_iter().map(|node| node.point).collect(), candidate.measures.energy)
        }))
    }

    /// The highest energy of the landscape at the posterior means along a curve.
    fn crest(&self, candidate: &Candidate) -> Option<f64> {
        let surface = self.landscape.landscape.as_ref()?;
        let energies = candidate.nodes.iter().map(|node| surface.energy(node.moments.mean()));
        Some(energies.fold(f64::NEG_INFINITY, f64::max))
    }

    /// Where there is no energy: the highest `-kT log ∫ q(x) exp(-½ e^λ |x - x'|²) dx` at the posterior means `x'` along a curve,
    /// with the logSNR of the ends. It takes the place of the landscape in the choice of a winding.
    fn smoothed_crest(&self, candidate: &Candidate) -> Result<Option<f64>, Error> {
        let ends = self.problem.config.geodesic.log_snr;
        let points: Vec<SpacetimePoint> = candidate
            .nodes
            .iter()
            .map(|node| SpacetimePoint { log_snr: ends.start.min(ends.end), y: node.moments.mean().to_vec() })
            .collect();
        let moments = self.exact.moments(&points).map_err(|error| Error::failed("the denoiser", error))?;
        let normalisers = moments.iter().map(|moments| moments.log_normaliser);
        let lowest = normalisers.reduce(|lowest, next| Some(lowest?.min(next?))).flatten();
        Ok(lowest.map(|normaliser| -self.problem.thermal_energy * normaliser))
    }

    fn ends(&self) -> Result<[SpacetimePoint; 2], Error> {
        let log_snr = self.problem.config.geodesic.log_snr;
        let [start, end] = self.problem.states()?;
        Ok([
            SpacetimePoint { log_snr: log_snr.start, y: start.center.clone() },
            SpacetimePoint { log_snr: log_snr.end, y: end.center.clone() },
        ])
    }

    fn windings(&self) -> Result<Vec<Vec<i32>>, Error> {
        let periods = self.problem.periods();
        let Some(given) = &self.problem.config.geodesic.winding else {
            let [start, end] = self.problem.states()?;
            let images = images(&start.center, &end.center, &periods);
            let periodic = periods.iter().flatten().count();
            if 3_f64.powi(periodic as i32) > images.len() as f64 {
                say!(
                    "{STAGE}: of the images of the end within one turn of {periodic} periodic variables the {} nearest are solved",
                    images.len()
                );
            }
            return Ok(images);
        };
        Ok(vec![given.clone()])
    }

    fn geodesics(
        &self,
        start: &SpacetimePoint,
        end: &SpacetimePoint,
        all: &[Vec<i32>],
        channels: &[Option<Bottleneck>],
        active: &[Box<dyn PathConstraint>],
    ) -> Result<Vec<Candidate>, Error> {
        let settings = &self.problem.config.geodesic;
        let starts: Vec<WindingStart> = all
            .iter()
            .zip(channels)
            .filter_map(|(winding, channel)| channel.as_ref().map(|channel| (winding, channel)))
            .map(|(winding, channel)| WindingStart {
                winding: winding.clone(),
                curve: along(&channel.path, start, end),
            })
            .collect();
        let curve = match settings.curve {
            Parametrisation::Free => SolverCurve::FreeNodes,
            Parametrisation::Spline => SolverCurve::Spline { knots: settings.knots.get() },
        };
        let range = self.denoiser.log_snr_range();
        let is_learned = !std::ptr::addr_eq(self.denoiser, self.exact);
        let solver = SolverSettings {
            points: settings.points.get(),
            coarse_points: settings.points.get().min(SolverSettings::default().coarse_points),
            curve,
            // A learned denoiser knows nothing outside the range of its training.
            log_snr_min: settings.log_snr_min.get().max(range.0),
            log_snr_max: SolverSettings::default()
                .log_snr_max
                .max(start.log_snr)
                .max(end.log_snr)
                .min(range.1),
            constant_speed_tolerance: settings.tolerance.get(),
            max_iterations: settings.iterations.get().min(if is_learned {
                LEARNED_ITERATIONS
            } else {
                usize::MAX
            }),
            tolerance: if is_learned { LEARNED_TOLERANCE } else { SolverSettings::default().tolerance },
            ..SolverSettings::default()
        };
        let plural = if all.len() == 1 { "" } else { "s" };
        let activity = Activity::start(STAGE, &format!("solving {} winding{plural}", all.len()));
        let steps = AtomicUsize::new(0);
        let progress = |solver: SolverProgress| {
            let step = steps.fetch_add(1, Ordering::Relaxed);
            activity.tick(|| format!("{step} Newton steps, E = {:.4}", solver.energy));
        };
        let periods = self.problem.periods();
        let denoiser = self.denoiser;
        // Each winding is the direct one to an image of the end.
        let solve = |winding: &Vec<i32>| {
            let direct = vec![0; winding.len()];
            let own: Vec<WindingStart> = starts
                .iter()
                .filter(|start| start.winding == *winding)
                .map(|start| WindingStart { winding: direct.clone(), curve: start.curve.clone() })
                .collect();
            let problem = GeodesicProblem {
                denoiser,
                start: start.clone(),
                end: wound(end, &periods, winding),
                constraints: active,
                settings: SolverSettings { max_winding: 0, ..solver.clone() },
                progress: Some(&progress),
            };
            let mut solved = solve_windings(&problem, &own)?;
            solved.iter_mut().for_each(|one| one.winding.clone_from(winding));
            Ok(solved)
        };
        let failed = |error| Error::failed("the geodesic", error);
        let solved: Vec<Vec<WindingGeodesic>> =
            all.par_iter().map(solve).collect::<Result<_, _>>().map_err(failed)?;
        activity.finish(&format!("{} winding{plural} solved", all.len()));
        let mut candidates = Vec::new();
        let mut first_error = None;
        for one in solved.into_iter().flatten() {
            match one.geodesic {
                Ok(geodesic) => candidates.push(Candidate {
                    winding: one.winding,
                    constraints: active
                        .iter()
                        .map(|constraint| constraints::measure(constraint.as_ref(), &geodesic.nodes))
                        .collect::<Result<_, _>>()?,
                    arc_length: geodesic.arc_length,
                    measures: geodesic.measures,
                    iterations: geodesic.iterations as u64,
                    evaluations: geodesic.evaluations as u64,
                    stop_reason: geodesic.stop_reason.to_string(),
                    warnings: Vec::new(),
                    nodes: geodesic.nodes,
                    barrier: None,
                    crest: None,
                }),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        match first_error {
            Some(error) if candidates.is_empty() => Err(failed(error)),
            _ => Ok(candidates),
        }
    }

    fn record(
        &self,
        candidates: &[Candidate],
        chosen: usize,
        report_only: &[Box<dyn PathConstraint>],
        lower_bound: Option<f64>,
    ) -> Result<GeodesicRecord, Error> {
        let minimum = self.landscape.minimum;
        let turns = |winding: &[i32]| winding.iter().map(|&turns| i64::from(turns)).collect();
        let best = &candidates[chosen];
        let mut constraints = best.constraints.clone();
        for constraint in report_only {
            let mut summary = constraints::measure(constraint.as_ref(), &best.nodes)?;
            summary.description.push_str(" (reported only)");
            summary.report_only = true;
            constraints.push(summary);
        }
        let ends: Vec<SpacetimePoint> = [best.nodes.first(), best.nodes.last()]
            .into_iter()
            .flatten()
            .map(|node| node.point.clone())
            .collect();
        let ends = self.exact.moments(&ends).map_err(|error| Error::failed("the denoiser", error))?;
        let normalisers: Vec<Option<f64>> = ends.iter().map(|moments| moments.log_normaliser).collect();
        let delta_f = match normalisers[..] {
            [Some(first), Some(last)] => Some(-self.problem.thermal_energy * (last - first)),
            _ => None,
        };
        let summary = GeodesicSummary {
            kind: self.problem.config.geodesic.kind.name().to_owned(),
            length: best.measures.length,
            energy: best.measures.energy,
            constant_speed: best.measures.constant_speed,
            negative_share: best.measures.negative_share,
            points: best.nodes.len(),
            min_log_snr: best.nodes.iter().map(|node| node.point.log_snr).fold(f64::INFINITY, f64::min),
            winding: turns(&best.winding),
            iterations: best.iterations,
            denoiser_evaluations: candidates.iter().map(|candidate| candidate.evaluations).sum(),
            stop_reason: best.stop_reason.clone(),
            windings: candidates
                .iter()
                .enumerate()
                .map(|(index, candidate)| WindingSummary {
                    winding: turns(&candidate.winding),
                    length: candidate.measures.length,
                    barrier_kj_mol: candidate
                        .barrier
                        .filter(|barrier| barrier.is_finite())
                        .map(|barrier| barrier - minimum),
                    satisfied: candidate.satisfied(),
                    chosen: index == chosen,
                })
                .collect(),
        };
        let lower_bound_kj_mol = lower_bound.map(|energy| energy - minimum);
        let warnings = best.warnings.clone();
        Ok(GeodesicRecord { summary, constraints, lower_bound_kj_mol, delta_f_kj_mol: delta_f, warnings })
    }
}

/// A path of the variables as a curve of spacetime: logSNR goes linearly from the start's to the end's.
pub(super) fn along(path: &[Vec<f64>], start: &SpacetimePoint, end: &SpacetimePoint) -> Vec<SpacetimePoint> {
    let last = path.len().saturating_sub(1).max(1) as f64;
    let points = path.iter().enumerate();
    points
        .map(|(index, y)| {
            let share = index as f64 / last;
            SpacetimePoint { log_snr: start.log_snr + share * (end.log_snr - start.log_snr), y: y.clone() }
        })
        .collect()
}
