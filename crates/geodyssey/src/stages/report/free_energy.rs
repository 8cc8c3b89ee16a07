//! Figure: the free energy along the curve, from the paths of either direction.

use geodyssey_report::plots::{CurvesFigure, CurvesPanel, RenderedFigure, Scale, Series, SeriesStyle};
use geodyssey_report::{NumericColumns, ReportError};

use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::paths::{FREE_ENERGY_FILE, PathsRecord};
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
    let failed = |error: ReportError| Error::failed(FREE_ENERGY_FILE, error);
    let columns = NumericColumns::from_csv(&run.directory.read_text(FREE_ENERGY_FILE)?).map_err(failed)?;
    let arc: Vec<f64> = columns
        .column("point")
        .map_err(failed)?
        .iter()
        .map(|&point| geodesic.arc_length.get(point as usize).copied().unwrap_or(f64::NAN))
        .collect();
    let curves = [
        ("all paths", "free_energy_kj_mol"),
        ("forward alone", "forward_free_energy_kj_mol"),
        ("backward alone", "backward_free_energy_kj_mol"),
        ("landscape", "landscape_free_energy_kj_mol"),
    ];
    let series = curves.into_iter().filter_map(|(name, column)| {
        // Without a landscape there is no column of it.
        let values = columns.column(column).ok()?;
        Some(Series {
            name: name.to_owned(),
            style: SeriesStyle::Line,
            points: arc.iter().zip(values).map(|(&arc, &value)| [arc, value]).collect(),
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
