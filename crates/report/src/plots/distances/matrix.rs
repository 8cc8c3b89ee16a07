//! Figure: all distances as a heat map.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, PathElement};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, RGBColor};
use plotters_backend::DrawingBackend;

use super::super::axis::{tick_label, ticks};
use super::super::panel::{PixelBox, drawing};
use super::super::render::{Figure, RenderedFigure, Underlay, render};
use super::super::style::{
    BLACK, LABEL_PIXELS, TITLE_PIXELS, WHITE, stroke, text, text_width, units, viridis,
};
use super::names::{MOST_NAMES, shown, widest};
use crate::ReportError;
use crate::lengths::check_length;

/// About as long is a side of the map.
const SIDE_PIXELS: f64 = 1000.0;
/// Least and largest side of a cell.
const CELL_PIXELS: (f64, f64) = (1.0, 150.0);
/// Up to this many rows the distances are written into the cells.
const MOST_NUMBERS: usize = 8;
const MARGIN_PIXELS: f64 = 40.0;
const BAR_PIXELS: f64 = 46.0;

/// All distances of a set of configurations.
#[derive(Debug, Clone, PartialEq)]
pub struct DistanceMatrixFigure {
    /// Names of the configurations.
    pub names: Vec<String>,
    /// Distances, one row a configuration.
    pub distances: Vec<Vec<f64>>,
    /// What they are, with their unit.
    pub title: String,
}

impl DistanceMatrixFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// No configuration, a row of another length, or no finite distance above zero.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        let count = self.names.len();
        check_length("rows of distances", count, self.distances.len())?;
        for row in &self.distances {
            check_length("a row of distances", count, row.len())?;
        }
        let largest = self.distances.iter().flatten().copied().filter(|d| d.is_finite()).fold(0.0, f64::max);
        if largest == 0.0 {
            return Err(ReportError::Empty { place: "the matrix of distances".to_owned() });
        }
        render(&Page {
            figure: self,
            largest,
            names: if count <= MOST_NAMES { widest(&self.names)? } else { 0.0 },
        })
    }
}

struct Page<'a> {
    figure: &'a DistanceMatrixFigure,
    largest: f64,
    /// Width of the widest name; 0 where none is written.
    names: f64,
}

impl Page<'_> {
    fn cell(&self) -> f64 {
        let (least, most) = CELL_PIXELS;
        let least = if self.names > 0.0 { 44.0 } else { least };
        (SIDE_PIXELS / self.figure.names.len() as f64).floor().clamp(least, most)
    }

    fn frame(&self) -> PixelBox {
        let side = self.cell() * self.figure.names.len() as f64;
        let left = (MARGIN_PIXELS + self.names.max(110.0) + 18.0).round();
        PixelBox { left, top: 96.0, width: side, height: side }
    }

    fn color(&self, distance: f64) -> RGBColor {
        if distance.is_finite() { viridis(distance / self.largest) } else { WHITE }
    }

    fn draw_names<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let (frame, cell) = (self.frame(), self.cell());
        let label = text(LABEL_PIXELS)?;
        let beside = label.pos(Pos::new(HPos::Right, VPos::Center));
        // Turned by a quarter, the right end of the text is its top.
        let below = label.pos(Pos::new(HPos::Right, VPos::Center)).transform(FontTransform::Rotate270);
        let count = self.figure.names.len();
        let labels: Vec<(usize, String)> = if self.names > 0.0 {
            self.figure.names.iter().map(|name| shown(name)).enumerate().collect()
        } else {
            let marks = ticks((0.0, (count - 1) as f64), 8, false);
            marks.positions.iter().map(|&at| (at as usize, tick_label(at, 0))).collect()
        };
        for (index, name) in labels {
            let middle = (index as f64 + 0.5) * cell;
            let place = (units(frame.left - 14.0), units(frame.top + middle));
            page.draw_text(&name, &beside, place).map_err(drawing)?;
            let place = (units(frame.left + middle), units(frame.top + frame.height + 14.0));
            page.draw_text(&name, &below, place).map_err(drawing)?;
        }
        Ok(())
    }

    fn draw_numbers<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let (frame, cell) = (self.frame(), self.cell());
        let centred = text(LABEL_PIXELS)?.pos(Pos::new(HPos::Center, VPos::Center));
        for (i, row) in self.figure.distances.iter().enumerate() {
            for (j, distance) in row.iter().enumerate() {
                let dark = distance / self.largest < 0.6;
                let style = centred.color(if dark { &WHITE } else { &BLACK });
                let place =
                    (units(frame.left + (j as f64 + 0.5) * cell), units(frame.top + (i as f64 + 0.5) * cell));
                page.draw_text(&tick_label(*distance, 2), &style, place).map_err(drawing)?;
            }
        }
        Ok(())
    }

    fn bar(&self) -> PixelBox {
        let frame = self.frame();
        let height = frame.height.clamp(300.0, 700.0);
        PixelBox { left: frame.left + frame.width + 50.0, top: frame.top, width: BAR_PIXELS, height }
    }

    fn draw_bar_labels<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let bar = self.bar();
        outline(page, bar)?;
        let style = text(LABEL_PIXELS)?.pos(Pos::new(HPos::Left, VPos::Center));
        let marks = ticks((0.0, self.largest), 6, false);
        for &value in &marks.positions {
            let y = bar.top + bar.height * (1.0 - value / self.largest);
            let from = (units(bar.left + bar.width), units(y));
            let to = (units(bar.left + bar.width + 8.0), units(y));
            page.draw(&PathElement::new(vec![from, to], stroke(&BLACK, 2.0))).map_err(drawing)?;
            let place = (units(bar.left + bar.width + 18.0), units(y));
            page.draw_text(&tick_label(value, marks.decimals), &style, place).map_err(drawing)?;
        }
        Ok(())
    }
}

