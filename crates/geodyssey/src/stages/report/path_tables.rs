//! The tables of the paths, read back for figures, viewer scripts and the page: one by one, since there may be many.

use geodyssey_report::{Direction, NumericColumns, ReportError};
use serde::Deserialize;

use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::path_id::{FOLDER, PathId};
use crate::artifacts::paths;
use crate::error::Error;
use crate::run_context::Run;

/// A path of the run, without its table.
pub(super) struct PathEntry {
    /// Which it is.
    pub(super) id: PathId,
    /// Its trajectory, relative to the run directory.
    pub(super) trajectory: Option<String>,
    /// Number of its frames.
    pub(super) frames: usize,
    /// The frame of the highest energy: on the landscape where that is known, of the atoms else.
    pub(super) highest_frame: usize,
}

impl PathEntry {
    /// Whether it runs from the start to the end.
    pub(super) fn is_forward(&self) -> bool {
        self.id.direction == Direction::Forward
    }
}

/// One path's table.
pub(super) struct PathTable {
    /// Fisher–Rao arc length at each frame.
    pub(super) arc_length: Vec<f64>,
    /// logSNR at each frame.
    pub(super) log_snr: Vec<f64>,
    /// Work since the first frame, kJ/mol.
    pub(super) work: Vec<f64>,
    /// Variables at each frame.
    pub(super) points: Vec<Vec<f64>>,
    /// Landscape energy at each frame, kJ/mol above its minimum.
    pub(super) landscape_energy: Option<Vec<f64>>,
    /// All-atom potential energy at each frame, kJ/mol.
    pub(super) potential_energy: Option<Vec<f64>>,
}

impl PathTable {
    /// Number of its frames.
    pub(super) fn frames(&self) -> usize {
        self.arc_length.len()
    }

    fn highest_frame(&self) -> usize {
        let energies = self.landscape_energy.as_ref().or(self.potential_energy.as_ref());
        energies.map_or(0, |energies| {
            (0..energies.len())
                .fold(0, |best, frame| if energies[frame] > energies[best] { frame } else { best })
        })
    }
}

/// All paths, forward ones first, in the order of their numbers.
pub(super) fn read_path_entries(run: &Run<'_>, landscape: &LandscapeResult) -> Result<Vec<PathEntry>, Error> {
    let outputs: Vec<&str> = run.directory.outputs(paths::STAGE).collect();
    let entry = |id: PathId| {
        let table = read_path_table(run, landscape, id)?;
        let trajectory = format!("{FOLDER}{id}.xtc");
        Ok(PathEntry {
            id,
            trajectory: outputs.contains(&trajectory.as_str()).then_some(trajectory),
            frames: table.frames(),
            highest_frame: table.highest_frame(),
        })
    };
    PathId::all(outputs.iter().copied()).into_iter().map(entry).collect()
}

/// The table of one path.
pub(super) fn read_path_table(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    id: PathId,
) -> Result<PathTable, Error> {
    let name = id.table();
    let text = run.directory.read_text(&name)?;
    table(run, landscape, &text).map_err(|error| Error::failed(name, error))
}

fn table(run: &Run<'_>, landscape: &LandscapeResult, text: &str) -> Result<PathTable, ReportError> {
    let columns = NumericColumns::from_csv(text)?;
    let variables = run.problem.variables.iter().map(|variable| columns.column(&variable.column()));
    let variables = variables.collect::<Result<Vec<_>, _>>()?;
    let arc_length = columns.column("arc_length")?.to_vec();
    let points =
        (0..arc_length.len()).map(|frame| variables.iter().map(|column| column[frame]).collect()).collect();
    let has = |name: &str| columns.names().iter().any(|known| known == name);
    let column = |name: &str| columns.column(name).map(<[f64]>::to_vec);
    Ok(PathTable {
        log_snr: column("log_snr")?,
        work: column("work_kj_mol")?,
        arc_length,
        points,
        landscape_energy: landscape
            .landscape
            .as_ref()
            .map(|_| column("landscape_energy_kj_mol"))
            .transpose()?,
        potential_energy: has("potential_energy_kj_mol")
            .then(|| column("potential_energy_kj_mol"))
            .transpose()?,
    })
}

/// One row of the table of all paths.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PathRow {
    /// Name of its files.
    pub(super) path: String,
    /// `forward` or `backward`.
    pub(super) direction: String,
    /// 1 if its last frame lies within the radius of the state that it went for.
    pub(super) reached: u8,
    /// Highest all-atom potential energy over every step, kJ/mol.
    pub(super) max_potential_energy_kj_mol: Option<f64>,
    /// Highest energy on the landscape above its minimum, kJ/mol.
    pub(super) max_landscape_energy_kj_mol: Option<f64>,
    /// Work over the whole path, kJ/mol; none if it failed.
    pub(super) work_kj_mol: Option<f64>,
}

/// Reads the table of all paths.
pub(super) fn read_path_rows(run: &Run<'_>) -> Result<Vec<PathRow>, Error> {
    let text = run.directory.read_text(paths::TABLE_FILE)?;
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| Error::failed(paths::TABLE_FILE, error))
}
