//! What a run found, in sentences.

use super::markup::escape;
use crate::{
    DeltaFSource, MaxEnergy, SamplingSummary, Summary, WorkSummary, committor_words, decimals,
    free_paths_words, rate_words, with_error,
};

/// Energies that differ by less are shown as equal.
const SAME_ENERGY_KJ_MOL: f64 = 0.05;

/// The first paragraphs of the page.
pub(super) fn opening(summary: &Summary, states: Option<&[String; 2]>) -> String {
    let mut sentences = vec![system(summary)];
    if let Some([start, end]) = states {
        sentences.push(format!("The paths lead from the start ({start}) to the end ({end})."));
    }
    let mut paragraphs = vec![sentences.join(" ")];
    let mut found = Vec::new();
    if let Some(paths) = &summary.sampling {
        found.push(reached(paths));
    }
    if let Some(energy) = summary.max_energy.as_ref().and_then(|energy| energy.landscape.as_ref()) {
        found.push(barrier(energy, summary));
    } else if let Some(energy) = summary.max_energy.as_ref().and_then(|energy| energy.atoms.as_ref()) {
        let mean = with_error(energy.mean_kj_mol, energy.standard_error_kj_mol, 1);
        found.push(format!("The highest potential energy on the way is {mean} kJ/mol on average."));
    }
    if let Some(work) = &summary.work {
        found.extend(worked(work));
    }
    if let Some(known) = &summary.free_energy {
        found.extend(known.sentences());
    }
    paragraphs.push(found.join(" "));
    paragraphs.extend(summary.free_paths.as_ref().map(|free| free_paths_words(free).join(" ")));
    paragraphs.extend(summary.rate.as_ref().map(|rate| rate_words(rate).join(" ")));
    paragraphs.extend(summary.committor.as_ref().map(|committor| committor_words(committor).join(" ")));
    if let Some(curve) = &summary.geodesic {
        let windings = match curve.windings.len() {
            0 | 1 => String::new(),
            n => format!(" It was chosen among {n} windings."),
        };
        let what = if is_shooting(summary) {
            "The path that shooting began with"
        } else {
            "The curve that the paths follow"
        };
        let kind = if curve.kind == "geodesic" { String::new() } else { format!(" ({})", curve.kind) };
        paragraphs.push(format!(
            "{what}{kind} is {} long (Fisher–Rao), and its logSNR does not fall below {}.{windings}",
            decimals(curve.length, 2),
            decimals(curve.min_log_snr, 2)
        ));
    }
    for constraint in &summary.constraints {
        let verdict = match (constraint.satisfied, constraint.report_only) {
            (true, _) => "satisfied",
            (false, false) => "not satisfied",
            (false, true) => "not satisfied, and only reported",
        };
        paragraphs.push(format!("Constraint {}: {}: {verdict}.", constraint.kind, constraint.description));
    }
    paragraphs
        .iter()
        .filter(|text| !text.is_empty())
        .map(|text| format!("<p>{}</p>\n", escape(&minus_in_numbers(text))))
        .collect()
}

/// A true minus before digits, and no line's end between a number and its unit; hyphens between letters stay.
fn minus_in_numbers(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let number = |at: usize| letters.get(at + 1).is_some_and(char::is_ascii_digit);
    let free = |at: usize| at == 0 || [' ', '(', '['].contains(&letters[at - 1]);
    let replaced =
        |(at, letter): (usize, &char)| if *letter == '-' && number(at) && free(at) { '−' } else { *letter };
    let text: String = letters.iter().enumerate().map(replaced).collect();
    // A number is not parted from its error and its unit.
    [" ± ", " kJ/mol", " kT"].iter().fold(text, |text, part| text.replace(part, &part.replace(' ', "\u{a0}")))
}

fn system(summary: &Summary) -> String {
    let names: Vec<&str> = summary.system.variables.iter().map(|variable| variable.name.as_str()).collect();
    let variables =
        format!("{} ({})", if names.len() == 1 { "the variable" } else { "the variables" }, names.join(", "));
    let temperature = summary.system.temperature_k.map_or_else(
        || format!("kT = {} kJ/mol", decimals(summary.system.thermal_energy_kj_mol, 3)),
        |temperature| {
            format!(
                "{} K (kT = {} kJ/mol)",
                decimals(temperature, 1),
                decimals(summary.system.thermal_energy_kj_mol, 3)
            )
        },
    );
    let what = match summary.system.atoms {
        Some(atoms) => format!("A molecule of {atoms} atoms at {temperature}, described by {variables};"),
        None => format!("A landscape over {variables} at {temperature};"),
    };
    format!("{what} its energy surface is of kind {}.", summary.landscape.method)
}

