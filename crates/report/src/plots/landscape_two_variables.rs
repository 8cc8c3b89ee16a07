//! Heat map over two variables, or two of more variables without one.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters::style::Color;
use plotters_backend::DrawingBackend;

use super::axis::VariableAxis;
use super::color_bar::{COLOR_BAR_PIXELS, COLOR_BAR_TITLE, draw_color_bar};
use super::frame::{PlotAxis, PlotFrame};
use super::landscape_figure::{LandscapeFigure, Trace};
use super::legend::{Entry, ROW_PIXELS, Sign, draw_entry, entry_width};
use super::markers::{Marker, draw_marker};
use super::panel::{BELOW_PIXELS, LEFT_PIXELS, Panel, PanelAxis, PixelBox};
use super::render::{Figure, Underlay};
use super::style::{BLACK, BLUE, LABEL_PIXELS, VERMILLION, WHITE, stroke, text_width};
use super::surface::{Bands, Surface};
use super::wrap::BoxAxis;
use crate::ReportError;

const TOP_PIXELS: f64 = 40.0;
const LONGEST_SIDE_PIXELS: f64 = 1000.0;
/// Axes in the same unit have the same scale unless that makes the figure this much longer.
const LONGEST_ASPECT: f64 = 3.0;

pub(super) struct TwoVariables<'a> {
    figure: &'a LandscapeFigure,
    axes: [&'a VariableAxis; 2],
    surface: Option<(&'a Surface, Bands)>,
    frame: PixelBox,
}

impl<'a> TwoVariables<'a> {
    pub(super) fn new(figure: &'a LandscapeFigure, axes: [&'a VariableAxis; 2]) -> Self {
        let surface = figure.surface.as_ref().filter(|_| figure.variables.len() == 2);
        let (width, height) = side_lengths(axes, LONGEST_SIDE_PIXELS);
        let frame = PixelBox { left: LEFT_PIXELS, top: TOP_PIXELS, width, height };
        Self { figure, axes, surface: surface.map(|s| (s, bands(figure, s))), frame }
    }

    fn column_left(&self) -> f64 {
        self.frame.left + self.frame.width + 50.0
    }

    fn color_bar(&self) -> PixelBox {
        PixelBox {
            left: self.column_left(),
            top: self.frame.top + 66.0,
            width: COLOR_BAR_PIXELS,
            height: 540.0,
        }
    }

    fn legend(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        if !self.figure.geodesic.points.is_empty() {
            entries.push((self.geodesic_sign(), self.figure.curve_name.clone()));
        }
        if !self.figure.paths.is_empty() {
            entries.push((self.path_sign(), self.figure.paths_label()));
        }
        entries.push((Sign::Marker(Marker::Start), "start".to_owned()));
        entries.push((Sign::Marker(Marker::End), "end".to_owned()));
        if self.figure.highest.is_some() {
            entries.push((Sign::Marker(Marker::Highest), "highest point".to_owned()));
        }
        if !self.figure.avoided.is_empty() {
            entries.push((Sign::Hatched(BLACK), "region avoided".to_owned()));
        }
        entries
    }

    /// Where the axes lie on the page.
    pub(super) fn plot_frames(&self) -> Result<Vec<PlotFrame>, ReportError> {
        let axes = [0, 1].map(|k| PlotAxis::of_variable(k, self.axes[k]));
        let [x, y] = axes;
        Ok(vec![PlotFrame::new(self.size()?, self.frame, x, y)])
    }

    fn geodesic_sign(&self) -> Sign {
        Sign::RimmedLine(VERMILLION, 6.0)
    }

    fn path_sign(&self) -> Sign {
        // White lines would vanish on the white page, where there is no heat map.
        match self.surface {
            Some((_, bands)) => Sign::OnPatch(WHITE, bands.band_color(bands.count / 5)),
            None => Sign::Line(BLUE, 2.0),
        }
    }

    /// Points of a trace on the two axes, in the drawn units.
    fn drawn(&self, trace: &Trace, stride: usize) -> Vec<[f64; 2]> {
        let scales = self.axes.map(VariableAxis::scale);
        let last = trace.points.len().saturating_sub(1);
        trace
            .points
            .iter()
            .enumerate()
            .filter(|(i, _)| i % stride == 0 || *i == last)
            .map(|(_, p)| [p[0] * scales[0], p[1] * scales[1]])
            .collect()
    }
}

