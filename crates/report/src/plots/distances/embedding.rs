//! Figure: configurations as points in the plane, as far apart as their distances allow.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::DrawingBackend;

use super::super::axis::value_range;
use super::super::panel::{BELOW_PIXELS, LEFT_PIXELS, Panel, PanelAxis, PixelBox, drawing};
use super::super::render::{Figure, RenderedFigure, render};
use super::super::style::{BLUE, LABEL_PIXELS, UNITS_PER_PIXEL, stroke, text, text_width, units};
use super::names::{MOST_NAMES, shown, widest};
use crate::ReportError;
use crate::lengths::check_length;

const SIDE_PIXELS: f64 = 1000.0;
const TOP_PIXELS: f64 = 40.0;
const DISC_PIXELS: f64 = 10.0;
/// Distance of a name from its point, and where it may stand: to the right or left of it (1, -1), and how many lines below.
const OFFSET_PIXELS: f64 = 18.0;
const SIDES: [(f64, f64); 6] = [(1.0, 0.0), (-1.0, 0.0), (1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)];

/// Configurations in the plane.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingFigure {
    /// Names of the configurations.
    pub names: Vec<String>,
    /// Where they are, in the unit of the distances.
    pub points: Vec<[f64; 2]>,
    /// Whether they are joined in their order, as frames of a trajectory.
    pub joined: bool,
    /// Title of each axis, with its unit.
    pub titles: [String; 2],
}

impl EmbeddingFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// No point, or another number of names.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        check_length("points in the plane", self.names.len(), self.points.len())?;
        let empty = || ReportError::Empty { place: "the points in the plane".to_owned() };
        let along =
            |axis: usize| value_range(self.points.iter().map(|point| point[axis]), 0.12).ok_or_else(empty);
        let ranges = [along(0)?, along(1)?];
        // Both axes have the same scale, or distances could not be seen.
        let extent = ranges.map(|(low, high)| high - low).into_iter().fold(0.0, f64::max);
        let ranges = ranges.map(|(low, high)| {
            let middle = 0.5 * (low + high);
            (middle - 0.5 * extent, middle + 0.5 * extent)
        });
        let names = if self.names.len() <= MOST_NAMES { widest(&self.names)? } else { 0.0 };
        render(&Page { figure: self, ranges, names })
    }
}

struct Page<'a> {
    figure: &'a EmbeddingFigure,
    ranges: [(f64, f64); 2],
    names: f64,
}

impl Page<'_> {
    fn frame(&self) -> PixelBox {
        PixelBox { left: LEFT_PIXELS, top: TOP_PIXELS, width: SIDE_PIXELS, height: SIDE_PIXELS }
    }
}

impl Figure for Page<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        Ok((LEFT_PIXELS + SIDE_PIXELS + 60.0, TOP_PIXELS + SIDE_PIXELS + BELOW_PIXELS))
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let frame = self.frame();
        let [x, y] =
            [0, 1].map(|axis| PanelAxis::new(self.figure.titles[axis].clone(), self.ranges[axis], 7));
        let panel = Panel::new(page, frame, x, y)?;
        panel.draw_grid()?;
        if self.figure.joined {
            panel.draw_line(&self.figure.points, stroke(&BLUE.mix(0.5), 3.0))?;
        }
        panel.draw_points(&self.figure.points, DISC_PIXELS, BLUE.to_rgba())?;
        panel.draw_frame(true)?;
        if self.names > 0.0 {
            let style = text(LABEL_PIXELS)?.pos(Pos::new(HPos::Left, VPos::Center));
            let mut taken: Vec<[f64; 4]> = Vec::new();
            for (name, point) in self.figure.names.iter().zip(&self.figure.points) {
                let Some((x, y)) = panel.position(*point) else { continue };
                let name = shown(name);
                let width = text_width(&name, LABEL_PIXELS)?;
                let [x, y] = [x, y].map(|at| f64::from(at) / f64::from(UNITS_PER_PIXEL));
                // The first of these places inside the frame that covers no other name; where all do, none is written.
                let places = SIDES.map(|(across, down)| {
                    let left = x + across * OFFSET_PIXELS + 0.5 * (across - 1.0) * width;
                    [
                        left,
                        y + down * LABEL_PIXELS - 0.5 * LABEL_PIXELS,
                        left + width,
                        y + down * LABEL_PIXELS + 0.5 * LABEL_PIXELS,
                    ]
                });
                let inside = |place: &[f64; 4]| place[0] > frame.left && place[2] < frame.left + frame.width;
                let free = |place: &[f64; 4]| {
                    let apart = |other: &[f64; 4]| {
                        place[2] < other[0]
                            || other[2] < place[0]
                            || place[3] < other[1]
                            || other[3] < place[1]
                    };
                    inside(place) && taken.iter().all(apart)
                };
                let Some(chosen) = places.into_iter().find(|place| free(place)) else { continue };
                taken.push(chosen);
                let place = (units(chosen[0]), units(0.5 * (chosen[1] + chosen[3])));
                page.draw_text(&name, &style, place).map_err(drawing)?;
            }
        }
        Ok(())
    }
}
