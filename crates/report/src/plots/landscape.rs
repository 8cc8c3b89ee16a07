//! Figure: the landscape with the geodesic and the sampled paths.

use super::frame::{PlotAxis, PlotFrame};
use super::landscape_figure::{LandscapeFigure, Trace};
use super::landscape_one_variable::OneVariable;
use super::landscape_two_variables::TwoVariables;
use super::regions::AvoidedRegion;
use super::render::{RenderedFigure, render};
use crate::ReportError;

impl LandscapeFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// Inputs that do not fit together, an empty axis or surface.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        self.check()?;
        match self.variables.as_slice() {
            [variable] => render(&OneVariable::new(self, variable)?),
            [x, y] => render(&TwoVariables::new(self, [x, y])),
            [_, _, ..] => self.shadow(self.most_changed()).render(),
            [] => Err(ReportError::Empty { place: "the list of variables".to_owned() }),
        }
    }

    /// Where its axes lie: over one variable two pairs, with the energy and with the share of arc; else one.
    ///
    /// # Errors
    /// As [`LandscapeFigure::render`].
    pub fn frames(&self) -> Result<Vec<PlotFrame>, ReportError> {
        self.check()?;
        match self.variables.as_slice() {
            [variable] => OneVariable::new(self, variable)?.plot_frames(),
            [x, y] => TwoVariables::new(self, [x, y]).plot_frames(),
            [_, _, ..] => {
                let shown = self.most_changed();
                let mut frames = self.shadow(shown).frames()?;
                for frame in &mut frames {
                    frame.x.column = PlotAxis::column_of_variable(shown[0]);
                    frame.y.column = PlotAxis::column_of_variable(shown[1]);
                }
                Ok(frames)
            }
            [] => Ok(Vec::new()),
        }
    }

    /// The two variables that change most along the geodesic, as shares of their axes, in their order; the first two where nothing
    /// changes.
    fn most_changed(&self) -> [usize; 2] {
        let change = |index: usize| {
            let values = self.geodesic.points.iter().map(|point| point[index]);
            let (low, high) =
                values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
            let variable = &self.variables[index];
            ((high - low) / (variable.upper - variable.lower)).max(0.0)
        };
        let mut order: Vec<usize> = (0..self.variables.len()).collect();
        order.sort_by(|&a, &b| change(b).total_cmp(&change(a)));
        [order[0].min(order[1]), order[0].max(order[1])]
    }

    /// The figure of two of its variables alone.
    fn shadow(&self, shown: [usize; 2]) -> Self {
        let point = |point: &Vec<f64>| shown.map(|index| point[index]).to_vec();
        let trace = |trace: &Trace| Trace {
            arc_share: trace.arc_share.clone(),
            points: trace.points.iter().map(point).collect(),
        };
        Self {
            variables: shown.map(|index| self.variables[index].clone()).to_vec(),
            surface: None,
            energy_cap_kj_mol: self.energy_cap_kj_mol,
            curve_name: self.curve_name.clone(),
            geodesic: trace(&self.geodesic),
            paths: self.paths.iter().map(trace).collect(),
            all_paths: self.all_paths,
            start: point(&self.start),
            end: point(&self.end),
            highest: self.highest.as_ref().map(point),
            avoided: self
                .avoided
                .iter()
                .map(|region| AvoidedRegion { center: point(&region.center), radius: point(&region.radius) })
                .collect(),
        }
    }
}
