//! Figure: a quantity of several named rows, below each other, with means, spreads, errors and single values.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};
use plotters_backend::DrawingBackend;

use super::axis::value_range;
use super::legend::{Entry, Sign};
use super::panel::{BELOW_PIXELS, Panel, PanelAxis, PixelBox, drawing};
use super::render::{Figure, RenderedFigure, TopLegend, render};
use super::style::{BLACK, GREY, LABEL_PIXELS, LIGHT_GREY, SERIES, stroke, text, text_width, units};
use crate::ReportError;
use crate::lengths::check_length;

const PANEL_PIXELS: f64 = 1050.0;
const ROW_PIXELS: f64 = 64.0;
const MARGIN_PIXELS: f64 = 24.0;
/// Distance of the first and the last mark of one row, in rows.
const MARKS_SPREAD: f64 = 0.44;
const DISC_PIXELS: f64 = 10.0;
const DOT_PIXELS: f64 = 4.0;

/// One quantity of several rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsFigure {
    /// Title of the axis with its unit.
    pub title: String,
    /// What the marks of a row are, such as `forward` and `backward`; one name for rows of one mark each may be empty.
    pub series: Vec<String>,
    /// The rows from the top.
    pub rows: Vec<FigureRow>,
    /// A value drawn as a dashed line through all rows, with its meaning.
    pub level: Option<(String, f64)>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureRow {
    /// Its name.
    pub name: String,
    /// Whether it stands on grey ground.
    pub shaded: bool,
    /// Whether its marks are hollow: numbers that are not to be taken at their face.
    pub doubtful: bool,
    /// One entry a series; absent where the row has none.
    pub marks: Vec<Option<Mark>>,
}

/// A value with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the single values: a thin line.
    pub standard_deviation: Option<f64>,
    /// Standard error of the mean: a thick line.
    pub standard_error: Option<f64>,
    /// Single values, drawn as dots.
    pub values: Vec<f64>,
}

/// What shading and hollow marks mean in a legend.
const SHADED: &str = "baseline";
const DOUBTFUL: &str = "not all arrived";

impl RowsFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// No row or no finite value, or a row that does not have one entry per series.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        if self.rows.is_empty() || self.series.is_empty() {
            return Err(ReportError::Empty { place: format!("the rows of '{}'", self.title) });
        }
        for row in &self.rows {
            check_length(&format!("the marks of '{}'", row.name), self.series.len(), row.marks.len())?;
        }
        render(&Page::new(self)?)
    }

    fn range(&self) -> Result<(f64, f64), ReportError> {
        let marks = self.rows.iter().flat_map(|row| row.marks.iter().flatten());
        let ends = marks.flat_map(|mark| {
            let reach = mark.standard_deviation.unwrap_or(0.0).max(mark.standard_error.unwrap_or(0.0));
            [mark.mean - reach, mark.mean + reach].into_iter().chain(mark.values.iter().copied())
        });
        let level = self.level.iter().map(|(_, value)| *value);
        value_range(ends.chain(level), 0.04)
            .ok_or_else(|| ReportError::Empty { place: format!("the values of '{}'", self.title) })
    }
}

struct Page<'a> {
    figure: &'a RowsFigure,
    left: f64,
    legend: TopLegend,
}

