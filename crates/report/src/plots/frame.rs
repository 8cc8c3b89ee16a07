//! Where the axes of a figure lie on its page, so that a page of HTML can mark a point between them.

use serde::Serialize;

use super::axis::VariableAxis;
use super::panel::PixelBox;

/// One pair of axes on a figure's page.
///
/// A value `v` of the column stands at `left + width * (v - lower) / (upper - lower)` from the left, and likewise from
/// the bottom `top + height` upwards.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlotFrame {
    /// Width and height of the page, in pixels.
    pub page: (f64, f64),
    /// Left end of the axes, in pixels from the page's left.
    pub left: f64,
    /// Upper end of the axes, in pixels from the page's top.
    pub top: f64,
    /// Width between the axes, in pixels.
    pub width: f64,
    /// Height between the axes, in pixels.
    pub height: f64,
    /// Horizontal axis.
    pub x: PlotAxis,
    /// Vertical axis.
    pub y: PlotAxis,
}

/// What an axis shows, and from where to where.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlotAxis {
    /// Column of a path's table: `variable_0`, `arc_share` or the name of an energy with its unit.
    pub column: String,
    /// Value at the lower end, in the column's unit.
    pub lower: f64,
    /// Value at the upper end.
    pub upper: f64,
    /// Whether both ends are the same point.
    pub periodic: bool,
}

impl PlotAxis {
    pub(crate) fn of_variable(index: usize, axis: &VariableAxis) -> Self {
        Self {
            column: Self::column_of_variable(index),
            lower: axis.lower,
            upper: axis.upper,
            periodic: axis.periodic,
        }
    }

    /// Name of a variable's column.
    pub(crate) fn column_of_variable(index: usize) -> String {
        format!("variable_{index}")
    }

    pub(crate) fn of_range(column: &str, (lower, upper): (f64, f64)) -> Self {
        Self { column: column.to_owned(), lower, upper, periodic: false }
    }
}

impl PlotFrame {
    /// The axes that enclose a box of a page.
    pub(crate) fn new(page: (f64, f64), place: PixelBox, x: PlotAxis, y: PlotAxis) -> Self {
        let PixelBox { left, top, width, height } = place;
        // The page is rendered on whole pixels.
        Self { page: (page.0.ceil(), page.1.ceil()), left, top, width, height, x, y }
    }
}
