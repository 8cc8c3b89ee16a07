//! One pair of axes: frame, ticks, titles, and the things drawn between them.

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{Circle, DrawingArea, DrawingAreaErrorKind, PathElement, Polygon};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, RGBAColor, RGBColor, ShapeStyle};
use plotters_backend::DrawingBackend;

use super::axis::{Ticks, VariableAxis, logarithmic_label, logarithmic_ticks, tick_label, ticks};
use super::style::{BLACK, LABEL_PIXELS, LIGHT_GREY, TITLE_PIXELS, WHITE, stroke, text, text_width, units};
use super::wrap::{BoxAxis, pieces_in_box};
use crate::ReportError;

/// Pixels left of a panel for its vertical axis.
pub(crate) const LEFT_PIXELS: f64 = 220.0;
/// Pixels below a panel for its horizontal axis.
pub(crate) const BELOW_PIXELS: f64 = 120.0;

/// Distance of the lines of an upright title.
const TITLE_LINE_PIXELS: f64 = 44.0;

/// Error of the drawing library as an error of this crate.
pub(crate) fn drawing<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> ReportError {
    ReportError::Drawing(error.to_string())
}

/// One axis of a panel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PanelAxis {
    pub(crate) title: String,
    pub(crate) range: (f64, f64),
    pub(crate) ticks: Ticks,
    pub(crate) periodic: bool,
    /// Whether positions are common logarithms of what the labels say.
    logarithmic: bool,
    labelled: bool,
}

impl PanelAxis {
    /// An axis with at most `most` round ticks.
    pub(crate) fn new(title: impl Into<String>, range: (f64, f64), most: usize) -> Self {
        let title = title.into();
        let degrees = title.ends_with("(°)");
        Self {
            ticks: ticks(range, most, degrees),
            title,
            range,
            periodic: false,
            logarithmic: false,
            labelled: true,
        }
    }

    /// The axis of a collective variable, in the drawn unit.
    pub(crate) fn of_variable(variable: &VariableAxis, most: usize) -> Self {
        let periodic = variable.periodic;
        Self { periodic, ..Self::new(variable.label(), variable.drawn_range(), most) }
    }

    /// A logarithmic axis; range and everything drawn on it are common logarithms.
    pub(crate) fn logarithmic(title: impl Into<String>, range: (f64, f64), most: usize) -> Self {
        let positions = logarithmic_ticks(range, most);
        let ticks = Ticks { positions, decimals: 0 };
        Self { title: title.into(), range, ticks, periodic: false, logarithmic: true, labelled: true }
    }

    /// A vertical axis of `count` rows without ticks, the first on top: row `i` stands at `count - 1 - i`.
    pub(crate) fn of_rows(count: usize) -> Self {
        let ticks = Ticks { positions: Vec::new(), decimals: 0 };
        let range = (-0.5, count.max(1) as f64 - 0.5);
        Self { title: String::new(), range, ticks, periodic: false, logarithmic: false, labelled: false }
    }

    /// The same axis, its ticks without labels and itself without a title.
    pub(crate) fn without_labels(self) -> Self {
        Self { title: String::new(), labelled: false, ..self }
    }

    fn label(&self, position: f64) -> String {
        if !self.labelled {
            String::new()
        } else if self.logarithmic {
            logarithmic_label(position)
        } else {
            tick_label(self.nearest_zero(position), self.ticks.decimals)
        }
    }

    /// A position on a periodic axis that was moved, by its image nearest to zero: 210° is −150°.
    fn nearest_zero(&self, position: f64) -> f64 {
        let period = self.range.1 - self.range.0;
        let centred = (self.range.0 + 0.5 * period).abs() < 1e-6 * period;
        let from_zero = self.range.0.abs() < 1e-6 * period;
        if !self.periodic || centred || from_zero {
            return position;
        }
        // Half a turn is +180°. Adding 0.0 turns -0 into 0.
        position - period * ((position / period - 1e-9).round()) + 0.0
    }

