//! Geodesics between two fixed points: from coarse to fine, from several starts, at constant speed.

use std::cell::Cell;

use geodyssey_denoiser::SpacetimePoint;
use nalgebra::DVector;
use rayon::prelude::*;

use crate::augmented_lagrangian::{
    LogSnrBounds, MultiplierSettings, check_ends, minimise_constrained, report,
};
use crate::chart::Chart;
use crate::constraint::{CurveNode, PathConstraint};
use crate::curve::{cumulative, measure_segments};
use crate::error::{SpacetimeError, unless_interrupted};
use crate::metric::{FisherRao, PathMetric};
use crate::newton::{Minimum, NewtonEnd, NewtonSettings};
use crate::objective::Objective;
use crate::parametrisation::{CurveFamily, Parametrisation};
use crate::problem::{Geodesic, GeodesicProblem, StopReason};
use crate::spline::{interpolate_linearly, uniform_parameters};
use crate::starts::{straight_line, tent};

/// Relative tolerance of the coarse curves, which are only compared and refined.
pub(crate) const COARSE_TOLERANCE: f64 = 1e-5;
/// Updates of the multipliers on the coarse curve, and how many tolerances of violation it may keep.
pub(crate) const COARSE_UPDATES: usize = 12;
pub(crate) const COARSE_SLACK: f64 = 30.0;
/// How many times as many nodes the next finer curve has.
const REFINEMENT: usize = 4;
/// Rounds of spreading the nodes evenly and solving again.
const SPEED_ROUNDS: usize = 5;
/// A segment this many times longer than the mean is a leap.
const LEAP: f64 = 2.0;

/// The geodesic nearest to one initial curve.
///
/// The curve is spread at constant speed over `coarse_points` nodes, solved, refined to `points` nodes and solved to the
/// tolerance; nodes of uneven speed are spread again and solved again.
///
/// # Errors
/// A problem that makes no sense, a denoiser that fails on the initial curve, a constraint that cannot be evaluated or that an end
/// violates. Constraints that no curve satisfies are not an error: see [`Geodesic::stop_reason`].
pub fn solve(problem: &GeodesicProblem, initial: &[SpacetimePoint]) -> Result<Geodesic, SpacetimeError> {
    solve_from_starts(problem, std::slice::from_ref(&initial.to_vec()))
}

/// The straight line and the tents of the settings, from which a problem is solved by default.
pub fn default_starts(problem: &GeodesicProblem) -> Vec<Vec<SpacetimePoint>> {
    let (start, end, settings) = (&problem.start, &problem.end, &problem.settings);
    let points = 2 * settings.coarse_points + 1;
    let foot = start.log_snr.min(end.log_snr);
    std::iter::once(straight_line(start, end, points))
        .chain(
            settings
                .tent_drops
                .iter()
                .map(|drop| tent(start, end, (foot - drop).max(settings.log_snr_min), points)),
        )
        .collect()
}