fn outline<DB: DrawingBackend>(page: &DrawingArea<DB, Shift>, place: PixelBox) -> Result<(), ReportError> {
    let PixelBox { left, top, width, height } = place;
    let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height), (0.0, 0.0)];
    let corners = corners.map(|(x, y)| (units(left + x), units(top + y)));
    page.draw(&PathElement::new(corners.to_vec(), stroke(&BLACK, 2.5))).map_err(drawing)
}

impl Figure for Page<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let (frame, bar) = (self.frame(), self.bar());
        let below = self.names.max(60.0) + 40.0;
        let title = frame.left + text_width(&self.figure.title, TITLE_PIXELS)? + 30.0;
        let height = (frame.top + frame.height + below).max(bar.top + bar.height + 40.0);
        Ok(((bar.left + bar.width + 150.0).max(title), height))
    }

    fn underlays(&self) -> Vec<Underlay> {
        let (frame, bar) = (self.frame(), self.bar());
        let of = |distance: f64| {
            let RGBColor(r, g, b) = self.color(distance);
            [r, g, b]
        };
        let cell = self.cell() as usize;
        let mut pixels = Vec::with_capacity(3 * (frame.width * frame.height) as usize);
        for row in &self.figure.distances {
            let line: Vec<u8> =
                row.iter().flat_map(|distance| std::iter::repeat_n(of(*distance), cell)).flatten().collect();
            (0..cell).for_each(|_| pixels.extend_from_slice(&line));
        }
        let bar = PixelBox { height: bar.height.round(), ..bar };
        let rows = bar.height as usize;
        let shades = (0..rows).flat_map(|row| {
            let share = 1.0 - (row as f64 + 0.5) / rows as f64;
            std::iter::repeat_n(of(share * self.largest), bar.width as usize).flatten()
        });
        let shades = Underlay { pixels: shades.collect(), place: bar };
        vec![Underlay { place: frame, pixels }, shades]
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let frame = self.frame();
        let title = text(TITLE_PIXELS)?.pos(Pos::new(HPos::Left, VPos::Center));
        page.draw_text(&self.figure.title, &title, (units(frame.left), units(46.0))).map_err(drawing)?;
        outline(page, frame)?;
        self.draw_names(page)?;
        if self.figure.names.len() <= MOST_NUMBERS {
            self.draw_numbers(page)?;
        }
        self.draw_bar_labels(page)
    }
}
