//! How the lines of many curves in one figure are distinguished.

use plotters::style::RGBColor;
use plotters_backend::DrawingBackend;

use super::legend::Sign;
use super::panel::Panel;
use super::style::{SERIES, WHITE, stroke};
use crate::ReportError;

/// Patterns that follow one another when the colours are used up: lengths of dash and gap in pixels, none for a whole line.
const PATTERNS: [Option<(f64, f64)>; 3] = [None, Some((24.0, 14.0)), Some((6.0, 12.0))];
/// Pixels of the white rim on either side of a line over a heat map.
const RIM_PIXELS: f64 = 2.5;

/// Colour and pattern of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LineLook {
    pub(crate) color: RGBColor,
    pattern: Option<(f64, f64)>,
}

impl LineLook {
    /// That of the curve with this number: seven colours, then again in dashes, then in dots.
    pub(crate) fn of(number: usize) -> Self {
        Self {
            color: SERIES[number % SERIES.len()],
            pattern: PATTERNS[number / SERIES.len() % PATTERNS.len()],
        }
    }

    /// Its sign in a legend.
    pub(crate) fn sign(self, width: f64) -> Sign {
        match self.pattern {
            None => Sign::Line(self.color, width),
            Some((on, off)) => Sign::Pattern(self.color, width, (on, off)),
        }
    }

    /// Draws a line.
    pub(crate) fn draw<DB: DrawingBackend>(
        self,
        panel: &Panel<'_, DB>,
        points: &[[f64; 2]],
        width: f64,
    ) -> Result<(), ReportError> {
        match self.pattern {
            None => panel.draw_line(points, stroke(&self.color, width)),
            Some(pattern) => panel.draw_dashes(points, stroke(&self.color, width), pattern),
        }
    }

    /// Draws a line with a white rim, which also fills the gaps of a dashed one.
    pub(crate) fn draw_rimmed<DB: DrawingBackend>(
        self,
        panel: &Panel<'_, DB>,
        points: &[[f64; 2]],
        width: f64,
    ) -> Result<(), ReportError> {
        panel.draw_line(points, stroke(&WHITE, width + 2.0 * RIM_PIXELS))?;
        self.draw(panel, points, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_one_curves_are_told_apart() {
        for a in 0..21 {
            for b in 0..a {
                assert_ne!(LineLook::of(a), LineLook::of(b), "{a} {b}");
            }
        }
    }
}
