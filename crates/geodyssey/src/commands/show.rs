//! A summary for people.

use std::fmt::Write as _;
use std::path::Path;

use geodyssey_report::{
    Column, DeltaFSource, DenoiserSummary, DirectionalWork, GeodesicSummary, MaxEnergy, ReportError,
    SamplingSummary, Summary, Table, TransitionSummary, WorkSummary, committor_words, decimals,
    free_paths_words, grouped, rate_words, with_error,
};

use super::shell::quoted;
use crate::artifacts::report::PAGE_FILE;
use crate::error::Error;
use crate::problem::Problem;

/// The results of a run as text.
pub(crate) fn show(problem: &Problem, summary: &Summary, directory: &Path) -> Result<String, Error> {
    let failed = |error: ReportError| Error::failed("the tables", error);
    let mut text = String::new();
    landscape(&mut text, summary);
    if let Some(states) = &problem.states {
        for (name, state) in ["start", "end"].iter().zip(states) {
            let values: Vec<String> = problem
                .variables
                .iter()
                .zip(&state.center)
                .map(|(variable, &x)| format!("{} = {}", variable.name, variable.display(x)))
                .collect();
            line(&mut text, &format!("{name}: {}", values.join(", ")));
        }
    }
    if let Some(learned) = &summary.denoiser {
        denoiser(&mut text, learned);
    }
    if let Some(curve) = &summary.geodesic {
        geodesic(&mut text, curve).map_err(failed)?;
    }
    constraints(&mut text, summary);
    if let Some(paths) = &summary.sampling {
        sampling(&mut text, paths);
    }
    let energies = summary
        .max_energy
        .iter()
        .flat_map(|energy| [("landscape", &energy.landscape), ("atoms", &energy.atoms)]);
    for (name, energy) in energies {
        if let Some(energy) = energy {
            max_energy(&mut text, name, energy, summary.sampling.as_ref());
        }
    }
    if let Some(paths) = &summary.transition {
        transition(&mut text, paths);
    }
    if let Some(done) = &summary.work {
        work(&mut text, done).map_err(failed)?;
    }
    if let Some(known) = &summary.free_energy {
        known.sentences().iter().for_each(|sentence| line(&mut text, sentence));
    }
    free_dynamics(&mut text, summary);
    warnings(&mut text, summary);
    line(&mut text, &format!("\nfiles in {}", directory.display()));
    let there = |name: &str| summary.files.iter().any(|file| file.path == name);
    if there("view.vmd") {
        let [vmd, pymol] = ["view.vmd", "view.pml"].map(|script| quoted(&directory.join(script)));
        line(&mut text, &format!("view the paths: vmd -e {vmd}  or  pymol {pymol}"));
    }
    if there(PAGE_FILE) {
        line(&mut text, &format!("open in a browser: {}", quoted(&directory.join(PAGE_FILE))));
    }
    Ok(text)
}

