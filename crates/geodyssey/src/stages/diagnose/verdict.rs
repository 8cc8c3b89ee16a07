//! The verdict in words, and the numbers that it rests on.

use geodyssey_report::{Accuracy, Finding, SamplingDiagnosis};

use super::accuracy::CurveErrors;
use super::subject::Subject;
use crate::artifacts::landscape::PosteriorData;
use crate::stages::geodesic::LARGEST_NEGATIVE_SHARE;

/// Largest median of the error of `μ` along the geodesics, in posterior standard deviations: a divergence of 0.005 nats.
const MEDIAN_ERROR: f64 = 0.1;
/// Largest error at any of their points: a divergence of 0.125 nats.
const LARGEST_ERROR: f64 = 0.5;
/// Largest energy of the followed curve, measured exactly, over that of the exact geodesic.
const ENERGY_RATIO: f64 = 1.05;
/// Largest distance of histograms over that of two exact sets of samples.
const HISTOGRAM_RATIO: f64 = 2.0;
/// Largest held-out loss of a training that is done; 1 is that of a network that adds nothing to what it corrects, and a good
/// baseline leaves little to add.
const HELD_OUT_LOSS: f64 = 0.5;
/// Least effective number of samples in each state, where samples are all that is known of a density.
const LEAST_EFFECTIVE_SAMPLES: f64 = 30.0;
/// Least share of the training samples in each state.
const LEAST_SHARE_IN_STATE: f64 = 1e-4;

/// Compares all numbers with their limits.
pub(super) fn reach(
    subject: &Subject<'_>,
    accuracy: &Accuracy,
    measured: &[CurveErrors],
    sampling: &SamplingDiagnosis,
) -> (Vec<Finding>, String) {
    let mut findings = Vec::new();
    let mut add = |check: &str, value: f64, limit: f64, message: String| {
        // A value that is not a number has not passed.
        findings.push(Finding { check: check.to_owned(), value, limit, passed: value <= limit, message });
    };
    training(subject, accuracy, &mut add);
    samples(subject, &mut add);
    for curve in measured.iter().filter(|_| subject.learned.is_some()) {
        let all = curve.outside + curve.points.len();
        let words = format!(
            "{} of the {all} points of the {} curve lie outside the range of logSNR on which the denoiser was trained: widen \
             `denoiser.log_snr_range`",
            curve.outside, curve.name
        );
        add(&format!("outside-range-{}", curve.name), curve.outside as f64 / all as f64, 0.0, words);
    }
    let curves = [("exact", &accuracy.along_exact), ("followed", &Some(accuracy.along_followed))];
    for (name, errors) in curves.into_iter().filter_map(|(name, errors)| Some((name, errors.as_ref()?))) {
        let words = format!(
            "along the {name} curve the error of the posterior is {} of its standard deviations in the median and {} at most",
            short(errors.median),
            short(errors.largest)
        );
        add(&format!("median-error-{name}"), errors.median, MEDIAN_ERROR, words.clone());
        add(&format!("largest-error-{name}"), errors.largest, LARGEST_ERROR, words);
    }
    if let Some(ratio) = accuracy.energy_ratio {
        let words = format!("the followed curve has {ratio:.3} times the energy of the exact geodesic");
        add("energy-ratio", ratio, ENERGY_RATIO, words);
    }
    let words =
        format!("{} of the curve's segments have a negative divergence", percent(accuracy.negative_share));
    add("negative-share", accuracy.negative_share, LARGEST_NEGATIVE_SHARE, words);
    for distance in &sampling.distances {
        let names = distance.variables.join(", ");
        let flows = [
            ("reverse-diffusion", "reverse diffusion", distance.reverse_diffusion),
            ("probability-flow", "probability-flow ODE", distance.probability_flow),
        ];
        for (check, flow, value) in flows {
            let limit = HISTOGRAM_RATIO * distance.yardstick;
            let words = format!(
                "samples of the {flow} have a histogram of {names} at a distance of {value:.3} from the data's (two exact sets: \
                 {:.3})",
                distance.yardstick
            );
            add(&format!("histogram-{check}-{}", distance.variables.join("-")), value, limit, words);
        }
    }
    for population in &sampling.populations {
        let flows = [
            ("reverse-diffusion", "reverse diffusion", population.reverse_diffusion),
            ("probability-flow", "probability-flow ODE", population.probability_flow),
        ];
        for (check, flow, value) in flows {
            let words = format!(
                "{} of the samples of the {flow} are in the {} state, {} of the data",
                percent(value),
                population.state,
                percent(population.exact)
            );
            let difference = (value - population.exact).abs();
            add(&format!("population-{check}-{}", population.state), difference, population.tolerance, words);
        }
    }
    let verdict = in_words(&findings);
    (findings, verdict)
}