/// Width and height of the box between two variables' axes: equal scales where the units are equal.
pub(super) fn side_lengths(axes: [&VariableAxis; 2], longest: f64) -> (f64, f64) {
    let [(x0, x1), (y0, y1)] = axes.map(VariableAxis::drawn_range);
    let mut aspect = (x1 - x0) / (y1 - y0);
    let comparable =
        axes[0].unit == axes[1].unit && (1.0 / LONGEST_ASPECT..=LONGEST_ASPECT).contains(&aspect);
    if !comparable {
        aspect = 1.0;
    }
    ((longest * aspect.min(1.0)).round(), (longest / aspect.max(1.0)).round())
}

/// Bands from the minimum to the cap: given, or half above the geodesic's highest point.
fn bands(figure: &LandscapeFigure, surface: &Surface) -> Bands {
    let (minimum, maximum) = (surface.minimum(), surface.maximum());
    let axes: Vec<BoxAxis> = figure.variables.iter().map(VariableAxis::stored).collect();
    let along_curve = figure.geodesic.points.iter().map(|p| surface.energy(p, &axes));
    let highest = along_curve.filter(|e| e.is_finite()).fold(minimum, f64::max);
    let cap = figure.energy_cap_kj_mol.unwrap_or_else(|| {
        if highest > minimum { (minimum + 1.5 * (highest - minimum)).min(maximum) } else { maximum }
    });
    Bands::new(minimum, cap)
}

impl Figure for TwoVariables<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let mut column = ROW_PIXELS * self.legend().len() as f64;
        if self.surface.is_some() {
            let bar = self.color_bar();
            column += bar.top + bar.height + 50.0;
        }
        let height = (self.frame.top + self.frame.height + BELOW_PIXELS).max(column + 20.0);
        let mut column_width = text_width(COLOR_BAR_TITLE, LABEL_PIXELS)?;
        for entry in &self.legend() {
            column_width = column_width.max(entry_width(entry)?);
        }
        Ok((self.column_left() + column_width + 30.0, height))
    }

    fn underlays(&self) -> Vec<Underlay> {
        let Some((surface, bands)) = self.surface.as_ref() else { return Vec::new() };
        vec![Underlay::of_surface(surface, bands, self.axes, self.frame)]
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let [x, y] = self.axes.map(|axis| PanelAxis::of_variable(axis, 7));
        let panel = Panel::new(page, self.frame, x, y)?;
        if self.surface.is_none() {
            panel.draw_grid()?;
        }
        let path_style = match self.surface {
            Some(_) => stroke(&WHITE.mix(self.figure.path_opacity()), 1.5),
            None => stroke(&BLUE.mix(self.figure.path_opacity()), 1.5),
        };
        for (path, stride) in self.figure.drawn_paths() {
            panel.draw_line(&self.drawn(path, stride), path_style)?;
        }
        for region in &self.figure.avoided {
            region.draw_over_two(&panel, self.axes)?;
        }
        let geodesic = self.drawn(&self.figure.geodesic, 1);
        panel.draw_line(&geodesic, stroke(&WHITE, 11.0))?;
        panel.draw_line(&geodesic, stroke(&VERMILLION, 6.0))?;
        panel.draw_frame(true)?;

        let scales = self.axes.map(VariableAxis::scale);
        let marks = [
            (Marker::Highest, self.figure.highest.as_ref()),
            (Marker::Start, Some(&self.figure.start)),
            (Marker::End, Some(&self.figure.end)),
        ];
        for (marker, point) in marks {
            let place = point.and_then(|p| panel.position([p[0] * scales[0], p[1] * scales[1]]));
            if let Some(place) = place {
                draw_marker(page, marker, place)?;
            }
        }

        let mut below = self.frame.top;
        if let Some((surface, bands)) = &self.surface {
            let bar = self.color_bar();
            draw_color_bar(page, bar, surface, bands)?;
            below = bar.top + bar.height + 50.0;
        }
        for (i, entry) in self.legend().iter().enumerate() {
            let place = (self.column_left(), below + i as f64 * ROW_PIXELS);
            draw_entry(page, entry, place)?;
        }
        Ok(())
    }
}
