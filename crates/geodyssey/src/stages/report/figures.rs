//! The figures: landscape with geodesic and paths, energies along the paths, work, logSNR along the arc.

use geodyssey_constraints::ConstraintSettings;
use geodyssey_paths::Direction;
use geodyssey_report::{
    ReportError,
    plots::{
        AvoidedRegion, EnergyFigure, EnergyPanel, LandscapeFigure, LogSnrFigure, MOST_PATHS, PlotFrame,
        PosteriorSpread, RenderedFigure, Trace, WorkFigure,
    },
};

use super::path_tables::{PathEntry, read_path_table};
use super::surface::{surface, uncut_start, variable_axes};
use super::{free_energy, spacetime};
use crate::artifacts::all_paths::PathRow;
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::paths::PathsRecord;
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::Run;
use crate::stages::constraints;
use crate::stages::free_paths::nearest_place;

/// One figure, and where a path can be marked in it.
pub(super) struct Drawn {
    /// Its name without ending.
    pub(super) name: &'static str,
    /// Its files.
    pub(super) files: RenderedFigure,
    /// Its axes, where they show columns of a path.
    pub(super) frames: Vec<PlotFrame>,
}

impl Drawn {
    fn new(name: &'static str, files: RenderedFigure) -> Self {
        Self { name, files, frames: Vec::new() }
    }
}

/// Draws all figures, in the order in which a page shows them.
pub(super) fn draw(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    paths: &PathsRecord,
    entries: &[PathEntry],
    rows: &[PathRow],
    free: &[Vec<Vec<f64>>],
) -> Result<Vec<Drawn>, Error> {
    let forward = ForwardPaths::read(run, entries)?;
    let figures = Figures { problem: run.problem, landscape, geodesic, forward: &forward };
    let failed = |error: ReportError| Error::failed("a figure", error);
    let mut drawn = Vec::new();
    drawn.extend(figures.landscape().map_err(failed)?);
    if !free.is_empty() {
        drawn.extend(figures.free_paths(free).map_err(failed)?);
    }
    drawn.extend(figures.energy().map_err(failed)?);
    drawn.extend(work(paths, rows).map_err(failed)?);
    if let Some(figure) = free_energy::draw(run, geodesic, paths)? {
        drawn.push(Drawn::new("free-energy", figure));
    }
    drawn.push(Drawn::new("log-snr", figures.log_snr().map_err(failed)?));
    if let Some(figure) = spacetime::draw(run.problem, landscape, geodesic)? {
        drawn.push(Drawn::new("spacetime", figure));
    }
    Ok(drawn)
}

/// The works of both directions; none if all paths failed.
fn work(paths: &PathsRecord, rows: &[PathRow]) -> Result<Option<Drawn>, ReportError> {
    let of = |direction: Direction| -> Vec<f64> {
        rows.iter().filter(|row| row.direction == direction).filter_map(|row| row.work_kj_mol).collect()
    };
    let (forward, backward) = (of(Direction::Forward), of(Direction::Backward));
    let Some(summary) = paths.work.as_ref().filter(|_| !forward.is_empty() || !backward.is_empty()) else {
        return Ok(None);
    };
    let figure = WorkFigure {
        forward_kj_mol: forward,
        backward_kj_mol: backward,
        delta_f_kj_mol: summary.delta_f_kj_mol.zip(summary.delta_f_error_kj_mol),
        landscape_delta_f_kj_mol: summary.landscape_delta_f_kj_mol,
    };
    Ok(Some(Drawn::new("work", figure.render()?)))
}

/// What figures show of the forward paths: of all of them energies, of the first ones places too.
struct ForwardPaths {
    /// How many have a frame.
    count: usize,
    /// Arc length and variables at each frame, of the first paths.
    drawn: Vec<(Vec<f64>, Vec<Vec<f64>>)>,
    /// Arc length at each frame of a path that passed the whole curve.
    arc_length: Option<Vec<f64>>,
    /// Landscape energy at each frame, kJ/mol, of the paths that passed the whole curve.
    landscape_energy: Vec<Vec<f64>>,
    /// All-atom potential energy at each frame, kJ/mol, of the same.
    potential_energy: Vec<Vec<f64>>,
}

impl ForwardPaths {
    fn read(run: &Run<'_>, entries: &[PathEntry]) -> Result<Self, Error> {
        let forward = || entries.iter().filter(|path| path.is_forward() && path.frames > 0);
        let frames = forward().map(|path| path.frames).max().unwrap_or(0);
        let mut read = Self {
            count: 0,
            drawn: Vec::new(),
            arc_length: None,
            landscape_energy: Vec::new(),
            potential_energy: Vec::new(),
        };
        for path in forward() {
            let table = read_path_table(run, path.id)?;
            read.count += 1;
            if path.frames == frames {
                read.landscape_energy.extend(table.landscape_energy);
                read.potential_energy.extend(table.potential_energy);
                read.arc_length.get_or_insert_with(|| table.arc_length.clone());
            }
            if read.drawn.len() < MOST_PATHS {
                read.drawn.push((table.arc_length, table.points));
            }
        }
        Ok(read)
    }
}

struct Figures<'f> {
    problem: &'f Problem,
    landscape: &'f LandscapeResult,
    geodesic: &'f GeodesicResult,
    forward: &'f ForwardPaths,
}

