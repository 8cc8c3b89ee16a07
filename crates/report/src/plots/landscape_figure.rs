//! What the figure of a landscape shows.

use super::axis::VariableAxis;
use super::regions::AvoidedRegion;
use super::style::opacity;
use super::surface::Surface;
use crate::ReportError;
use crate::lengths::check_length;

/// Most paths that are drawn; the legend says how many there are.
pub const MOST_PATHS: usize = 64;
/// About as many points of a path are drawn.
const MOST_POINTS: usize = 600;

/// A sequence of points in the space of the variables, in time or along the curve.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// Share of the geodesic's length, 0 to 1, one entry a point.
    pub arc_share: Vec<f64>,
    /// Values of all variables in their units, one entry a point; any periodic image.
    pub points: Vec<Vec<f64>>,
}

/// The landscape with the geodesic and the sampled paths.
///
/// One variable: energy over it, and below the positions along the arc. Two: a heat map. More: without
/// a heat map the two that change most along the geodesic, as shares of their axes.
#[derive(Debug, Clone, PartialEq)]
pub struct LandscapeFigure {
    /// The variables.
    pub variables: Vec<VariableAxis>,
    /// Energies over all variables; needed for one variable, left out for more than two.
    pub surface: Option<Surface>,
    /// Energy above which all is drawn in one colour, on the surface's scale. Left out: half above
    /// the highest point of the geodesic.
    pub energy_cap_kj_mol: Option<f64>,
    /// What the curve is called that the paths follow.
    pub curve_name: String,
    /// Posterior means `E[x | λ, y]` along the geodesic.
    pub geodesic: Trace,
    /// Sampled paths; the first [`MOST_PATHS`] are drawn, and more need not be given.
    pub paths: Vec<Trace>,
    /// How many paths there are.
    pub all_paths: usize,
    /// Centre of the start state.
    pub start: Vec<f64>,
    /// Centre of the end state.
    pub end: Vec<f64>,
    /// The point of highest energy, of the geodesic or the paths as the caller decides.
    pub highest: Option<Vec<f64>>,
    /// Regions that the path was kept out of; of more than two variables, the shadow on the two that are shown is drawn.
    pub avoided: Vec<AvoidedRegion>,
}

impl LandscapeFigure {
    /// Refuses inputs that do not fit together.
    pub(super) fn check(&self) -> Result<(), ReportError> {
        let dimension = self.variables.len();
        for variable in &self.variables {
            variable.check()?;
        }
        if let Some(surface) = &self.surface
            && dimension <= 2
        {
            surface.check(dimension)?;
        }
        let traces = std::iter::once(("the geodesic", &self.geodesic));
        for (place, trace) in traces.chain(self.paths.iter().map(|p| ("a path", p))) {
            check_length(&format!("shares of arc of {place}"), trace.points.len(), trace.arc_share.len())?;
            for point in &trace.points {
                check_length(&format!("a point of {place}"), dimension, point.len())?;
            }
        }
        check_length("the start state", dimension, self.start.len())?;
        check_length("the end state", dimension, self.end.len())?;
        if let Some(highest) = &self.highest {
            check_length("the highest point", dimension, highest.len())?;
        }
        for region in &self.avoided {
            check_length("the centre of an avoided region", dimension, region.center.len())?;
            check_length("the semi-axes of an avoided region", dimension, region.radius.len())?;
        }
        Ok(())
    }

    /// The paths that are drawn, each with a stride.
    pub(crate) fn drawn_paths(&self) -> impl Iterator<Item = (&Trace, usize)> {
        self.paths.iter().take(MOST_PATHS).map(|path| (path, path.points.len().div_ceil(MOST_POINTS).max(1)))
    }

    /// Opacity at which all drawn paths together show where they are dense.
    pub(crate) fn path_opacity(&self) -> f64 {
        opacity(self.drawn_paths().map(|(path, stride)| path.points.len() / stride).sum())
    }

    /// `1 path`, `32 paths`, or `64 of 1000 paths` where not all are drawn.
    pub(crate) fn paths_label(&self) -> String {
        match self.all_paths.max(self.paths.len()) {
            1 => "1 path".to_owned(),
            n if n > MOST_PATHS => format!("{MOST_PATHS} of {n} paths"),
            n => format!("{n} paths"),
        }
    }
}
