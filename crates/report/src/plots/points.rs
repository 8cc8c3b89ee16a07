//! Figure: clouds of points over two variables, one panel beside the other.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};
use plotters_backend::DrawingBackend;

use super::axis::VariableAxis;
use super::color_bar::{COLOR_BAR_PIXELS, COLOR_BAR_TITLE, draw_color_bar};
use super::landscape_two_variables::side_lengths;
use super::legend::{Entry, ROW_PIXELS, Sign, draw_entry, entry_width};
use super::panel::{BELOW_PIXELS, LEFT_PIXELS, Panel, PanelAxis, PixelBox, drawing};
use super::render::{Figure, RenderedFigure, Underlay, render};
use super::style::{
    BLUE, LABEL_PIXELS, ORANGE, TITLE_PIXELS, VERMILLION, WHITE, opacity, text, text_width, units,
};
use super::surface::{Bands, Surface};
use crate::ReportError;
use crate::lengths::check_length;

const TOP_PIXELS: f64 = 90.0;
const LONGEST_SIDE_PIXELS: f64 = 700.0;
const GAP_PIXELS: f64 = 110.0;
/// Most points of one layer that are drawn.
const MOST_POINTS: usize = 4000;

/// Clouds of points over two variables.
#[derive(Debug, Clone, PartialEq)]
pub struct PointsFigure {
    /// The two variables.
    pub variables: [VariableAxis; 2],
    /// Energies below the points.
    pub surface: Option<Surface>,
    /// Energy above which all is drawn in one colour; left out: the highest.
    pub energy_cap_kj_mol: Option<f64>,
    /// Panels from the left.
    pub panels: Vec<PointsPanel>,
}

/// One pair of axes.
#[derive(Debug, Clone, PartialEq)]
pub struct PointsPanel {
    /// What stands above it.
    pub title: String,
    /// Clouds, the later above the earlier. Those of one name have one colour in all panels.
    pub layers: Vec<PointLayer>,
}

/// One cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct PointLayer {
    /// What it is.
    pub name: String,
    /// Points in the variables' units; any periodic image. Of very many, every n-th is drawn.
    pub points: Vec<[f64; 2]>,
    /// Radius of a disc in pixels.
    pub radius_pixels: f64,
}

impl PointsFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// No panel, an empty axis or surface.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        if self.panels.is_empty() {
            return Err(ReportError::Empty { place: "the list of panels".to_owned() });
        }
        for variable in &self.variables {
            variable.check()?;
        }
        if let Some(surface) = &self.surface {
            surface.check(2)?;
        }
        for layer in self.panels.iter().flat_map(|panel| &panel.layers) {
            let finite = layer.points.iter().filter(|point| point.iter().all(|v| v.is_finite())).count();
            check_length(&format!("finite points of {}", layer.name), layer.points.len(), finite)?;
        }
        render(&Page::new(self))
    }
}

struct Page<'a> {
    figure: &'a PointsFigure,
    surface: Option<(&'a Surface, Bands)>,
    names: Vec<&'a str>,
    side: (f64, f64),
}

