//! Energy over one variable, and below it the positions along the arc.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters::style::Color;
use plotters_backend::DrawingBackend;

use super::axis::{VariableAxis, value_range};
use super::frame::{PlotAxis, PlotFrame};
use super::landscape_figure::{LandscapeFigure, Trace};
use super::legend::{Entry, Sign};
use super::markers::{Marker, draw_marker};
use super::panel::{BELOW_PIXELS, LEFT_PIXELS, Panel, PanelAxis, PixelBox};
use super::render::{Figure, TopLegend};
use super::style::{BLACK, BLUE, LIGHT_GREY, VERMILLION, stroke};
use super::surface::Surface;
use super::wrap::BoxAxis;
use crate::ReportError;

const WIDTH_PIXELS: f64 = 1380.0;
const PANEL_PIXELS: f64 = 440.0;
const GAP_PIXELS: f64 = 40.0;

pub(super) struct OneVariable<'a> {
    figure: &'a LandscapeFigure,
    variable: &'a VariableAxis,
    surface: &'a Surface,
    legend: TopLegend,
}

impl<'a> OneVariable<'a> {
    pub(super) fn new(figure: &'a LandscapeFigure, variable: &'a VariableAxis) -> Result<Self, ReportError> {
        let surface =
            figure.surface.as_ref().ok_or_else(|| ReportError::Empty { place: "the surface".to_owned() })?;
        let mut entries: Vec<Entry> = vec![(Sign::Line(BLACK, 4.0), "energy".to_owned())];
        if !figure.geodesic.points.is_empty() {
            entries.push((Sign::Line(VERMILLION, 6.0), figure.curve_name.clone()));
        }
        if !figure.paths.is_empty() {
            entries.push((Sign::Line(BLUE, 2.0), figure.paths_label()));
        }
        entries.push((Sign::Marker(Marker::Start), "start".to_owned()));
        entries.push((Sign::Marker(Marker::End), "end".to_owned()));
        if figure.highest.is_some() {
            entries.push((Sign::Marker(Marker::Highest), "highest point".to_owned()));
        }
        if !figure.avoided.is_empty() {
            entries.push((Sign::Patch(LIGHT_GREY), "region avoided".to_owned()));
        }
        Ok(Self { figure, variable, surface, legend: TopLegend::new(entries, LEFT_PIXELS, WIDTH_PIXELS)? })
    }

    fn frame(&self, panel: usize) -> PixelBox {
        PixelBox {
            left: LEFT_PIXELS,
            top: self.legend.height + panel as f64 * (PANEL_PIXELS + GAP_PIXELS),
            width: WIDTH_PIXELS,
            height: PANEL_PIXELS,
        }
    }

    fn axis(&self) -> PanelAxis {
        PanelAxis::of_variable(self.variable, 10)
    }

    fn energy(&self, value: f64) -> f64 {
        let axis = BoxAxis {
            lower: self.variable.lower,
            upper: self.variable.upper,
            periodic: self.variable.periodic,
        };
        self.surface.energy(&[value], &[axis])
    }

    /// Energies at some 800 places across the axis.
    fn curve(&self) -> Vec<[f64; 2]> {
        let (lower, upper) = (self.variable.lower, self.variable.upper);
        // Half a step off the ends, which are one point on a periodic axis.
        (0..800)
            .map(|i| lower + (upper - lower) * (f64::from(i) + 0.5) / 800.0)
            .map(|x| [x * self.variable.scale(), self.energy(x)])
            .collect()
    }

    /// Range of the energies that are drawn.
    fn energy_range(&self) -> Result<(f64, f64), ReportError> {
        let cap = self.figure.energy_cap_kj_mol.unwrap_or(f64::INFINITY);
        value_range(self.curve().iter().map(|p| p[1].min(cap)), 0.08)
            .ok_or_else(|| ReportError::Empty { place: "the surface inside the axis".to_owned() })
    }

    /// Where the two pairs of axes lie on the page.
    pub(super) fn plot_frames(&self) -> Result<Vec<PlotFrame>, ReportError> {
        let page = self.size()?;
        let x = || PlotAxis::of_variable(0, self.variable);
        let energy = PlotAxis::of_range("landscape_energy_kj_mol", self.energy_range()?);
        let share = PlotAxis::of_range("arc_share", (0.0, 1.0));
        Ok(vec![
            PlotFrame::new(page, self.frame(0), x(), energy),
            PlotFrame::new(page, self.frame(1), x(), share),
        ])
    }

    fn draw_energy<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let curve = self.curve();
        let vertical = PanelAxis::new("energy (kJ/mol)", self.energy_range()?, 6);
        let panel = Panel::new(page, self.frame(0), self.axis(), vertical)?;
        for region in &self.figure.avoided {
            region.draw_over_one(&panel, self.variable)?;
        }
        panel.draw_grid()?;
        panel.draw_line(&curve, stroke(&BLACK, 4.0))?;
        panel.draw_frame(false)?;
        let marks = [
            (Marker::Highest, self.figure.highest.as_ref()),
            (Marker::Start, Some(&self.figure.start)),
            (Marker::End, Some(&self.figure.end)),
        ];
        for (marker, point) in marks {
            let place = point.and_then(|p| panel.position([p[0] * self.variable.scale(), self.energy(p[0])]));
            if let Some(place) = place {
                draw_marker(page, marker, place)?;
            }
        }
        Ok(())
    }

    fn draw_positions<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let vertical = PanelAxis::new("share of arc", (0.0, 1.0), 5);
        let panel = Panel::new(page, self.frame(1), self.axis(), vertical)?;
        for region in &self.figure.avoided {
            region.draw_over_one(&panel, self.variable)?;
        }
        panel.draw_grid()?;
        for (path, stride) in self.figure.drawn_paths() {
            panel.draw_line(
                &self.positions(path, stride),
                stroke(&BLUE.mix(self.figure.path_opacity()), 1.5),
            )?;
        }
        panel.draw_line(&self.positions(&self.figure.geodesic, 1), stroke(&VERMILLION, 6.0))?;
        panel.draw_frame(true)
    }

    fn positions(&self, trace: &Trace, stride: usize) -> Vec<[f64; 2]> {
        let points = trace.points.iter().zip(&trace.arc_share).step_by(stride);
        points.map(|(p, &s)| [p[0] * self.variable.scale(), s]).collect()
    }
}

impl Figure for OneVariable<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let last = self.frame(1);
        Ok((last.left + last.width + 40.0, last.top + last.height + BELOW_PIXELS))
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        self.legend.draw(page)?;
        self.draw_energy(page)?;
        self.draw_positions(page)
    }
}
