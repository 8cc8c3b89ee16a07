//! Solves for the curve: every winding that may be followed, and the choice among them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use geodyssey_denoiser::{Denoiser, PosteriorMoments, SpacetimePoint};
use geodyssey_landscape::Bottleneck;
use geodyssey_report::{GeodesicSummary, Warning, WindingSummary};
use geodyssey_run::{Checkpoints, Executor};
use geodyssey_spacetime::{CurveNode, PathConstraint, arc_length, measure_curve, wound};

use super::candidate::{Candidate, highest_mean_energy};
use super::choice::{Barriers, Verdict, choose, highest_worth_solving, not_solved};
use super::found::{Found, Outcome};
use super::images::images;
use crate::artifacts::curve::{GeodesicRecord, STAGE};
use crate::artifacts::landscape::LandscapeResult;
use crate::config::{Choice, CurveKind};
use crate::error::Error;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::stages::barrier::{self, LowestBarrier};
use crate::stages::constraints::{self, Which};
use crate::terminal::say;

/// All that a solve needs.
pub(crate) struct Solve<'s> {
    /// What is to be solved.
    pub(crate) problem: &'s Problem,
    /// The energy of the variables.
    pub(crate) landscape: &'s LandscapeResult,
    /// Whose spacetime the curve runs through.
    pub(crate) denoiser: &'s dyn Denoiser,
    /// Whether that denoiser was learned: a geodesic cannot be found more closely than it is known.
    pub(crate) is_learned: bool,
    /// The exact denoiser of the landscape, which may be the same.
    pub(crate) exact: &'s dyn Denoiser,
    /// Where finished windings are kept.
    pub(crate) checkpoints: Checkpoints<'s>,
    /// Who solves them.
    pub(crate) executor: &'s dyn Executor,
}

/// What the windings of a problem share.
pub(super) struct Windings {
    /// First point of all curves.
    pub(super) start: SpacetimePoint,
    /// Last point of the direct one.
    pub(super) end: SpacetimePoint,
    /// Turns of the end's images.
    pub(super) all: Vec<Vec<i32>>,
    /// The bottleneck of each; none where avoided regions leave no way, or where bottlenecks are not known.
    pub(super) channels: Vec<Option<Bottleneck>>,
    /// Constraints that bend the curves.
    pub(super) active: Vec<Box<dyn PathConstraint>>,
    /// The lowest bottleneck of all, no region avoided.
    pub(super) lowest: Option<LowestBarrier>,
}

impl Windings {
    pub(super) fn barriers(&self) -> Barriers {
        if self.channels.iter().any(Option::is_some) { Barriers::Bottlenecks } else { Barriers::MeanEnergies }
    }

    /// The barrier of a winding where bottlenecks are known.
    fn barrier(&self, index: usize) -> f64 {
        self.channels[index].as_ref().map_or(f64::INFINITY, |channel| channel.energy_kj_mol)
    }

    /// The lowest of them.
    pub(super) fn lowest_barrier(&self) -> f64 {
        (0..self.all.len()).map(|index| self.barrier(index)).fold(f64::INFINITY, f64::min)
    }
}