    fn in_box(&self) -> BoxAxis {
        BoxAxis { lower: self.range.0, upper: self.range.1, periodic: self.periodic }
    }
}

/// A position on the page in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PixelBox {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// A pair of axes on a page.
pub(crate) struct Panel<'a, DB: DrawingBackend> {
    chart: ChartContext<'a, DB, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    page: &'a DrawingArea<DB, Shift>,
    x: PanelAxis,
    y: PanelAxis,
    frame: PixelBox,
}

impl<'a, DB: DrawingBackend> Panel<'a, DB> {
    /// Prepares the axes between which things are drawn; `frame` is the box that they enclose.
    pub(crate) fn new(
        page: &'a DrawingArea<DB, Shift>,
        frame: PixelBox,
        x: PanelAxis,
        y: PanelAxis,
    ) -> Result<Self, ReportError> {
        let area = page
            .clone()
            .shrink((units(frame.left), units(frame.top)), (units(frame.width), units(frame.height)));
        let chart = ChartBuilder::on(&area)
            .build_cartesian_2d(x.range.0..x.range.1, y.range.0..y.range.1)
            .map_err(drawing)?;
        Ok(Self { chart, page, x, y, frame })
    }

    /// Pixel column of a horizontal value.
    fn column(&self, value: f64) -> f64 {
        let (lower, upper) = self.x.range;
        self.frame.left + self.frame.width * (value - lower) / (upper - lower)
    }

    /// Pixel row of a vertical value.
    fn row(&self, value: f64) -> f64 {
        let (lower, upper) = self.y.range;
        self.frame.top + self.frame.height * (upper - value) / (upper - lower)
    }

    fn draw_page_line(
        &self,
        points: impl IntoIterator<Item = (f64, f64)>,
        style: ShapeStyle,
    ) -> Result<(), ReportError> {
        let path: Vec<(i32, i32)> = points.into_iter().map(|(x, y)| (units(x), units(y))).collect();
        self.page.draw(&PathElement::new(path, style)).map_err(drawing)
    }

    /// Faint lines at the ticks.
    pub(crate) fn draw_grid(&self) -> Result<(), ReportError> {
        let faint = stroke(&LIGHT_GREY, 1.5);
        let PixelBox { left, top, width, height } = self.frame;
        for x in self.x.ticks.positions.iter().map(|&v| self.column(v)) {
            self.draw_page_line([(x, top), (x, top + height)], faint)?;
        }
        for y in self.y.ticks.positions.iter().map(|&v| self.row(v)) {
            self.draw_page_line([(left, y), (left + width, y)], faint)?;
        }
        Ok(())
    }

    /// Frame, ticks and titles; drawn last, so that nothing covers them.
    pub(crate) fn draw_frame(&self, with_x_labels: bool) -> Result<(), ReportError> {
        let PixelBox { left, top, width, height } = self.frame;
        let (right, bottom) = (left + width, top + height);
        let at = |x: f64, y: f64| (units(x), units(y));
        let line = stroke(&BLACK, 2.5);
        // A closed path: the SVG back end drops the width of a rectangle's outline.
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        self.draw_page_line(corners, line)?;

        let label = text(LABEL_PIXELS)?;
        let below = label.pos(Pos::new(HPos::Center, VPos::Top));
        for &value in &self.x.ticks.positions {
            let x = self.column(value);
            self.draw_page_line([(x, bottom), (x, bottom + 10.0)], line)?;
            if with_x_labels {
                let label = self.x.label(value);
                let place = at(x, bottom + 18.0);
                self.page.draw_text(&label, &below, place).map_err(drawing)?;
            }
        }
        let beside = label.pos(Pos::new(HPos::Right, VPos::Center));
        for &value in &self.y.ticks.positions {
            let y = self.row(value);
            self.draw_page_line([(left - 10.0, y), (left, y)], line)?;
            let label = self.y.label(value);
            let place = at(left - 18.0, y);
            self.page.draw_text(&label, &beside, place).map_err(drawing)?;
        }

        let title = text(TITLE_PIXELS)?.pos(Pos::new(HPos::Center, VPos::Top));
        if with_x_labels {
            let place = at(left + 0.5 * width, bottom + 66.0);
            self.page.draw_text(&self.x.title, &title, place).map_err(drawing)?;
        }
        let mut widest: f64 = 0.0;
        for &value in &self.y.ticks.positions {
            widest = widest.max(text_width(&self.y.label(value), LABEL_PIXELS)?);
        }
        let upright = title.transform(FontTransform::Rotate270);
        let lines = title_lines(&self.y.title, height)?;
        for (i, line) in lines.iter().rev().enumerate() {
            let from_axis = 18.0 + widest + 14.0 + (i + 1) as f64 * TITLE_LINE_PIXELS;
            let place = at((left - from_axis).max(2.0), top + 0.5 * height);
            self.page.draw_text(line, &upright, place).map_err(drawing)?;
        }
        Ok(())
    }

