//! The picture of spacetime for landscapes of one variable.

use geodyssey_denoiser::{Denoiser, DenoiserError, SpacetimePoint};
use geodyssey_report::ReportError;
use geodyssey_report::plots::{RenderedFigure, SpacetimeFigure, VariableAxis};
use geodyssey_spacetime::{
    LinearLogSnrSchedule, ProbabilityFlowSettings, SpacetimeError, probability_flow, straight_line,
};

use super::surface::uncut_start;
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::landscape::LandscapeResult;
use crate::error::Error;
use crate::problem::Problem;
use crate::stages::denoiser::{Points, exact_denoiser};

/// Times and samples at which the density is computed.
const GRID: [usize; 2] = [161, 161];
/// Ways of the probability flow that are drawn, and points of each.
const FLOW_LINES: usize = 13;
const FLOW_POINTS: usize = 121;
/// Share of the vertical axis that is left free beside the outermost ways.
const FLOW_MARGIN: f64 = 0.06;

/// The figure, for one variable whose exact denoiser knows the noisy density; none otherwise.
///
/// Time and sample are those of the paper's variance-preserving schedule, logSNR = 10 − 20 t and `x_t = α y`; a periodic variable
/// is shown as `y`, which keeps its period.
pub(super) fn draw(
    problem: &Problem,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
) -> Result<Option<RenderedFigure>, Error> {
    let ([variable], [range]) = (problem.variables.as_slice(), landscape.ranges.as_slice()) else {
        return Ok(None);
    };
    let [Some(start), Some(end)] = [geodesic.curve.points.first(), geodesic.curve.points.last()] else {
        return Ok(None);
    };
    let exact = exact_denoiser(problem, landscape, Points::OnGrid)?;
    let unit_size = problem.scales.each().first().copied().unwrap_or(1.0);
    let picture = Picture { denoiser: exact.as_ref(), period: variable.period, unit_size };
    let ways = |points: &[SpacetimePoint]| -> Vec<[f64; 2]> {
        points.iter().map(|point| picture.place(point)).collect()
    };
    let curve = ways(&geodesic.curve.points);
    let kind = geodesic.record.summary.kind.as_str();
    let straight = match kind {
        "straight" => Vec::new(),
        _ => ways(&straight_line(start, end, geodesic.curve.points.len())),
    };
    let seen = || curve.iter().chain(&straight);
    let time = seen().fold((0.0_f64, 1.0_f64), |(low, high), [time, _]| (low.min(*time), high.max(*time)));
    // A learned denoiser is not asked here, and the exact one answers at every logSNR that a curve can have.
    let sample = match variable.period {
        Some(period) => {
            let lower = uncut_start(range.0, period, seen().map(|[_, sample]| *sample));
            (lower, lower + period)
        }
        None => seen().fold(*range, |(low, high), [_, sample]| (low.min(*sample), high.max(*sample))),
    };
    let Some(density) = picture.density(time, sample).map_err(failed)? else { return Ok(None) };
    let unit = variable.quantity.unit.column().to_owned();
    let name = if variable.period.is_some() {
        variable.name.clone()
    } else {
        format!("noisy sample α {}", variable.name)
    };
    let figure = SpacetimeFigure {
        time: VariableAxis {
            name: "diffusion time t, logSNR = 10 − 20 t".to_owned(),
            unit: String::new(),
            lower: time.0,
            upper: time.1,
            periodic: false,
        },
        sample: VariableAxis {
            name,
            unit,
            lower: sample.0,
            upper: sample.1,
            periodic: variable.period.is_some(),
        },
        grid: GRID,
        density,
        flow: picture
            .flow(time, sample)
            .map_err(|error: SpacetimeError| Error::failed("the probability flow", error))?,
        geodesic: curve,
        geodesic_name: curve_name(kind),
        straight,
    };
    figure.render().map(Some).map_err(|error: ReportError| Error::failed("the figure of spacetime", error))
}

