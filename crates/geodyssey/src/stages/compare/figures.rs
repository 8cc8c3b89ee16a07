//! The figures of a comparison: all curves over the landscape, highest energies, logSNR along the arcs, dissipated work.

use geodyssey_report::plots::{
    AvoidedRegion, CurvesFigure, CurvesPanel, FigureRow, Mark, OverlayFigure, RenderedFigure, RowsFigure,
    Scale, Series, SeriesStyle,
};
use geodyssey_report::{ComparisonGroup, DirectionalWork, ReportError};

use super::finished::Finished;
use super::group::Group;
use super::words::is_baseline;
use crate::artifacts::landscape;
use crate::config::SamplingMethod;
use crate::error::Error;
use crate::stages::report::{surface, variable_axes};

/// A figure with its name, without extension, and what it shows.
pub(super) struct Drawn {
    pub(super) name: &'static str,
    pub(super) caption: String,
    pub(super) files: RenderedFigure,
}

/// Draws all figures of a group, in the order of the page.
pub(super) fn draw(group: &Group, compared: &ComparisonGroup) -> Result<Vec<Drawn>, Error> {
    let failed = |error: ReportError| Error::failed("a figure", error);
    let figures = Figures { group, compared };
    let mut drawn = Vec::new();
    drawn.extend(figures.landscape()?);
    drawn.extend(figures.max_energy().map_err(failed)?);
    drawn.extend(figures.work().map_err(failed)?);
    drawn.extend(figures.log_snr().map_err(failed)?);
    Ok(drawn)
}

struct Figures<'f> {
    group: &'f Group,
    compared: &'f ComparisonGroup,
}

impl Figures<'_> {
    /// Rows whose paths followed a curve.
    fn followed(&self) -> impl Iterator<Item = &Finished> {
        let annealed =
            |row: &&Finished| row.entry.problem.config.sampling.method == SamplingMethod::Annealing;
        self.group.rows.iter().filter(annealed)
    }

    fn landscape(&self) -> Result<Option<Drawn>, Error> {
        let Some(first) = self.group.rows.first() else { return Ok(None) };
        let problem = &first.entry.problem;
        let curves: Vec<(String, Vec<Vec<f64>>)> =
            self.followed().map(|row| (row.entry.name.clone(), row.curve.means.clone())).collect();
        if problem.variables.len() < 2 || curves.is_empty() {
            return Ok(None);
        }
        let landscape = landscape::read(problem, |name| first.run.read_text(name))?;
        let [start, end] = problem.states()?;
        let figure = OverlayFigure {
            variables: variable_axes(problem, &landscape),
            surface: surface(problem, &landscape),
            curves,
            start: start.center.clone(),
            end: end.center.clone(),
            regions: self
                .compared
                .regions
                .iter()
                .map(|region| AvoidedRegion { center: region.center.clone(), radius: region.radius.clone() })
                .collect(),
        };
        let files = figure.render().map_err(|error| Error::failed("a figure", error))?;
        let caption = "Posterior means along each curve, on the landscape.".to_owned();
        Ok(Some(Drawn { name: "landscape", caption, files }))
    }

    fn max_energy(&self) -> Result<Option<Drawn>, ReportError> {
        let mark = |index: usize| {
            let energies = self.compared.rows[index].summary.max_energy.as_ref()?;
            let energy = energies.landscape.as_ref()?;
            Some(Mark {
                mean: energy.mean_kj_mol,
                standard_deviation: energy.std_kj_mol,
                standard_error: energy.standard_error_kj_mol,
                values: self.group.rows[index].values.max_landscape_energy.clone(),
            })
        };
        let rows = self.rows(|index| vec![mark(index)]);
        if rows.is_empty() {
            return Ok(None);
        }
        let bounds = self.compared.rows.iter().filter_map(|row| row.summary.landscape.lower_bound_kj_mol);
        let figure = RowsFigure {
            title: "highest landscape energy (kJ/mol)".to_owned(),
            series: vec![String::new()],
            rows,
            level: bounds.reduce(f64::min).map(|bound| ("lower bound".to_owned(), bound)),
        };
        let caption = "Highest landscape energy of the forward paths: mean, standard error (thick), standard deviation (thin), \
                       individual paths (dots)."
            .to_owned();
        Ok(Some(Drawn { name: "max-energy", caption, files: figure.render()? }))
    }

    fn work(&self) -> Result<Option<Drawn>, ReportError> {
        let mark = |work: Option<&DirectionalWork>| {
            let work = work?;
            Some(Mark {
                mean: work.dissipated_kt?,
                standard_deviation: None,
                standard_error: work.dissipated_error_kt,
                values: Vec::new(),
            })
        };
        let rows = self.rows(|index| {
            let work = self.compared.rows[index].summary.work.as_ref();
            vec![
                mark(work.and_then(|work| work.forward.as_ref())),
                mark(work.and_then(|work| work.backward.as_ref())),
            ]
        });
        if rows.is_empty() {
            return Ok(None);
        }
        let figure = RowsFigure {
            title: "dissipated work (kT)".to_owned(),
            series: vec!["forward".to_owned(), "backward".to_owned()],
            rows,
            level: None,
        };
        let caption = "Dissipated work (mean work minus ΔF) with its standard error.".to_owned();
        Ok(Some(Drawn { name: "dissipated-work", caption, files: figure.render()? }))
    }

    fn log_snr(&self) -> Result<Option<Drawn>, ReportError> {
        let series = self.followed().map(|row| Series {
            name: row.entry.name.clone(),
            style: SeriesStyle::Line,
            points: row
                .curve
                .shares(&row.curve.arc_length)
                .into_iter()
                .zip(&row.curve.points)
                .map(|(share, point)| [share, point.log_snr])
                .collect(),
        });
        let series: Vec<Series> = series.collect();
        if series.is_empty() {
            return Ok(None);
        }
        let panel = CurvesPanel {
            x_title: "fraction of the arc length".to_owned(),
            y_title: "log SNR".to_owned(),
            scale: Scale::Linear,
            series,
            levels: Vec::new(),
            doubtful: Vec::new(),
        };
        let figure = CurvesFigure { panels: vec![panel], doubtful: String::new() };
        let caption =
            "logSNR along each curve, as a function of the fraction of its own arc length.".to_owned();
        Ok(Some(Drawn { name: "log-snr", caption, files: figure.render()? }))
    }

    /// Rows that have a mark.
    fn rows(&self, marks: impl Fn(usize) -> Vec<Option<Mark>>) -> Vec<FigureRow> {
        let compared = self.compared.rows.iter().enumerate();
        compared
            .map(|(index, row)| FigureRow {
                name: row.name.clone(),
                shaded: is_baseline(row),
                doubtful: row.summary.sampling.as_ref().is_none_or(|paths| paths.reached < 1.0),
                marks: marks(index),
            })
            .filter(|row| row.marks.iter().any(Option::is_some))
            .collect()
    }
}
