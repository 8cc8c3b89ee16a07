//! The colours of a heat map of energies, with their values.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, PathElement, Rectangle};
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::DrawingBackend;

use super::axis::{tick_label, ticks};
use super::panel::{PixelBox, drawing};
use super::style::{BLACK, LABEL_PIXELS, stroke, text, units};
use super::surface::{Bands, Surface};
use crate::ReportError;

/// Width of the bar without its labels.
pub(super) const COLOR_BAR_PIXELS: f64 = 46.0;
/// What stands above it.
pub(super) const COLOR_BAR_TITLE: &str = "energy (kJ/mol)";
/// Distance of the title's middle above the bar.
const TITLE_ABOVE_PIXELS: f64 = 50.0;

/// Draws the bar with ticks and title.
pub(super) fn draw_color_bar<DB: DrawingBackend>(
    page: &DrawingArea<DB, Shift>,
    place: PixelBox,
    surface: &Surface,
    bands: &Bands,
) -> Result<(), ReportError> {
    let at = |x: f64, y: f64| (units(x), units(y));
    let (right, bottom) = (place.left + place.width, place.top + place.height);
    let step = place.height / bands.count as f64;
    for band in 0..bands.count {
        // Each band is drawn up to the top and covered by the next, so that no seams show.
        let low = bottom - band as f64 * step;
        let fill = bands.band_color(band).filled();
        let patch = Rectangle::new([at(place.left, place.top), at(right, low)], fill);
        page.draw(&patch).map_err(drawing)?;
    }
    let line = stroke(&BLACK, 2.0);
    let corners = [
        at(place.left, place.top),
        at(right, place.top),
        at(right, bottom),
        at(place.left, bottom),
        at(place.left, place.top),
    ];
    page.draw(&PathElement::new(corners.to_vec(), line)).map_err(drawing)?;

    let style = text(LABEL_PIXELS)?.pos(Pos::new(HPos::Left, VPos::Center));
    let marks = ticks((bands.lower, bands.upper()), 6, false);
    let clipped = surface.maximum() > bands.upper();
    for (i, &value) in marks.positions.iter().enumerate() {
        let share = (value - bands.lower) / (bands.upper() - bands.lower);
        let y = bottom - share * place.height;
        let tick = PathElement::new(vec![at(right, y), at(right + 8.0, y)], line);
        page.draw(&tick).map_err(drawing)?;
        let mut label = tick_label(value, marks.decimals);
        if clipped && i + 1 == marks.positions.len() {
            label.insert_str(0, "≥ ");
        }
        page.draw_text(&label, &style, at(right + 18.0, y)).map_err(drawing)?;
    }
    let title = at(place.left, place.top - TITLE_ABOVE_PIXELS);
    page.draw_text(COLOR_BAR_TITLE, &style, title).map_err(drawing)
}
