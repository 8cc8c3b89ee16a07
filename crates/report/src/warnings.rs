//! What a reader must know before trusting the numbers of a run: one list for terminal, `summary.json` and page.
//!
//! A stage records what only it can see; what follows from the summary is derived here.

use crate::states_warnings;
use crate::{
    ConstraintSummary, FreeEnergySummary, GeodesicSummary, SamplesSummary, SamplingSummary, Summary, Warning,
    WorkSummary, decimals, with_error,
};

/// Fraction of the works in the range covered by both directions required before Bennett's ratio is shown without a warning.
const LITTLE_OVERLAP: f64 = 0.1;
/// Standard errors by which two free-energy differences may differ.
const AGREEING_ERRORS: f64 = 3.0;
/// What the landscape's own difference may be wrong by, kJ/mol.
const LANDSCAPE_ERROR_KJ_MOL: f64 = 1.0;

/// Paths from which neither a spread nor its error can be estimated.
const FEW_PATHS: usize = 4;
/// Points too few for a curve.
const FEW_POINTS: usize = 8;

impl Summary {
    /// The summary with all its warnings: those that the stages recorded, then those that follow from its numbers.
    #[must_use]
    pub fn with_warnings(mut self, recorded: Vec<Warning>) -> Self {
        let derived = derived(&self);
        self.warnings = recorded;
        self.warnings.extend(derived);
        self
    }
}

/// What follows from the numbers, in the order of the stages.
fn derived(summary: &Summary) -> Vec<Warning> {
    let curve =
        summary.geodesic.iter().flat_map(curve).chain(summary.constraints.iter().filter_map(constraint));
    let curve = curve.map(|message| Warning::new("geodesic", message));
    let paths = summary.sampling.iter().flat_map(paths).chain(summary.work.iter().flat_map(work));
    let paths = paths.chain(summary.free_energy.iter().flat_map(FreeEnergySummary::warnings));
    let samples = summary.landscape.samples.as_ref().and_then(samples);
    let samples = samples.into_iter().map(|message| Warning::new("landscape", message));
    let kt = summary.system.thermal_energy_kj_mol;
    let slopes = summary.states.iter().filter_map(|state| states_warnings::on_a_slope(state, kt));
    let slopes = slopes.map(|message| Warning::new("landscape", message));
    let arrived = summary.sampling.iter().filter_map(|paths| paths.structure_match.as_ref());
    let arrived = arrived.filter_map(states_warnings::other_structures);
    let broken = summary.constraints.iter().filter_map(states_warnings::broken_by_paths);
    let paths = paths.chain(arrived).chain(broken).map(|message| Warning::new("paths", message));
    samples.chain(slopes).chain(curve).chain(paths).collect()
}

fn samples(samples: &SamplesSummary) -> Option<String> {
    let count = samples.frames_without_positions?;
    Some(format!(
        "{count} frames of the trajectories contain velocities or forces but no positions and were left out; {} are samples.",
        samples.frames
    ))
}

fn curve(curve: &GeodesicSummary) -> Vec<String> {
    let mut list = Vec::new();
    if curve.kind == "geodesic" && curve.stop_reason != "converged" {
        list.push(format!(
            "The curve's solver stopped early ({}): the curve is not the shortest.",
            curve.stop_reason
        ));
    }
    if curve.points < FEW_POINTS {
        list.push(format!(
            "The curve has {} points: its length, its barrier and the work along it are those of a few straight jumps. Set \
             `geodesic.points` to 32 or more.",
            curve.points
        ));
    }
    if curve.negative_share > 0.0 {
        list.push(format!(
            "{} % of the curve's steps have a negative length: the learned denoiser does not belong to any density there, so the \
             curve's length and the choice of its winding cannot be trusted. With `conservative = true` in [denoiser] there are \
             none, with more `steps` fewer; `geodyssey diagnose` reports how accurate the denoiser is.",
            decimals(100.0 * curve.negative_share, 1)
        ));
    }
    list
}

fn constraint(constraint: &ConstraintSummary) -> Option<String> {
    let unit = if constraint.unit == "1" { String::new() } else { format!(" {}", constraint.unit) };
    (!constraint.satisfied && !constraint.report_only).then(|| {
        format!(
            "The constraint {} is not satisfied: it is violated by up to {}{unit}, where {}{unit} are allowed.",
            constraint.kind,
            decimals(constraint.largest_violation, 4),
            decimals(constraint.tolerance, 4)
        )
    })
}

