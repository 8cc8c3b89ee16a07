//! The curve as a table, out and in.

use geodyssey_denoiser::SpacetimePoint;
use geodyssey_report::NumericColumns;

use super::candidate::Candidate;
use super::{CURVE_FILE, GeodesicResult, RECORD_FILE};
use crate::error::Error;
use crate::stages::Run;
use crate::stages::system::Problem;

/// The table of a curve.
pub(super) fn curve_csv(problem: &Problem, curve: &Candidate) -> String {
    let names = |prefix: &str, power: &str| -> Vec<String> {
        problem
            .variables
            .iter()
            .map(|variable| {
                let power = if variable.measure.column_unit().is_empty() { "" } else { power };
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
    for (node, arc) in curve.nodes.iter().zip(&curve.arc_length) {
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
pub(super) fn load(run: &Run<'_>) -> Result<GeodesicResult, Error> {
    let path = run.directory.file(CURVE_FILE);
    let damaged = |error| Error::file("understand", &path, error);
    let columns = NumericColumns::from_csv(&run.directory.read_text(CURVE_FILE)?).map_err(damaged)?;
    let log_snr = columns.column("log_snr").map_err(damaged)?;
    let names: Vec<String> =
        run.problem.variables.iter().map(|variable| format!("y_{}", variable.column())).collect();
    let y = names.iter().map(|name| columns.column(name)).collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    let points = log_snr.iter().enumerate();
    let record = serde_json::from_slice(&run.directory.read(RECORD_FILE)?)
        .map_err(|error| Error::file("understand", &run.directory.file(RECORD_FILE), error))?;
    Ok(GeodesicResult {
        record,
        points: points
            .map(|(index, &log_snr)| SpacetimePoint {
                log_snr,
                y: run.problem.scales.scaled(&y.iter().map(|column| column[index]).collect::<Vec<f64>>()),
            })
            .collect(),
        arc_length: columns.column("arc_length").map_err(damaged)?.to_vec(),
    })
}
