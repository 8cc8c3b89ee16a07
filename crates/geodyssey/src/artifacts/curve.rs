//! `geodesic.csv` and `geodesic.json`: the curve, and its properties and those of the other windings.

use geodyssey_denoiser::SpacetimePoint;
use geodyssey_report::{ConstraintSummary, GeodesicSummary, NumericColumns, ReportError, Warning};
use geodyssey_run::RunDirectory;
use geodyssey_spacetime::CurveNode;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::problem::Problem;
use crate::problem::variables::Variable;

/// Name of the stage.
pub(crate) const STAGE: &str = "geodesic";
/// The curve.
pub(crate) const CURVE_FILE: &str = "geodesic.csv";
/// Properties of the curve and of the other windings.
pub(crate) const RECORD_FILE: &str = "geodesic.json";

/// Properties of the chosen curve and of the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct GeodesicRecord {
    /// Length, energy, windings, ….
    pub(crate) summary: GeodesicSummary,
    /// How well each constraint is satisfied.
    pub(crate) constraints: Vec<ConstraintSummary>,
    /// Bottleneck between the two states above the global minimum, with no region blocked, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lower_bound_kj_mol: Option<f64>,
    /// Standard error of the landscape at the bottleneck, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lower_bound_error_kj_mol: Option<f64>,
    /// Whether the whole route over the lowest barrier was sampled; absent if the landscape has no information on sampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lower_bound_sampled: Option<bool>,
    /// `F(end) - F(start)` of the tethered ensembles, from the landscape, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delta_f_kj_mol: Option<f64>,
    /// What the user must know before trusting the curve.
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
}

/// A finished geodesic.
pub(crate) struct GeodesicResult {
    /// Its properties.
    pub(crate) record: GeodesicRecord,
    /// The curve.
    pub(crate) curve: Curve,
}

/// A finished curve, as stored in its table.
pub(crate) struct Curve {
    /// Its points, in the spacetime's units.
    pub(crate) points: Vec<SpacetimePoint>,
    /// Fisher–Rao arc length from the start to each point.
    pub(crate) arc_length: Vec<f64>,
    /// Posterior mean at each point, in the variables' own units.
    pub(crate) means: Vec<Vec<f64>>,
    /// Posterior variance of each variable at every point, in squares of its own unit.
    pub(crate) variances: Vec<Vec<f64>>,
}

impl Curve {
    /// Its length; 1 for a curve of zero length, so that fractions of it are defined.
    pub(crate) fn length(&self) -> f64 {
        self.arc_length.last().copied().filter(|length| *length > 0.0).unwrap_or(1.0)
    }

    /// Arc lengths as fractions of its length.
    pub(crate) fn shares(&self, arc_length: &[f64]) -> Vec<f64> {
        arc_length.iter().map(|arc| arc / self.length()).collect()
    }
}

/// Column names of the variables: `y_phi_rad`, or with a power of the unit `variance_phi_rad2`.
fn heads(problem: &Problem, prefix: &str, power: &str) -> Vec<String> {
    let head = |variable: &Variable| {
        let power = if variable.quantity.column_unit().is_empty() { "" } else { power };
        format!("{prefix}_{}{power}", variable.column())
    };
    problem.variables.iter().map(head).collect()
}

/// The table of a curve.
pub(crate) fn curve_csv(problem: &Problem, nodes: &[CurveNode], arc_length: &[f64]) -> String {
    let mut header = vec!["arc_length".to_owned(), "log_snr".to_owned()];
    header.extend(heads(problem, "y", ""));
    header.extend(heads(problem, "mean", ""));
    header.extend(heads(problem, "variance", "2"));
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

/// A curve from its table.
pub(crate) fn read_curve(problem: &Problem, text: &str) -> Result<Curve, ReportError> {
    let columns = NumericColumns::from_csv(text)?;
    let y = of_variables(problem, &columns, "y", "")?;
    let means = of_variables(problem, &columns, "mean", "")?;
    let variances = of_variables(problem, &columns, "variance", "2")?;
    let point = |(row, &log_snr): (usize, &f64)| SpacetimePoint {
        log_snr,
        y: problem.scales.scaled(&in_row(&y, row)),
    };
    Ok(Curve {
        points: columns.column("log_snr")?.iter().enumerate().map(point).collect(),
        arc_length: columns.column("arc_length")?.to_vec(),
        means: (0..columns.row_count()).map(|row| in_row(&means, row)).collect(),
        variances: variances.into_iter().map(<[f64]>::to_vec).collect(),
    })
}

fn of_variables<'c>(
    problem: &Problem,
    columns: &'c NumericColumns,
    prefix: &str,
    power: &str,
) -> Result<Vec<&'c [f64]>, ReportError> {
    heads(problem, prefix, power).iter().map(|head| columns.column(head)).collect()
}

fn in_row(columns: &[&[f64]], row: usize) -> Vec<f64> {
    columns.iter().map(|column| column[row]).collect()
}

/// A finished geodesic from its artifacts.
pub(crate) fn read(problem: &Problem, directory: &RunDirectory) -> Result<GeodesicResult, Error> {
    let curve = read_curve(problem, &directory.read_text(CURVE_FILE)?)
        .map_err(|error| Error::file("understand", &directory.file(CURVE_FILE), error))?;
    let record = serde_json::from_slice(&directory.read(RECORD_FILE)?)
        .map_err(|error| Error::file("understand", &directory.file(RECORD_FILE), error))?;
    Ok(GeodesicResult { record, curve })
}
