//! Legends outside the axes: a list of signs with their meaning.

use plotters::coord::Shift;
use plotters::prelude::{Circle, DrawingArea, PathElement, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};
use plotters_backend::DrawingBackend;

use super::markers::{Marker, draw_marker};
use super::panel::drawing;
use super::style::{GREY, LABEL_PIXELS, WHITE, stroke, text, text_width, units};
use crate::ReportError;

/// What stands before a legend's text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sign {
    /// A line of this width in pixels.
    Line(RGBColor, f64),
    /// A line with a white rim, as over a heat map.
    RimmedLine(RGBColor, f64),
    /// A thin line of the first colour on a patch of the second.
    OnPatch(RGBColor, RGBColor),
    /// A translucent patch with an outline, as of a histogram.
    Bars(RGBColor),
    /// A dashed line of this width in pixels.
    Dashes(RGBColor, f64),
    /// A line of this width in dashes and gaps of these lengths in pixels.
    Pattern(RGBColor, f64, (f64, f64)),
    /// A circle of this radius in pixels.
    Ring(RGBColor, f64),
    /// A band around a line.
    Band(RGBColor),
    /// A patch with an outline and hatching of this colour.
    Hatched(RGBColor),
    /// A patch of colour.
    Patch(RGBColor),
    /// A disc of this radius in pixels.
    Disc(RGBColor, f64),
    /// A disc on a patch of the second colour.
    DiscOnPatch(RGBColor, RGBColor, f64),
    /// A marker.
    Marker(Marker),
}

/// A sign with its meaning.
pub(crate) type Entry = (Sign, String);

const SIGN_PIXELS: f64 = 56.0;
const GAP_PIXELS: f64 = 14.0;
const ENTRY_GAP_PIXELS: f64 = 40.0;
/// Height of one line of a legend in pixels.
pub(crate) const ROW_PIXELS: f64 = 52.0;

/// Width of an entry in pixels.
pub(crate) fn entry_width(entry: &Entry) -> Result<f64, ReportError> {
    Ok(SIGN_PIXELS + GAP_PIXELS + text_width(&entry.1, LABEL_PIXELS)?)
}

/// Positions in pixels of entries set in rows of at most `width` pixels, and the number of rows.
pub(crate) fn rows(entries: &[Entry], width: f64) -> Result<(Vec<(f64, f64)>, usize), ReportError> {
    let (mut x, mut row) = (0.0, 0usize);
    let mut positions = Vec::with_capacity(entries.len());
    for entry in entries {
        let needed = entry_width(entry)?;
        if x > 0.0 && x + needed > width {
            x = 0.0;
            row += 1;
        }
        positions.push((x, row as f64 * ROW_PIXELS));
        x += needed + ENTRY_GAP_PIXELS;
    }
    Ok((positions, if entries.is_empty() { 0 } else { row + 1 }))
}