/// The shortest geodesic found from several initial curves: each is solved coarsely, the best is refined.
///
/// Best is the lowest energy among those that keep the constraints.
///
/// # Errors
/// As [`solve`]; a start that fails counts only if all do.
pub fn solve_from_starts(
    problem: &GeodesicProblem,
    starts: &[Vec<SpacetimePoint>],
) -> Result<Geodesic, SpacetimeError> {
    problem.check()?;
    let setup = Setup::new(problem)?;
    let coarse: Vec<Result<Stage, SpacetimeError>> = starts
        .par_iter()
        .map(|initial| unless_interrupted(setup.solve_coarsely(initial)))
        .collect::<Result<_, _>>()?;
    let mut evaluations = 2;
    let mut best: Option<Stage> = None;
    let mut failure = None;
    for stage in coarse {
        match stage {
            Ok(stage) => {
                evaluations += stage.evaluations;
                if best.as_ref().is_none_or(|best| stage.rank() < best.rank()) {
                    best = Some(stage);
                }
            }
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match (best, failure) {
        (Some(stage), _) => setup.refine(stage, evaluations),
        (None, Some(error)) => Err(error),
        (None, None) => Err(SpacetimeError::Problem("a geodesic needs an initial curve".into())),
    }
}

/// What all curves of a problem share.
pub(crate) struct Setup<'a> {
    pub(crate) problem: &'a GeodesicProblem<'a>,
    fisher_rao: FisherRao<'a>,
    chart: Chart,
    first: CurveNode,
    last: CurveNode,
    bounds: LogSnrBounds,
}

/// A coarse curve, solved.
pub(crate) struct Stage {
    pub(crate) minimum: Minimum,
    pub(crate) multipliers: Vec<Vec<f64>>,
    pub(crate) penalty: f64,
    pub(crate) parameters: Vec<f64>,
    pub(crate) evaluations: usize,
    /// Largest violation in tolerances, 0 if within the coarse slack.
    pub(crate) violation: f64,
}

impl Stage {
    fn rank(&self) -> (f64, f64) {
        (self.violation, self.minimum.evaluation.energy)
    }
}

impl<'a> Setup<'a> {
    fn new(problem: &'a GeodesicProblem<'a>) -> Result<Self, SpacetimeError> {
        let ends = [problem.start.clone(), problem.end.clone()];
        let moments = problem.denoiser.moments(&ends)?;
        let energies = problem.denoiser.energy_moments(&ends)?;
        let dimension = problem.denoiser.dimension();
        let mean = |index: usize| moments[index].expectation_parameter.rows(0, dimension).into_owned();
        let spread = 0.25 * (mean(1) - mean(0)).norm_squared()
            + 0.5 * moments.iter().map(|moment| moment.variance_trace().max(0.0)).sum::<f64>();
        let kappa = if spread > 0.0 { dimension as f64 / spread } else { 1.0 };
        let chart = Chart {
            reference_precision: problem
                .denoiser
                .periods()
                .iter()
                .map(|period| if period.is_some() { 0.0 } else { kappa })
                .collect(),
        };
        let lower = problem
            .constraints
            .iter()
            .filter_map(|constraint| constraint.log_snr_floor())
            .fold(problem.settings.log_snr_min, f64::max);
        let upper = problem
            .constraints
            .iter()
            .filter_map(|constraint| constraint.log_snr_ceiling())
            .fold(problem.settings.log_snr_max, f64::min);
        if lower > upper {
            return Err(SpacetimeError::Problem(format!(
                "the bounds and constraints require logSNR ≥ {lower} and ≤ {upper}"
            )));
        }
        let mut nodes = ends.into_iter().zip(moments).enumerate().map(|(index, (point, moments))| {
            CurveNode { point, moments, energy: energies.as_ref().map(|energies| energies[index].clone()) }
        });
        let (Some(first), Some(last)) = (nodes.next(), nodes.next()) else {
            return Err(SpacetimeError::Problem("the denoiser gave no moments for the ends".into()));
        };
        for constraint in problem.constraints {
            check_ends(constraint.as_ref(), &first, &last)?;
        }
        let bounds = LogSnrBounds { lower, upper };
        Ok(Self { problem, fisher_rao: FisherRao::new(problem.denoiser), chart, first, last, bounds })
    }

    /// What lengths are measured by.
    pub(crate) fn metric(&self) -> &dyn PathMetric {
        self.problem.metric.unwrap_or(&self.fisher_rao)
    }

    /// The energy with the constraints that are not bounds of the unknowns.
    pub(crate) fn objective(&self) -> Objective<'_> {
        let free = self.problem.settings.curve == CurveFamily::FreeNodes;
        let mut constraints: Vec<&dyn PathConstraint> = Vec::new();
        if !free {
            constraints.push(&self.bounds);
        }
        constraints.extend(
            self.problem
                .constraints
                .iter()
                .map(|constraint| constraint.as_ref())
                .filter(|constraint| constraint.log_snr_floor().is_none()),
        );
        Objective {
            denoiser: self.problem.denoiser,
            metric: self.metric(),
            chart: &self.chart,
            constraints,
            first: self.first.clone(),
            last: self.last.clone(),
            multipliers: Vec::new(),
            penalty: 1.0,
            evaluations: Cell::new(0),
        }
    }

    pub(crate) fn newton(&self, tolerance: f64) -> NewtonSettings {
        NewtonSettings {
            tolerance,
            max_iterations: self.problem.settings.max_iterations,
            log_snr_bounds: (self.bounds.lower, self.bounds.upper),
        }
    }

    fn end_coordinates(&self) -> (DVector<f64>, DVector<f64>) {
        (self.chart.coordinates(&self.first.point), self.chart.coordinates(&self.last.point))
    }

    pub(crate) fn parametrisation(&self, parameters: &[f64]) -> Parametrisation {
        match self.problem.settings.curve {
            CurveFamily::FreeNodes => Parametrisation::FreeNodes,
            CurveFamily::Spline { knots } => {
                let (first, last) = self.end_coordinates();
                Parametrisation::spline(knots, parameters, first, last)
            }
        }
    }

    pub(crate) fn with_ends(&self, inner: &[DVector<f64>]) -> Vec<DVector<f64>> {
        let (first, last) = self.end_coordinates();
        std::iter::once(first).chain(inner.iter().cloned()).chain(std::iter::once(last)).collect()
    }

    fn solve_coarsely(&self, initial: &[SpacetimePoint]) -> Result<Stage, SpacetimeError> {
        let settings = &self.problem.settings;
        let mut points = settings.coarse_points.min(settings.points);
        let mut unknown_nodes = points;
        if let CurveFamily::Spline { knots } = settings.curve {
            points = points.max(4 * knots).min(settings.points);
            unknown_nodes = knots;
        }
        let mut objective = self.objective();
        let spread = self.spread_evenly(initial, 2 * points, unknown_nodes)?;
        objective.evaluations.set(2 * points);
        let parameters = uniform_parameters(points);
        let settings = MultiplierSettings {
            newton: self.newton(settings.tolerance.max(COARSE_TOLERANCE)),
            max_updates: COARSE_UPDATES.min(settings.max_multiplier_updates),
            slack: COARSE_SLACK,
        };
        let unknowns = spread[1..spread.len() - 1].to_vec();
        let parametrisation = self.parametrisation(&parameters);
        let minimum = minimise_constrained(
            &mut objective,
            &parametrisation,
            unknowns,
            &settings,
            self.problem.progress,
        )?;
        let violation = minimum
            .evaluation
            .inequalities
            .iter()
            .flatten()
            .map(|inequality| inequality.value / inequality.tolerance)
            .fold(0.0, f64::max);
        Ok(Stage {
            minimum,
            evaluations: objective.evaluations.get(),
            multipliers: objective.multipliers,
            penalty: objective.penalty,
            parameters,
            violation: if violation <= COARSE_SLACK { 0.0 } else { violation },
        })
    }

    /// Chart coordinates of `count` nodes at equal Fisher–Rao distances on a polyline, measured on `fine` nodes.
    fn spread_evenly(
        &self,
        initial: &[SpacetimePoint],
        fine: usize,
        count: usize,
    ) -> Result<Vec<DVector<f64>>, SpacetimeError> {
        if initial.len() < 2 || initial.iter().any(|point| point.y.len() != self.problem.denoiser.dimension())
        {
            return Err(SpacetimeError::Problem(
                "an initial curve needs at least two points with all variables".into(),
            ));
        }
        let mut polyline: Vec<_> = initial
            .iter()
            .map(|point| {
                let bounded = point.log_snr.clamp(self.bounds.lower, self.bounds.upper);
                self.chart.coordinates(&SpacetimePoint { log_snr: bounded, y: point.y.clone() })
            })
            .collect();
        // The ends of the problem stand, whatever those of the initial curve are.
        let (first, last) = self.end_coordinates();
        let final_index = polyline.len() - 1;
        polyline[0] = first;
        polyline[final_index] = last;
        let dense = interpolate_linearly(
            &uniform_parameters(polyline.len()),
            &polyline,
            &uniform_parameters(fine.max(3)),
        );
        let points: Vec<_> = dense.iter().map(|u| self.chart.point(u)).collect();
        let moments = self.problem.denoiser.moments(&points)?;
        let nodes = points.iter().cloned().zip(moments);
        let nodes: Vec<CurveNode> =
            nodes.map(|(point, moments)| CurveNode { point, moments, energy: None }).collect();
        let arc = arc_length(&self.metric().squared_lengths(&nodes));
        let total = arc[arc.len() - 1];
        if !(total.is_finite() && total > 0.0) {
            return Ok(interpolate_linearly(
                &uniform_parameters(dense.len()),
                &dense,
                &uniform_parameters(count),
            ));
        }
        let at: Vec<f64> = uniform_parameters(count).iter().map(|s| s * total).collect();
        Ok(interpolate_linearly(&arc, &dense, &at))
    }

    fn refine(&self, mut stage: Stage, mut evaluations: usize) -> Result<Geodesic, SpacetimeError> {
        let settings = &self.problem.settings;
        // Many nodes begin on a curve of a quarter as many, so that only a few steps are as expensive as there are nodes.
        if settings.curve == CurveFamily::FreeNodes {
            let mut count = REFINEMENT * stage.parameters.len();
            while count < settings.points {
                stage = self.solve_finer(&stage, count)?;
                evaluations += stage.evaluations;
                count *= REFINEMENT;
            }
        }
        let mut objective = self.objective();
        let mut parameters = uniform_parameters(settings.points);
        let mut unknowns = self.refined(&stage, &parameters);
        self.continue_multipliers(&mut objective, &stage, &parameters);
        let multiplier_settings = MultiplierSettings {
            newton: self.newton(settings.tolerance),
            // What no coarse curve could keep is not pursued on a fine one.
            max_updates: if stage.violation > 0.0 { 1 } else { settings.max_multiplier_updates },
            slack: 1.0,
        };
        let mut iterations = stage.minimum.iterations;
        let mut round = 0;
        let minimum = loop {
            let parametrisation = self.parametrisation(&parameters);
            let minimum = minimise_constrained(
                &mut objective,
                &parametrisation,
                unknowns,
                &multiplier_settings,
                self.problem.progress,
            )?;
            iterations += minimum.iterations;
            let lengths = self.metric().squared_lengths(&minimum.evaluation.nodes);
            let speed = measure_segments(&lengths).constant_speed;
            let arc = arc_length(&lengths);
            round += 1;
            let is_even = (speed - 1.0).abs() <= settings.constant_speed_tolerance;
            let is_last = round == SPEED_ROUNDS || minimum.end != NewtonEnd::Converged;
            // A curve may keep its constraints by leaping over what they forbid. Its evenly spread nodes then tell the truth.
            let leaps = !objective.constraints.is_empty() && leaps(&arc);
            if is_even || is_last && !leaps {
                break minimum;
            }
            let even = even_parameters(&parameters, &arc);
            unknowns = match settings.curve {
                CurveFamily::Spline { .. } => minimum.unknowns,
                CurveFamily::FreeNodes => {
                    let all = self.with_ends(&minimum.unknowns);
                    interpolate_linearly(&parameters, &all, &even[1..even.len() - 1])
                }
            };
            if settings.curve != CurveFamily::FreeNodes {
                parameters = even;
            }
            if is_last {
                let coordinates = self.parametrisation(&parameters).nodes(&unknowns);
                let evaluation = objective.evaluate(coordinates)?;
                break Minimum { unknowns, evaluation, end: NewtonEnd::IterationLimit, ..minimum };
            }
        };
        evaluations += objective.evaluations.get();
        self.finish(minimum, iterations, evaluations)
    }

    fn finish(
        &self,
        minimum: Minimum,
        iterations: usize,
        evaluations: usize,
    ) -> Result<Geodesic, SpacetimeError> {
        let mut nodes = minimum.evaluation.nodes;
        let points: Vec<SpacetimePoint> = nodes.iter().map(|node| node.point.clone()).collect();
        if let Some(energies) = self.problem.denoiser.energy_moments(&points)? {
            for (node, energy) in nodes.iter_mut().zip(energies) {
                node.energy = Some(energy);
            }
        }
        let constraints: Vec<_> = self
            .problem
            .constraints
            .iter()
            .map(|constraint| report(constraint.as_ref(), &nodes))
            .collect::<Result<_, _>>()?;
        let lengths = self.metric().squared_lengths(&nodes);
        let measures = measure_segments(&lengths);
        let uneven = (measures.constant_speed - 1.0).abs() > self.problem.settings.constant_speed_tolerance;
        let stop_reason = if constraints.iter().any(|report| !report.satisfied) {
            StopReason::ConstraintsNotMet
        } else {
            match minimum.end {
                NewtonEnd::IterationLimit => StopReason::IterationLimit,
                NewtonEnd::Stalled => StopReason::Stalled,
                NewtonEnd::Converged if uneven => StopReason::SpeedNotConstant,
                NewtonEnd::Converged => StopReason::Converged,
            }
        };
        Ok(Geodesic {
            arc_length: arc_length(&lengths),
            nodes,
            measures,
            iterations,
            evaluations,
            relative_excess: minimum.excess,
            constraints,
            converged: stop_reason == StopReason::Converged,
            stop_reason,
        })
    }
}

/// Whether a segment is much longer than the others.
fn leaps(arc: &[f64]) -> bool {
    let mean = arc[arc.len() - 1] / (arc.len() - 1) as f64;
    arc.windows(2).any(|pair| pair[1] - pair[0] > LEAP * mean)
}

/// Parameters at which nodes stand at equal arc lengths, from nodes that do not.
fn even_parameters(parameters: &[f64], arc: &[f64]) -> Vec<f64> {
    let total = arc[arc.len() - 1];
    let values: Vec<_> = parameters.iter().map(|parameter| DVector::from_element(1, *parameter)).collect();
    let at: Vec<f64> = uniform_parameters(parameters.len()).iter().map(|s| s * total).collect();
    let mut even: Vec<f64> =
        interpolate_linearly(arc, &values, &at).into_iter().map(|value| value[0]).collect();
    let last = even.len() - 1;
    (even[0], even[last]) = (0.0, 1.0);
    even
}

/// Length from the first node to each node; negative squares add nothing.
fn arc_length(squared_lengths: &[f64]) -> Vec<f64> {
    cumulative(squared_lengths.iter().map(|squared| squared.max(0.0).sqrt()))
}
