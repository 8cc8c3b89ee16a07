//! Figures, each as PNG and as SVG from the same drawing commands.
//!
//! A figure is a plain struct of numbers in the units of the artifacts; `render` returns the two
//! files. Torsions are drawn in degrees. The font is embedded; nothing is asked of the system.

mod axis;
mod color_bar;
mod curves;
mod distances;
mod energy;
mod frame;
mod landscape;
mod landscape_one_variable;
mod landscape_two_variables;
mod legend;
mod line_look;
mod log_snr;
mod markers;
mod overlay;
mod panel;
mod points;
mod raster;
mod regions;
mod render;
mod rows;
mod spacetime;
mod style;
mod surface;
mod work;
mod wrap;

pub use axis::VariableAxis;
pub(crate) use axis::drawn_variable;
pub use curves::{CurvesFigure, CurvesPanel, Scale, Series, SeriesStyle};
pub use distances::{DendrogramFigure, DistanceMatrixFigure, EmbeddingFigure, Merge};
pub use energy::{EnergyFigure, EnergyPanel};
pub use frame::{PlotAxis, PlotFrame};
pub use landscape::{LandscapeFigure, MOST_PATHS, Trace};
pub use log_snr::{LogSnrFigure, PosteriorSpread};
pub use overlay::OverlayFigure;
pub use points::{PointLayer, PointsFigure, PointsPanel};
pub use regions::AvoidedRegion;
pub use render::RenderedFigure;
pub use rows::{FigureRow, Mark, RowsFigure};
pub use spacetime::SpacetimeFigure;
pub use surface::Surface;
pub use work::WorkFigure;

use crate::ReportError;

/// Rejects an input that does not have the length of the others.
fn check_length(place: &str, expected: usize, found: usize) -> Result<(), ReportError> {
    if expected == found {
        Ok(())
    } else {
        Err(ReportError::Length { place: place.to_owned(), expected, found })
    }
}