/// What a followed curve is called in a legend.
pub(super) fn curve_name(kind: &str) -> String {
    match kind {
        "geodesic" => "geodesic".to_owned(),
        "straight" => "straight line (followed)".to_owned(),
        "pullback" => "pullback geodesic (followed)".to_owned(),
        other => format!("{} (followed)", other.replace("-energy-path", "-energy path")),
    }
}

fn failed(error: DenoiserError) -> Error {
    Error::failed("the noisy density", error)
}

struct Picture<'p> {
    denoiser: &'p dyn Denoiser,
    period: Option<f64>,
    /// The variable's own units in one of the spacetime's.
    unit_size: f64,
}

impl Picture<'_> {
    const SCHEDULE: LinearLogSnrSchedule = LinearLogSnrSchedule::PAPER;

    /// `x_t/y`: the signal's amplitude, or 1 where a period is to be kept.
    fn scale(&self, log_snr: f64) -> f64 {
        if self.period.is_some() { 1.0 } else { (1.0 + (-log_snr).exp()).sqrt().recip() }
    }

    /// Where a point of spacetime is drawn.
    fn place(&self, point: &SpacetimePoint) -> [f64; 2] {
        [Self::SCHEDULE.time(point.log_snr), self.scale(point.log_snr) * point.y[0] * self.unit_size]
    }

    fn point(&self, time: f64, sample: f64) -> SpacetimePoint {
        let log_snr = Self::SCHEDULE.log_snr(time);
        SpacetimePoint { log_snr, y: vec![sample / self.unit_size / self.scale(log_snr)] }
    }

    /// The noisy density over its largest value at the same time: `∫ q(x) exp(-½ e^λ (x - y)²) dx` up to a factor of the time.
    fn density(&self, time: (f64, f64), sample: (f64, f64)) -> Result<Option<Vec<f64>>, DenoiserError> {
        let at = |(low, high): (f64, f64), index: usize, count: usize| {
            low + (high - low) * index as f64 / (count - 1) as f64
        };
        let mut density = Vec::with_capacity(GRID[0] * GRID[1]);
        for column in 0..GRID[0] {
            let time = at(time, column, GRID[0]);
            let points: Vec<SpacetimePoint> =
                (0..GRID[1]).map(|row| self.point(time, at(sample, row, GRID[1]))).collect();
            let moments = self.denoiser.moments(&points)?;
            let logarithms: Option<Vec<f64>> = moments.iter().map(|moments| moments.log_normaliser).collect();
            let Some(logarithms) = logarithms else { return Ok(None) };
            let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            density.extend(logarithms.iter().map(|logarithm| (logarithm - largest).exp()));
        }
        Ok(Some(density))
    }

    /// Ways from evenly spread samples at the last time to the first.
    fn flow(&self, time: (f64, f64), sample: (f64, f64)) -> Result<Vec<Vec<[f64; 2]>>, SpacetimeError> {
        let margin = FLOW_MARGIN * (sample.1 - sample.0);
        let (low, high) = (sample.0 + margin, sample.1 - margin);
        let levels: Vec<f64> = (0..FLOW_POINTS)
            .map(|index| time.1 - (time.1 - time.0) * index as f64 / (FLOW_POINTS - 1) as f64)
            .map(|time| Self::SCHEDULE.log_snr(time))
            .collect();
        let start: Vec<Vec<f64>> = (0..FLOW_LINES)
            .map(|index| low + (high - low) * index as f64 / (FLOW_LINES - 1) as f64)
            .map(|sample| self.point(time.1, sample).y)
            .collect();
        let found = probability_flow(self.denoiser, &start, &levels, &ProbabilityFlowSettings::default())?;
        let way = |particle: usize| {
            let along = found.log_snr.iter().zip(&found.points);
            along
                .map(|(&log_snr, points)| {
                    self.place(&SpacetimePoint { log_snr, y: points[particle].clone() })
                })
                .collect()
        };
        Ok((0..FLOW_LINES).map(way).collect())
    }
}
