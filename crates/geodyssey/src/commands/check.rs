//! `check CONFIG`: reads everything, computes nothing, and reports what would run and how large it is.

use std::fmt::Write as _;

use geodyssey_run::check_claim;
use serde_json::{Value, json};

use super::overrides::{claim, read, run_directory, use_threads};
use crate::cli::OneConfiguration;
use crate::config::{Config, ConstraintConfig, DenoiserConfig, SamplingMethod, Space};
use crate::error::Error;
use crate::pipeline::{Requirements, Stage, check as check_before, check_disk, requirements};
use crate::problem::cautions::{cautions, tethers_at_the_ends};
use crate::problem::{Problem, molecule_warnings};
use crate::stages::landscape;
use crate::stages::paths::steps_of_a_path;
use crate::terminal::print;

/// Carries the command out.
pub(crate) fn check(arguments: &OneConfiguration) -> Result<(), Error> {
    let problem = read(&arguments.configuration, &arguments.overrides)?;
    use_threads(&arguments.overrides)?;
    // Without states there is no path, but there is a denoiser that can be evaluated.
    let until = if problem.states.is_some() { Stage::Report } else { Stage::Denoiser };
    check_before(&problem, until)?;
    let directory = run_directory(&problem.config, &arguments.overrides, false);
    check_claim(&directory, &claim(&problem, &arguments.overrides))?;
    check_disk(&problem, &directory)?;
    let facts = facts(&problem, &directory.display().to_string())?;
    if arguments.overrides.json {
        return print(&format!("{:#}\n", Value::Object(facts.into_iter().collect())));
    }
    let mut text = String::new();
    for (name, value) in &facts {
        let value = match value {
            Value::String(value) => value.clone(),
            Value::Array(values) if values.is_empty() => "none".to_owned(),
            Value::Array(values) => {
                let values: Vec<String> = values
                    .iter()
                    .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                    .collect();
                values.join("; ")
            }
            other => other.to_string(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<32} {value}", label(name));
    }
    print(&text)
}

/// A key of the JSON form as a person reads it: words, with the unit in parentheses.
fn label(key: &str) -> String {
    let units = [("_kj_mol", " (kJ/mol)"), ("_k", " (K)"), ("_mb", " (MB)"), ("_s", " (s)")];
    let unit = units.iter().find_map(|(suffix, unit)| key.strip_suffix(suffix).map(|name| (name, *unit)));
    let (name, unit) = unit.unwrap_or((key, ""));
    name.replace('_', " ") + unit
}

/// A constraint in one line: its kind, then its numbers as the configuration has them.
fn in_words(constraint: &ConstraintConfig) -> String {
    let value = serde_json::to_value(constraint).unwrap_or_default();
    let kind = value["kind"].as_str().unwrap_or_default();
    let numbers: Vec<String> = value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, value)| *key != "kind" && !value.is_null())
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    format!("{kind} ({})", numbers.join(", "))
}