fn reached(paths: &SamplingSummary) -> String {
    let count = |share: f64, of: usize| format!("{} of {of}", (share * of as f64).round());
    let mut text = format!("{} paths reached the end", count(paths.reached, paths.paths));
    if let Some(share) = paths.reached_backward {
        text.push_str(&format!(", and {} backward paths the start", count(share, paths.backward_paths)));
    }
    text.push('.');
    if let Some(share) = paths.share_inside_avoided {
        text.push_str(&format!(
            " {} % of their frames lie inside the region to be avoided.",
            decimals(100.0 * share, 2)
        ));
    }
    text
}

fn barrier(energy: &MaxEnergy, summary: &Summary) -> String {
    let mean = with_error(energy.mean_kj_mol, energy.standard_error_kj_mol, 1);
    let crossing = format!("They cross the landscape at {mean} kJ/mol above its lowest point");
    let Some(bound) = energy.lower_bound_kj_mol else { return format!("{crossing}.") };
    let error = summary.landscape.rms_block_error_kj_mol;
    let bound_with_error = with_error(bound, error, 1);
    let arrived = summary.sampling.as_ref().map_or(1.0, |paths| paths.reached);
    let text = format!(
        "{crossing}; no path that arrives can stay below {bound_with_error} kJ/mol, the lowest barrier of this landscape."
    );
    if energy.mean_kj_mol >= bound - SAME_ENERGY_KJ_MOL {
        return text;
    }
    let mut reasons = Vec::new();
    if arrived < 1.0 {
        reasons.push(
            "the mean includes paths that did not arrive, which need not have crossed the barrier".to_owned(),
        );
    }
    reasons
        .push("a path arrives at the edge of a state, whereas the barrier is between the centres".to_owned());
    if let Some(error) = error {
        reasons.push(format!("both rest on a landscape with an error of {} kJ/mol", decimals(error, 1)));
    }
    reasons.push(
        "energies are taken after every step and along the straight segments between steps, which can cut off the very top"
            .to_owned(),
    );
    format!("{text} The mean lies below that bound: {}.", reasons.join("; "))
}

fn worked(work: &WorkSummary) -> Vec<String> {
    let dissipated = |direction: &Option<crate::DirectionalWork>| {
        let direction = direction.as_ref()?;
        direction.dissipated_kt.map(|value| with_error(value, direction.dissipated_error_kt, 1))
    };
    let mut sentences = Vec::new();
    match (dissipated(&work.forward), dissipated(&work.backward)) {
        (Some(forward), Some(backward)) => sentences.push(format!(
            "Driving them costs {forward} kT of lost work forward and {backward} kT backward."
        )),
        (Some(forward), None) => sentences.push(format!("Driving them costs {forward} kT of lost work.")),
        _ => {}
    }
    if work.dissipated_delta_f_source == Some(DeltaFSource::Landscape) {
        sentences.push(
            "(Work is lost to the extent that it exceeds the landscape's own ΔF, whose error is not known.)"
                .to_owned(),
        );
    }
    if let Some(value) = work.delta_f_kj_mol {
        let landscape = work.landscape_delta_f_kj_mol.map_or_else(String::new, |other| {
            format!("; the landscape itself gives {} kJ/mol", decimals(other, 1))
        });
        sentences.push(format!(
            "Under the tethers of the curve's ends, the end's free energy is {} kJ/mol relative to the start's (BAR){landscape}.",
            with_error(value, work.delta_f_error_kj_mol, 1)
        ));
    }
    sentences
}

/// Whether the paths come from two-way shooting rather than from a tether.
pub(super) fn is_shooting(summary: &Summary) -> bool {
    summary.sampling.as_ref().is_some_and(|paths| paths.shooting.is_some())
}

/// The warnings as a list, or a line that there are none.
pub(super) fn warnings_markup(summary: &Summary) -> String {
    if summary.warnings.is_empty() {
        return "<p class=\"all-well\">No warnings.</p>\n".to_owned();
    }
    let items: String = summary
        .warnings
        .iter()
        .map(|warning| format!("<li>{}</li>\n", escape(&minus_in_numbers(&warning.message))))
        .collect();
    format!("<h2>Warnings</h2>\n<ul class=\"warnings\">\n{items}</ul>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_get_a_true_minus() {
        assert_eq!(minus_in_numbers("low-variance -3.5 (-2) C-7 3-4"), "low-variance −3.5 (−2) C-7 3-4");
    }
}
