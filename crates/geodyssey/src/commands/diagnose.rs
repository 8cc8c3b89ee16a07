//! `diagnose CONFIG`: how good the denoiser is, and where.

use std::fmt::Write as _;

use geodyssey_report::{Column, Diagnosis, ReportError, Table};
use geodyssey_run::RunDirectory;

use super::overrides::{claim, read, run_directory, use_threads};
use crate::artifacts::diagnosis;
use crate::cli::DiagnoseArguments;
use crate::ctrl_c;
use crate::error::Error;
use crate::pipeline::{self, Stage, check};
use crate::terminal::print;

/// Carries the command out.
pub(crate) fn execute(arguments: &DiagnoseArguments) -> Result<(), Error> {
    let problem = read(&arguments.configuration, &arguments.overrides)?;
    use_threads(&arguments.overrides)?;
    check(&problem, Stage::Geodesic)?;
    ctrl_c::listen();
    let directory = run_directory(&problem.config, &arguments.overrides, false);
    let mut run =
        pipeline::begin(&problem, RunDirectory::open(&directory, &claim(&problem, &arguments.overrides))?);
    let diagnosis = pipeline::diagnose(&mut run)?;
    let failed = |error: ReportError| Error::failed("the diagnosis", error);
    let text = if arguments.overrides.json {
        diagnosis.to_json().map_err(failed)?
    } else {
        let mut text = show(&diagnosis).map_err(failed)?;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\nfiles in {}", directory.join(diagnosis::STAGE).display());
        text
    };
    print(&text)?;
    if arguments.strict && !diagnosis.trusted {
        return Err(Error::Failed(format!(
            "the denoiser is not good enough: see {}",
            directory.join(diagnosis::SUMMARY_FILE).display()
        )));
    }
    Ok(())
}

fn show(diagnosis: &Diagnosis) -> Result<String, ReportError> {
    let mut text = format!("denoiser: {}, compared with the {}\n\n", diagnosis.kind, diagnosis.judge);
    let columns = ["log SNR", "median", "95 %", "largest"].map(|name| Column::number(name, ""));
    let mut table = Table::new(columns);
    for level in &diagnosis.accuracy.levels {
        let errors = &level.errors;
        let error = |value: f64| format!("{value:.1e}");
        table.row([
            format!("{:.1}", level.log_snr),
            error(errors.median),
            error(errors.percentile_95),
            error(errors.largest),
        ])?;
    }
    let _ =
        writeln!(text, "error of the posterior mean and variance, in posterior standard deviations\n{table}");
    let columns =
        [Column::text("finding"), Column::number("value", ""), Column::number("limit", ""), Column::text("")];
    let mut table = Table::new(columns);
    for finding in &diagnosis.findings {
        // Fractions that must not be too small are compared with their limit with reversed sign.
        let sign = if finding.limit < 0.0 { -1.0 } else { 1.0 };
        let comparison = if sign < 0.0 { "≥ " } else { "≤ " };
        table.row([
            finding.check.clone(),
            format!("{:.3e}", sign * finding.value),
            format!("{comparison}{:.3e}", sign * finding.limit),
            if finding.passed { "" } else { "NOT MET" }.to_owned(),
        ])?;
    }
    let _ = writeln!(text, "{table}\nverdict: {}", diagnosis.verdict);
    Ok(text)
}
