//! Errors of the expectation parameter `μ = E[(x, |x|²)]`: by noise level, along curves, and in the energy of the curve.

use geodyssey_denoiser::{Denoiser, DenoiserError, PairSource, SpacetimePoint};
use geodyssey_report::{Accuracy, LevelErrors};
use geodyssey_spacetime::measure_curve;
use nalgebra::DVector;

use super::deviations::deviations;
use super::quantiles::summarise;
use super::subject::Subject;
use crate::config::CurveKind;
use crate::error::Error;
use crate::stages::geodesic::Solve;

/// Equal parts of the range of logSNR.
const LEVELS: usize = 12;
/// Points in each.
const POINTS_PER_LEVEL: usize = 256;

/// A curve with the error of `μ` at each point, in posterior standard deviations.
pub(super) struct CurveErrors {
    /// `exact` or `followed`.
    pub(super) name: &'static str,
    /// How many of its points lie outside the denoiser's range of logSNR.
    pub(super) outside: usize,
    /// Its points within that range.
    pub(super) points: Vec<SpacetimePoint>,
    /// Errors there.
    pub(super) errors: Vec<f64>,
}

/// Measures all of it.
pub(super) fn measure(subject: &Subject<'_>) -> Result<(Accuracy, Vec<CurveErrors>), Error> {
    let problem = subject.run.problem;
    let levels = subject.checkpoints.once("levels", || by_level(subject))?;
    let followed = along(subject, "followed", &subject.geodesic.curve.points)?;
    let reference = subject.reference.moments(&subject.geodesic.curve.points).map_err(failed)?;
    let followed_energy = measure_curve(&subject.geodesic.curve.points, &reference).energy;
    let solve = Solve {
        problem,
        landscape: subject.landscape,
        denoiser: subject.reference,
        is_learned: false,
        exact: subject.reference,
        checkpoints: subject.checkpoints,
        executor: subject.run.executor.as_ref(),
    };
    let winding: Vec<i32> =
        subject.geodesic.record.summary.winding.iter().map(|&turns| turns as i32).collect();
    // A minimum-energy path that replaced a geodesic must not be compared with one.
    let is_geodesic = subject.geodesic.record.summary.kind == CurveKind::Geodesic.name();
    let exact = if is_geodesic { solve.geodesic_of(&winding)? } else { None };
    let exact_energy = exact.as_ref().map(|(_, energy)| *energy);
    let exact = exact.map(|(points, _)| along(subject, "exact", &points)).transpose()?;
    let empty =
        || Error::Failed("no point of the curve lies within the denoiser's range of logSNR".to_owned());
    let accuracy = Accuracy {
        levels,
        along_exact: exact.as_ref().and_then(|curve| summarise(&curve.errors)),
        along_followed: summarise(&followed.errors).ok_or_else(empty)?,
        followed_energy,
        exact_energy,
        energy_ratio: exact_energy.map(|exact| followed_energy / exact),
        negative_share: subject.geodesic.record.summary.negative_share,
        samples_in_states: samples_in_states(subject)?,
    };
    Ok((accuracy, exact.into_iter().chain([followed]).collect()))
}

fn failed(error: DenoiserError) -> Error {
    Error::computing("the denoiser", error)
}

/// Points drawn as in training, but never trained on.
fn by_level(subject: &Subject<'_>) -> Result<Vec<LevelErrors>, Error> {
    let (low, high) = subject.log_snr_range();
    let source = PairSource {
        reference: subject.reference,
        samples: &subject.data.samples,
        log_snr: (low, high),
        targets: subject.settings.targets,
        seed: subject.run.problem.config.seed,
    };
    let points = source.draw("diagnose", 0, LEVELS * POINTS_PER_LEVEL, &[]).map_err(failed)?.points;
    // The levels are drawn one in each of so many equal parts, in order.
    points
        .chunks(POINTS_PER_LEVEL)
        .enumerate()
        .map(|(part, points)| {
            let exact = subject.reference.moments(points).map_err(failed)?;
            let found = mu(subject.denoiser, points)?;
            let empty = || Error::Failed("no points to measure errors at".to_owned());
            let end = subject.equilibrium.map(|denoiser| mu(denoiser, points)).transpose()?;
            let expected: Vec<DVector<f64>> =
                exact.iter().map(|moments| moments.expectation_parameter.clone()).collect();
            Ok(LevelErrors {
                log_snr: low + (high - low) * (part as f64 + 0.5) / LEVELS as f64,
                errors: summarise(&deviations(&found, &expected, &exact)).ok_or_else(empty)?,
                architectural: end.as_ref().and_then(|end| summarise(&deviations(end, &expected, &exact))),
                // In deviations of the exact posterior too, so that the two parts have one unit.
                optimisation: end.as_ref().and_then(|end| summarise(&deviations(&found, end, &exact))),
            })
        })
        .collect()
}

fn mu(denoiser: &dyn Denoiser, points: &[SpacetimePoint]) -> Result<Vec<DVector<f64>>, Error> {
    denoiser.expectation_parameters(points).map_err(failed)
}

fn along(subject: &Subject<'_>, name: &'static str, points: &[SpacetimePoint]) -> Result<CurveErrors, Error> {
    let (low, high) = subject.denoiser.log_snr_range();
    let known = points.iter().filter(|point| (low..=high).contains(&point.log_snr));
    let all = points.len();
    let points: Vec<SpacetimePoint> = known.cloned().collect();
    let outside = all - points.len();
    let exact = subject.reference.moments(&points).map_err(failed)?;
    let expected: Vec<DVector<f64>> =
        exact.iter().map(|moments| moments.expectation_parameter.clone()).collect();
    let errors = deviations(&mu(subject.denoiser, &points)?, &expected, &exact);
    Ok(CurveErrors { name, outside, points, errors })
}

/// Fraction of the training samples near the two states, whatever their weights.
fn samples_in_states(subject: &Subject<'_>) -> Result<Option<[f64; 2]>, Error> {
    if subject.learned.is_none_or(|learned| learned.record.training.is_none()) {
        return Ok(None);
    }
    let (problem, samples) = (subject.run.problem, &subject.data.samples);
    let share = |state: &crate::problem::state::State| {
        let inside = (0..samples.len())
            .filter(|&index| state.contains(&problem.variables, &problem.scales.own(samples.point(index))))
            .count();
        inside as f64 / samples.len() as f64
    };
    let [start, end] = problem.states()?;
    Ok(Some([share(start), share(end)]))
}
