//! Figure: a tree of clusters.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::DrawingBackend;

use super::super::axis::value_range;
use super::super::panel::{BELOW_PIXELS, Panel, PanelAxis, PixelBox, drawing};
use super::super::render::{Figure, RenderedFigure, render};
use super::super::style::{BLUE, LABEL_PIXELS, stroke, text, units};
use super::names::{MOST_NAMES, shown, widest};
use crate::ReportError;
use crate::lengths::check_length;

const WIDTH_PIXELS: f64 = 1200.0;
const ROW_PIXELS: f64 = 52.0;
const LEAST_HEIGHT_PIXELS: f64 = 300.0;
const MOST_HEIGHT_PIXELS: f64 = 1600.0;
const MARGIN_PIXELS: f64 = 40.0;

/// Two clusters become one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merge {
    /// The two: below the number of configurations a single one, above it the cluster of an earlier merge, counted from there.
    pub clusters: [usize; 2],
    /// How far apart they are.
    pub distance: f64,
}

/// A tree of clusters of configurations.
#[derive(Debug, Clone, PartialEq)]
pub struct DendrogramFigure {
    /// Names of the configurations.
    pub names: Vec<String>,
    /// Merges in the order in which they happen, one fewer than configurations.
    pub merges: Vec<Merge>,
    /// What the distances are, with their unit.
    pub title: String,
}

impl DendrogramFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// Fewer than two configurations, another number of merges, or a merge of a cluster that is not there yet.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        let count = self.names.len();
        if count < 2 {
            return Err(ReportError::Empty { place: "the tree of clusters".to_owned() });
        }
        check_length("merges of clusters", count - 1, self.merges.len())?;
        for (index, merge) in self.merges.iter().enumerate() {
            if merge.clusters.iter().any(|&cluster| cluster >= count + index) {
                return Err(ReportError::Empty { place: format!("a cluster of merge {index}") });
            }
        }
        let names = if count <= MOST_NAMES { widest(&self.names)? } else { 0.0 };
        render(&Page { figure: self, places: self.places(), names })
    }

    /// Row of every configuration, such that no lines cross.
    fn places(&self) -> Vec<usize> {
        let count = self.names.len();
        let mut order = Vec::with_capacity(count);
        let mut open = vec![count + self.merges.len() - 1];
        while let Some(cluster) = open.pop() {
            match cluster.checked_sub(count) {
                None => order.push(cluster),
                Some(merge) => open.extend(self.merges[merge].clusters.iter().rev()),
            }
        }
        let mut places = vec![0; count];
        for (row, &leaf) in order.iter().enumerate() {
            places[leaf] = row;
        }
        places
    }
}

struct Page<'a> {
    figure: &'a DendrogramFigure,
    places: Vec<usize>,
    names: f64,
}

impl Page<'_> {
    fn frame(&self) -> PixelBox {
        let rows = self.places.len() as f64 * ROW_PIXELS;
        PixelBox {
            left: MARGIN_PIXELS + self.names + 30.0,
            top: MARGIN_PIXELS,
            width: WIDTH_PIXELS,
            height: rows.clamp(LEAST_HEIGHT_PIXELS, MOST_HEIGHT_PIXELS),
        }
    }
}

impl Figure for Page<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let frame = self.frame();
        Ok((frame.left + frame.width + MARGIN_PIXELS, frame.top + frame.height + BELOW_PIXELS))
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        let count = self.places.len();
        let frame = self.frame();
        let distances = self.figure.merges.iter().map(|merge| merge.distance).chain([0.0]);
        let empty = || ReportError::Empty { place: "the distances of the clusters".to_owned() };
        let (_, largest) = value_range(distances, 0.05).ok_or_else(empty)?;
        let x = PanelAxis::new(self.figure.title.clone(), (0.0, largest), 8);
        let mut y = PanelAxis::new("", (-0.5, count as f64 - 0.5), 2);
        y.ticks.positions.clear();
        let panel = Panel::new(page, frame, x, y)?;
        panel.draw_grid()?;
        // Row and distance of every cluster so far; the first row is drawn at the top.
        let mut nodes: Vec<[f64; 2]> =
            self.places.iter().map(|&row| [0.0, (count - 1 - row) as f64]).collect();
        for merge in &self.figure.merges {
            let [[near_x, near_y], [far_x, far_y]] = merge.clusters.map(|cluster| nodes[cluster]);
            let at = merge.distance;
            panel.draw_line(
                &[[near_x, near_y], [at, near_y], [at, far_y], [far_x, far_y]],
                stroke(&BLUE, 4.0),
            )?;
            nodes.push([at, 0.5 * (near_y + far_y)]);
        }
        panel.draw_frame(true)?;
        if self.names > 0.0 {
            let style = text(LABEL_PIXELS)?.pos(Pos::new(HPos::Right, VPos::Center));
            for (name, &row) in self.figure.names.iter().zip(&self.places) {
                let y = frame.top + frame.height * (row as f64 + 0.5) / count as f64;
                let place = (units(frame.left - 14.0), units(y));
                page.draw_text(&shown(name), &style, place).map_err(drawing)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_stand_in_an_order_without_crossings() {
        let merge = |a, b, distance| Merge { clusters: [a, b], distance };
        let figure = DendrogramFigure {
            names: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
            merges: vec![merge(0, 2, 1.0), merge(1, 3, 2.0), merge(4, 5, 3.0)],
            title: String::new(),
        };
        assert_eq!(figure.places(), [0, 2, 1, 3]);
        assert!(figure.render().is_ok());
        let broken = DendrogramFigure { merges: vec![merge(0, 4, 1.0); 3], ..figure };
        assert!(broken.render().is_err());
    }
}
