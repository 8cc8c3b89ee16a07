//! Figure: energies along the paths, with mean and spread.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters::style::Color;
use plotters_backend::DrawingBackend;

use super::axis::value_range;
use super::frame::{PlotAxis, PlotFrame};
use super::legend::{Entry, Sign};
use super::panel::{BELOW_PIXELS, LEFT_PIXELS, Panel, PanelAxis, PixelBox};
use super::render::{Figure, RenderedFigure, TopLegend, render};
use super::style::{BLACK, BLUE, GREY, VERMILLION, opacity, stroke};
use crate::ReportError;
use crate::lengths::check_length;

const WIDTH_PIXELS: f64 = 1380.0;
const GAP_PIXELS: f64 = 40.0;
/// Most single paths that are drawn; mean and spread are of all.
const MOST_PATHS: usize = 32;

/// Energies along the paths over the share of the geodesic's arc length, one panel an energy.
#[derive(Debug, Clone, PartialEq)]
pub struct EnergyFigure {
    /// What the curve is called that the paths follow.
    pub curve_name: String,
    /// Panels from the top; mostly the landscape's energy, and below it the all-atom energy.
    pub panels: Vec<EnergyPanel>,
}

/// One energy along the paths.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnergyPanel {
    /// Title of the axis without unit, e.g. `landscape energy`.
    pub title: String,
    /// Share of arc length, 0 to 1, at each frame; the same for all paths.
    pub arc_share: Vec<f64>,
    /// Energies in kJ/mol, one series a path, one value a frame. Leave out paths that broke down.
    pub paths_kj_mol: Vec<Vec<f64>>,
    /// Energy of the geodesic's posterior means: share of arc length, kJ/mol. May be empty.
    pub geodesic_kj_mol: Vec<(f64, f64)>,
    /// Energy that no path can stay below, in kJ/mol.
    pub lower_bound_kj_mol: Option<f64>,
}

/// Mean over the paths at each frame, and the ends of one standard deviation around it.
struct Band {
    mean: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
}

impl EnergyPanel {
    fn check(&self) -> Result<(), ReportError> {
        for (i, path) in self.paths_kj_mol.iter().enumerate() {
            let place = format!("energies of path {i}");
            check_length(&place, self.arc_share.len(), path.len())?;
        }
        if self.paths_kj_mol.is_empty() && self.geodesic_kj_mol.is_empty() {
            return Err(ReportError::Empty { place: self.title.clone() });
        }
        Ok(())
    }

    fn band(&self) -> Band {
        let mut band = Band { mean: Vec::new(), lower: Vec::new(), upper: Vec::new() };
        let count = self.paths_kj_mol.len() as f64;
        for frame in 0..self.arc_share.len() {
            let values = self.paths_kj_mol.iter().map(|path| path[frame]);
            let mean = values.clone().sum::<f64>() / count;
            let squares: f64 = values.map(|v| (v - mean).powi(2)).sum();
            let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
            band.mean.push(mean);
            band.lower.push(mean - deviation);
            band.upper.push(mean + deviation);
        }
        band
    }

    /// Range of all that is drawn.
    fn range(&self, band: &Band) -> Result<(f64, f64), ReportError> {
        let values = self.drawn_paths().flatten().copied();
        let values = values
            .chain(band.lower.iter().chain(&band.upper).copied())
            .chain(self.geodesic_kj_mol.iter().map(|p| p.1))
            .chain(self.lower_bound_kj_mol);
        value_range(values, 0.05).ok_or_else(|| ReportError::Empty { place: self.title.clone() })
    }

    fn drawn_paths(&self) -> impl Iterator<Item = &Vec<f64>> {
        self.paths_kj_mol.iter().take(MOST_PATHS)
    }
}

impl EnergyFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// Series of different lengths, or no values.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        self.check()?;
        render(&Page::new(self)?)
    }

    /// Where the axes of its panels lie; `columns` are the columns of a path that they show, in their order.
    ///
    /// # Errors
    /// As [`EnergyFigure::render`], or another number of columns than of panels.
    pub fn frames(&self, columns: &[&str]) -> Result<Vec<PlotFrame>, ReportError> {
        self.check()?;
        check_length("the columns of the energies", self.panels.len(), columns.len())?;
        let page = Page::new(self)?;
        let size = page.size()?;
        let frame = |(index, (panel, column)): (usize, (&EnergyPanel, &&str))| {
            let x = PlotAxis::of_range("arc_share", (0.0, 1.0));
            let y = PlotAxis::of_range(column, panel.range(&panel.band())?);
            Ok(PlotFrame::new(size, page.frame(index), x, y))
        };
        self.panels.iter().zip(columns).enumerate().map(frame).collect()
    }

    fn check(&self) -> Result<(), ReportError> {
        if self.panels.is_empty() {
            return Err(ReportError::Empty { place: "the list of energies".to_owned() });
        }
        self.panels.iter().try_for_each(EnergyPanel::check)
    }
}

