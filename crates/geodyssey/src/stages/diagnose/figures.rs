//! The figures of a diagnosis.

use geodyssey_report::plots::{
    CurvesFigure, CurvesPanel, PointLayer, PointsFigure, PointsPanel, RenderedFigure, Scale, Series,
    SeriesStyle, Surface, VariableAxis,
};
use geodyssey_report::{DeviationErrors, Diagnosis, LevelErrors, ReportError, RidgeDiagnosis, RidgeLevel};

use super::accuracy::CurveErrors;
use super::ridges;
use super::samples::{Histogram, ReverseSamples};
use super::subject::Subject;
use crate::artifacts::landscape::LandscapeResult;
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::variables::Variable;

/// Bins of the histograms of single variables that are drawn.
const DRAWN_BINS: usize = 60;
/// Noise levels of the picture of ridges.
const DRAWN_LEVELS: usize = 3;

/// All figures by name without ending.
pub(super) fn draw(
    subject: &Subject<'_>,
    diagnosis: &Diagnosis,
    curves: &[CurveErrors],
    reverse: &ReverseSamples,
) -> Result<Vec<(&'static str, RenderedFigure)>, Error> {
    let failed = |error: ReportError| Error::failed("a figure of the diagnosis", error);
    let mut drawn = vec![("errors", errors(diagnosis, curves).render().map_err(failed)?)];
    drawn.push(("samples", samples(subject, reverse).map_err(failed)?));
    if let Some(ridge) = &diagnosis.ridge {
        drawn.push(("ridge", ridge_curves(ridge).render().map_err(failed)?));
        if let Some(picture) = ridge_picture(subject, ridge, reverse)? {
            drawn.push(("ridge-picture", picture.render().map_err(failed)?));
        }
    }
    Ok(drawn)
}

fn series(name: &str, style: SeriesStyle, points: Vec<[f64; 2]>) -> Series {
    Series { name: name.to_owned(), style, points }
}

fn panel(x_title: &str, y_title: &str, scale: Scale, series: Vec<Series>) -> CurvesPanel {
    CurvesPanel {
        x_title: x_title.to_owned(),
        y_title: y_title.to_owned(),
        scale,
        series,
        levels: Vec::new(),
        doubtful: Vec::new(),
    }
}

/// Errors of `μ` by noise level, and along the curves.
fn errors(diagnosis: &Diagnosis, curves: &[CurveErrors]) -> CurvesFigure {
    let levels = &diagnosis.accuracy.levels;
    let by_level = |name: &str, value: &dyn Fn(&LevelErrors) -> Option<f64>| {
        let points =
            levels.iter().filter_map(|level| Some([level.log_snr, drawable(value(level)?)])).collect();
        series(name, SeriesStyle::LineAndDiscs, points)
    };
    let median = |errors: &Option<DeviationErrors>| errors.map(|errors| errors.median);
    let mut first = vec![
        by_level("median", &|level| Some(level.errors.median)),
        by_level("95 %", &|level| Some(level.errors.percentile_95)),
        by_level("largest", &|level| Some(level.errors.largest)),
    ];
    if levels.iter().any(|level| level.architectural.is_some()) {
        first.push(by_level("architectural, median", &|level| median(&level.architectural)));
        first.push(by_level("optimisation, median", &|level| median(&level.optimisation)));
    }
    let y_title = "error (posterior standard deviations)";
    let second = curves.iter().map(|curve| {
        let last = curve.errors.len().saturating_sub(1).max(1) as f64;
        let points = curve.errors.iter().enumerate();
        let points = points.map(|(index, error)| [index as f64 / last, drawable(*error)]).collect();
        series(&format!("along the {} curve", curve.name), SeriesStyle::Line, points)
    });
    let panels = vec![
        panel("log SNR", y_title, Scale::Logarithmic, first),
        panel("share of the curve's points", y_title, Scale::Logarithmic, second.collect()),
    ];
    CurvesFigure { panels, doubtful: String::new() }
}

/// An error of zero, as an exact denoiser has, at the foot of a logarithmic axis.
fn drawable(error: f64) -> f64 {
    error.max(f64::EPSILON)
}

fn axes(problem: &Problem, landscape: &LandscapeResult) -> Vec<VariableAxis> {
    let unit = |variable: &Variable| variable.quantity.unit.column().to_owned();
    let variables = problem.variables.iter().zip(&landscape.ranges);
    variables
        .map(|(variable, &(lower, upper))| VariableAxis {
            name: variable.name.clone(),
            unit: unit(variable),
            lower,
            upper: variable.period.map_or(upper, |period| lower + period),
            periodic: variable.period.is_some(),
        })
        .collect()
}

/// The landscape below two variables, cut where nothing of the data is seen.
fn surface(landscape: &LandscapeResult) -> Option<Surface> {
    landscape.grid.as_ref().map(|grid| Surface {
        origin: grid.axes.iter().map(|axis| axis.start).collect(),
        spacing: grid.axes.iter().map(|axis| axis.spacing).collect(),
        points: grid.axes.iter().map(|axis| axis.count).collect(),
        energies_kj_mol: grid.values.iter().map(|energy| energy - landscape.minimum).collect(),
    })
}

/// Above twice the barrier between the states, one colour.
fn energy_cap(subject: &Subject<'_>) -> Option<f64> {
    subject.geodesic.record.lower_bound_kj_mol.filter(|bound| *bound > 0.0).map(|bound| 2.0 * bound)
}

fn pairs(points: &[Vec<f64>]) -> Vec<[f64; 2]> {
    points.iter().map(|point| [point[0], point[1]]).collect()
}

