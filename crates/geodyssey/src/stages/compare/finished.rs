//! A finished run, read from its artifacts.

use std::path::PathBuf;

use geodyssey_constraints::ConstraintSettings;
use geodyssey_paths::{Direction, PathId};
use geodyssey_report::{RowRole, RowSeconds, Summary, Timings};
use geodyssey_run::{FinishedRun, SUMMARY_FILE, TIMINGS_FILE};

use crate::artifacts::all_paths::read_paths;
use crate::artifacts::curve::Curve;
use crate::artifacts::path_table::{paths_among, read_path, table_of};
use crate::artifacts::{all_paths, curve, landscape, paths};
use crate::config::{Config, CurveKind, SamplingMethod, ShootingLength};
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::timings;
use crate::stages::training;

/// One path to compare: its problem and where its run is.
pub(crate) struct Entry {
    /// Its name in the tables.
    pub(crate) name: String,
    /// Its problem.
    pub(crate) problem: Problem,
    /// Its run directory.
    pub(crate) directory: PathBuf,
    /// Whether it was given or added by the comparison.
    pub(crate) role: RowRole,
}

/// A finished run.
pub(crate) struct Finished {
    /// What it is.
    pub(crate) entry: Entry,
    /// Its files.
    pub(super) run: FinishedRun,
    /// Its results.
    pub(crate) summary: Summary,
    /// Wall-clock times.
    pub(crate) seconds: Option<RowSeconds>,
    /// One value per path.
    pub(super) values: PathValues,
    /// The variables at the frames of each forward path.
    pub(super) frames: Vec<Vec<Vec<f64>>>,
    /// What the paths followed.
    pub(super) curve: Curve,
}

/// One value per path, failed paths excluded.
#[derive(Default)]
pub(super) struct PathValues {
    /// Highest landscape energy of forward paths, kJ/mol.
    pub(super) max_landscape_energy: Vec<f64>,
    /// Highest potential energy of forward paths, kJ/mol.
    pub(super) max_potential_energy: Vec<f64>,
    /// Work of forward paths, kJ/mol.
    pub(super) forward_work: Vec<f64>,
    /// Work of backward paths, kJ/mol.
    pub(super) backward_work: Vec<f64>,
}

impl Finished {
    /// Reads a run directory.
    ///
    /// # Errors
    /// A file that is missing or was changed since it was written, or a run that was not finished.
    pub(crate) fn read(entry: Entry) -> Result<Self, Error> {
        let run = FinishedRun::open(&entry.directory)?;
        let summary = Summary::from_json(&run.read_text(SUMMARY_FILE)?)
            .map_err(|error| Error::file("understand", &entry.directory.join(SUMMARY_FILE), error))?;
        if summary.geodesic.is_none() || summary.sampling.is_none() {
            return Err(Error::input(format!("the run in {} has no paths", entry.directory.display())));
        }
        let timings = timings(&entry.directory.join(TIMINGS_FILE));
        Ok(Self {
            seconds: seconds(&timings),
            values: values(&run)?,
            frames: frames(&entry.problem, &run)?,
            curve: curve(&entry.problem, &run)?,
            run,
            summary,
            entry,
        })
    }

    /// Whether its paths come from two-way shooting rather than from a tether.
    pub(super) fn is_shooting(&self) -> bool {
        self.summary.sampling.as_ref().is_some_and(|paths| paths.shooting.is_some())
    }

    /// The kind of curve that it followed: for `automatic`, the kind that was chosen.
    pub(super) fn curve_kind(&self) -> CurveKind {
        let asked = self.entry.problem.config.geodesic.kind;
        let followed = self.summary.geodesic.as_ref().map(|curve| curve.kind.as_str());
        let came_to = [CurveKind::Geodesic, CurveKind::MinimumEnergyPath].into_iter();
        match asked {
            CurveKind::Automatic => {
                came_to.into_iter().find(|kind| followed == Some(kind.name())).unwrap_or(asked)
            }
            _ => asked,
        }
    }

