//! Figure: the free energy along the curve, from the paths of either direction.

use geodyssey_report::ReportError;
use geodyssey_report::plots::{CurvesFigure, CurvesPanel, RenderedFigure, Scale, Series, SeriesStyle};

use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::free_energy::{FILE, read_free_energy};
use crate::artifacts::paths::PathsRecord;
use crate::error::Error;
use crate::run_context::Run;

/// The figure; none if the paths give no free energy.
pub(super) fn draw(
    run: &Run<'_>,
    geodesic: &GeodesicResult,
    paths: &PathsRecord,
) -> Result<Option<RenderedFigure>, Error> {
    if paths.free_energy.is_none() {
        return Ok(None);
    }
    let failed = |error: ReportError| Error::failed(FILE, error);
    let table = read_free_energy(&run.directory.read_text(FILE)?).map_err(failed)?;
    let arc_length = |&point: &usize| geodesic.curve.arc_length.get(point).copied().unwrap_or(f64::NAN);
    let arc: Vec<f64> = table.points.iter().map(arc_length).collect();
    let curves = [
        ("all paths", Some(table.all)),
        ("forward alone", Some(table.forward)),
        ("backward alone", Some(table.backward)),
        ("landscape", table.landscape),
    ];
    let series = curves.into_iter().filter_map(|(name, values)| {
        Some(Series {
            name: name.to_owned(),
            style: SeriesStyle::Line,
            points: arc.iter().zip(values?).map(|(&arc, value)| [arc, value]).collect(),
        })
    });
    let panel = CurvesPanel {
        x_title: "arc length (Fisher–Rao)".to_owned(),
        y_title: "free energy (kJ/mol)".to_owned(),
        scale: Scale::Linear,
        series: series.collect(),
        levels: Vec::new(),
        doubtful: Vec::new(),
    };
    CurvesFigure { panels: vec![panel], doubtful: String::new() }.render().map(Some).map_err(failed)
}