impl Solve<'_> {
    /// The curve of the chosen winding, and what is known of all.
    pub(super) fn solve(&self) -> Result<(Candidate, GeodesicRecord), Error> {
        let windings = self.prepare(self.windings()?)?;
        let (mut candidates, failures) = self.candidates(&windings)?;
        let choice = self.problem.config.geodesic.choose;
        let left_out = candidates.len() + failures.len() < windings.all.len();
        let mut verdict =
            choose(choice, self.problem.thermal_energy, windings.barriers(), &candidates, left_out)
                .ok_or_else(|| Error::Failed("no geodesic was found for any winding".to_owned()))?;
        self.over_the_pass(&windings, &mut candidates, &mut verdict)?;
        let length = candidates[verdict.chosen].measures.length;
        if !(length.is_finite() && length > 0.0) {
            return Err(Error::Failed(format!(
                "the curve has length {length}: its two ends are indistinguishable on this landscape at this logSNR"
            )));
        }
        let record = self.record(&windings, &candidates, &verdict, &failures)?;
        Ok((candidates.swap_remove(verdict.chosen), record))
    }

    /// The geodesic of one winding and its energy; none where the configuration asks for a baseline.
    pub(crate) fn geodesic_of(&self, winding: &[i32]) -> Result<Option<(Vec<SpacetimePoint>, f64)>, Error> {
        if !self.problem.config.geodesic.kind.is_geodesic() {
            return Ok(None);
        }
        let windings = self.prepare(vec![winding.to_vec()])?;
        let (found, _) = self.candidates(&windings)?;
        Ok(found.into_iter().next().map(|candidate| {
            (candidate.nodes.into_iter().map(|node| node.point).collect(), candidate.measures.energy)
        }))
    }

    fn prepare(&self, all: Vec<Vec<i32>>) -> Result<Windings, Error> {
        let [start, end] = self.ends()?;
        let lowest = barrier::lowest_barrier(self.problem, self.landscape)?;
        let lower_bound = lowest.as_ref().map(|barrier| barrier.energy_kj_mol);
        let channels = barrier::bottlenecks(self.problem, self.landscape, &all, true)?;
        let active =
            constraints::build(self.problem, self.denoiser, [&start, &end], lower_bound, Which::Active)?;
        Ok(Windings { start, end, all, channels, active, lowest })
    }

    /// A path of the landscape in the spacetime's units.
    pub(super) fn scaled_path(&self, path: &[Vec<f64>]) -> Vec<Vec<f64>> {
        path.iter().map(|x| self.problem.scales.scaled(x)).collect()
    }

    fn ends(&self) -> Result<[SpacetimePoint; 2], Error> {
        let log_snr = self.problem.config.geodesic.log_snr;
        let [start, end] = self.problem.ends()?;
        Ok([
            SpacetimePoint { log_snr: log_snr.start, y: self.problem.scales.scaled(&start) },
            SpacetimePoint { log_snr: log_snr.end, y: self.problem.scales.scaled(&end) },
        ])
    }

    fn windings(&self) -> Result<Vec<Vec<i32>>, Error> {
        let periods = self.problem.periods();
        let Some(given) = &self.problem.config.geodesic.winding else {
            let ends = self.problem.ends()?;
            let [start, end] = ends.map(|end| self.problem.scales.scaled(&end));
            let images = images(&start, &end, &periods);
            let periodic = periods.iter().flatten().count();
            if 3_f64.powi(periodic as i32) > images.len() as f64 {
                say!(
                    "{STAGE}: of the images of the end within one turn of {periodic} periodic variables, only the {} nearest are \
                     solved",
                    images.len()
                );
            }
            return Ok(images);
        };
        Ok(vec![given.clone()])
    }

    /// The curves of the windings, in their order. Where the choice is by barriers that are known, those that cannot be chosen are
    /// left out. Beside them, by index, why no curve of a winding was found; if there is none of any, the first of these is the error.
    fn candidates(&self, windings: &Windings) -> Result<(Vec<Candidate>, BTreeMap<usize, String>), Error> {
        let is_by_barrier = self.problem.config.geodesic.choose == Choice::LowestBarrier
            && windings.barriers() == Barriers::Bottlenecks;
        let mut solved: Vec<(usize, Candidate)> = Vec::new();
        let mut open: Vec<usize> = (0..windings.all.len()).collect();
        let mut failures = BTreeMap::new();
        loop {
            let limit = if is_by_barrier {
                let known: Vec<(f64, bool)> =
                    solved.iter().map(|(index, one)| (windings.barrier(*index), one.satisfied())).collect();
                let left: Vec<f64> = open.iter().map(|&index| windings.barrier(index)).collect();
                highest_worth_solving(self.problem.thermal_energy, &known, &left)
            } else {
                f64::INFINITY
            };
            let (next, later): (Vec<usize>, Vec<usize>) =
                open.into_iter().partition(|&index| !is_by_barrier || windings.barrier(index) <= limit);
            open = later;
            if next.is_empty() {
                break;
            }
            for (&index, found) in next.iter().zip(self.find(windings, &next)?) {
                match found {
                    Ok(found) => solved.push((index, self.candidate(windings, index, found)?)),
                    Err(why) => drop(failures.insert(index, why)),
                }
            }
        }
        if let (true, Some(why)) = (solved.is_empty(), failures.values().next()) {
            return Err(Error::Failed(why.clone()));
        }
        solved.sort_by_key(|(index, _)| *index);
        Ok((solved.into_iter().map(|(_, candidate)| candidate).collect(), failures))
    }

    /// Curves of some windings, each a unit of work; those that an interrupted run had finished are taken from there. Where a winding has
    /// no curve, it is said why: that stops no other.
    ///
    /// # Errors
    /// Ctrl-C, or a disk that cannot be written.
    fn find(&self, windings: &Windings, indices: &[usize]) -> Result<Vec<Outcome>, Error> {
        let name = |index: usize| checkpoint(&windings.all[index]);
        let kept = |index: usize| self.checkpoints.read::<Outcome>(&name(index));
        let open: Vec<usize> = indices.iter().copied().filter(|&index| kept(index).is_none()).collect();
        let units: Vec<String> = open.iter().map(|&index| name(index)).collect();
        let (total, resumed) = (indices.len() as u64, (indices.len() - open.len()) as u64);
        let done = AtomicU64::new(resumed);
        let progress = Mutex::new(Progress::start(STAGE, total, resumed));
        let report = |message: &str| {
            if let Ok(mut progress) = progress.lock() {
                progress.set(done.load(Ordering::Relaxed), message);
            }
        };
        let executed = self.executor.carry_out(self.checkpoints.stage, &units, |unit, stop| {
            if stop.is_set() {
                return Err(Error::Interrupted);
            }
            let index = open[unit];
            let turns = in_words(&windings.all[index]);
            let step = |text: String| report(&format!("winding {turns}: {text}"));
            let outcome = match self.find_one(windings, index, &step) {
                Ok(found) => {
                    done.fetch_add(1, Ordering::Relaxed);
                    report(&format!("winding {turns} done"));
                    Ok(found)
                }
                // An error of the disk says nothing about a winding.
                Err(error @ (Error::Interrupted | Error::File(_))) => return Err(error),
                Err(Error::Failed(why)) => Err(why),
                Err(Error::Input(why)) => Err(why.to_string()),
            };
            Ok(self.checkpoints.write(&name(index), &outcome)?)
        });
        if let Ok(progress) = progress.into_inner() {
            let done = done.into_inner();
            progress.finish(&format!("{done} winding{} solved", if done == 1 { "" } else { "s" }));
        }
        executed?;
        indices.iter().map(|&index| kept(index).ok_or_else(|| self.vanished())).collect()
    }

    /// The curve of one winding.
    fn find_one(
        &self,
        windings: &Windings,
        index: usize,
        step: &(dyn Fn(String) + Sync),
    ) -> Result<Found, Error> {
        let found = if self.problem.config.geodesic.kind.is_geodesic() {
            self.geodesic(windings, index, step)?
        } else {
            self.baseline(windings, index)?
        };
        let is_finite =
            |point: &SpacetimePoint| point.log_snr.is_finite() && point.y.iter().all(|y| y.is_finite());
        if found.curve.iter().all(is_finite) {
            Ok(found)
        } else {
            Err(Error::failed("the geodesic", "a point of the curve is not a finite number"))
        }
    }

    /// The error of a curve that was kept and cannot be read.
    fn vanished(&self) -> Error {
        match self.checkpoints.directory.verify() {
            Ok(()) => Error::File(
                "finished windings have disappeared from the run directory: give the same command again"
                    .to_owned(),
            ),
            Err(gone) => gone.into(),
        }
    }

    /// All that is measured on a curve. Constraints and heights are read between its points too.
    pub(super) fn candidate(
        &self,
        windings: &Windings,
        index: usize,
        found: Found,
    ) -> Result<Candidate, Error> {
        let nodes = self.nodes(found.curve)?;
        let (curve, moments): (Vec<SpacetimePoint>, Vec<PosteriorMoments>) =
            nodes.iter().map(|node| (node.point.clone(), node.moments.clone())).unzip();
        let arc_length = arc_length(&curve, &moments);
        let fine = self.along_segments(&nodes, &arc_length)?;
        let constraints = windings.active.iter();
        let kind = self.problem.config.geodesic.kind;
        Ok(Candidate {
            kind: if kind.is_geodesic() { CurveKind::Geodesic } else { kind },
            winding: windings.all[index].clone(),
            measures: measure_curve(&curve, &moments),
            iterations: found.iterations,
            evaluations: found.evaluations,
            stop_reason: found.remark,
            warnings: found.warnings,
            constraints: constraints
                .map(|constraint| constraints::measure(constraint.as_ref(), &fine))
                .collect::<Result<_, _>>()?,
            barrier: match windings.barriers() {
                Barriers::Bottlenecks => Some(windings.barrier(index)),
                Barriers::MeanEnergies => highest_mean_energy(&fine),
            },
            curve_maximum: self.curve_maximum(&fine)?,
            nodes,
            arc_length,
        })
    }

    /// The points of a curve with their moments.
    pub(super) fn nodes(&self, curve: Vec<SpacetimePoint>) -> Result<Vec<CurveNode>, Error> {
        let failed = |error| Error::computing("the denoiser", error);
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
        windings: &Windings,
        candidates: &[Candidate],
        verdict: &Verdict,
        failures: &BTreeMap<usize, String>,
    ) -> Result<GeodesicRecord, Error> {
        let minimum = self.landscape.minimum;
        let lower_bound = windings.lowest.as_ref().map(|barrier| barrier.energy_kj_mol);
        let best = &candidates[verdict.chosen];
        let mut constraints = best.constraints.clone();
        let fine = self.along_segments(&best.nodes, &best.arc_length)?;
        let ends = [&windings.start, &windings.end];
        for constraint in
            constraints::build(self.problem, self.denoiser, ends, lower_bound, Which::ReportOnly)?
        {
            let mut summary = constraints::measure(constraint.as_ref(), &fine)?;
            summary.description.push_str(" (reported only)");
            summary.report_only = true;
            constraints.push(summary);
        }
        let ends: Vec<SpacetimePoint> = [best.nodes.first(), best.nodes.last()]
            .into_iter()
            .flatten()
            .map(|node| node.point.clone())
            .collect();
        let ends = self.exact.moments(&ends).map_err(|error| Error::computing("the denoiser", error))?;
        let normalisers: Vec<Option<f64>> = ends.iter().map(|moments| moments.log_normaliser).collect();
        let delta_f = match normalisers[..] {
            [Some(first), Some(last)] => Some(-self.problem.thermal_energy * (last - first)),
            _ => None,
        };
        let curve_maximum = self.landscape.landscape.as_ref().and(best.curve_maximum);
        let mut warnings = best.warnings.clone();
        warnings.extend(self.warn_of_failures(windings, best, failures));
        warnings.extend(self.warn_of_high_maximum(windings, best, curve_maximum));
        let summary = GeodesicSummary {
            kind: best.kind.name().to_owned(),
            length: best.measures.length,
            energy: best.measures.energy,
            constant_speed: best.measures.constant_speed,
            negative_share: best.measures.negative_share,
            points: best.nodes.len(),
            min_log_snr: best.nodes.iter().map(|node| node.point.log_snr).fold(f64::INFINITY, f64::min),
            crest_kj_mol: curve_maximum.map(|curve_maximum| curve_maximum - minimum),
            winding: turns(&best.winding),
            iterations: best.iterations,
            denoiser_evaluations: candidates.iter().map(|candidate| candidate.evaluations).sum(),
            stop_reason: best.stop_reason.clone(),
            windings: self.summaries(windings, candidates, verdict, failures),
        };
        let own: Vec<Vec<f64>> =
            best.nodes.iter().map(|node| self.problem.scales.own(node.moments.mean())).collect();
        let along: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
        let lowest = windings.lowest.as_ref();
        warnings.extend(barrier::warnings(self.landscape, lowest, &along));
        // Over unsampled ground only what the barrier cannot be lower than is a bound.
        let bound = |barrier: &LowestBarrier| match barrier.least_kj_mol {
            Some(least) if !barrier.sampled => least,
            _ => barrier.energy_kj_mol,
        };
        Ok(GeodesicRecord {
            summary,
            constraints,
            lower_bound_kj_mol: lowest.map(|barrier| bound(barrier) - minimum),
            lower_bound_error_kj_mol: lowest.and_then(|barrier| barrier.standard_error_kj_mol),
            lower_bound_sampled: lowest
                .filter(|_| self.landscape.ground.is_some())
                .map(|barrier| barrier.sampled),
            delta_f_kj_mol: delta_f,
            warnings,
        })
    }

    /// What is known of every winding, solved or not.
    fn summaries(
        &self,
        windings: &Windings,
        candidates: &[Candidate],
        verdict: &Verdict,
        failures: &BTreeMap<usize, String>,
    ) -> Vec<WindingSummary> {
        let minimum = self.landscape.minimum;
        let above = |energy: f64| Some(energy - minimum).filter(|energy| energy.is_finite());
        let one = |(index, winding): (usize, &Vec<i32>)| {
            let Some(place) = candidates.iter().position(|candidate| candidate.winding == *winding) else {
                let barrier = windings.barrier(index);
                let decision = match (failures.get(&index), windings.barriers()) {
                    (Some(why), _) => format!("no curve was found: {why}"),
                    (None, Barriers::Bottlenecks) => not_solved(barrier, windings.lowest_barrier()),
                    (None, Barriers::MeanEnergies) => "no curve was found".to_owned(),
                };
                return WindingSummary {
                    winding: turns(winding),
                    length: None,
                    barrier_kj_mol: above(barrier),
                    crest_kj_mol: None,
                    satisfied: None,
                    chosen: false,
                    decision,
                };
            };
            let candidate = &candidates[place];
            WindingSummary {
                winding: turns(winding),
                length: Some(candidate.measures.length),
                barrier_kj_mol: candidate.barrier.and_then(above),
                crest_kj_mol: self.landscape.landscape.as_ref().and(candidate.curve_maximum).and_then(above),
                satisfied: Some(candidate.satisfied()),
                chosen: place == verdict.chosen,
                decision: verdict.reasons[place].clone(),
            }
        };
        windings.all.iter().enumerate().map(one).collect()
    }

    /// Windings without a curve that might have been followed instead.
    fn warn_of_failures(
        &self,
        windings: &Windings,
        best: &Candidate,
        failures: &BTreeMap<usize, String>,
    ) -> Vec<Warning> {
        let is_lower = |index: usize| match windings.barriers() {
            Barriers::Bottlenecks => best
                .barrier
                .is_none_or(|barrier| windings.barrier(index) <= barrier + self.problem.thermal_energy),
            Barriers::MeanEnergies => true,
        };
        let missing = failures.iter().filter(|(index, _)| is_lower(**index));
        let told = missing.map(|(&index, why)| {
            format!(
                "No curve with the winding {} was found ({why}), although the molecule may prefer it to the one that is followed.",
                in_words(&windings.all[index])
            )
        });
        told.map(|message| Warning::new(STAGE, message)).collect()
    }

    /// The image of the end that a winding leads to.
    pub(super) fn image(&self, windings: &Windings, index: usize) -> SpacetimePoint {
        wound(&windings.end, &self.problem.periods(), &windings.all[index])
    }
}

fn turns(winding: &[i32]) -> Vec<i64> {
    winding.iter().map(|&turns| i64::from(turns)).collect()
}

/// Under which a finished winding is kept.
fn checkpoint(winding: &[i32]) -> String {
    let turns: Vec<String> = winding.iter().map(i32::to_string).collect();
    format!("winding_{}", turns.join("_"))
}

/// `+1 0`.
fn in_words(winding: &[i32]) -> String {
    let turns: Vec<String> = winding.iter().map(|turns| format!("{turns:+}")).collect();
    turns.join(" ")
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