    /// A polyline in the axes' units, split at periodic boundaries and clipped at the frame.
    pub(crate) fn draw_line(&self, points: &[[f64; 2]], style: ShapeStyle) -> Result<(), ReportError> {
        for piece in pieces_in_box(points, [self.x.in_box(), self.y.in_box()]) {
            let path: Vec<(f64, f64)> = piece.iter().map(|p| (p[0], p[1])).collect();
            let path = PathElement::new(path, style);
            self.chart.plotting_area().draw(&path).map_err(drawing)?;
        }
        Ok(())
    }

    /// The same in dashes of `on` pixels and gaps of `off` pixels.
    pub(crate) fn draw_dashes(
        &self,
        points: &[[f64; 2]],
        style: ShapeStyle,
        (on, off): (f64, f64),
    ) -> Result<(), ReportError> {
        for piece in pieces_in_box(points, [self.x.in_box(), self.y.in_box()]) {
            let pixels: Vec<(f64, f64)> = piece.iter().map(|p| (self.column(p[0]), self.row(p[1]))).collect();
            for dash in dashes(&pixels, on, off) {
                self.draw_page_line(dash, style)?;
            }
        }
        Ok(())
    }

    /// A dashed vertical line across the panel.
    pub(crate) fn draw_upright(&self, value: f64, color: RGBColor) -> Result<(), ReportError> {
        let (lower, upper) = self.y.range;
        self.draw_dashes(&[[value, lower], [value, upper]], stroke(&color, 3.5), (16.0, 12.8))
    }

    /// A dashed horizontal line across the panel.
    pub(crate) fn draw_level(&self, value: f64, color: RGBColor) -> Result<(), ReportError> {
        if !(self.y.range.0..=self.y.range.1).contains(&value) {
            return Ok(());
        }
        let (left, right) = self.x.range;
        let dash = (right - left) * 16.0 / self.frame.width;
        let mut from = left;
        while from < right {
            let to = (from + dash).min(right);
            self.draw_line(&[[from, value], [to, value]], stroke(&color, 3.5))?;
            from += 1.8 * dash;
        }
        Ok(())
    }

    /// The region between two curves over the same abscissae, cut at the frame.
    pub(crate) fn draw_band(
        &self,
        x: &[f64],
        lower: &[f64],
        upper: &[f64],
        color: RGBAColor,
    ) -> Result<(), ReportError> {
        let inside = |v: f64| v.clamp(self.y.range.0, self.y.range.1);
        let mut outline: Vec<(f64, f64)> = x.iter().zip(upper).map(|(&x, &v)| (x, inside(v))).collect();
        outline.extend(x.iter().zip(lower).rev().map(|(&x, &v)| (x, inside(v))));
        let band = Polygon::new(outline, color.filled());
        self.chart.plotting_area().draw(&band).map_err(drawing)
    }