struct Page<'a> {
    figure: &'a EnergyFigure,
    legend: TopLegend,
}

impl<'a> Page<'a> {
    fn new(figure: &'a EnergyFigure) -> Result<Self, ReportError> {
        let mut entries: Vec<Entry> = Vec::new();
        let counts = figure.panels.iter().map(|p| p.paths_kj_mol.len());
        let count = counts.max().unwrap_or(0);
        if count > 1 {
            entries.push((Sign::Band(BLUE), format!("mean ± std of {count} paths")));
        }
        if count > 0 {
            let meaning = match count {
                1 => "path".to_owned(),
                n if n > MOST_PATHS => format!("{MOST_PATHS} single paths"),
                _ => "single paths".to_owned(),
            };
            entries.push((Sign::Line(GREY, 2.0), meaning));
        }
        if figure.panels.iter().any(|p| !p.geodesic_kj_mol.is_empty()) {
            entries.push((Sign::Line(VERMILLION, 5.0), figure.curve_name.clone()));
        }
        let bounds: Vec<f64> = figure.panels.iter().filter_map(|p| p.lower_bound_kj_mol).collect();
        match bounds.as_slice() {
            [] => {}
            [bound] => {
                let meaning = format!("lower bound {bound:.1} kJ/mol").replace('-', "−");
                entries.push((Sign::Dashes(BLACK, 3.5), meaning));
            }
            _ => entries.push((Sign::Dashes(BLACK, 3.5), "lower bound".to_owned())),
        }
        Ok(Self { figure, legend: TopLegend::new(entries, LEFT_PIXELS, WIDTH_PIXELS)? })
    }

    fn frame(&self, panel: usize) -> PixelBox {
        let height = if self.figure.panels.len() > 1 { 560.0 } else { 720.0 };
        PixelBox {
            left: LEFT_PIXELS,
            top: self.legend.height + panel as f64 * (height + GAP_PIXELS),
            width: WIDTH_PIXELS,
            height,
        }
    }
}

impl Figure for Page<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let last = self.frame(self.figure.panels.len() - 1);
        Ok((last.left + last.width + 40.0, last.top + last.height + BELOW_PIXELS))
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        self.legend.draw(page)?;
        for (i, input) in self.figure.panels.iter().enumerate() {
            let band = input.band();
            let range = input.range(&band)?;
            let horizontal = PanelAxis::new("share of arc length", (0.0, 1.0), 10);
            let vertical = PanelAxis::new(format!("{} (kJ/mol)", input.title), range, 7);
            let panel = Panel::new(page, self.frame(i), horizontal, vertical)?;
            panel.draw_grid()?;

            let over_arc = |series: &[f64]| -> Vec<[f64; 2]> {
                input.arc_share.iter().zip(series).map(|(&s, &v)| [s, v]).collect()
            };
            let many = input.paths_kj_mol.len() > 1;
            if many {
                panel.draw_band(&input.arc_share, &band.lower, &band.upper, BLUE.mix(0.3))?;
            }
            let line = stroke(&GREY.mix(opacity(input.drawn_paths().map(Vec::len).sum())), 1.5);
            for path in input.drawn_paths() {
                panel.draw_line(&over_arc(path), line)?;
            }
            if many {
                panel.draw_line(&over_arc(&band.mean), stroke(&BLUE, 5.0))?;
            }
            let geodesic: Vec<[f64; 2]> = input.geodesic_kj_mol.iter().map(|&(s, v)| [s, v]).collect();
            panel.draw_line(&geodesic, stroke(&VERMILLION, 5.0))?;
            if let Some(bound) = input.lower_bound_kj_mol {
                panel.draw_level(bound, BLACK)?;
            }
            panel.draw_frame(i + 1 == self.figure.panels.len())?;
        }
        Ok(())
    }
}
