//! Figure: curves over one quantity, in panels below each other.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters::style::Color;
use plotters_backend::DrawingBackend;

use super::axis::value_range;
use super::legend::{Entry, Sign};
use super::line_look::LineLook;
use super::panel::{BELOW_PIXELS, LEFT_PIXELS, Panel, PanelAxis, PixelBox};
use super::render::{Figure, RenderedFigure, TopLegend, render};
use super::style::{BLACK, LIGHT_GREY};
use crate::ReportError;
use crate::lengths::check_length;

const WIDTH_PIXELS: f64 = 1380.0;
const PANEL_PIXELS: f64 = 480.0;
const GAP_PIXELS: f64 = 40.0;
const LINE_PIXELS: f64 = 5.0;
const DISC_PIXELS: f64 = 7.0;

/// Curves over one quantity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CurvesFigure {
    /// Panels from the top.
    pub panels: Vec<CurvesPanel>,
    /// What the grey strips of the panels mean; needed where a panel has one.
    pub doubtful: String,
}

/// One pair of axes.
#[derive(Debug, Clone, PartialEq)]
pub struct CurvesPanel {
    /// Title of the horizontal axis with its unit.
    pub x_title: String,
    /// Title of the vertical axis with its unit.
    pub y_title: String,
    /// Scale of the vertical axis.
    pub scale: Scale,
    /// The curves. Those of one name have one colour in all panels.
    pub series: Vec<Series>,
    /// Dashed horizontal lines with their meaning.
    pub levels: Vec<(String, f64)>,
    /// Ranges of the horizontal axis whose values are not to be trusted.
    pub doubtful: Vec<(f64, f64)>,
}

/// Scale of an axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences.
    #[default]
    Linear,
    /// Equal ratios; values that are not above zero are left out.
    Logarithmic,
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// How it is drawn.
    pub style: SeriesStyle,
    /// Points; where a number is not finite the line is interrupted.
    pub points: Vec<[f64; 2]>,
}

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SeriesStyle {
    /// A line through its points.
    #[default]
    Line,
    /// Discs.
    Discs,
    /// Discs joined by a line.
    LineAndDiscs,
}

impl CurvesFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// No panel, or one without a value that can be drawn.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        if self.panels.is_empty() {
            return Err(ReportError::Empty { place: "the list of panels".to_owned() });
        }
        if self.panels.iter().any(|panel| !panel.doubtful.is_empty()) {
            check_length("the meaning of the grey strips", 1, usize::from(!self.doubtful.is_empty()))?;
        }
        render(&Page::new(self)?)
    }
}

impl CurvesPanel {
    /// A value on the vertical axis; NaN where it cannot be drawn.
    fn position(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Logarithmic if value > 0.0 => value.log10(),
            Scale::Logarithmic => f64::NAN,
        }
    }

    fn drawn(&self, series: &Series) -> Vec<[f64; 2]> {
        series.points.iter().map(|[x, y]| [*x, self.position(*y)]).collect()
    }

    fn axes(&self) -> Result<[PanelAxis; 2], ReportError> {
        let empty = || ReportError::Empty { place: self.y_title.clone() };
        let points = || self.series.iter().flat_map(|series| self.drawn(series));
        let seen = || points().filter(|point| point.iter().all(|v| v.is_finite()));
        let x = value_range(seen().map(|point| point[0]), 0.0).ok_or_else(empty)?;
        let levels = self.levels.iter().map(|(_, value)| self.position(*value));
        let y = value_range(seen().map(|point| point[1]).chain(levels), 0.06).ok_or_else(empty)?;
        let x = PanelAxis::new(self.x_title.clone(), x, 10);
        Ok(match self.scale {
            Scale::Linear => [x, PanelAxis::new(self.y_title.clone(), y, 6)],
            Scale::Logarithmic => [x, PanelAxis::logarithmic(self.y_title.clone(), y, 6)],
        })
    }
}

struct Page<'a> {
    figure: &'a CurvesFigure,
    names: Vec<&'a str>,
    legend: TopLegend,
}

impl<'a> Page<'a> {
    fn new(figure: &'a CurvesFigure) -> Result<Self, ReportError> {
        let mut names: Vec<&str> = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for series in figure.panels.iter().flat_map(|panel| &panel.series) {
            if names.contains(&series.name.as_str()) {
                continue;
            }
            let look = LineLook::of(names.len());
            names.push(&series.name);
            let sign = match series.style {
                SeriesStyle::Discs => Sign::Disc(look.color, DISC_PIXELS),
                SeriesStyle::Line | SeriesStyle::LineAndDiscs => look.sign(LINE_PIXELS),
            };
            entries.push((sign, series.name.clone()));
        }
        let mut levels: Vec<&str> = Vec::new();
        for (name, _) in figure.panels.iter().flat_map(|panel| &panel.levels) {
            if !levels.contains(&name.as_str()) {
                levels.push(name);
                entries.push((Sign::Dashes(BLACK, 3.5), name.clone()));
            }
        }
        if figure.panels.iter().any(|panel| !panel.doubtful.is_empty()) {
            entries.push((Sign::Patch(LIGHT_GREY), figure.doubtful.clone()));
        }
        Ok(Self { figure, names, legend: TopLegend::new(entries, LEFT_PIXELS, WIDTH_PIXELS)? })
    }

    fn look(&self, name: &str) -> LineLook {
        LineLook::of(self.names.iter().position(|known| *known == name).unwrap_or(0))
    }

    /// Whether the horizontal axis of a panel is labelled: the last one's, and where the next one's is another.
    fn is_labelled(&self, panel: usize) -> bool {
        let title = |panel: usize| self.figure.panels.get(panel).map(|panel| &panel.x_title);
        title(panel + 1) != title(panel)
    }

    fn frame(&self, panel: usize) -> PixelBox {
        let above = (0..panel)
            .map(|above| PANEL_PIXELS + if self.is_labelled(above) { BELOW_PIXELS } else { GAP_PIXELS });
        let top = self.legend.height + above.sum::<f64>();
        PixelBox { left: LEFT_PIXELS, top, width: WIDTH_PIXELS, height: PANEL_PIXELS }
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
            let [x, y] = input.axes()?;
            let panel = Panel::new(page, self.frame(i), x, y)?;
            for &(from, to) in &input.doubtful {
                panel.draw_strip(from, to, LIGHT_GREY.to_rgba())?;
            }
            panel.draw_grid()?;
            for series in &input.series {
                let (look, points) = (self.look(&series.name), input.drawn(series));
                if series.style != SeriesStyle::Discs {
                    look.draw(&panel, &points, LINE_PIXELS)?;
                }
                if series.style != SeriesStyle::Line {
                    panel.draw_points(&points, DISC_PIXELS, look.color.to_rgba())?;
                }
            }
            for (_, level) in &input.levels {
                panel.draw_level(input.position(*level), BLACK)?;
            }
            panel.draw_frame(self.is_labelled(i))?;
        }
        Ok(())
    }
}