    /// A coloured strip over the whole height, from one horizontal value to another.
    pub(crate) fn draw_strip(&self, from: f64, to: f64, color: RGBAColor) -> Result<(), ReportError> {
        let inside = |v: f64| v.clamp(self.x.range.0, self.x.range.1);
        self.draw_band(&[inside(from), inside(to)], &[self.y.range.0; 2], &[self.y.range.1; 2], color)
    }

    /// Discs of the same radius in pixels; those outside the frame are left out.
    pub(crate) fn draw_points(
        &self,
        points: &[[f64; 2]],
        radius: f64,
        color: RGBAColor,
    ) -> Result<(), ReportError> {
        for center in points.iter().filter_map(|point| self.position(*point)) {
            self.page.draw(&Circle::new(center, units(radius), color.filled())).map_err(drawing)?;
        }
        Ok(())
    }

    /// A circle around a point, white inside; nothing for a point outside the frame.
    pub(crate) fn draw_ring(&self, point: [f64; 2], radius: f64, color: RGBColor) -> Result<(), ReportError> {
        self.draw_points(&[point], radius, color.to_rgba())?;
        self.draw_points(&[point], 0.6 * radius, WHITE.to_rgba())
    }

    /// Canvas position of a point in the axes' units, by its image inside the frame; none outside.
    pub(crate) fn position(&self, point: [f64; 2]) -> Option<(i32, i32)> {
        let axes = [self.x.in_box(), self.y.in_box()];
        let [x, y] = [0, 1].map(|k| axes[k].wrap(point[k]));
        let inside = |axis: &BoxAxis, value: f64| (axis.lower..=axis.upper).contains(&value);
        (inside(&axes[0], x) && inside(&axes[1], y)).then(|| (units(self.column(x)), units(self.row(y))))
    }
}

/// The pieces of a polyline, in pixels, that are drawn where dashes of `on` pixels and gaps of `off` pixels take turns.
fn dashes(line: &[(f64, f64)], on: f64, off: f64) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    let (mut drawing, mut left) = (true, on);
    if let Some(&first) = line.first() {
        pieces.push(vec![first]);
    }
    for pair in line.windows(2) {
        let ((mut x, mut y), (to_x, to_y)) = (pair[0], pair[1]);
        let mut length = (to_x - x).hypot(to_y - y);
        while length > left {
            let share = left / length;
            (x, y) = (x + share * (to_x - x), y + share * (to_y - y));
            length -= left;
            match pieces.last_mut() {
                Some(piece) if drawing => piece.push((x, y)),
                _ => pieces.push(vec![(x, y)]),
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= length;
        if let (true, Some(piece)) = (drawing, pieces.last_mut()) {
            piece.push((to_x, to_y));
        }
    }
    pieces
}

/// A title in one line, or in two where one is longer than the axis.
fn title_lines(title: &str, room: f64) -> Result<Vec<&str>, ReportError> {
    if text_width(title, TITLE_PIXELS)? <= room {
        return Ok(vec![title]);
    }
    let middle = title.len() / 2;
    let gaps = title.match_indices(' ').map(|(at, _)| at);
    Ok(match gaps.min_by_key(|at| at.abs_diff(middle)) {
        Some(at) => vec![&title[..at], &title[at + 1..]],
        None => vec![title],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_have_their_length_around_corners() {
        let pieces = dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], 8.0, 4.0);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0], [(0.0, 0.0), (8.0, 0.0)]);
        assert_eq!(pieces[1], [(10.0, 2.0), (10.0, 10.0)]);
        assert!(dashes(&[], 8.0, 4.0).is_empty());
    }

    #[test]
    fn a_title_longer_than_its_axis_is_set_in_two_lines() -> Result<(), ReportError> {
        let title = "all-atom potential energy (kJ/mol)";
        assert_eq!(title_lines(title, 2000.0)?, [title]);
        assert_eq!(title_lines(title, 560.0)?, ["all-atom potential", "energy (kJ/mol)"]);
        assert_eq!(title_lines("φψωχ", 10.0)?, ["φψωχ"]);
        Ok(())
    }
}
