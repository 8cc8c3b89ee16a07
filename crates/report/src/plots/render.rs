//! From a figure's drawing commands to PNG bytes and SVG text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea, SVGBackend};
use plotters_backend::DrawingBackend;
use tiny_skia::{IntSize, Pixmap, PixmapPaint, Transform};

use super::axis::VariableAxis;
use super::legend::{self, Entry};
use super::panel::{PixelBox, drawing};
use super::raster::RasterBackend;
use super::style::{UNITS_PER_PIXEL, font, units};
use super::surface::{Bands, Surface, heat_map};
use crate::ReportError;

/// A figure, ready to be written to files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFigure {
    /// PNG file.
    pub png: Vec<u8>,
    /// SVG document; text is text, in DejaVu Sans or the reader's own sans-serif font.
    pub svg: String,
}

/// A picture that lies under everything else, e.g. a heat map.
pub(crate) struct Underlay {
    /// Where it lies; width and height are whole pixels.
    pub(crate) place: PixelBox,
    /// RGB, row by row from the top, one entry a pixel of `place`.
    pub(crate) pixels: Vec<u8>,
}

impl Underlay {
    /// The heat map of a surface over two variables.
    pub(crate) fn of_surface(
        surface: &Surface,
        bands: &Bands,
        axes: [&VariableAxis; 2],
        place: PixelBox,
    ) -> Self {
        let size = (place.width as u32, place.height as u32);
        Self { place, pixels: heat_map(surface, &axes.map(VariableAxis::stored), bands, size) }
    }
}

/// Something that can be drawn on any back end.
pub(crate) trait Figure {
    /// Width and height in pixels.
    fn size(&self) -> Result<(f64, f64), ReportError>;

    /// What lies below the drawing.
    fn underlays(&self) -> Vec<Underlay> {
        Vec::new()
    }

    /// Draws everything above the underlay and the white page.
    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError>;
}

/// Draws a figure on both back ends.
pub(crate) fn render(figure: &impl Figure) -> Result<RenderedFigure, ReportError> {
    let font = font()?;
    let (width, height) = figure.size()?;
    let (width, height) = (width.ceil() as u32, height.ceil() as u32);
    let scale = UNITS_PER_PIXEL.unsigned_abs();
    let canvas = (width * scale, height * scale);
    let unusable = || ReportError::Drawing(format!("no page of {width} × {height} pixels"));

    let mut page = Pixmap::new(width, height).ok_or_else(unusable)?;
    page.fill(tiny_skia::Color::WHITE);
    let mut background = String::from(r##"<rect width="100%" height="100%" fill="#FFFFFF"/>"##);
    background.push('\n');
    for underlay in figure.underlays() {
        let picture = picture(&underlay).ok_or_else(unusable)?;
        let PixelBox { left, top, .. } = underlay.place;
        let (x, y) = (left.round() as i32, top.round() as i32);
        page.draw_pixmap(x, y, picture.as_ref(), &PixmapPaint::default(), Transform::identity(), None);
        background.push_str(&svg_image(&underlay.place, &png(&picture)?));
    }

    let raster = RasterBackend::new(&mut page, font, canvas, 1.0 / scale as f32);
    let area = raster.into_drawing_area();
    figure.draw(&area)?;
    area.present().map_err(drawing)?;
    drop(area);

    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, canvas).into_drawing_area();
    figure.draw(&area)?;
    area.present().map_err(drawing)?;
    drop(area);
    // Plotters' own header has no joins, no background and the canvas' size.
    let body = svg.find(">\n").map_or(0, |end| end + 2);
    let header = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" stroke-linejoin=\"round\" stroke-linecap=\"round\">\n",
        canvas.0, canvas.1
    );
    Ok(RenderedFigure { png: png(&page)?, svg: header + &background + &svg[body..] })
}

fn picture(underlay: &Underlay) -> Option<Pixmap> {
    let opaque = underlay.pixels.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]);
    let size = IntSize::from_wh(underlay.place.width.round() as u32, underlay.place.height.round() as u32)?;
    Pixmap::from_vec(opaque.collect(), size)
}

fn png(pixmap: &Pixmap) -> Result<Vec<u8>, ReportError> {
    pixmap.encode_png().map_err(|error| ReportError::Drawing(error.to_string()))
}

fn svg_image(place: &PixelBox, png: &[u8]) -> String {
    format!(
        "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
         href=\"data:image/png;base64,{}\"/>\n",
        units(place.left),
        units(place.top),
        units(place.width),
        units(place.height),
        STANDARD.encode(png)
    )
}

/// Pixels above the first panel for a legend in rows, and what stands in them.
pub(crate) struct TopLegend {
    entries: Vec<Entry>,
    positions: Vec<(f64, f64)>,
    left: f64,
    /// Height in pixels, margins included.
    pub(crate) height: f64,
}

impl TopLegend {
    /// Sets the entries in rows of at most `width` pixels from `left`.
    pub(crate) fn new(entries: Vec<Entry>, left: f64, width: f64) -> Result<Self, ReportError> {
        let (positions, rows) = legend::rows(&entries, width)?;
        Ok(Self { entries, positions, left, height: 44.0 + rows as f64 * legend::ROW_PIXELS })
    }

    /// Draws the rows at the top of the page.
    pub(crate) fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        for (entry, (x, y)) in self.entries.iter().zip(&self.positions) {
            legend::draw_entry(page, entry, (self.left + x, 18.0 + y))?;
        }
        Ok(())
    }
}
