//! The geodesic stage: the curve through spacetime that the paths follow, for every winding, and the choice among them.

mod candidate;
mod curve_file;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use geodyssey_denoiser::{Denoiser, PosteriorMoments, SpacetimePoint};
use geodyssey_landscape::{Bottleneck, BottleneckSearch};
use geodyssey_report::{ConstraintSummary, GeodesicSummary, WindingSummary};
use geodyssey_spacetime::{
    CurveKind as SolverCurve, CurveNode, GeodesicProblem, PathConstraint, SolverProgress, SolverSettings,
    WindingStart, arc_length, measure_curve, solve_windings, straight_line, tent, windings, wound,
};
use serde::{Deserialize, Serialize};

use super::Run;
use super::constraints::{self, Which};
use super::denoiser::{self, Points};
use super::landscape::{self, LandscapeResult, json};
use super::system::Problem;
use candidate::{Candidate, choose};
use curve_file::{curve_csv, load};

use crate::config::{CurveKind, Parametrisation};
use crate::error::Error;
use crate::interrupt;
use crate::progress::Activity;
use crate::run_directory::{Fingerprint, Ingredients};

/// Name of the stage.
pub(crate) const STAGE: &str = "geodesic";
/// The curve.
pub(crate) const CURVE_FILE: &str = "geodesic.csv";
/// What is known of it and of the other windings.
pub(crate) const RECORD_FILE: &str = "geodesic.json";

/// What is known of the chosen curve and of the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct GeodesicRecord {
    /// Length, energy, windings, ….
    pub(crate) summary: GeodesicSummary,
    /// How far each constraint is kept.
    pub(crate) constraints: Vec<ConstraintSummary>,
    /// Bottleneck between the two states above the global minimum, nothing blocked, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lower_bound_kj_mol: Option<f64>,
    /// `F(end) - F(start)` of the tethered ensembles by the landscape, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delta_f_kj_mol: Option<f64>,
}

/// A finished geodesic.
pub(crate) struct GeodesicResult {
    /// What is known of it.
    pub(crate) record: GeodesicRecord,
    /// Its points.
    pub(crate) points: Vec<SpacetimePoint>,
    /// Fisher–Rao arc length from the start to each point.
    pub(crate) arc_length: Vec<f64>,
}

/// Brings the geodesic up to date.
pub(crate) fn run(run: &mut Run<'_>, landscape: &LandscapeResult) -> Result<GeodesicResult, Error> {
    let made_from = fingerprint(run)?;
    if run.directory.is_current(STAGE, &made_from) {
        run.record_up_to_date(STAGE);
    } else {
        let started = Instant::now();
        let denoiser = denoiser::make_denoiser(run.problem, landscape, Points::OnGrid)?;
        let (chosen, record) =
            Solve { problem: run.problem, landscape, denoiser: denoiser.as_ref() }.solve()?;
        interrupt::check()?;
        run.directory.write(CURVE_FILE, curve_csv(run.problem, &chosen).as_bytes())?;
        run.directory.write(RECORD_FILE, &json(&record)?)?;
        run.directory.finish(STAGE, made_from, &[CURVE_FILE.to_owned(), RECORD_FILE.to_owned()])?;
        run.record_time(STAGE, started, 0);
    }
    load(run)
}

fn fingerprint(run: &Run<'_>) -> Result<Fingerprint, Error> {
    let config = &run.problem.config;
    let centers: Vec<&[f64]> = run.problem.states()?.iter().map(|state| state.center.as_slice()).collect();
    Ok(Ingredients::of(STAGE)
        .upstream(landscape::STAGE, &run.directory.output_fingerprint(landscape::STAGE))
        .settings("denoiser", &config.denoiser)
        .settings("variables", &config.variables)
        .settings("thermal energy", &run.problem.thermal_energy)
        .settings("states", &centers)
        .settings("geodesic", &config.geodesic)
        .settings("constraints", &config.constraints)
        .fingerprint())
}

/// All that a solve needs.
struct Solve<'s> {
    problem: &'s Problem,
    landscape: &'s LandscapeResult,
    denoiser: &'s dyn Denoiser,
}