/// Draws one entry; `(x, y)` in pixels is the left end of its line's top.
pub(crate) fn draw_entry<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    (sign, meaning): &Entry,
    (x, y): (f64, f64),
) -> Result<(), ReportError> {
    let middle = y + 0.5 * ROW_PIXELS;
    let at = |dx: f64, dy: f64| (units(x + dx), units(middle + dy));
    let line = |from: f64, to: f64, color: &RGBColor, width: f64| {
        let path = PathElement::new(vec![at(from, 0.0), at(to, 0.0)], stroke(color, width));
        area.draw(&path).map_err(drawing)
    };
    match sign {
        Sign::Line(color, width) => line(0.0, SIGN_PIXELS, color, *width)?,
        Sign::RimmedLine(color, width) => {
            // On white the rim needs an edge of its own to be seen as one.
            line(0.0, SIGN_PIXELS, &GREY, width + 8.0)?;
            line(0.0, SIGN_PIXELS, &WHITE, width + 5.0)?;
            line(0.0, SIGN_PIXELS, color, *width)?;
        }
        Sign::OnPatch(color, background) => {
            let patch = [at(0.0, -14.0), at(SIGN_PIXELS, 14.0)];
            area.draw(&Rectangle::new(patch, background.filled())).map_err(drawing)?;
            line(6.0, SIGN_PIXELS - 6.0, color, 2.0)?;
        }
        Sign::Dashes(color, width) => {
            for dash in [0.0, 22.0, 44.0] {
                line(dash, dash + 12.0, color, *width)?;
            }
        }
        Sign::Pattern(color, width, (on, off)) => {
            let mut from = 0.0;
            while from < SIGN_PIXELS {
                line(from, (from + on).min(SIGN_PIXELS), color, *width)?;
                from += on + off;
            }
        }
        Sign::Ring(color, radius) => {
            let circle = |radius: f64, color: &RGBColor| {
                let disc = Circle::new(at(0.5 * SIGN_PIXELS, 0.0), units(radius), color.filled());
                area.draw(&disc).map_err(drawing)
            };
            circle(*radius, color)?;
            circle(0.6 * radius, &WHITE)?;
        }
        Sign::Band(color) => {
            let band = Rectangle::new([at(0.0, -14.0), at(SIGN_PIXELS, 14.0)], color.mix(0.3).filled());
            area.draw(&band).map_err(drawing)?;
            line(0.0, SIGN_PIXELS, color, 5.0)?;
        }
        Sign::Bars(color) => {
            let patch = [at(0.0, -14.0), at(SIGN_PIXELS, 14.0)];
            area.draw(&Rectangle::new(patch, color.mix(0.35).filled())).map_err(drawing)?;
            let corners = [(0.0, 14.0), (0.0, -14.0), (SIGN_PIXELS, -14.0), (SIGN_PIXELS, 14.0)];
            let outline = corners.map(|(x, y)| at(x, y)).to_vec();
            area.draw(&PathElement::new(outline, stroke(color, 4.0))).map_err(drawing)?;
        }
        Sign::Hatched(color) => {
            for start in [0.0, 14.0, 28.0] {
                let hatch = vec![at(start, 14.0), at(start + 28.0, -14.0)];
                area.draw(&PathElement::new(hatch, stroke(&color.mix(0.55), 1.5))).map_err(drawing)?;
            }
            let corners =
                [(0.0, -14.0), (SIGN_PIXELS, -14.0), (SIGN_PIXELS, 14.0), (0.0, 14.0), (0.0, -14.0)];
            let outline = corners.map(|(x, y)| at(x, y)).to_vec();
            area.draw(&PathElement::new(outline, stroke(color, 4.0))).map_err(drawing)?;
        }
        Sign::Patch(color) => {
            let patch = [at(0.0, -14.0), at(SIGN_PIXELS, 14.0)];
            area.draw(&Rectangle::new(patch, color.filled())).map_err(drawing)?;
        }
        Sign::Disc(color, radius) => {
            let disc = Circle::new(at(0.5 * SIGN_PIXELS, 0.0), units(*radius), color.filled());
            area.draw(&disc).map_err(drawing)?;
        }
        Sign::DiscOnPatch(color, background, radius) => {
            let patch = [at(0.0, -14.0), at(SIGN_PIXELS, 14.0)];
            area.draw(&Rectangle::new(patch, background.filled())).map_err(drawing)?;
            let disc = Circle::new(at(0.5 * SIGN_PIXELS, 0.0), units(*radius), color.filled());
            area.draw(&disc).map_err(drawing)?;
        }
        Sign::Marker(marker) => draw_marker(area, *marker, at(0.5 * SIGN_PIXELS, 0.0))?,
    }
    let style = text(LABEL_PIXELS)?.pos(Pos::new(HPos::Left, VPos::Center));
    area.draw_text(meaning, &style, at(SIGN_PIXELS + GAP_PIXELS, 0.0)).map_err(drawing)
}