/// Free paths, rates and committors.
fn free_dynamics(text: &mut String, summary: &Summary) {
    let words = [
        summary.free_paths.as_ref().map(free_paths_words),
        summary.rate.as_ref().map(rate_words),
        summary.committor.as_ref().map(committor_words),
    ];
    for words in words.into_iter().flatten() {
        text.push('\n');
        words.iter().for_each(|words| line(text, words));
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn landscape(text: &mut String, summary: &Summary) {
    let landscape = &summary.landscape;
    // Writing to a string cannot fail.
    let _ = write!(text, "landscape: {}", landscape.method);
    if let Some(error) = landscape.rms_block_error_kj_mol {
        let _ = write!(text, ", root mean square error {error:.2} kJ/mol where sampled below 40 kJ/mol");
    }
    if let Some(samples) = &landscape.samples {
        let _ = write!(
            text,
            ", {} samples with an effective size of {:.0}",
            grouped(samples.frames as u64),
            samples.effective_size
        );
        if let Some(independent) = samples.independent {
            let _ = write!(text, " ({independent:.0} independent ones at the run's temperature)");
        }
        if let (Some(rate), Some(trips)) = (samples.lowest_exchange_rate, samples.round_trips) {
            let _ = write!(text, ", exchange rates of at least {rate:.2}, {} round trips", grouped(trips));
        }
    }
    if landscape.energy_evaluations > 0 {
        let _ = write!(text, ", {} energy evaluations", grouped(landscape.energy_evaluations));
    }
    if let Some(bound) = landscape.lower_bound_kj_mol {
        let bound = with_error(bound, landscape.lower_bound_error_kj_mol, 2);
        let _ = write!(text, "; lowest barrier between the states {bound} kJ/mol");
        if landscape.lower_bound_sampled == Some(false) {
            text.push_str(", through unsampled regions");
        }
    }
    text.push('\n');
    if let Some(walkers) = &landscape.metadynamics {
        let _ = writeln!(
            text,
            "metadynamics: ΔF between the states {} kJ/mol; {} arrivals at the start and {} at the end from the other state; filled \
             for {:.0} ps, counted for {:.0} ps per walker",
            with_error(walkers.delta_f_kj_mol, Some(walkers.delta_f_error_kj_mol), 2),
            grouped(walkers.arrivals_at_start),
            grouped(walkers.arrivals_at_end),
            walkers.filling_time_ps,
            walkers.sampling_time_ps
        );
    }
}

fn denoiser(text: &mut String, denoiser: &DenoiserSummary) {
    let Some(parameters) = denoiser.parameters else { return };
    let _ = write!(text, "denoiser: {}, {} parameters", denoiser.kind, grouped(parameters as u64));
    if let Some(steps) = denoiser.steps {
        let _ = write!(text, ", {} steps", grouped(steps as u64));
    }
    if let Some(loss) = denoiser.held_out_loss {
        let _ = write!(text, ", held-out loss {loss:.2e}");
    }
    if let Some((low, high)) = denoiser.log_snr_range {
        let _ = write!(text, ", logSNR {low} to {high}");
    }
    text.push('\n');
}

fn geodesic(text: &mut String, curve: &GeodesicSummary) -> Result<(), ReportError> {
    line(
        text,
        &format!(
            "\ngeodesic: length {:.3}, energy {:.3}, 2E/L² = {:.5}, {} points, least logSNR {:.2}; {}",
            curve.length,
            curve.energy,
            curve.constant_speed,
            curve.points,
            curve.min_log_snr,
            curve.stop_reason
        ),
    );
    let columns = [
        Column::text("winding"),
        Column::number("length", ""),
        Column::number("barrier", "kJ/mol"),
        Column::number("curve maximum", "kJ/mol"),
        Column::text("constraints"),
        Column::text("followed"),
        Column::text("why"),
    ];
    let mut table = Table::new(columns);
    // Samples and point masses know no barrier; where some windings have one, the others are blocked.
    let known = curve.windings.iter().any(|winding| winding.barrier_kj_mol.is_some());
    let missing = if known { "none open" } else { "not known" };
    for winding in &curve.windings {
        let turns: Vec<String> = winding.winding.iter().map(|turns| format!("{turns:+}")).collect();
        table.row([
            turns.join(" "),
            winding.length.map_or_else(String::new, |length| decimals(length, 3)),
            winding.barrier_kj_mol.map_or_else(|| missing.to_owned(), |barrier| decimals(barrier, 2)),
            winding.crest_kj_mol.map_or_else(String::new, |highest| decimals(highest, 2)),
            winding.satisfied.map_or("", |kept| if kept { "satisfied" } else { "not satisfied" }).to_owned(),
            if winding.chosen { "yes" } else { "" }.to_owned(),
            winding.decision.clone(),
        ])?;
    }
    text.push_str(&table.to_string());
    Ok(())
}

fn constraints(text: &mut String, summary: &Summary) {
    for constraint in &summary.constraints {
        let unit = if constraint.unit == "1" { String::new() } else { format!(" {}", constraint.unit) };
        let verdict = if constraint.satisfied { "satisfied" } else { "NOT SATISFIED" };
        line(
            text,
            &format!(
                "constraint {}: {}: {verdict}, largest violation {:.4}{unit} (tolerance {:.4})",
                constraint.kind, constraint.description, constraint.largest_violation, constraint.tolerance
            ),
        );
    }
}

fn reached(paths: &SamplingSummary) -> String {
    let count = |share: f64, paths: usize| (share * paths as f64).round();
    let mut text = format!("{} of {} paths reached the end", count(paths.reached, paths.paths), paths.paths);
    if let Some(share) = paths.reached_backward {
        let _ = write!(
            text,
            ", {} of {} backward paths the start",
            count(share, paths.backward_paths),
            paths.backward_paths
        );
    }
    text
}

fn sampling(text: &mut String, paths: &SamplingSummary) {
    let time = paths.path_time_ps.map_or_else(String::new, |time| format!(", {time:.1} ps each"));
    line(
        text,
        &format!(
            "\npaths: {}{time}, {} energy evaluations",
            reached(paths),
            grouped(paths.energy_evaluations)
        ),
    );
    if let Some(shooting) = &paths.shooting {
        let share = 100.0 * shooting.accepted as f64 / shooting.trials.max(1) as f64;
        line(
            text,
            &format!(
                "two-way shooting: {} of {} trials accepted ({share:.1} %), {} steps per path on average",
                grouped(shooting.accepted),
                grouped(shooting.trials),
                decimals(shooting.mean_steps, 0)
            ),
        );
    }
    if let Some(lag) = paths.lag {
        let by_chance = paths
            .lag_by_chance
            .map_or_else(String::new, |by_chance| format!(" (expected by chance alone: {by_chance:.2})"));
        line(text, &format!("lag behind the exact posterior: {lag:.2}{by_chance}"));
    }
    if let Some(share) = paths.share_inside_avoided {
        line(text, &format!("fraction of frames inside the avoided regions: {:.2} %", 100.0 * share));
    }
    for failed in &paths.failed {
        line(text, &format!("failed, {}: {}", failed.direction, failed.reason));
    }
}

fn max_energy(text: &mut String, name: &str, energy: &MaxEnergy, paths: Option<&SamplingSummary>) {
    let _ = write!(text, "highest energy ({name}): mean {} kJ/mol", decimals(energy.mean_kj_mol, 2));
    if let Some(std) = energy.std_kj_mol {
        let _ = write!(text, ", standard deviation {std:.2}");
    }
    if let Some(bound) = energy.lower_bound_kj_mol {
        let _ = write!(text, ", lower bound {bound:.2}");
    }
    if let Some(above) = energy.above_start_mean_kj_mol {
        let _ = write!(text, ", {above:.1} above the start's mean");
    }
    if let Some(paths) = paths {
        let _ = write!(text, " ({:.0} % reached)", 100.0 * paths.reached);
    }
    text.push('\n');
}

fn transition(text: &mut String, paths: &TransitionSummary) {
    let hits = (paths.target_hit_share * paths.paths as f64).round();
    let _ = write!(
        text,
        "transition path metrics: {hits} of {} paths hit (THP {:.1} %)",
        paths.paths,
        100.0 * paths.target_hit_share
    );
    if let Some(energy) = &paths.energy {
        let _ =
            write!(text, ", ETS {} kJ/mol", with_error(energy.mean_kj_mol, energy.standard_error_kj_mol, 1));
    }
    let _ = writeln!(
        text,
        ", RMSD {} Å",
        with_error(10.0 * paths.rmsd.mean_nm, paths.rmsd.standard_error_nm.map(|error| 10.0 * error), 2)
    );
}

fn work(text: &mut String, work: &WorkSummary) -> Result<(), ReportError> {
    let columns = [
        Column::text("work"),
        Column::number("mean", "kJ/mol"),
        Column::number("dissipated", "kT"),
        Column::number("ΔF of tethered ends, Jarzynski", "kJ/mol"),
    ];
    let mut table = Table::new(columns);
    for (name, direction) in [("forward", &work.forward), ("backward", &work.backward)] {
        let Some(direction) = direction else { continue };
        table.row(row(name, direction))?;
    }
    text.push('\n');
    text.push_str(&table.to_string());
    if let Some(value) = work.delta_f_kj_mol {
        let value = with_error(value, work.delta_f_error_kj_mol, 2);
        let _ = write!(text, "ΔF of the tethered ends by BAR {value} kJ/mol");
    }
    if let Some(value) = work.landscape_delta_f_kj_mol {
        let _ = write!(
            text,
            "{}the landscape {value:.2} kJ/mol",
            if work.delta_f_kj_mol.is_some() { ", by " } else { "ΔF of the tethered ends by " }
        );
    }
    text.push('\n');
    if work.dissipated_delta_f_source == Some(DeltaFSource::Landscape) {
        text.push_str("the dissipated work refers to the landscape's ΔF, whose own error is not included\n");
    }
    Ok(())
}

/// What must be known before trusting the numbers.
fn warnings(text: &mut String, summary: &Summary) {
    if !summary.warnings.is_empty() {
        text.push('\n');
    }
    for warning in &summary.warnings {
        line(text, &format!("warning ({}): {}", warning.stage, warning.message));
    }
}

fn row(name: &str, direction: &DirectionalWork) -> [String; 4] {
    let optional =
        |value: Option<f64>, error| value.map_or_else(String::new, |value| with_error(value, error, 2));
    [
        name.to_owned(),
        with_error(direction.mean_kj_mol, direction.standard_error_kj_mol, 2),
        optional(direction.dissipated_kt, direction.dissipated_error_kt),
        optional(direction.jarzynski_delta_f_kj_mol, direction.jarzynski_error_kj_mol),
    ]
}
