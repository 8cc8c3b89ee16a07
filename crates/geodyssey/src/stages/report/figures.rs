//! The three figures: the landscape with geodesic and paths, logSNR along the arc, energies along the paths.

use geodyssey_constraints::ConstraintSettings;
use geodyssey_report::plots::{
    EnergyFigure, EnergyPanel, LandscapeFigure, LogSnrFigure, PosteriorSpread, RenderedFigure, Surface,
    Trace, VariableAxis,
};
use geodyssey_report::{NumericColumns, ReportError};

use super::path_tables::PathTable;
use crate::error::Error;
use crate::stages::Run;
use crate::stages::geodesic::{CURVE_FILE, GeodesicResult};
use crate::stages::landscape::LandscapeResult;
use crate::stages::system::Problem;

/// Draws all figures; their names without ending.
pub(super) fn draw(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    tables: &[PathTable],
) -> Result<Vec<(&'static str, RenderedFigure)>, Error> {
    let curve = NumericColumns::from_csv(&run.directory.read_text(CURVE_FILE)?)
        .map_err(|error| Error::failed(CURVE_FILE, error))?;
    let figures = Figures { problem: run.problem, landscape, geodesic, curve, tables };
    let failed = |error: ReportError| Error::failed("a figure", error);
    let mut drawn = vec![("log-snr", figures.log_snr().map_err(failed)?)];
    if let Some(figure) = figures.landscape().map_err(failed)? {
        drawn.push(("landscape", figure));
    }
    if let Some(figure) = figures.energy().map_err(failed)? {
        drawn.push(("energy", figure));
    }
    Ok(drawn)
}

struct Figures<'f> {
    problem: &'f Problem,
    landscape: &'f LandscapeResult,
    geodesic: &'f GeodesicResult,
    curve: NumericColumns,
    tables: &'f [PathTable],
}

impl Figures<'_> {
    fn length(&self) -> f64 {
        self.geodesic.arc_length.last().copied().filter(|length| *length > 0.0).unwrap_or(1.0)
    }

    fn shares(&self, arc_length: &[f64]) -> Vec<f64> {
        arc_length.iter().map(|arc| arc / self.length()).collect()
    }

    fn curve_columns(&self, prefix: &str, ending: &str) -> Result<Vec<&[f64]>, ReportError> {
        let columns = self.problem.variables.iter().map(|variable| {
            let power = if variable.measure.column_unit().is_empty() { "" } else { ending };
            self.curve.column(&format!("{prefix}_{}{power}", variable.column()))
        });
        columns.collect()
    }

    fn means(&self) -> Result<Vec<Vec<f64>>, ReportError> {
        let columns = self.curve_columns("mean", "")?;
        Ok((0..self.curve.row_count())
            .map(|row| columns.iter().map(|column| column[row]).collect())
            .collect())
    }

    fn landscape(&self) -> Result<Option<RenderedFigure>, ReportError> {
        let dimension = self.problem.variables.len();
        let surface = self.landscape.grid.as_ref().filter(|_| dimension < 3).map(|grid| Surface {
            origin: grid.axes.iter().map(|axis| axis.start).collect(),
            spacing: grid.axes.iter().map(|axis| axis.spacing).collect(),
            points: grid.axes.iter().map(|axis| axis.count).collect(),
            energies_kj_mol: grid.values.iter().map(|energy| energy - self.landscape.minimum).collect(),
        });
        let (Some([start, end]), true) = (&self.problem.states, surface.is_some() || dimension > 1) else {
            return Ok(None);
        };
        let axes = self.problem.variables.iter().zip(&self.landscape.ranges);
        let forward = self.tables.iter().filter(|table| table.forward && table.frames() > 0);
        let geodesic = Trace { arc_share: self.shares(&self.geodesic.arc_length), points: self.means()? };
        let highest = self.landscape.landscape.as_ref().and_then(|surface| {
            geodesic.points.iter().max_by(|a, b| surface.energy(a).total_cmp(&surface.energy(b))).cloned()
        });
        let figure = LandscapeFigure {
            variables: axes
                .map(|(variable, &(lower, upper))| VariableAxis {
                    name: variable.name.clone(),
                    unit: variable.measure.column_unit().trim_start_matches('_').to_owned(),
                    lower,
                    upper: variable.period.map_or(upper, |period| lower + period),
                    periodic: variable.period.is_some(),
                })
                .collect(),
            surface,
            energy_cap_kj_mol: None,
            geodesic,
            paths: forward
                .map(|table| Trace {
                    arc_share: self.shares(&table.arc_length),
                    points: table.points.clone(),
                })
                .collect(),
            start: start.center.clone(),
            end: end.center.clone(),
            highest,
        };
        figure.render().map(Some)
    }

    fn log_snr(&self) -> Result<RenderedFigure, ReportError> {
        let variances = self.curve_columns("variance", "2")?;
        let spreads = self.problem.variables.iter().zip(variances);
        let floors =
            self.problem.config.constraints.iter().filter_map(|constraint| match &constraint.settings {
                ConstraintSettings::LowVariance(settings) if !constraint.report_only => {
                    settings.log_snr_floor
                }
                _ => None,
            });
        let figure = LogSnrFigure {
            arc_length: self.geodesic.arc_length.clone(),
            log_snr: self.geodesic.points.iter().map(|point| point.log_snr).collect(),
            posterior: spreads
                .map(|(variable, variances)| PosteriorSpread {
                    name: variable.name.clone(),
                    unit: variable.measure.column_unit().trim_start_matches('_').to_owned(),
                    standard_deviation: variances.iter().map(|variance| variance.max(0.0).sqrt()).collect(),
                })
                .collect(),
            floor: floors.reduce(f64::max),
        };
        figure.render()
    }

    fn energy(&self) -> Result<Option<RenderedFigure>, ReportError> {
        let forward: Vec<&PathTable> = self.tables.iter().filter(|table| table.forward).collect();
        let frames = forward.iter().map(|table| table.frames()).max().unwrap_or(0);
        let whole: Vec<&PathTable> =
            forward.into_iter().filter(|table| table.frames() == frames && frames > 0).collect();
        let Some(first) = whole.first() else { return Ok(None) };
        let arc_share = self.shares(&first.arc_length);
        let mut panels = Vec::new();
        let on_landscape: Vec<Vec<f64>> =
            whole.iter().filter_map(|table| table.landscape_energy.clone()).collect();
        if let (Some(surface), false) = (&self.landscape.landscape, on_landscape.is_empty()) {
            let means = self.means()?;
            let energies = means.iter().map(|mean| surface.energy(mean) - self.landscape.minimum);
            panels.push(EnergyPanel {
                title: "landscape energy".to_owned(),
                arc_share: arc_share.clone(),
                paths_kj_mol: on_landscape,
                geodesic_kj_mol: self.shares(&self.geodesic.arc_length).into_iter().zip(energies).collect(),
                lower_bound_kj_mol: self.geodesic.record.lower_bound_kj_mol,
            });
        }
        let atoms: Vec<Vec<f64>> = whole.iter().filter_map(|table| table.potential_energy.clone()).collect();
        if !atoms.is_empty() {
            panels.push(EnergyPanel {
                title: "all-atom potential energy".to_owned(),
                arc_share,
                paths_kj_mol: atoms,
                geodesic_kj_mol: Vec::new(),
                lower_bound_kj_mol: None,
            });
        }
        if panels.is_empty() { Ok(None) } else { EnergyFigure { panels }.render().map(Some) }
    }
}
