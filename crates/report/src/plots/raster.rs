//! A plotters back end that draws into a `tiny_skia` pixmap.
//!
//! Plotters' own bitmap back end widens polylines on whole pixels without joins; this one strokes
//! and fills with antialiasing, and sets text from glyph outlines where the SVG back end sets it.

use std::convert::Infallible;

use ab_glyph::{Font, FontRef, OutlineCurve};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontTransform,
};
use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::style::PLOTTERS_SIZE_PER_EM;

/// Draws canvas coordinates, scaled by `scale`, into a pixmap.
pub(crate) struct RasterBackend<'a> {
    pixmap: &'a mut Pixmap,
    font: &'static FontRef<'static>,
    size: (u32, u32),
    transform: Transform,
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl<'a> RasterBackend<'a> {
    /// A canvas of `size` units on a pixmap of `size * scale` pixels.
    pub(crate) fn new(
        pixmap: &'a mut Pixmap,
        font: &'static FontRef<'static>,
        size: (u32, u32),
        scale: f32,
    ) -> Self {
        Self { pixmap, font, size, transform: Transform::from_scale(scale, scale) }
    }

    fn fill(&mut self, path: PathBuilder, color: BackendColor, transform: Transform) {
        if let Some(path) = path.finish() {
            let paint = paint(color);
            self.pixmap.fill_path(&path, &paint, FillRule::Winding, transform, None);
        }
    }

    fn stroke(&mut self, path: PathBuilder, color: BackendColor, width: u32) {
        if let Some(path) = path.finish() {
            let stroke = Stroke {
                width: width as f32,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            let paint = paint(color);
            self.pixmap.stroke_path(&path, &paint, &stroke, self.transform, None);
        }
    }
}

fn paint(color: BackendColor) -> Paint<'static> {
    let (r, g, b) = color.rgb;
    let alpha = (color.alpha.clamp(0.0, 1.0) * 255.0).round() as u8;
    let mut paint = Paint::default();
    paint.set_color(Color::from_rgba8(r, g, b, alpha));
    paint.anti_alias = true;
    paint
}

fn polyline(points: impl IntoIterator<Item = BackendCoord>) -> PathBuilder {
    let mut path = PathBuilder::new();
    for (x, y) in points {
        if path.is_empty() {
            path.move_to(x as f32, y as f32);
        } else {
            path.line_to(x as f32, y as f32);
        }
    }
    path
}

impl DrawingBackend for RasterBackend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        if let Some(pixel) = Rect::from_xywh(x as f32, y as f32, 1.0, 1.0) {
            let paint = paint(color);
            self.pixmap.fill_rect(pixel, &paint, self.transform, None);
        }
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.stroke(polyline([from, to]), style.color(), style.stroke_width());
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let mut path = polyline([(left, top), (right, top), (right, bottom), (left, bottom)]);
        path.close();
        if fill {
            self.fill(path, style.color(), self.transform);
        } else {
            self.stroke(path, style.color(), style.stroke_width());
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.stroke(polyline(path), style.color(), style.stroke_width());
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vertices: I,
        style: &S,
    ) -> Drawn {
        let mut path = polyline(vertices);
        path.close();
        self.fill(path, style.color(), self.transform);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let mut path = PathBuilder::new();
        path.push_circle(x as f32, y as f32, radius as f32);
        if fill {
            self.fill(path, style.color(), self.transform);
        } else {
            self.stroke(path, style.color(), style.stroke_width());
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let em = (style.size() / PLOTTERS_SIZE_PER_EM) as f32;
        let scale = em / self.font.units_per_em().unwrap_or(2048.0);
        let advances = text.chars().map(|c| self.font.h_advance_unscaled(self.font.glyph_id(c)));
        let width = advances.sum::<f32>() * scale;
        let left = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -0.5 * width,
            HPos::Right => -width,
        };
        // The offsets that the SVG back end gives as `dy`; 1 ex of the font is 0.547 em.
        let baseline = match style.anchor().v_pos {
            VPos::Top => 0.76 * em,
            VPos::Center => 0.5 * 0.547 * em,
            VPos::Bottom => -0.5 * 0.547 * em,
        };
        let degrees = match style.transform() {
            FontTransform::None => 0.0,
            FontTransform::Rotate90 => 90.0,
            FontTransform::Rotate180 => 180.0,
            FontTransform::Rotate270 => 270.0,
        };
        let transform = self
            .transform
            .pre_translate(x as f32, y as f32)
            .pre_concat(Transform::from_rotate(degrees))
            .pre_translate(left, baseline)
            .pre_scale(scale, -scale);
        let mut glyphs = PathBuilder::new();
        let mut pen = 0.0;
        for letter in text.chars() {
            let glyph = self.font.glyph_id(letter);
            if let Some(outline) = self.font.outline(glyph) {
                push_outline(&mut glyphs, &outline.curves, pen);
            }
            pen += self.font.h_advance_unscaled(glyph);
        }
        self.fill(glyphs, style.color(), transform);
        Ok(())
    }
}

/// Appends the contours of one glyph, in font units, shifted to the right by `pen`.
fn push_outline(path: &mut PathBuilder, curves: &[OutlineCurve], pen: f32) {
    let mut end = None;
    for curve in curves {
        let (first, last) = match curve {
            OutlineCurve::Line(a, b) => (a, b),
            OutlineCurve::Quad(a, _, b) => (a, b),
            OutlineCurve::Cubic(a, _, _, b) => (a, b),
        };
        if end != Some(*first) {
            if end.is_some() {
                path.close();
            }
            path.move_to(pen + first.x, first.y);
        }
        match curve {
            OutlineCurve::Line(_, b) => path.line_to(pen + b.x, b.y),
            OutlineCurve::Quad(_, c, b) => path.quad_to(pen + c.x, c.y, pen + b.x, b.y),
            OutlineCurve::Cubic(_, c, d, b) => {
                path.cubic_to(pen + c.x, c.y, pen + d.x, d.y, pen + b.x, b.y);
            }
        }
        end = Some(*last);
    }
    if end.is_some() {
        path.close();
    }
}