/// Two variables: clouds of points. Else: histograms of each.
fn samples(subject: &Subject<'_>, reverse: &ReverseSamples) -> Result<RenderedFigure, ReportError> {
    let (problem, landscape) = (subject.run.problem, subject.landscape);
    let sets = [
        ("data", reverse.exact[0].as_slice()),
        ("reverse diffusion", reverse.diffused()),
        ("probability-flow ODE", reverse.flow.as_slice()),
    ];
    if let Ok(variables) = <[VariableAxis; 2]>::try_from(axes(problem, landscape)) {
        let panels = sets.map(|(title, points)| PointsPanel {
            title: title.to_owned(),
            layers: vec![PointLayer {
                name: "samples".to_owned(),
                points: pairs(points),
                radius_pixels: 3.0,
            }],
        });
        let figure = PointsFigure {
            variables,
            surface: surface(landscape),
            energy_cap_kj_mol: energy_cap(subject),
            panels: panels.to_vec(),
        };
        return figure.render();
    }
    let panels = problem.variables.iter().zip(&landscape.ranges).enumerate();
    let panels = panels.map(|(axis, (variable, &(low, high)))| {
        let histogram = Histogram { axes: vec![(axis, variable, (low, high))], bins: DRAWN_BINS };
        let width = variable.period.unwrap_or(high - low) / DRAWN_BINS as f64;
        let scale = variable.quantity.factor();
        let curves = sets.iter().map(|(name, points)| {
            let shares = histogram.of(points).into_iter().enumerate();
            let points = shares.map(|(bin, share)| [(low + (bin as f64 + 0.5) * width) / scale, share]);
            series(name, SeriesStyle::Line, points.collect())
        });
        let title = format!("{} ({})", variable.name, variable.quantity.display_unit());
        panel(title.trim_end_matches(" ()"), "share of samples", Scale::Linear, curves.collect())
    });
    CurvesFigure { panels: panels.collect(), doubtful: String::new() }.render()
}

/// Reach, align, slide: offsets and errors over the noise levels of reverse-time sampling.
fn ridge_curves(ridge: &RidgeDiagnosis) -> CurvesFigure {
    let curve = |name: &str, value: fn(&RidgeLevel) -> f64| {
        let points = ridge.levels.iter().map(|level| [level.log_snr, value(level)]).collect();
        series(name, SeriesStyle::LineAndDiscs, points)
    };
    let lengths = vec![
        curve("distance from the ridge", |level| drawable(level.normal_offset)),
        curve("normal error", |level| drawable(level.normal_error)),
        curve("tangential error", |level| drawable(level.tangential_error)),
    ];
    let shares = vec![
        curve("eigengap", |level| level.eigengap),
        curve("share where curved", |level| level.curved_share),
    ];
    let counts = vec![curve("effective data points", |level| level.effective_samples)];
    let mut counts = panel("log SNR", "data points", Scale::Logarithmic, counts);
    counts.levels.push(("dimension of the ridge".to_owned(), ridge.dimension as f64));
    let mut panels = vec![
        panel("log SNR", "medians / noise", Scale::Logarithmic, lengths),
        panel("log SNR", "eigengap, share", Scale::Linear, shares),
        counts,
    ];
    let doubtful = doubtful_ranges(ridge);
    for panel in &mut panels {
        panel.doubtful.clone_from(&doubtful);
    }
    CurvesFigure { panels, doubtful: "too few data points, or no distinct direction".to_owned() }
}

/// Ranges of logSNR around the levels that mean nothing.
fn doubtful_ranges(ridge: &RidgeDiagnosis) -> Vec<(f64, f64)> {
    let levels: Vec<f64> = ridge.levels.iter().map(|level| level.log_snr).collect();
    let half = levels.windows(2).map(|pair| 0.5 * (pair[1] - pair[0])).fold(0.0, f64::max);
    let untrusted = ridge.levels.iter().filter(|level| !level.trusted);
    untrusted.map(|level| (level.log_snr - half, level.log_snr + half)).collect()
}

/// Ridge points and samples over the landscape at a few levels that mean something; for two variables.
fn ridge_picture(
    subject: &Subject<'_>,
    ridge: &RidgeDiagnosis,
    reverse: &ReverseSamples,
) -> Result<Option<PointsFigure>, Error> {
    let Ok(variables) = <[VariableAxis; 2]>::try_from(axes(subject.run.problem, subject.landscape)) else {
        return Ok(None);
    };
    let empirical = ridges::empirical(subject)?;
    let trusted: Vec<usize> = (0..ridge.levels.len()).filter(|&index| ridge.levels[index].trusted).collect();
    let mut panels = Vec::new();
    for part in 0..DRAWN_LEVELS {
        // From the middle of the levels that mean something to their last.
        let place = (trusted.len() / 2 * (DRAWN_LEVELS - 1) + part * trusted.len().div_ceil(2))
            / (DRAWN_LEVELS - 1).max(1);
        let Some(&level) = trusted.get(place.min(trusted.len().saturating_sub(1))) else { break };
        let (log_snr, particles) = (reverse.diffusion.log_snr[level], &reverse.diffusion.points[level]);
        let layer = |name: &str, points: &[Vec<f64>], radius_pixels| PointLayer {
            name: name.to_owned(),
            points: pairs(points),
            radius_pixels,
        };
        let ridge = ridges::trace(subject, &empirical, log_snr, particles)?;
        panels.push(PointsPanel {
            title: format!("log SNR {log_snr:.1}").replace('-', "−"),
            layers: vec![layer("reverse diffusion", particles, 3.0), layer("ridge", &ridge, 5.0)],
        });
    }
    if panels.is_empty() {
        return Ok(None);
    }
    Ok(Some(PointsFigure {
        variables,
        surface: surface(subject.landscape),
        energy_cap_kj_mol: energy_cap(subject),
        panels,
    }))
}
