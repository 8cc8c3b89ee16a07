//! `free-energy.csv`: the free energy along the curve, from the paths of both directions.

use std::fmt::Write as _;

use geodyssey_report::{NumericColumns, ReportError};

use crate::problem::variables::Variable;

/// The table.
pub(crate) const FILE: &str = "free-energy.csv";

/// Column names, without unit, of the estimates from all paths, from forward paths only and from backward paths only.
const WAYS: [&str; 3] = ["free_energy", "forward_free_energy", "backward_free_energy"];
const POINT: &str = "point";
const LANDSCAPE: &str = "landscape_free_energy_kj_mol";

/// A free energy as stored in the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToldEnergy {
    /// Its value, kJ/mol; none if unknown.
    pub(crate) value: Option<f64>,
    /// Its standard error, kJ/mol; none if unknown.
    pub(crate) standard_error: Option<f64>,
}

/// The row of one point of the curve.
pub(crate) struct WindowRow {
    /// Its index.
    pub(crate) point: usize,
    /// Its logSNR.
    pub(crate) log_snr: f64,
    /// The centre of its tether, in the variables' own units.
    pub(crate) y: Vec<f64>,
    /// From all paths, from forward paths only, from backward paths only.
    pub(crate) ways: [ToldEnergy; 3],
    /// From the landscape, kJ/mol.
    pub(crate) landscape: Option<f64>,
}

/// The table.
pub(crate) fn free_energy_csv(
    variables: &[Variable],
    with_landscape: bool,
    windows: impl Iterator<Item = WindowRow>,
) -> String {
    // Writing to a string cannot fail.
    let mut text = format!("{POINT},log_snr");
    for variable in variables {
        let _ = write!(text, ",y_{}", variable.column());
    }
    for name in WAYS {
        let _ = write!(text, ",{name}_kj_mol,{name}_standard_error_kj_mol");
    }
    if with_landscape {
        let _ = write!(text, ",{LANDSCAPE}");
    }
    text.push('\n');
    let cell = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for window in windows {
        let _ = write!(text, "{},{}", window.point, window.log_snr);
        for y in &window.y {
            let _ = write!(text, ",{y}");
        }
        for way in window.ways {
            let _ = write!(text, ",{},{}", cell(way.value), cell(way.standard_error));
        }
        if let Some(value) = window.landscape {
            let _ = write!(text, ",{value}");
        }
        text.push('\n');
    }
    text
}

/// The table, read back: free energies at points of the curve, kJ/mol, NaN if unknown.
pub(crate) struct FreeEnergyTable {
    /// Indices of the points.
    pub(crate) points: Vec<usize>,
    /// From all paths.
    pub(crate) all: Vec<f64>,
    /// From forward paths only.
    pub(crate) forward: Vec<f64>,
    /// From backward paths only.
    pub(crate) backward: Vec<f64>,
    /// From the landscape, if it has a free energy.
    pub(crate) landscape: Option<Vec<f64>>,
}

/// The table from its text.
pub(crate) fn read_free_energy(text: &str) -> Result<FreeEnergyTable, ReportError> {
    let columns = NumericColumns::from_csv(text)?;
    let of = |way: &str| columns.column(&format!("{way}_kj_mol")).map(<[f64]>::to_vec);
    let [all, forward, backward] = WAYS;
    Ok(FreeEnergyTable {
        points: columns.column(POINT)?.iter().map(|&point| point as usize).collect(),
        all: of(all)?,
        forward: of(forward)?,
        backward: of(backward)?,
        // Without a free energy of the landscape its column is missing.
        landscape: columns.column(LANDSCAPE).ok().map(<[f64]>::to_vec),
    })
}