impl Solve<'_> {
    fn solve(&self) -> Result<(Candidate, GeodesicRecord), Error> {
        let settings = &self.problem.config.geodesic;
        let [start, end] = self.ends()?;
        let all = self.windings()?;
        // The lower bound is a property of the landscape: it looks at every winding, whichever is followed.
        let mut every = windings(&self.problem.periods(), 1);
        every.extend(all.iter().filter(|winding| !every.contains(winding)).cloned().collect::<Vec<_>>());
        let lower_bound =
            self.bottlenecks(&every, false)?.into_iter().flatten().map(|b| b.energy_kj_mol).reduce(f64::min);
        let channels = self.bottlenecks(&all, true)?;
        let active =
            constraints::build(self.problem, self.denoiser, [&start, &end], lower_bound, Which::Active)?;
        let mut candidates = match settings.kind {
            CurveKind::Geodesic => self.geodesics(&start, &end, &all, &channels, &active)?,
            CurveKind::Straight | CurveKind::Tent => self.baselines(&start, &end, &all, &active)?,
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
            candidate.crest = self.crest(candidate).or_else(|| candidate.highest_mean_energy());
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

    /// The highest energy of the landscape at the posterior means along a curve.
    fn crest(&self, candidate: &Candidate) -> Option<f64> {
        let surface = self.landscape.landscape.as_ref()?;
        let energies = candidate.nodes.iter().map(|node| surface.energy(node.moments.mean()));
        Some(energies.fold(f64::NEG_INFINITY, f64::max))
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
        let Some(given) = &self.problem.config.geodesic.winding else { return Ok(windings(&periods, 1)) };
        let turns_nothing = given.len() != periods.len()
            || given.iter().zip(&periods).any(|(turns, period)| *turns != 0 && period.is_none());
        if turns_nothing {
            let message =
                format!("expected {} whole numbers, 0 where a variable has no period", periods.len());
            return Err(self.problem.config.error("geodesic.winding", message).into());
        }
        Ok(vec![given.clone()])
    }

    /// The bottleneck of every winding; none where blocked regions leave no way, or the landscape is no grid.
    fn bottlenecks(&self, all: &[Vec<i32>], blocked: bool) -> Result<Vec<Option<Bottleneck>>, Error> {
        let Some(surface) = &self.landscape.landscape else { return Ok(vec![None; all.len()]) };
        let variables = &self.problem.variables;
        if variables.len() > 3 {
            return Ok(vec![None; all.len()]);
        }
        let regions = constraints::regions(self.problem);
        let inside = |x: &[f64]| {
            blocked && regions.iter().any(|region| region.active && region.contains(variables, x))
        };
        let [start, end] = self.problem.states()?;
        if blocked && (inside(&start.center) || inside(&end.center)) {
            let message = "an avoided region holds one of the two states";
            return Err(self.problem.config.error("constraint", message).into());
        }
        let failed = |error| Error::failed("the barrier between the states", error);
        let search =
            BottleneckSearch::new(surface.as_ref(), &self.landscape.ranges, inside).map_err(failed)?;
        all.iter()
            .map(|winding| search.bottleneck(&start.center, &end.center, winding).map_err(failed))
            .collect()
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
        let solver = SolverSettings {
            points: settings.points.get(),
            coarse_points: settings.points.get().min(SolverSettings::default().coarse_points),
            curve,
            log_snr_min: settings.log_snr_min.get(),
            log_snr_max: SolverSettings::default().log_snr_max.max(start.log_snr).max(end.log_snr),
            constant_speed_tolerance: settings.tolerance.get(),
            max_iterations: settings.iterations.get(),
            ..SolverSettings::default()
        };
        let plural = if all.len() == 1 { "" } else { "s" };
        let activity = Activity::start(STAGE, &format!("solving {} winding{plural}", all.len()));
        let steps = AtomicUsize::new(0);
        let progress = |solver: SolverProgress| {
            let step = steps.fetch_add(1, Ordering::Relaxed);
            activity.tick(|| format!("{step} Newton steps, E = {:.4}", solver.energy));
        };
        let problem = |end: SpacetimePoint, max_winding: u32| GeodesicProblem {
            denoiser: self.denoiser,
            start: start.clone(),
            end,
            constraints: active,
            settings: SolverSettings { max_winding, ..solver.clone() },
            progress: Some(&progress),
        };
        let failed = |error| Error::failed("the geodesic", error);
        let solved = match &settings.winding {
            // One winding is the direct one to an image of the end.
            Some(winding) => {
                let direct = vec![0; winding.len()];
                let starts: Vec<WindingStart> = starts
                    .into_iter()
                    .map(|start| WindingStart { winding: direct.clone(), ..start })
                    .collect();
                let mut solved =
                    solve_windings(&problem(wound(end, &self.problem.periods(), winding), 0), &starts)
                        .map_err(failed)?;
                solved.iter_mut().for_each(|one| one.winding.clone_from(winding));
                solved
            }
            None => solve_windings(&problem(end.clone(), 1), &starts).map_err(failed)?,
        };
        activity.finish(&format!("{} winding{plural} solved", all.len()));
        let mut candidates = Vec::new();
        let mut first_error = None;
        for one in solved {
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

    fn baselines(
        &self,
        start: &SpacetimePoint,
        end: &SpacetimePoint,
        all: &[Vec<i32>],
        active: &[Box<dyn PathConstraint>],
    ) -> Result<Vec<Candidate>, Error> {
        let settings = &self.problem.config.geodesic;
        let points = settings.points.get();
        let make = |winding: &Vec<i32>| {
            let image = wound(end, &self.problem.periods(), winding);
            let curve = match settings.kind {
                CurveKind::Tent => tent(start, &image, settings.tent_log_snr.get(), points),
                CurveKind::Straight | CurveKind::Geodesic => straight_line(start, &image, points),
            };
            let nodes = self.nodes(curve)?;
            let (curve, moments): (Vec<SpacetimePoint>, Vec<PosteriorMoments>) =
                nodes.iter().map(|node| (node.point.clone(), node.moments.clone())).unzip();
            Ok(Candidate {
                winding: winding.clone(),
                arc_length: arc_length(&curve, &moments),
                measures: measure_curve(&curve, &moments),
                iterations: 0,
                evaluations: points as u64,
                stop_reason: "not solved: a baseline".to_owned(),
                constraints: active
                    .iter()
                    .map(|constraint| constraints::measure(constraint.as_ref(), &nodes))
                    .collect::<Result<_, _>>()?,
                nodes,
                barrier: None,
                crest: None,
            })
        };
        all.iter().map(make).collect()
    }

    fn nodes(&self, curve: Vec<SpacetimePoint>) -> Result<Vec<CurveNode>, Error> {
        let failed = |error| Error::failed("the denoiser", error);
        let moments = self.denoiser.moments(&curve).map_err(failed)?;
        let energies = self.denoiser.energy_moments(&curve).map_err(failed)?;
        let nodes = curve.into_iter().zip(moments).enumerate();
        Ok(nodes
            .map(|(index, (point, moments))| CurveNode {
                point,
                moments,
                energy: energies.as_ref().map(|energies| energies[index].clone()),
            })
            .collect())
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
            constraints.push(summary);
        }
        let ends = [best.nodes.first(), best.nodes.last()]
            .map(|node| node.and_then(|node| node.moments.log_normaliser));
        let delta_f = match ends {
            [Some(first), Some(last)] => Some(-self.problem.thermal_energy * (last - first)),
            _ => None,
        };
        let summary = GeodesicSummary {
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
        Ok(GeodesicRecord { summary, constraints, lower_bound_kj_mol, delta_f_kj_mol: delta_f })
    }
}

/// A path of the variables as a curve of spacetime: logSNR goes linearly from the start's to the end's.
fn along(path: &[Vec<f64>], start: &SpacetimePoint, end: &SpacetimePoint) -> Vec<SpacetimePoint> {
    let last = path.len().saturating_sub(1).max(1) as f64;
    let points = path.iter().enumerate();
    points
        .map(|(index, y)| {
            let share = index as f64 / last;
            SpacetimePoint { log_snr: start.log_snr + share * (end.log_snr - start.log_snr), y: y.clone() }
        })
        .collect()
}
