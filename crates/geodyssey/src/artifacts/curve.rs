//! `geodesic.csv` and `geodesic.json`: the curve, and what is known of it and of the other windings.

use geodyssey_denoiser::SpacetimePoint;
use geodyssey_report::{ConstraintSummary, GeodesicSummary, NumericColumns, Warning};
use geodyssey_spacetime::CurveNode;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::problem::Problem;
use crate::run_directory::RunDirectory;

/// Name of the stage.
pub(crate) const STAGE: &str = "geodesic";
/// The curve.
pub(crate) const CURVE_FILE: &str = "geodesic.csv";
/// What is known of it and of the other windings.
pub(crate) const RECORD_FILE: &str = "geodesic.json";

/// What is known of the chosen curve and of the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct GeodesicRecord {
    /// Length, energy, windings, ….
    pub(crate) summary: GeodesicSummary,
    /// How well each constraint is satisfied.
    pub(crate) constraints: Vec<ConstraintSummary>,
    /// Bottleneck between the two states above the global minimum, nothing blocked, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lower_bound_kj_mol: Option<f64>,
    /// Standard error of the landscape at the bottleneck, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lower_bound_error_kj_mol: Option<f64>,
    /// Whether the whole route over the lowest barrier was sampled; absent if the landscape has no information on sampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lower_bound_sampled: Option<bool>,
    /// `F(end) - F(start)` of the tethered ensembles by the landscape, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delta_f_kj_mol: Option<f64>,
    /// What must be known before trusting this.
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
}

/// A finished geodesic.
pub(crate) struct GeodesicResult {
    /// What is known of it.
    pub(crate) record: GeodesicRecord,
    /// Its points, in the spacetime's units.
    pub(crate) points: Vec<SpacetimePoint>,
    /// Fisher–Rao arc length from the start to each point.
    pub(crate) arc_length: Vec<f64>,
}

/// The table of a curve.
pub(crate) fn curve_csv(problem: &Problem, nodes: &[CurveNode], arc_length: &[f64]) -> String {
    let names = |prefix: &str, power: &str| -> Vec<String> {
        problem
            .variables
            .iter()
            .map(|variable| {
                let power = if variable.quantity.column_unit().is_empty() { "" } else { power };
                format!("{prefix}_{}{power}", variable.column())
            })
            .collect()
    };
    let mut header = vec!["arc_length".to_owned(), "log_snr".to_owned()];
    header.extend(names("y", ""));
    header.extend(names("mean", ""));
    header.extend(names("variance", "2"));
    header.push("mean_energy_kj_mol".to_owned());
    let mut text = header.join(",") + "\n";
    for (node, arc) in nodes.iter().zip(arc_length) {
        let dimension = problem.variables.len();
        let mut cells = vec![arc.to_string(), node.point.log_snr.to_string()];
        let scales = &problem.scales;
        cells.extend(scales.own(&node.point.y).iter().map(f64::to_string));
        cells.extend(scales.own(node.moments.mean()).iter().map(f64::to_string));
        let variances =
            (0..dimension).map(|axis| node.moments.metric[(axis, axis)] * scales.each()[axis].powi(2));
        cells.extend(variances.map(|variance| variance.to_string()));
        cells.push(node.energy.as_ref().map_or_else(String::new, |energy| energy.mean.to_string()));
        text.push_str(&(cells.join(",") + "\n"));
    }
    text
}

/// A finished geodesic from its artifacts.
pub(crate) fn read(problem: &Problem, directory: &RunDirectory) -> Result<GeodesicResult, Error> {
    let path = directory.file(CURVE_FILE);
    let damaged = |error| Error::file("understand", &path, error);
    let columns = NumericColumns::from_csv(&directory.read_text(CURVE_FILE)?).map_err(damaged)?;
    let log_snr = columns.column("log_snr").map_err(damaged)?;
    let names: Vec<String> =
        problem.variables.iter().map(|variable| format!("y_{}", variable.column())).collect();
    let y = names.iter().map(|name| columns.column(name)).collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    let points = log_snr.iter().enumerate();
    let record = serde_json::from_slice(&directory.read(RECORD_FILE)?)
        .map_err(|error| Error::file("understand", &directory.file(RECORD_FILE), error))?;
    Ok(GeodesicResult {
        record,
        points: points
            .map(|(index, &log_snr)| SpacetimePoint {
                log_snr,
                y: problem.scales.scaled(&y.iter().map(|column| column[index]).collect::<Vec<f64>>()),
            })
            .collect(),
        arc_length: columns.column("arc_length").map_err(damaged)?.to_vec(),
    })
}