impl<'a> Page<'a> {
    fn new(figure: &'a RowsFigure) -> Result<Self, ReportError> {
        let mut left: f64 = 0.0;
        for row in &figure.rows {
            left = left.max(text_width(&row.name, LABEL_PIXELS)?);
        }
        let left = left + 2.0 * MARGIN_PIXELS;
        let mut entries: Vec<Entry> = Vec::new();
        for (index, name) in figure.series.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            entries.push((Sign::Disc(color(index), DISC_PIXELS), name.clone()));
        }
        let marks = || figure.rows.iter().flat_map(|row| row.marks.iter().flatten());
        if marks().any(|mark| mark.standard_error.is_some()) {
            entries.push((Sign::Line(BLACK, 9.0), "standard error".to_owned()));
        }
        if marks().any(|mark| mark.standard_deviation.is_some()) {
            entries.push((Sign::Line(BLACK, 2.5), "standard deviation".to_owned()));
        }
        if marks().any(|mark| !mark.values.is_empty()) {
            entries.push((Sign::Disc(GREY, DOT_PIXELS), "one path".to_owned()));
        }
        if let Some((name, _)) = &figure.level {
            entries.push((Sign::Dashes(BLACK, 3.5), name.clone()));
        }
        if figure.rows.iter().any(|row| row.doubtful) {
            entries.push((Sign::Ring(BLACK, DISC_PIXELS), DOUBTFUL.to_owned()));
        }
        if figure.rows.iter().any(|row| row.shaded) {
            entries.push((Sign::Patch(LIGHT_GREY), SHADED.to_owned()));
        }
        let legend = TopLegend::new(entries, MARGIN_PIXELS, left + PANEL_PIXELS - MARGIN_PIXELS)?;
        Ok(Self { figure, left, legend })
    }

    fn frame(&self) -> PixelBox {
        PixelBox {
            left: self.left,
            top: self.legend.height,
            width: PANEL_PIXELS,
            height: ROW_PIXELS * self.figure.rows.len() as f64,
        }
    }

    fn draw_mark<DB: DrawingBackend>(
        &self,
        panel: &Panel<'_, DB>,
        mark: &Mark,
        (row, series, doubtful): (f64, usize, bool),
    ) -> Result<(), ReportError> {
        let color = color(series);
        let dots: Vec<[f64; 2]> = mark.values.iter().map(|&value| [value, row]).collect();
        panel.draw_points(&dots, DOT_PIXELS, color.mix(0.35))?;
        let line = |reach: Option<f64>, width: f64| match reach {
            Some(reach) => {
                panel.draw_line(&[[mark.mean - reach, row], [mark.mean + reach, row]], stroke(&color, width))
            }
            None => Ok(()),
        };
        line(mark.standard_deviation, 2.5)?;
        line(mark.standard_error, 9.0)?;
        if doubtful {
            panel.draw_ring([mark.mean, row], DISC_PIXELS, color)
        } else {
            panel.draw_points(&[[mark.mean, row]], DISC_PIXELS, color.to_rgba())
        }
    }
}

fn color(series: usize) -> RGBColor {
    SERIES[series % SERIES.len()]
}

impl Figure for Page<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let frame = self.frame();
        Ok((frame.left + frame.width + 40.0, frame.top + frame.height + BELOW_PIXELS))
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        self.legend.draw(page)?;
        let figure = self.figure;
        let (count, frame) = (figure.rows.len(), self.frame());
        let x = PanelAxis::new(figure.title.clone(), figure.range()?, 8);
        let panel = Panel::new(page, frame, x, PanelAxis::of_rows(count))?;
        let height = |index: usize| (count - 1 - index) as f64;
        let (from, to) = figure.range()?;
        for index in (0..count).filter(|&index| figure.rows[index].shaded) {
            let (lower, upper) = (height(index) - 0.5, height(index) + 0.5);
            panel.draw_band(&[from, to], &[lower; 2], &[upper; 2], LIGHT_GREY.mix(0.6))?;
        }
        panel.draw_grid()?;
        if let Some((_, value)) = &figure.level {
            panel.draw_upright(*value, BLACK)?;
        }
        let label = text(LABEL_PIXELS)?.pos(Pos::new(HPos::Right, VPos::Center));
        for (index, row) in figure.rows.iter().enumerate() {
            let middle = frame.top + ROW_PIXELS * (index as f64 + 0.5);
            let place = (units(frame.left - MARGIN_PIXELS), units(middle));
            page.draw_text(&row.name, &label, place).map_err(drawing)?;
            for (series, mark) in row.marks.iter().enumerate() {
                let Some(mark) = mark else { continue };
                let share = if row.marks.len() > 1 {
                    0.5 - series as f64 / (row.marks.len() - 1) as f64
                } else {
                    0.0
                };
                self.draw_mark(&panel, mark, (height(index) + share * MARKS_SPREAD, series, row.doubtful))?;
            }
        }
        panel.draw_frame(true)
    }
}
