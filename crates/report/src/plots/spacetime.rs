//! Figure: the spacetime of one variable, diffusion time to the right and the noisy sample upwards.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters::style::{Color, RGBColor};
use plotters_backend::DrawingBackend;

use super::axis::VariableAxis;
use super::legend::{Entry, Sign};
use super::markers::{Marker, draw_marker};
use super::panel::{BELOW_PIXELS, LEFT_PIXELS, Panel, PanelAxis, PixelBox};
use super::render::{Figure, RenderedFigure, TopLegend, Underlay, render};
use super::style::{ORANGE, VERMILLION, WHITE, stroke};
use super::surface::{Bands, Surface};
use crate::ReportError;
use crate::lengths::check_length;

const WIDTH_PIXELS: f64 = 1380.0;
const HEIGHT_PIXELS: f64 = 860.0;
/// Colours of the density.
const BANDS: usize = 32;

/// The noisy density of one variable at all diffusion times, with curves through spacetime (as in arXiv 2505.17517, figure 1).
#[derive(Debug, Clone, PartialEq)]
pub struct SpacetimeFigure {
    /// The horizontal axis: diffusion time.
    pub time: VariableAxis,
    /// The vertical axis: the noisy sample.
    pub sample: VariableAxis,
    /// Number of equally spaced times and samples at which the density is known, both ends of both axes included.
    pub grid: [usize; 2],
    /// Density over its largest value at the same time, the sample fastest.
    pub density: Vec<f64>,
    /// Ways of the probability flow, as (time, sample).
    pub flow: Vec<Vec<[f64; 2]>>,
    /// The curve that is followed.
    pub geodesic: Vec<[f64; 2]>,
    /// What the legend calls it.
    pub geodesic_name: String,
    /// The straight line between its ends, at a logSNR that goes linearly; may be empty.
    pub straight: Vec<[f64; 2]>,
}

impl SpacetimeFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// A density of another size than the grid, an empty axis, or no curve.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        self.time.check()?;
        self.sample.check()?;
        check_length("densities", self.grid[0] * self.grid[1], self.density.len())?;
        let (Some(start), Some(end)) = (self.geodesic.first(), self.geodesic.last()) else {
            return Err(ReportError::Empty { place: "the curve through spacetime".to_owned() });
        };
        let surface = Surface {
            origin: vec![self.time.lower, self.sample.lower],
            spacing: [&self.time, &self.sample]
                .iter()
                .zip(self.grid)
                .map(|(axis, count)| (axis.upper - axis.lower) / count.saturating_sub(1).max(1) as f64)
                .collect(),
            points: self.grid.to_vec(),
            energies_kj_mol: self.density.clone(),
        };
        surface.check(2)?;
        render(&Page { figure: self, surface, ends: [*start, *end], legend: self.legend()? })
    }

    fn legend(&self) -> Result<TopLegend, ReportError> {
        let mut entries: Vec<Entry> = vec![(Sign::RimmedLine(VERMILLION, 7.0), self.geodesic_name.clone())];
        if !self.straight.is_empty() {
            entries.push((Sign::RimmedLine(ORANGE, 5.0), "straight line".to_owned()));
        }
        if !self.flow.is_empty() {
            entries
                .push((Sign::OnPatch(WHITE, bands().band_color(BANDS / 4)), "probability flow".to_owned()));
        }
        entries.push((Sign::Marker(Marker::Start), "start".to_owned()));
        entries.push((Sign::Marker(Marker::End), "end".to_owned()));
        TopLegend::new(entries, LEFT_PIXELS, WIDTH_PIXELS)
    }
}

fn bands() -> Bands {
    Bands { lower: 0.0, width: 1.0 / BANDS as f64, count: BANDS }
}

struct Page<'a> {
    figure: &'a SpacetimeFigure,
    surface: Surface,
    ends: [[f64; 2]; 2],
    legend: TopLegend,
}

impl Page<'_> {
    fn frame(&self) -> PixelBox {
        PixelBox { left: LEFT_PIXELS, top: self.legend.height, width: WIDTH_PIXELS, height: HEIGHT_PIXELS }
    }

    fn drawn(&self, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let scale = self.figure.sample.scale();
        points.iter().map(|[time, sample]| [*time, sample * scale]).collect()
    }

    fn draw_rimmed<DB: DrawingBackend>(
        &self,
        panel: &Panel<'_, DB>,
        points: &[[f64; 2]],
        color: RGBColor,
        width: f64,
    ) -> Result<(), ReportError> {
        let points = self.drawn(points);
        panel.draw_line(&points, stroke(&WHITE, width + 5.0))?;
        panel.draw_line(&points, stroke(&color, width))
    }
}

impl Figure for Page<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let frame = self.frame();
        Ok((frame.left + frame.width + 40.0, frame.top + frame.height + BELOW_PIXELS))
    }

    fn underlays(&self) -> Vec<Underlay> {
        let axes = [&self.figure.time, &self.figure.sample];
        vec![Underlay::of_surface(&self.surface, &bands(), axes, self.frame())]
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        self.legend.draw(page)?;
        let [x, y] = [&self.figure.time, &self.figure.sample].map(|axis| PanelAxis::of_variable(axis, 10));
        let panel = Panel::new(page, self.frame(), x, y)?;
        for way in &self.figure.flow {
            panel.draw_line(&self.drawn(way), stroke(&WHITE.mix(0.6), 2.0))?;
        }
        self.draw_rimmed(&panel, &self.figure.straight, ORANGE, 5.0)?;
        self.draw_rimmed(&panel, &self.figure.geodesic, VERMILLION, 7.0)?;
        panel.draw_frame(true)?;
        for (marker, point) in [Marker::Start, Marker::End].into_iter().zip(self.drawn(&self.ends)) {
            if let Some(place) = panel.position(point) {
                draw_marker(page, marker, place)?;
            }
        }
        Ok(())
    }
}
