//! The tables of the paths, read back for figures and viewer scripts.

use geodyssey_report::{NumericColumns, ReportError};

use crate::error::Error;
use crate::stages::Run;
use crate::stages::landscape::LandscapeResult;
use crate::stages::paths;

/// One path's table.
pub(super) struct PathTable {
    /// Whether it runs from the start to the end.
    pub(super) forward: bool,
    /// Its trajectory, relative to the run directory.
    pub(super) trajectory: Option<String>,
    /// Fisher–Rao arc length at each frame.
    pub(super) arc_length: Vec<f64>,
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

    /// The frame of the highest energy: on the landscape where that is known, of the atoms else.
    pub(super) fn highest_frame(&self) -> usize {
        let energies = self.landscape_energy.as_ref().or(self.potential_energy.as_ref());
        energies.map_or(0, |energies| {
            (0..energies.len())
                .fold(0, |best, frame| if energies[frame] > energies[best] { frame } else { best })
        })
    }
}

/// Reads all of them, forward ones first, in the order of their numbers.
pub(super) fn read_path_tables(run: &Run<'_>, landscape: &LandscapeResult) -> Result<Vec<PathTable>, Error> {
    let outputs: Vec<&str> = run.directory.outputs(paths::STAGE).collect();
    let tables = outputs.iter().filter(|name| name.starts_with("paths/") && name.ends_with(".csv"));
    let (backward, forward): (Vec<&&str>, Vec<&&str>) =
        tables.partition(|name| name.starts_with("paths/backward"));
    let mut read = Vec::new();
    for name in forward.into_iter().chain(backward) {
        let text = run.directory.read_text(name)?;
        let table = table(run, landscape, &text).map_err(|error| Error::failed(name, error))?;
        let trajectory = name.replace(".csv", ".xtc");
        let trajectory = outputs.contains(&trajectory.as_str()).then_some(trajectory);
        read.push(PathTable { forward: !name.starts_with("paths/backward"), trajectory, ..table });
    }
    Ok(read)
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
        forward: true,
        trajectory: None,
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