impl Figures<'_> {
    fn landscape(&self) -> Result<Option<Drawn>, ReportError> {
        let curve = &self.geodesic.curve;
        let led = self.forward.drawn.iter().map(|(arc_length, points)| Trace {
            arc_share: curve.shares(arc_length),
            points: points.clone(),
        });
        self.with_traces("landscape", led.collect(), self.forward.count)
    }

    /// The free paths on the landscape, each frame at the place on the curve that is nearest.
    fn free_paths(&self, free: &[Vec<Vec<f64>>]) -> Result<Option<Drawn>, ReportError> {
        let problem = self.problem;
        let points = &self.geodesic.curve.means;
        let shares = self.geodesic.curve.shares(&self.geodesic.curve.arc_length);
        let share = |values: &Vec<f64>| {
            let place = nearest_place(&problem.periods(), problem.scales.each(), points, values);
            shares[((place * (points.len() - 1) as f64).round() as usize).min(points.len() - 1)]
        };
        let traces: Vec<Trace> = free
            .iter()
            .map(|path| Trace { arc_share: path.iter().map(share).collect(), points: path.clone() })
            .collect();
        let count = traces.len();
        self.with_traces("free-paths", traces, count)
    }

    /// The landscape with the curve and paths of one kind.
    fn with_traces(
        &self,
        name: &'static str,
        paths: Vec<Trace>,
        all_paths: usize,
    ) -> Result<Option<Drawn>, ReportError> {
        let dimension = self.problem.variables.len();
        let surface = surface(self.problem, self.landscape);
        let (Some([start, end]), true) = (&self.problem.states, surface.is_some() || dimension > 1) else {
            return Ok(None);
        };
        let curve = &self.geodesic.curve;
        let geodesic = Trace { arc_share: curve.shares(&curve.arc_length), points: curve.means.clone() };
        let highest = self.landscape.landscape.as_ref().and_then(|surface| {
            geodesic.points.iter().max_by(|a, b| surface.energy(a).total_cmp(&surface.energy(b))).cloned()
        });
        let regions = constraints::regions(self.problem);
        let avoided = regions.iter().filter(|region| region.active).map(|region| AvoidedRegion {
            center: region.ball().center.clone(),
            radius: region.ball().radius.clone(),
        });
        let mut variables = variable_axes(self.problem, self.landscape);
        if let ([axis], [Some(period)]) = (variables.as_mut_slice(), self.problem.periods().as_slice()) {
            let along = geodesic.points.iter().map(|point| point[0]);
            axis.lower = uncut_start(axis.lower, *period, along);
            axis.upper = axis.lower + period;
        }
        let figure = LandscapeFigure {
            variables,
            surface,
            energy_cap_kj_mol: None,
            geodesic,
            paths,
            all_paths,
            curve_name: spacetime::curve_name(&self.geodesic.record.summary.kind),
            start: start.center.clone(),
            end: end.center.clone(),
            highest,
            avoided: avoided.collect(),
        };
        let frames = figure.frames()?;
        Ok(Some(Drawn {
            name,
            files: figure.render()?,
            frames: if name == "landscape" { frames } else { Vec::new() },
        }))
    }

    fn log_snr(&self) -> Result<RenderedFigure, ReportError> {
        let curve = &self.geodesic.curve;
        let spreads = self.problem.variables.iter().zip(&curve.variances);
        let floors =
            self.problem.config.constraints.iter().filter_map(|constraint| match &constraint.settings {
                ConstraintSettings::LowVariance(settings) if !constraint.report_only => {
                    settings.log_snr_floor
                }
                _ => None,
            });
        let figure = LogSnrFigure {
            arc_length: curve.arc_length.clone(),
            log_snr: curve.points.iter().map(|point| point.log_snr).collect(),
            posterior: spreads
                .map(|(variable, variances)| PosteriorSpread {
                    name: variable.name.clone(),
                    unit: variable.quantity.unit.column().to_owned(),
                    standard_deviation: variances.iter().map(|variance| variance.max(0.0).sqrt()).collect(),
                })
                .collect(),
            floor: floors.reduce(f64::max),
        };
        figure.render()
    }

    fn energy(&self) -> Result<Option<Drawn>, ReportError> {
        let Some(arc_length) = &self.forward.arc_length else { return Ok(None) };
        let curve = &self.geodesic.curve;
        let arc_share = curve.shares(arc_length);
        let (mut panels, mut columns) = (Vec::new(), Vec::new());
        let on_landscape = self.forward.landscape_energy.clone();
        if let (Some(surface), false) = (&self.landscape.landscape, on_landscape.is_empty()) {
            let energies = curve.means.iter().map(|mean| surface.energy(mean) - self.landscape.minimum);
            columns.push("landscape_energy_kj_mol");
            panels.push(EnergyPanel {
                title: "landscape energy".to_owned(),
                arc_share: arc_share.clone(),
                paths_kj_mol: on_landscape,
                geodesic_kj_mol: curve.shares(&curve.arc_length).into_iter().zip(energies).collect(),
                lower_bound_kj_mol: self.geodesic.record.lower_bound_kj_mol,
            });
        }
        let atoms = self.forward.potential_energy.clone();
        if !atoms.is_empty() {
            columns.push("potential_energy_kj_mol");
            panels.push(EnergyPanel {
                title: "all-atom potential energy".to_owned(),
                arc_share,
                paths_kj_mol: atoms,
                geodesic_kj_mol: Vec::new(),
                lower_bound_kj_mol: None,
            });
        }
        if panels.is_empty() {
            return Ok(None);
        }
        let curve_name = spacetime::curve_name(&self.geodesic.record.summary.kind);
        let figure = EnergyFigure { curve_name, panels };
        let frames = figure.frames(&columns)?;
        Ok(Some(Drawn { name: "energy", files: figure.render()?, frames }))
    }
}
