//! Colours, text sizes and the font of all figures.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef};
use plotters::style::{Color, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle, register_font};

use crate::ReportError;

/// Canvas units per pixel of the PNG. Plotters places everything on whole units, so this is the
/// precision of positions: half a pixel.
pub(crate) const UNITS_PER_PIXEL: i32 = 2;

/// Size of tick labels and legends, in pixels.
pub(crate) const LABEL_PIXELS: f64 = 36.0;
/// Size of axis titles, in pixels.
pub(crate) const TITLE_PIXELS: f64 = 40.0;

/// Font family as written into SVG; the same name finds the embedded font for layout.
pub(crate) const FONT_FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";
static FONT_BYTES: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");

/// Text sizes of plotters are 1.24 times the em that its SVG back end writes.
pub(crate) const PLOTTERS_SIZE_PER_EM: f64 = 1.24;

// Okabe and Ito's palette, told apart by all common kinds of colour vision.
pub(crate) const BLACK: RGBColor = RGBColor(0, 0, 0);
pub(crate) const WHITE: RGBColor = RGBColor(255, 255, 255);
pub(crate) const GREY: RGBColor = RGBColor(150, 150, 150);
pub(crate) const LIGHT_GREY: RGBColor = RGBColor(225, 225, 225);
pub(crate) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(crate) const VERMILLION: RGBColor = RGBColor(213, 94, 0);
pub(crate) const GREEN: RGBColor = RGBColor(0, 158, 115);
pub(crate) const PURPLE: RGBColor = RGBColor(204, 121, 167);
pub(crate) const ORANGE: RGBColor = RGBColor(230, 159, 0);
pub(crate) const SKY_BLUE: RGBColor = RGBColor(86, 180, 233);
/// Colours of several curves in one panel, in this order.
pub(crate) const SERIES: [RGBColor; 7] = [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY_BLUE, GREY];

/// Canvas units for a length in pixels.
pub(crate) fn units(pixels: f64) -> i32 {
    (pixels * f64::from(UNITS_PER_PIXEL)).round() as i32
}

/// A stroke of the given width in pixels.
pub(crate) fn stroke(color: &impl Color, pixels: f64) -> ShapeStyle {
    ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: units(pixels).unsigned_abs() }
}

/// Opacity of thin lines with this many points together: less ink each, the more there are.
pub(crate) fn opacity(points: usize) -> f64 {
    (16.0 / (points.max(1) as f64).sqrt()).clamp(0.06, 0.6)
}

/// Black text of the given size in pixels.
pub(crate) fn text(pixels: f64) -> Result<TextStyle<'static>, ReportError> {
    font()?;
    let size = pixels * f64::from(UNITS_PER_PIXEL) * PLOTTERS_SIZE_PER_EM;
    Ok(TextStyle::from((FontFamily::Name(FONT_FAMILY), size, FontStyle::Normal)).color(&BLACK))
}

/// Width of a line of text in pixels.
pub(crate) fn text_width(line: &str, pixels: f64) -> Result<f64, ReportError> {
    let font = font()?;
    let em = f64::from(font.units_per_em().unwrap_or(2048.0));
    let advance: f32 = line.chars().map(|c| font.h_advance_unscaled(font.glyph_id(c))).sum();
    Ok(f64::from(advance) / em * pixels)
}

/// The embedded font, registered with plotters on first use.
pub(crate) fn font() -> Result<&'static FontRef<'static>, ReportError> {
    static FONT: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    FONT.get_or_init(|| {
        register_font(FONT_FAMILY, FontStyle::Normal, FONT_BYTES).ok()?;
        FontRef::try_from_slice(FONT_BYTES).ok()
    })
    .as_ref()
    .ok_or_else(|| ReportError::Drawing("the embedded font cannot be read".to_owned()))
}

/// Viridis by S. van der Walt and N. Smith (CC0): perceptually uniform, also in grey and for
/// colour-blind readers. Every sixteenth part of the 256 colours, linear in between.
const VIRIDIS: [[u8; 3]; 17] = [
    [68, 1, 84],
    [72, 24, 106],
    [71, 45, 123],
    [66, 64, 134],
    [59, 82, 139],
    [51, 99, 141],
    [44, 114, 142],
    [38, 130, 142],
    [33, 145, 140],
    [31, 160, 136],
    [40, 174, 128],
    [63, 188, 115],
    [94, 201, 98],
    [132, 212, 75],
    [173, 220, 48],
    [216, 226, 25],
    [253, 231, 37],
];

/// Colour for a share between 0 and 1; values outside are clipped.
pub(crate) fn viridis(share: f64) -> RGBColor {
    let position = share.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let low = (position as usize).min(VIRIDIS.len() - 2);
    let weight = position - low as f64;
    let mix = |channel: usize| {
        let (a, b) = (VIRIDIS[low][channel], VIRIDIS[low + 1][channel]);
        (f64::from(a) + weight * (f64::from(b) - f64::from(a))).round() as u8
    };
    RGBColor(mix(0), mix(1), mix(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIE lightness of an sRGB colour (IEC 61966-2-1 and CIE 1976).
    fn lightness(color: RGBColor) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let y = 0.2126 * linear(color.0) + 0.7152 * linear(color.1) + 0.0722 * linear(color.2);
        116.0 * y.cbrt() - 16.0
    }

    #[test]
    fn the_colour_map_gets_evenly_lighter() {
        let steps: Vec<f64> = (0..50)
            .map(|i| {
                let (a, b) = (f64::from(i) / 50.0, f64::from(i + 1) / 50.0);
                lightness(viridis(b)) - lightness(viridis(a))
            })
            .collect();
        let mean = steps.iter().sum::<f64>() / 50.0;
        assert!(mean > 1.4, "from dark to light: {mean}");
        assert!(steps.iter().all(|s| (s - mean).abs() < 0.6 * mean), "{steps:?}");
    }

    #[test]
    fn the_font_has_the_letters_of_labels() -> Result<(), ReportError> {
        let font = font()?;
        for letter in "φψωχθλξμ°−±²½ΔÅ≥≤·⁻⁰¹³⁴⁵⁶⁷⁸⁹0123456789".chars()
        {
            assert_ne!(font.glyph_id(letter).0, 0, "{letter} is missing");
        }
        // Tabulated advance of a digit in DejaVu Sans: 1303 of 2048 units.
        let width = text_width("00", 100.0)?;
        assert!((width - 2.0 * 100.0 * 1303.0 / 2048.0).abs() < 1e-3, "{width}");
        Ok(())
    }
}