fn facts(problem: &Problem, directory: &str) -> Result<Vec<(String, Value)>, Error> {
    let config = &problem.config;
    let mut facts = Vec::new();
    let mut add = |name: &str, value: Value| facts.push((name.to_owned(), value));
    add("configuration", json!(config.name()));
    add("run_directory", json!(directory));
    add("seed", json!(config.seed));
    if let Some(molecule) = &problem.molecule {
        add("atoms", json!(molecule.topology.atom_count()));
        add("heavy_atoms", json!(molecule.topology.heavy_atoms().len()));
        let solute = molecule.solute().len();
        if solute < molecule.topology.atom_count() {
            add("solute_atoms", json!(solute));
        }
        let terms: Vec<&str> = molecule.force_field.terms().iter().map(|term| term.name()).collect();
        add("force_field_terms", json!(terms));
        add("forces_ignored", json!(molecule.ignored_forces));
    }
    add("thermal_energy_kj_mol", json!(problem.thermal_energy));
    if let Some(temperature) = problem.temperature_k {
        add("temperature_k", json!(temperature));
    }
    let variables = problem.variables.iter().map(|variable| {
        let range = variable.range.map_or_else(String::new, |(low, high)| {
            format!(" from {} to {}", variable.display(low), variable.display(high))
        });
        let period = variable.period.map_or("", |_| ", periodic");
        format!("{}{range}{period}", variable.name)
    });
    add("variables", variables.collect());
    for (name, state) in ["start", "end"].into_iter().zip(problem.states.iter().flatten()) {
        let values = problem.variables.iter().zip(&state.center).map(|(variable, &x)| variable.display(x));
        add(name, values.collect());
    }
    for (name, preparation) in
        ["start_structure", "end_structure"].into_iter().zip(problem.preparations.iter().flatten())
    {
        let origin = preparation.origin.name();
        add(name, json!(format!("{origin}, {:.3} kJ/mol", preparation.energy_kj_mol)));
    }
    if let Some(tethers) = tethers_at_the_ends(problem) {
        let each = problem.variables.iter().zip(tethers).map(|(variable, tether)| {
            let share = tether.share.map_or_else(String::new, |share| {
                format!(", {:.0} % of the states' distance", 100.0 * share)
            });
            format!("{} within {}{share}", variable.name, variable.display(tether.width))
        });
        add("tether_at_the_ends", each.collect());
    }
    add("landscape", json!(landscape::method(problem).describe(problem)?));
    add("denoiser", json!(denoiser(config)));
    let points = config.geodesic.points.get();
    add("curve_points", json!(points));
    add("constraints", config.constraints.iter().map(in_words).collect());
    let space = match config.space() {
        Space::Atoms => "atoms",
        Space::Variables => "variables",
    };
    add("paths_in_the_space_of", json!(space));
    let shooting = config.sampling.method == SamplingMethod::TwoWayShooting;
    let directions = if config.sampling.backward && !shooting { 2 } else { 1 };
    let paths = config.sampling.paths.get() * directions;
    let steps = steps_of_a_path(problem, points);
    add("paths", json!(paths));
    add("steps_of_a_path", json!(steps));
    // How many trials end early is not known in advance.
    if !shooting {
        add("energy_evaluations_of_all_paths", json!(steps.saturating_mul(paths as u64)));
    }
    let Requirements { memory_mb, energy_evaluations, seconds } = requirements(problem);
    add("memory_mb", json!((memory_mb * 10.0).round() / 10.0));
    if energy_evaluations > 0.0
        && let Some(seconds) = seconds
    {
        // Two digits, since it is an estimate.
        add("estimated_time_of_energy_evaluations_s", json!(two_digits(seconds)));
    }
    let of_molecule =
        molecule_warnings(problem).map_err(|error| Error::failed("comparing the states", error))?;
    let warnings = cautions(problem).into_iter().chain(of_molecule);
    let warnings: Vec<String> = warnings.map(|warning| warning.message).collect();
    add("warnings", json!(warnings));
    Ok(facts)
}

fn two_digits(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

fn denoiser(config: &Config) -> String {
    let kind = config.denoiser.kind();
    let Some(data) = config.denoiser.training_data() else { return format!("{kind}, exact") };
    let (low, high) = data.log_snr_range(&config.geodesic);
    match (&data.weights, &config.denoiser) {
        (Some(weights), _) => format!("{kind}, weights of {}", weights.display()),
        (None, DenoiserConfig::Neural(neural)) => format!(
            "{kind}, {} steps of {} pairs, logSNR {low} to {high}",
            neural.settings.steps, neural.settings.batch
        ),
        (None, DenoiserConfig::RandomFeatures(features)) => format!(
            "{kind}, {} features fitted to {} pairs, logSNR {low} to {high}",
            features.settings.features, features.settings.pairs
        ),
        (None, DenoiserConfig::Mixture(_)) => kind.to_owned(),
    }
}
