//! `paths/path-0000.csv` and so on: one table per path, one row per frame.

use geodyssey_paths::PathId;
use geodyssey_report::{NumericColumns, ReportError};

use super::rows::csv_of;
use crate::error::Error;
use crate::problem::variables::Variable;

/// The folder of the paths' files.
pub(crate) const FOLDER: &str = "paths/";

/// The name of a path's table, relative to the run directory.
pub(crate) fn table_of(path: PathId) -> String {
    format!("{FOLDER}{path}.csv")
}

/// The path to which a table belongs, from its file name; none for any other file.
pub(crate) fn path_of(name: &str) -> Option<PathId> {
    name.strip_prefix(FOLDER)?.strip_suffix(".csv")?.parse().ok()
}

/// The paths whose tables are among the names of a run's files, in order.
pub(crate) fn paths_among<'n>(names: impl Iterator<Item = &'n str>) -> Vec<PathId> {
    let mut all: Vec<PathId> = names.filter_map(path_of).collect();
    all.sort_unstable();
    all
}

/// Number of a frame.
pub(crate) const FRAME: &str = "frame";
/// Index of the curve's point at which it was taken.
pub(crate) const POINT: &str = "point";
/// All-atom potential energy; only for paths of atoms.
pub(crate) const POTENTIAL_ENERGY: &str = "potential_energy_kj_mol";
const ARC_LENGTH: &str = "arc_length";
const LOG_SNR: &str = "log_snr";
const LANDSCAPE_ENERGY: &str = "landscape_energy_kj_mol";
const TETHER_ENERGY: &str = "tether_energy_kj_mol";
const WORK: &str = "work_kj_mol";

/// Optional columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownEnergies {
    /// All-atom potential energy.
    pub(crate) potential: bool,
    /// Energy on the landscape.
    pub(crate) landscape: bool,
}

/// The row of one frame.
pub(crate) struct FrameRow<'p> {
    /// Its number.
    pub(crate) frame: usize,
    /// Index of its point on the curve.
    pub(crate) point: usize,
    /// Fisher–Rao arc length there.
    pub(crate) arc_length: f64,
    /// logSNR there.
    pub(crate) log_snr: f64,
    /// The variables, in their own units.
    pub(crate) variables: &'p [f64],
    /// All-atom potential energy, kJ/mol.
    pub(crate) potential_energy: Option<f64>,
    /// Landscape energy above its minimum, kJ/mol.
    pub(crate) landscape_energy: Option<f64>,
    /// Energy of the tether, kJ/mol.
    pub(crate) tether_energy: f64,
    /// Work since the first frame, kJ/mol.
    pub(crate) work: f64,
}

/// The table of a path.
pub(crate) fn path_csv<'p>(
    variables: &[Variable],
    known: KnownEnergies,
    frames: impl Iterator<Item = FrameRow<'p>>,
) -> Result<Vec<u8>, Error> {
    let mut header = [FRAME, POINT, ARC_LENGTH, LOG_SNR].map(str::to_owned).to_vec();
    header.extend(variables.iter().map(Variable::column));
    header.extend(known.potential.then(|| POTENTIAL_ENERGY.to_owned()));
    header.extend(known.landscape.then(|| LANDSCAPE_ENERGY.to_owned()));
    header.extend([TETHER_ENERGY, WORK].map(str::to_owned));
    let rows = frames.map(|row| {
        let mut cells = vec![row.frame.to_string(), row.point.to_string()];
        cells.extend([row.arc_length.to_string(), row.log_snr.to_string()]);
        cells.extend(row.variables.iter().map(f64::to_string));
        cells.extend(row.potential_energy.map(|energy| energy.to_string()));
        cells.extend(row.landscape_energy.map(|energy| energy.to_string()));
        cells.extend([row.tether_energy.to_string(), row.work.to_string()]);
        cells
    });
    csv_of("a table of the paths", std::iter::once(header).chain(rows))
}

/// A path's table, read back.
pub(crate) struct PathTable {
    /// Fisher–Rao arc length at each frame.
    pub(crate) arc_length: Vec<f64>,
    /// logSNR at each frame.
    pub(crate) log_snr: Vec<f64>,
    /// Work since the first frame, kJ/mol.
    pub(crate) work: Vec<f64>,
    /// Variables at each frame.
    pub(crate) points: Vec<Vec<f64>>,
    /// Landscape energy at each frame, kJ/mol above its minimum.
    pub(crate) landscape_energy: Option<Vec<f64>>,
    /// All-atom potential energy at each frame, kJ/mol.
    pub(crate) potential_energy: Option<Vec<f64>>,
}

impl PathTable {
    /// Number of its frames.
    pub(crate) fn frames(&self) -> usize {
        self.arc_length.len()
    }

    /// The frame of highest energy: landscape energy if known, otherwise potential energy of the atoms.
    pub(crate) fn highest_frame(&self) -> usize {
        let energies = self.landscape_energy.as_ref().or(self.potential_energy.as_ref());
        energies.map_or(0, |energies| {
            (0..energies.len())
                .fold(0, |best, frame| if energies[frame] > energies[best] { frame } else { best })
        })
    }
}

/// A path's table from its text.
pub(crate) fn read_path(variables: &[Variable], text: &str) -> Result<PathTable, ReportError> {
    let columns = NumericColumns::from_csv(text)?;
    let column = |name: &str| columns.column(name).map(<[f64]>::to_vec);
    let has = |name: &str| columns.names().iter().any(|known| known == name);
    let coordinates = variables
        .iter()
        .map(|variable| columns.column(&variable.column()))
        .collect::<Result<Vec<&[f64]>, ReportError>>()?;
    let in_row = |row: usize| -> Vec<f64> { coordinates.iter().map(|column| column[row]).collect() };
    Ok(PathTable {
        arc_length: column(ARC_LENGTH)?,
        log_snr: column(LOG_SNR)?,
        work: column(WORK)?,
        points: (0..columns.row_count()).map(in_row).collect(),
        landscape_energy: has(LANDSCAPE_ENERGY).then(|| column(LANDSCAPE_ENERGY)).transpose()?,
        potential_energy: has(POTENTIAL_ENERGY).then(|| column(POTENTIAL_ENERGY)).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_in_the_order_of_their_numbers_and_not_of_their_names() {
        let names = [
            "paths/backward-0003.csv",
            "paths/path-10000.csv",
            "paths/path-9999.csv",
            "paths/path-0001.xtc",
            "x.csv",
        ];
        let all = paths_among(names.into_iter());
        let tables: Vec<String> = all.iter().copied().map(table_of).collect();
        assert_eq!(tables, ["paths/path-9999.csv", "paths/path-10000.csv", "paths/backward-0003.csv"]);
    }
}
