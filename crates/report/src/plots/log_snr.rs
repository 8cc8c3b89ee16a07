//! Figure: log SNR and posterior spread along the geodesic.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters_backend::DrawingBackend;

use super::axis::{drawn_unit, symbol, value_range, with_unit};
use super::legend::{Entry, Sign};
use super::panel::{BELOW_PIXELS, LEFT_PIXELS, Panel, PanelAxis, PixelBox};
use super::render::{Figure, RenderedFigure, TopLegend, render};
use super::style::{BLACK, SERIES, stroke};
use crate::ReportError;
use crate::lengths::check_length;

const WIDTH_PIXELS: f64 = 1380.0;
const PANEL_PIXELS: f64 = 400.0;
const GAP_PIXELS: f64 = 40.0;

/// Log SNR along the geodesic, and below it the posterior standard deviation of each variable.
#[derive(Debug, Clone, PartialEq)]
pub struct LogSnrFigure {
    /// Arc length from the start at each curve point, dimensionless.
    pub arc_length: Vec<f64>,
    /// Log SNR at each curve point.
    pub log_snr: Vec<f64>,
    /// Posterior spread of each variable; may be empty.
    pub posterior: Vec<PosteriorSpread>,
    /// Floor that a constraint puts under the log SNR.
    pub floor: Option<f64>,
}

/// Posterior standard deviation of one variable along the geodesic.
#[derive(Debug, Clone, PartialEq)]
pub struct PosteriorSpread {
    /// Name of the variable.
    pub name: String,
    /// Its unit; radians are drawn in degrees.
    pub unit: String,
    /// Standard deviation at each curve point, in that unit.
    pub standard_deviation: Vec<f64>,
}

impl LogSnrFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// Inputs of different lengths, or without a finite value.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        let points = self.arc_length.len();
        check_length("log SNR", points, self.log_snr.len())?;
        for spread in &self.posterior {
            let place = format!("posterior standard deviation of {}", spread.name);
            check_length(&place, points, spread.standard_deviation.len())?;
        }
        render(&Page::new(self)?)
    }
}

struct Page<'a> {
    figure: &'a LogSnrFigure,
    /// Units of the variables, each once: one panel a unit.
    units: Vec<&'a str>,
    legend: TopLegend,
}

impl<'a> Page<'a> {
    fn new(figure: &'a LogSnrFigure) -> Result<Self, ReportError> {
        let mut units: Vec<&str> = Vec::new();
        for spread in &figure.posterior {
            if !units.contains(&spread.unit.as_str()) {
                units.push(&spread.unit);
            }
        }
        let mut entries: Vec<Entry> = vec![(Sign::Line(BLACK, 5.0), "log SNR".to_owned())];
        if let Some(floor) = figure.floor {
            entries.push((Sign::Dashes(BLACK, 3.5), format!("floor {floor}")));
        }
        for (i, spread) in figure.posterior.iter().enumerate() {
            let meaning = format!("std of {}", symbol(&spread.name));
            entries.push((Sign::Line(SERIES[i % SERIES.len()], 5.0), meaning));
        }
        Ok(Self { figure, units, legend: TopLegend::new(entries, LEFT_PIXELS, WIDTH_PIXELS)? })
    }

    fn frame(&self, panel: usize) -> PixelBox {
        PixelBox {
            left: LEFT_PIXELS,
            top: self.legend.height + panel as f64 * (PANEL_PIXELS + GAP_PIXELS),
            width: WIDTH_PIXELS,
            height: PANEL_PIXELS,
        }
    }

    fn horizontal(&self) -> Result<PanelAxis, ReportError> {
        let range = value_range(self.figure.arc_length.iter().copied(), 0.0);
        let range = range.ok_or_else(|| no_values("the arc length"))?;
        Ok(PanelAxis::new("arc length (Fisher–Rao)", range, 10))
    }

    fn points(&self, values: &[f64], scale: f64) -> Vec<[f64; 2]> {
        let arc = self.figure.arc_length.iter();
        arc.zip(values).map(|(&s, &v)| [s, v * scale]).collect()
    }
}

fn no_values(place: &str) -> ReportError {
    ReportError::Empty { place: place.to_owned() }
}

impl Figure for Page<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let last = self.frame(self.units.len());
        Ok((last.left + last.width + 40.0, last.top + last.height + BELOW_PIXELS))
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        self.legend.draw(page)?;
        let figure = self.figure;
        let values = figure.log_snr.iter().copied().chain(figure.floor);
        let range = value_range(values, 0.08).ok_or_else(|| no_values("log SNR"))?;
        let vertical = PanelAxis::new("log SNR", range, 6);
        let panel = Panel::new(page, self.frame(0), self.horizontal()?, vertical)?;
        panel.draw_grid()?;
        if let Some(floor) = figure.floor {
            panel.draw_level(floor, BLACK)?;
        }
        panel.draw_line(&self.points(&figure.log_snr, 1.0), stroke(&BLACK, 5.0))?;
        panel.draw_frame(self.units.is_empty())?;

        for (i, unit) in self.units.iter().enumerate() {
            let (scale, drawn) = drawn_unit(unit);
            let spreads = || figure.posterior.iter().enumerate().filter(|(_, s)| s.unit == *unit);
            let values = spreads().flat_map(|(_, s)| s.standard_deviation.iter().map(|v| v * scale));
            // Zero is the natural floor of a standard deviation.
            let (_, upper) = value_range(values, 0.06).ok_or_else(|| no_values("posterior spread"))?;
            let vertical = PanelAxis::new(with_unit("posterior std", drawn), (0.0, upper), 6);
            let panel = Panel::new(page, self.frame(i + 1), self.horizontal()?, vertical)?;
            panel.draw_grid()?;
            for (j, spread) in spreads() {
                let line = self.points(&spread.standard_deviation, scale);
                panel.draw_line(&line, stroke(&SERIES[j % SERIES.len()], 5.0))?;
            }
            panel.draw_frame(i + 1 == self.units.len())?;
        }
        Ok(())
    }
}