impl<'a> Page<'a> {
    fn new(figure: &'a PointsFigure) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for layer in figure.panels.iter().flat_map(|panel| &panel.layers) {
            if !names.contains(&layer.name.as_str()) {
                names.push(&layer.name);
            }
        }
        let surface = figure.surface.as_ref().map(|surface| {
            let cap = figure.energy_cap_kj_mol.unwrap_or(f64::INFINITY);
            (surface, Bands::new(surface.minimum(), cap.min(surface.maximum())))
        });
        Self { figure, surface, names, side: side_lengths(figure.variables.each_ref(), LONGEST_SIDE_PIXELS) }
    }

    fn frame(&self, panel: usize) -> PixelBox {
        let (width, height) = self.side;
        PixelBox { left: LEFT_PIXELS + panel as f64 * (width + GAP_PIXELS), top: TOP_PIXELS, width, height }
    }

    fn color(&self, name: &str) -> RGBColor {
        let on_map = [WHITE, ORANGE, VERMILLION];
        let on_page = [BLUE, VERMILLION, ORANGE];
        let colors = if self.surface.is_some() { on_map } else { on_page };
        let index = self.names.iter().position(|known| *known == name).unwrap_or(0);
        colors[index % colors.len()]
    }

    fn legend(&self) -> Vec<Entry> {
        let layers = || self.figure.panels.iter().flat_map(|panel| &panel.layers);
        self.names
            .iter()
            .map(|name| {
                let radius = layers().find(|layer| layer.name == *name).map_or(4.0, |l| l.radius_pixels);
                let (radius, color) = (radius.max(5.0), self.color(name));
                let sign = match &self.surface {
                    Some((_, bands)) => Sign::DiscOnPatch(color, bands.band_color(bands.count / 5), radius),
                    None => Sign::Disc(color, radius),
                };
                (sign, (*name).to_owned())
            })
            .collect()
    }

    fn column_left(&self) -> f64 {
        let last = self.frame(self.figure.panels.len() - 1);
        last.left + last.width + 50.0
    }

    fn color_bar(&self) -> PixelBox {
        let height = (self.side.1 - 80.0 - ROW_PIXELS * self.names.len() as f64).max(200.0);
        PixelBox { left: self.column_left(), top: TOP_PIXELS + 66.0, width: COLOR_BAR_PIXELS, height }
    }
}

impl Figure for Page<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let mut column = text_width(COLOR_BAR_TITLE, LABEL_PIXELS)?;
        for entry in &self.legend() {
            column = column.max(entry_width(entry)?);
        }
        let bar = self.color_bar();
        let below = if self.surface.is_some() { bar.top + bar.height + 50.0 } else { TOP_PIXELS };
        let legend = below + ROW_PIXELS * self.names.len() as f64 + 20.0;
        Ok((self.column_left() + column + 30.0, legend.max(TOP_PIXELS + self.side.1 + BELOW_PIXELS)))
    }

    fn underlays(&self) -> Vec<Underlay> {
        let Some((surface, bands)) = &self.surface else { return Vec::new() };
        let axes = self.figure.variables.each_ref();
        let panels = 0..self.figure.panels.len();
        panels.map(|panel| Underlay::of_surface(surface, bands, axes, self.frame(panel))).collect()
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let scales = self.figure.variables.each_ref().map(VariableAxis::scale);
        let title = text(TITLE_PIXELS)?.pos(Pos::new(HPos::Center, VPos::Center));
        for (i, input) in self.figure.panels.iter().enumerate() {
            let frame = self.frame(i);
            let [x, y] = self.figure.variables.each_ref().map(|axis| PanelAxis::of_variable(axis, 5));
            // The vertical axis is the same for all: it is labelled at the first only.
            let y = if i == 0 { y } else { y.without_labels() };
            let panel = Panel::new(page, frame, x, y)?;
            if self.surface.is_none() {
                panel.draw_grid()?;
            }
            for layer in &input.layers {
                let stride = layer.points.len().div_ceil(MOST_POINTS).max(1);
                let drawn: Vec<[f64; 2]> = layer
                    .points
                    .iter()
                    .step_by(stride)
                    .map(|point| [point[0] * scales[0], point[1] * scales[1]])
                    .collect();
                let share = (3.0 * opacity(drawn.len())).min(1.0);
                panel.draw_points(&drawn, layer.radius_pixels, self.color(&layer.name).mix(share))?;
            }
            panel.draw_frame(true)?;
            let place = (units(frame.left + 0.5 * frame.width), units(0.5 * TOP_PIXELS));
            page.draw_text(&input.title, &title, place).map_err(drawing)?;
        }
        let mut below = TOP_PIXELS;
        if let Some((surface, bands)) = &self.surface {
            let bar = self.color_bar();
            draw_color_bar(page, bar, surface, bands)?;
            below = bar.top + bar.height + 50.0;
        }
        for (i, entry) in self.legend().iter().enumerate() {
            draw_entry(page, entry, (self.column_left(), below + i as f64 * ROW_PIXELS))?;
        }
        Ok(())
    }
}
