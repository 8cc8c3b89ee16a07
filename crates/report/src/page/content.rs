//! What the page of a run shows.

use super::paths::PagePath;
use crate::Summary;
use crate::plots::PlotFrame;

/// Everything that the page of a run shows.
#[derive(Debug, Clone)]
pub struct RunPage<'a> {
    /// Name of the run.
    pub title: &'a str,
    /// Results.
    pub summary: &'a Summary,
    /// The two states in words, e.g. `phi = -147.5°, psi = 159.4°`.
    pub states: Option<[String; 2]>,
    /// Figures, in their order.
    pub figures: Vec<PageFigure<'a>>,
    /// A PDB file of the molecule; none without one, or where it is too large for a page.
    pub structure: Option<&'a str>,
    /// Paths to be played, as [`super::select_paths`] chose them.
    pub paths: Vec<PagePath>,
    /// How many paths the run has.
    pub all_paths: usize,
    /// Every how-manieth frame is in the page.
    pub stride: usize,
    /// Files to open in other programs, relative to the page.
    pub links: Vec<(String, String)>,
}

/// One figure of the page.
#[derive(Debug, Clone)]
pub struct PageFigure<'a> {
    /// Its name, e.g. `landscape`.
    pub name: &'a str,
    /// SVG document.
    pub svg: &'a str,
    /// What it shows, in a sentence or two.
    pub caption: String,
    /// Its axes, where a point of a path can be marked.
    pub frames: Vec<PlotFrame>,
}
