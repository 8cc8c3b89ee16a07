//! Figure: several curves over one landscape.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters_backend::DrawingBackend;

use super::axis::VariableAxis;
use super::color_bar::{COLOR_BAR_PIXELS, COLOR_BAR_TITLE, draw_color_bar};
use super::landscape_two_variables::side_lengths;
use super::legend::{Entry, ROW_PIXELS, Sign, draw_entry, entry_width};
use super::line_look::LineLook;
use super::markers::{Marker, draw_marker};
use super::panel::{BELOW_PIXELS, LEFT_PIXELS, Panel, PanelAxis, PixelBox};
use super::regions::AvoidedRegion;
use super::render::{Figure, RenderedFigure, Underlay, render};
use super::style::{BLACK, LABEL_PIXELS, text_width};
use super::surface::{Bands, Surface};
use super::wrap::BoxAxis;
use crate::ReportError;
use crate::lengths::check_length;

const TOP_PIXELS: f64 = 40.0;
const LONGEST_SIDE_PIXELS: f64 = 1000.0;
const LINE_PIXELS: f64 = 5.0;
/// Highest energy of the colour scale over the highest of the curves.
const CAP_SHARE: f64 = 1.3;

/// Several curves over the first two variables, over a heat map where there are only these.
#[derive(Debug, Clone, PartialEq)]
pub struct OverlayFigure {
    /// The variables; at least two.
    pub variables: Vec<VariableAxis>,
    /// Energies over two variables; left out for more.
    pub surface: Option<Surface>,
    /// The curves with their names; those of one place lie above each other in this order.
    pub curves: Vec<(String, Vec<Vec<f64>>)>,
    /// Centre of the start state.
    pub start: Vec<f64>,
    /// Centre of the end state.
    pub end: Vec<f64>,
    /// Regions that curves were kept out of.
    pub regions: Vec<AvoidedRegion>,
}

impl OverlayFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// Fewer than two variables, no curve, or inputs that do not fit together.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        let dimension = self.variables.len();
        let [x, y, ..] = self.variables.as_slice() else {
            return Err(ReportError::Empty { place: "the second of the variables".to_owned() });
        };
        if self.curves.is_empty() {
            return Err(ReportError::Empty { place: "the list of curves".to_owned() });
        }
        for variable in &self.variables {
            variable.check()?;
        }
        for (name, points) in &self.curves {
            for point in points {
                check_length(&format!("a point of '{name}'"), dimension, point.len())?;
            }
        }
        check_length("the start state", dimension, self.start.len())?;
        check_length("the end state", dimension, self.end.len())?;
        let surface = self.surface.as_ref().filter(|_| dimension == 2);
        if let Some(surface) = surface {
            surface.check(dimension)?;
        }
        let (width, height) = side_lengths([x, y], LONGEST_SIDE_PIXELS);
        let frame = PixelBox { left: LEFT_PIXELS, top: TOP_PIXELS, width, height };
        render(&Page { figure: self, axes: [x, y], surface: surface.map(|s| (s, self.bands(s))), frame })
    }

    fn bands(&self, surface: &Surface) -> Bands {
        let axes: Vec<BoxAxis> = self.variables.iter().map(VariableAxis::stored).collect();
        let (minimum, maximum) = (surface.minimum(), surface.maximum());
        // The middle curve's highest energy: one that crosses a peak must not take the colours from the others.
        let mut curve_maxima: Vec<f64> = self
            .curves
            .iter()
            .map(|(_, points)| {
                let energies = points.iter().map(|point| surface.energy(point, &axes));
                energies.filter(|energy| energy.is_finite()).fold(minimum, f64::max)
            })
            .collect();
        curve_maxima.sort_by(f64::total_cmp);
        let middle = curve_maxima.get(curve_maxima.len() / 2).copied().unwrap_or(maximum);
        let cap = minimum + CAP_SHARE * (middle - minimum);
        Bands::new(minimum, if cap > minimum { cap.min(maximum) } else { maximum })
    }
}

struct Page<'a> {
    figure: &'a OverlayFigure,
    axes: [&'a VariableAxis; 2],
    surface: Option<(&'a Surface, Bands)>,
    frame: PixelBox,
}

impl Page<'_> {
    fn column_left(&self) -> f64 {
        self.frame.left + self.frame.width + 50.0
    }

    fn color_bar(&self) -> PixelBox {
        let top = self.frame.top + 66.0;
        PixelBox { left: self.column_left(), top, width: COLOR_BAR_PIXELS, height: 340.0 }
    }

    fn legend_top(&self) -> f64 {
        let bar = self.color_bar();
        if self.surface.is_some() { bar.top + bar.height + 40.0 } else { self.frame.top }
    }

    fn legend(&self) -> Vec<Entry> {
        let curves = self.figure.curves.iter().enumerate();
        let mut entries: Vec<Entry> = curves
            .map(|(number, (name, _))| (LineLook::of(number).sign(LINE_PIXELS), name.clone()))
            .collect();
        entries.push((Sign::Marker(Marker::Start), "start".to_owned()));
        entries.push((Sign::Marker(Marker::End), "end".to_owned()));
        if !self.figure.regions.is_empty() {
            entries.push((Sign::Hatched(BLACK), "avoided region".to_owned()));
        }
        entries
    }
}

impl Figure for Page<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let legend = self.legend();
        let column = self.legend_top() + ROW_PIXELS * legend.len() as f64;
        let height = (self.frame.top + self.frame.height + BELOW_PIXELS).max(column + 20.0);
        let mut width = text_width(COLOR_BAR_TITLE, LABEL_PIXELS)?;
        for entry in &legend {
            width = width.max(entry_width(entry)?);
        }
        Ok((self.column_left() + width + 30.0, height))
    }

    fn underlays(&self) -> Vec<Underlay> {
        let surface = self.surface.as_ref();
        surface
            .map(|(surface, bands)| Underlay::of_surface(surface, bands, self.axes, self.frame))
            .into_iter()
            .collect()
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let [x, y] = self.axes.map(|axis| PanelAxis::of_variable(axis, 7));
        let panel = Panel::new(page, self.frame, x, y)?;
        if self.surface.is_none() {
            panel.draw_grid()?;
        }
        for region in &self.figure.regions {
            region.draw_over_two(&panel, self.axes)?;
        }
        let scales = self.axes.map(VariableAxis::scale);
        let drawn = |point: &Vec<f64>| [point[0] * scales[0], point[1] * scales[1]];
        // The first on top.
        for (number, (_, points)) in self.figure.curves.iter().enumerate().rev() {
            let points: Vec<[f64; 2]> = points.iter().map(drawn).collect();
            LineLook::of(number).draw_rimmed(&panel, &points, LINE_PIXELS)?;
        }
        panel.draw_frame(true)?;
        for (marker, point) in [(Marker::Start, &self.figure.start), (Marker::End, &self.figure.end)] {
            if let Some(place) = panel.position(drawn(point)) {
                draw_marker(page, marker, place)?;
            }
        }
        if let Some((surface, bands)) = &self.surface {
            draw_color_bar(page, self.color_bar(), surface, bands)?;
        }
        for (i, entry) in self.legend().iter().enumerate() {
            draw_entry(page, entry, (self.column_left(), self.legend_top() + i as f64 * ROW_PIXELS))?;
        }
        Ok(())
    }
}