/// The result of the training itself: the reason behind the other numbers.
fn training(subject: &Subject<'_>, accuracy: &Accuracy, add: &mut impl FnMut(&str, f64, f64, String)) {
    let Some(outcome) = subject.learned.and_then(|learned| learned.record.training.as_ref()) else { return };
    let trained = outcome
        .steps
        .map_or_else(|| "a fit in closed form".to_owned(), |steps| format!("{steps} steps of training"));
    let words = format!(
        "after {trained} the held-out loss is {:.2e} (1: nothing learned): {}",
        outcome.held_out_loss,
        if outcome.held_out_loss > HELD_OUT_LOSS {
            "it has learned too little"
        } else {
            "it has learned its task"
        }
    );
    if outcome.targets == geodyssey_denoiser::Targets::PosteriorMean {
        add("held-out-loss", outcome.held_out_loss, HELD_OUT_LOSS, words);
    }
    for (name, share) in ["start", "end"].iter().zip(accuracy.samples_in_states.iter().flatten()) {
        let words = format!("{} of the training samples lie in the {name} state", percent(*share));
        // Compared with its limit from below.
        add(&format!("samples-{name}"), -share, -LEAST_SHARE_IN_STATE, words);
    }
}

/// A density that is known from samples only is known where there are enough of them.
fn samples(subject: &Subject<'_>, add: &mut impl FnMut(&str, f64, f64, String)) {
    let problem = subject.run.problem;
    let (PosteriorData::Samples(samples), Some(states)) = (&subject.landscape.data, &problem.states) else {
        return;
    };
    for (name, state) in ["start", "end"].iter().zip(states) {
        let inside = (0..samples.len())
            // Samples are in the spacetime's units, states in the variables' own.
            .filter(|&index| state.contains(&problem.variables, &problem.scales.own(samples.point(index))))
            .map(|index| samples.weights()[index]);
        let (sum, squares) = inside.fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
        let worth = if squares > 0.0 { sum * sum / squares } else { 0.0 };
        let words = format!(
            "the samples in the {name} state have an effective size of {worth:.0}, too small to describe it"
        );
        // Compared with its limit from below.
        add(&format!("effective-samples-{name}"), -worth, -LEAST_EFFECTIVE_SAMPLES, words);
    }
}

fn in_words(findings: &[Finding]) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    for finding in findings.iter().filter(|finding| !finding.passed) {
        if !reasons.contains(&finding.message.as_str()) {
            reasons.push(&finding.message);
        }
    }
    if reasons.is_empty() {
        let told = |check: &str| findings.iter().find(|finding| finding.check.starts_with(check));
        let numbers: Vec<&str> = ["median-error", "energy-ratio"]
            .iter()
            .filter_map(|check| told(check).map(|finding| finding.message.as_str()))
            .collect();
        return format!("its geodesics can be trusted: {}", numbers.join("; "));
    }
    format!("do not trust its geodesics, because {}", reasons.join("; "))
}

/// Two digits.
fn short(value: f64) -> String {
    if value == 0.0 || (0.01..100.0).contains(&value) {
        format!("{value:.2}")
    } else {
        format!("{value:.1e}")
    }
}

fn percent(share: f64) -> String {
    let value = 100.0 * share;
    match value.abs() {
        0.0 => "0 %".to_owned(),
        small if small < 0.01 => format!("{value:.1e} %"),
        small if small < 1.0 => format!("{value:.2} %"),
        _ => format!("{value:.1} %"),
    }
}
