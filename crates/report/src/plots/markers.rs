//! Markers for the two states and the highest point, readable on any background.

use plotters::coord::Shift;
use plotters::prelude::{Circle, DrawingArea, Polygon, Rectangle};
use plotters::style::{Color, RGBColor};
use plotters_backend::DrawingBackend;

use super::panel::drawing;
use super::style::{BLACK, ORANGE, WHITE, units};
use crate::ReportError;

/// What a marker marks; told apart by shape as well as by colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    /// Start state: a white disc.
    Start,
    /// End state: a black square.
    End,
    /// Highest point: an orange triangle.
    Highest,
}

/// Draws a marker around a canvas position.
pub(crate) fn draw_marker<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    marker: Marker,
    center: (i32, i32),
) -> Result<(), ReportError> {
    // A black shape, a white one and a black one, nested, leave a double rim.
    let (fill, rims): (RGBColor, [(f64, RGBColor); 2]) = match marker {
        Marker::Start => (WHITE, [(17.0, WHITE), (15.0, BLACK)]),
        Marker::End => (BLACK, [(17.0, BLACK), (15.0, WHITE)]),
        Marker::Highest => (ORANGE, [(19.0, WHITE), (16.0, BLACK)]),
    };
    let inner = match marker {
        Marker::Start | Marker::End => 11.0,
        Marker::Highest => 12.0,
    };
    for (radius, color) in rims.into_iter().chain([(inner, fill)]) {
        draw_shape(area, marker, center, radius, color)?;
    }
    Ok(())
}

fn draw_shape<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    marker: Marker,
    (x, y): (i32, i32),
    radius: f64,
    color: RGBColor,
) -> Result<(), ReportError> {
    let drawn = match marker {
        Marker::Start => area.draw(&Circle::new((x, y), units(radius), color.filled())),
        Marker::End => {
            let half = units(0.9 * radius);
            let corners = [(x - half, y - half), (x + half, y + half)];
            area.draw(&Rectangle::new(corners, color.filled()))
        }
        Marker::Highest => {
            let reach = 1.35 * radius;
            let corner = |degrees: f64| {
                let (sine, cosine) = degrees.to_radians().sin_cos();
                (x + units(reach * cosine), y + units(reach * sine))
            };
            let corners = vec![corner(-90.0), corner(30.0), corner(150.0)];
            area.draw(&Polygon::new(corners, color.filled()))
        }
    };
    drawn.map_err(drawing)
}