    /// The winding that it followed.
    pub(super) fn winding(&self) -> &[i64] {
        self.summary.geodesic.as_ref().map_or(&[], |curve| &curve.winding)
    }
}

/// None if nothing was timed.
fn seconds(timings: &Timings) -> Option<RowSeconds> {
    let of = |stages: &[&str]| -> f64 {
        let stages = timings.stages.iter().filter(|timing| stages.contains(&timing.stage.as_str()));
        stages.map(|timing| timing.seconds).sum()
    };
    (!timings.stages.is_empty()).then(|| RowSeconds {
        sampling: of(&[paths::STAGE]),
        preparation: of(&[landscape::STAGE, training::STAGE, curve::STAGE]),
    })
}

fn values(run: &FinishedRun) -> Result<PathValues, Error> {
    let rows = read_paths(&run.read_text(all_paths::FILE)?)
        .map_err(|error| Error::file("understand", &run.path().join(all_paths::FILE), error))?;
    let mut values = PathValues::default();
    for row in rows.iter().filter(|row| row.failure.is_none()) {
        match row.direction {
            Direction::Forward => {
                values.max_landscape_energy.extend(row.max_landscape_energy_kj_mol);
                values.max_potential_energy.extend(row.max_potential_energy_kj_mol);
                values.forward_work.extend(row.work_kj_mol);
            }
            Direction::Backward => values.backward_work.extend(row.work_kj_mol),
        }
    }
    Ok(values)
}

fn frames(problem: &Problem, run: &FinishedRun) -> Result<Vec<Vec<Vec<f64>>>, Error> {
    let forward = paths_among(run.names()).into_iter().filter(|path| path.direction == Direction::Forward);
    let of = |path: PathId| {
        let name = table_of(path);
        let table = read_path(&problem.variables, &run.read_text(&name)?)
            .map_err(|error| Error::file("understand", &run.path().join(&name), error))?;
        Ok(table.points)
    };
    forward.map(of).collect()
}

fn curve(problem: &Problem, run: &FinishedRun) -> Result<Curve, Error> {
    curve::read_curve(problem, &run.read_text(curve::CURVE_FILE)?)
        .map_err(|error| Error::file("understand", &run.path().join(curve::CURVE_FILE), error))
}

/// Which curve the paths followed, which constraints bend it, and whose spacetime it is in.
pub(super) fn curve_in_words(config: &Config, kind: CurveKind) -> String {
    if config.sampling.method == SamplingMethod::TwoWayShooting {
        let length = match config.sampling.length.unwrap_or_default() {
            ShootingLength::Fixed => "fixed",
            ShootingLength::Flexible => "flexible",
        };
        return format!("two-way shooting, {length} length");
    }
    let geodesic = &config.geodesic;
    let mut words = match kind {
        CurveKind::Automatic | CurveKind::Geodesic => "geodesic".to_owned(),
        CurveKind::Straight if geodesic.log_snr_schedule.is_some() => {
            "straight line with the logSNR of a geodesic".to_owned()
        }
        CurveKind::Straight => "straight line".to_owned(),
        CurveKind::Tent => format!("tent to logSNR {}", geodesic.tent_log_snr.get()),
        CurveKind::MinimumEnergyPath => "minimum-energy path".to_owned(),
        CurveKind::Pullback => "pullback geodesic".to_owned(),
    };
    for constraint in config.constraints.iter().filter(|constraint| !constraint.report_only) {
        words.push_str(match (&constraint.settings, kind) {
            // It also determines the channel of a minimum-energy path.
            (ConstraintSettings::RegionAvoidance(_), CurveKind::MinimumEnergyPath) => ", region avoided",
            (_, kind) if !kind.is_geodesic() => "",
            (ConstraintSettings::LowVariance(_), _) => ", low variance",
            (ConstraintSettings::RegionAvoidance(_), _) => ", region avoided",
            (ConstraintSettings::EnergyCeiling(_), _) => ", energy ceiling",
        });
    }
    if kind.is_geodesic() && config.denoiser.training_data().is_some() {
        words.push_str(&format!(", {} denoiser", config.denoiser.kind()));
    }
    words
}