fn paths(paths: &SamplingSummary) -> Vec<String> {
    let mut list = Vec::new();
    if paths.paths < FEW_PATHS {
        let count = paths.paths;
        list.push(format!(
            "There {}: means, errors and fractions over so few say nothing about the ensemble. Set `sampling.paths` to 16 or more.",
            if count == 1 { "is one path".to_owned() } else { format!("are {count} paths") }
        ));
    }
    let missed = |share: f64, of: usize| of - ((share * of as f64).round() as usize).min(of);
    let lost = missed(paths.reached, paths.paths);
    if lost > 0 {
        list.push(format!(
            "{lost} of {} paths did not reach the end: energies and works are averages over paths that arrived and paths that did \
             not. Slower paths, a wider radius of the end state or a higher logSNR at the ends may help.",
            paths.paths
        ));
    }
    let lost = paths.reached_backward.map_or(0, |share| missed(share, paths.backward_paths));
    if lost > 0 {
        list.push(format!("{lost} of {} backward paths did not reach the start.", paths.backward_paths));
    }
    if let Some(shooting) = paths.shooting.as_ref().filter(|shooting| shooting.hardly_moved()) {
        list.push(format!(
            "Only {} of {} trials of shooting were accepted: the paths still resemble the one that shooting began with, and their \
             mean and spread say nothing about the ensemble. Wider states, other `path_steps` or more `trials_per_path` may help.",
            shooting.accepted, shooting.trials
        ));
    }
    if let Some(first) = paths.failed.first() {
        list.push(format!(
            "{} paths failed and are excluded from all means; the first: {}",
            paths.failed.len(),
            first.reason
        ));
    }
    list
}

fn work(work: &WorkSummary) -> Vec<String> {
    let mut list = Vec::new();
    let little = work.overlap.filter(|overlap| *overlap < LITTLE_OVERLAP);
    if let Some(overlap) = little {
        let known = match (work.delta_f_kj_mol, work.delta_f_error_kj_mol) {
            (Some(value), Some(error)) => {
                format!("is known no better than {} kJ/mol", with_error(value, Some(error), 1))
            }
            _ => "is not known, and has no error".to_owned(),
        };
        list.push(format!(
            "Only {} % of the works lie in the range covered by both directions: the ΔF of the tethered ends by BAR {known}. Slower \
             paths, more of them, or a higher floor of logSNR are needed.",
            decimals(100.0 * overlap, 0)
        ));
    }
    if let (Some(own), Some(other)) = (work.delta_f_kj_mol, work.landscape_delta_f_kj_mol) {
        let apart = (own - other).abs();
        let beyond = |error: f64| apart > AGREEING_ERRORS * error.hypot(LANDSCAPE_ERROR_KJ_MOL);
        let shown = with_error(own, work.delta_f_error_kj_mol, 1);
        let other = decimals(other, 1);
        if work.delta_f_error_kj_mol.is_some_and(beyond) {
            list.push(format!(
                "ΔF of the tethered ends by the paths ({shown} kJ/mol) and by the landscape ({other} kJ/mol) differ by more than \
                 {AGREEING_ERRORS} standard errors."
            ));
        } else if little.is_some() && beyond(0.0) {
            list.push(format!(
                "ΔF of the tethered ends by the paths ({shown} kJ/mol) and by the landscape ({other} kJ/mol) lie far apart; the works \
                 overlap too little to say which of the two is wrong."
            ));
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However little the works overlap, a landscape that says another thing than the paths is never let pass.
    #[test]
    fn a_difference_from_the_landscape_is_said_at_any_overlap() {
        let of = |own, error, overlap| {
            let works = WorkSummary {
                forward: None,
                backward: None,
                delta_f_kj_mol: Some(own),
                delta_f_error_kj_mol: error,
                overlap: Some(overlap),
                landscape_delta_f_kj_mol: Some(8.9),
                dissipated_delta_f_source: None,
            };
            work(&works).join(" ")
        };
        assert_eq!(of(10.0, Some(0.5), 0.8), "");
        assert!(of(26.2, Some(3.1), 0.8).contains("differ by more than 3 standard errors"));
        assert!(of(26.2, Some(3.1), 0.02).contains("differ by more than 3 standard errors"));
        assert!(of(26.2, Some(21.0), 0.02).contains("lie far apart"));
        let unknown = of(26.2, None, 0.0);
        assert!(unknown.contains("has no error") && unknown.contains("lie far apart"), "{unknown}");
        assert!(!of(10.0, None, 0.0).contains("apart"));
    }
}
