//! Regions of the variables that a path was kept out of.

use plotters::style::Color;
use plotters_backend::DrawingBackend;

use super::axis::VariableAxis;
use super::panel::Panel;
use super::style::{BLACK, LIGHT_GREY, WHITE, stroke};
use crate::ReportError;

/// Points of the outline of an ellipse.
const OUTLINE_POINTS: usize = 180;
/// Hatching lines across an ellipse.
const HATCHES: i32 = 9;

/// An ellipsoid that a path was kept out of, on every periodic image.
#[derive(Debug, Clone, PartialEq)]
pub struct AvoidedRegion {
    /// Its centre, in the variables' units.
    pub center: Vec<f64>,
    /// Its semi-axes along the variables, in their units.
    pub radius: Vec<f64>,
}

impl AvoidedRegion {
    /// Its outline and hatching over two variables; of more variables, its shadow on the first two.
    pub(crate) fn draw_over_two<DB: DrawingBackend>(
        &self,
        panel: &Panel<'_, DB>,
        axes: [&VariableAxis; 2],
    ) -> Result<(), ReportError> {
        let at =
            |x: f64, y: f64| [0, 1].map(|k| (self.center[k] + self.radius[k] * [x, y][k]) * axes[k].scale());
        for hatch in 1..=HATCHES {
            // Chords of the unit circle under 45 degrees, cut into pieces shorter than half a period.
            let offset = f64::from(2 * hatch - HATCHES - 1) / f64::from(HATCHES + 1);
            let half = (1.0 - offset * offset).sqrt();
            let chord: Vec<[f64; 2]> = (0..=20)
                .map(|i| half * (f64::from(i) / 10.0 - 1.0))
                .map(|along| {
                    let root = std::f64::consts::FRAC_1_SQRT_2;
                    at(root * (along - offset), root * (along + offset))
                })
                .collect();
            panel.draw_line(&chord, stroke(&BLACK.mix(0.55), 1.5))?;
        }
        let outline: Vec<[f64; 2]> = (0..=OUTLINE_POINTS)
            .map(|i| std::f64::consts::TAU * i as f64 / OUTLINE_POINTS as f64)
            .map(|angle| at(angle.cos(), angle.sin()))
            .collect();
        panel.draw_line(&outline, stroke(&WHITE, 8.0))?;
        panel.draw_line(&outline, stroke(&BLACK, 4.0))
    }

    /// A grey strip over one variable, with its periodic images.
    pub(crate) fn draw_over_one<DB: DrawingBackend>(
        &self,
        panel: &Panel<'_, DB>,
        axis: &VariableAxis,
    ) -> Result<(), ReportError> {
        let (lower, upper) = axis.drawn_range();
        let images: &[f64] = if axis.periodic { &[-1.0, 0.0, 1.0] } else { &[0.0] };
        for image in images {
            let shift = image * (upper - lower);
            let [from, to] =
                [-1.0, 1.0].map(|side| (self.center[0] + side * self.radius[0]) * axis.scale() + shift);
            if to > lower && from < upper {
                panel.draw_strip(from, to, LIGHT_GREY.to_rgba())?;
            }
        }
        Ok(())
    }
}
