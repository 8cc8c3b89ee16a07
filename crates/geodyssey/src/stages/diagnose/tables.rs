//! The tables of a diagnosis.

use std::fmt::Write as _;

use geodyssey_report::Diagnosis;

use super::accuracy::CurveErrors;
use super::samples::ReverseSamples;
use super::subject::Subject;
use crate::artifacts::diagnosis::STAGE;
use crate::artifacts::named_files::NamedFiles;

/// All tables by name.
pub(super) fn write(
    subject: &Subject<'_>,
    diagnosis: &Diagnosis,
    curves: &[CurveErrors],
    reverse: &ReverseSamples,
) -> NamedFiles {
    let mut tables = vec![
        ("levels", levels(diagnosis)),
        ("curves", along_curves(subject, curves)),
        ("samples", samples(subject, reverse)),
    ];
    tables.extend(ridges(diagnosis).map(|text| ("ridge", text)));
    tables.into_iter().map(|(name, text)| (format!("{STAGE}/{name}.csv"), text.into_bytes())).collect()
}

// Writing to a string cannot fail.

fn levels(diagnosis: &Diagnosis) -> String {
    let mut text = String::from(
        "log_snr,points,median_deviations,percentile_95_deviations,largest_deviations,architectural_median_deviations,\
         optimisation_median_deviations\n",
    );
    for level in &diagnosis.accuracy.levels {
        let errors = &level.errors;
        let part = |errors: &Option<geodyssey_report::DeviationErrors>| {
            errors.map_or_else(String::new, |errors| errors.median.to_string())
        };
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{}",
            level.log_snr,
            errors.points,
            errors.median,
            errors.percentile_95,
            errors.largest,
            part(&level.architectural),
            part(&level.optimisation)
        );
    }
    text
}

fn columns(subject: &Subject<'_>, prefix: &str) -> String {
    let variables = subject.run.problem.variables.iter();
    variables.map(|variable| format!(",{prefix}{}", variable.column())).collect()
}

fn along_curves(subject: &Subject<'_>, curves: &[CurveErrors]) -> String {
    let mut text = format!("curve,point,log_snr{},error_deviations\n", columns(subject, "y_"));
    for curve in curves {
        for (index, (point, error)) in curve.points.iter().zip(&curve.errors).enumerate() {
            let y = subject.run.problem.scales.own(&point.y);
            let y: String = y.iter().map(|y| format!(",{y}")).collect();
            let _ = writeln!(text, "{},{index},{}{y},{error}", curve.name, point.log_snr);
        }
    }
    text
}

fn samples(subject: &Subject<'_>, reverse: &ReverseSamples) -> String {
    let mut text = format!("set{}\n", columns(subject, ""));
    let sets = [
        ("data", reverse.exact[0].as_slice()),
        ("reverse_diffusion", reverse.diffused()),
        ("probability_flow", reverse.flow.as_slice()),
    ];
    for (name, points) in sets {
        for point in points {
            let x: String = point.iter().map(|x| format!(",{x}")).collect();
            let _ = writeln!(text, "{name}{x}");
        }
    }
    text
}

fn ridges(diagnosis: &Diagnosis) -> Option<String> {
    let mut text = String::from(
        "log_snr,normal_offset,normal_error,tangential_error,eigengap,curved_share,effective_samples,trusted\n",
    );
    for level in &diagnosis.ridge.as_ref()?.levels {
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{}",
            level.log_snr,
            level.normal_offset,
            level.normal_error,
            level.tangential_error,
            level.eigengap,
            level.curved_share,
            level.effective_samples,
            u8::from(level.trusted)
        );
    }
    Some(text)
}
