//! Led paths beside free ones.

use std::collections::HashMap;

use geodyssey_paths::ensembles::Places as _;
use geodyssey_report::LedAgainstFree;

use super::places::{Order, StatePlaces};
use super::statistics::SampledTransitions;
use crate::artifacts::all_paths::{self, read_paths};
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::path_table::{read_path, table_of};
use crate::artifacts::paths::PathsRecord;
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::Run;

/// Cells of the grid on which densities are compared, a variable.
const CELLS: f64 = 36.0;
/// Most variables of such a grid.
const MOST_VARIABLES: usize = 3;

/// The values of the variables at the frames of all led paths that did not fail.
pub(crate) fn led_values(run: &Run<'_>) -> Result<Vec<Vec<Vec<f64>>>, Error> {
    let text = run.directory.read_text(all_paths::FILE)?;
    let rows = read_paths(&text)
        .map_err(|error| Error::file("understand", &run.directory.file(all_paths::FILE), error))?;
    let mut all = Vec::new();
    for row in rows.iter().filter(|row| row.failure.is_none()) {
        let Ok(id) = row.path.parse() else { continue };
        let text = run.directory.read_text(&table_of(id))?;
        let table = read_path(&run.problem.variables, &text)
            .map_err(|error| Error::file("understand", &run.directory.file(&table_of(id)), error))?;
        all.push(table.points);
    }
    Ok(all)
}

/// Compares them; none where there are too many variables.
pub(super) fn against_free(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    led_record: &PathsRecord,
    free: &SampledTransitions,
) -> Result<Option<LedAgainstFree>, Error> {
    let problem = run.problem;
    let led = led_values(run)?;
    if problem.variables.len() > MOST_VARIABLES || led.is_empty() {
        return Ok(None);
    }
    let states = problem.states()?;
    let places = StatePlaces::new(problem, states, Order::None, false);
    let cells = Cells::new(problem, landscape, &led);
    let (mut of_led, mut of_free) = (HashMap::new(), HashMap::new());
    for values in led.iter().flatten().filter(|values| places.place(values).state.is_none()) {
        *of_led.entry(cells.of(values)).or_insert(0.0) += 1.0;
    }
    let (mut highest, surface) = (Vec::new(), landscape.landscape.as_deref());
    for (chain, present) in free.chains.iter().map(|chain| (chain, chain.present_after_trials())) {
        let mut times: HashMap<usize, f64> = HashMap::new();
        present[free.first_trial..].iter().for_each(|&path| *times.entry(path).or_default() += 1.0);
        let mut times: Vec<(usize, f64)> = times.into_iter().collect();
        times.sort_unstable_by_key(|(path, _)| *path);
        for (path, weight) in times {
            let values = &chain.paths[path].values;
            for inner in values.iter().filter(|values| places.place(values).state.is_none()) {
                *of_free.entry(cells.of(inner)).or_insert(0.0) += weight;
            }
            if let Some(surface) = surface {
                let energies = values.iter().map(|values| surface.energy(values) - landscape.minimum);
                highest.push((energies.fold(f64::NEG_INFINITY, f64::max), weight));
            }
        }
    }
    let total = |cells: &HashMap<Vec<i64>, f64>| {
        let mut weights: Vec<f64> = cells.values().copied().collect();
        // In an order of their own, so that the sum does not depend on that of the table.
        weights.sort_by(f64::total_cmp);
        weights.iter().sum::<f64>()
    };
    let (all_led, all_free) = (total(&of_led), total(&of_free));
    let mut shared: Vec<f64> = Vec::new();
    let (mut outside_led, mut outside_free) = (Vec::new(), Vec::new());
    for (cell, weight) in &of_free {
        match of_led.get(cell) {
            Some(led) => shared.push((weight / all_free).min(led / all_led)),
            None => outside_led.push(weight / all_free),
        }
    }
    for (cell, weight) in &of_led {
        if !of_free.contains_key(cell) {
            outside_free.push(weight / all_led);
        }
    }
    let sum = |mut parts: Vec<f64>| {
        parts.sort_by(f64::total_cmp);
        // An empty sum is zero, not minus zero.
        0.0 + parts.iter().sum::<f64>()
    };
    let led_highest: Vec<f64> = surface.map_or_else(Vec::new, |surface| {
        let energy = |values: &Vec<f64>| surface.energy(values) - landscape.minimum;
        led.iter().map(|path| path.iter().map(energy).fold(f64::NEG_INFINITY, f64::max)).collect()
    });
    let mean = |parts: &[(f64, f64)]| {
        let weight: f64 = parts.iter().map(|(_, weight)| weight).sum();
        (weight > 0.0).then(|| parts.iter().map(|(value, weight)| value * weight).sum::<f64>() / weight)
    };
    let free_mean = mean(&highest);
    let squares: Vec<(f64, f64)> =
        highest.iter().map(|(value, weight)| ((value - free_mean.unwrap_or(0.0)).powi(2), *weight)).collect();
    Ok(Some(LedAgainstFree {
        led_length_ps: led_record.sampling.path_time_ps,
        led_max_landscape_energy_kj_mol: (!led_highest.is_empty())
            .then(|| led_highest.iter().sum::<f64>() / led_highest.len() as f64),
        free_max_landscape_energy_kj_mol: free_mean,
        free_max_landscape_energy_std_kj_mol: mean(&squares).map(f64::sqrt),
        density_overlap: sum(shared),
        free_outside_led: sum(outside_led),
        led_outside_free: sum(outside_free),
    }))
}

/// A grid over the variables.
struct Cells {
    /// Lower end and width of a cell, with the period, of each variable.
    axes: Vec<(f64, f64, Option<f64>)>,
}

impl Cells {
    fn new(problem: &Problem, landscape: &LandscapeResult, led: &[Vec<Vec<f64>>]) -> Self {
        let axis = |index: usize| {
            let period = problem.variables[index].period;
            let (low, high) = match (period, landscape.ranges.get(index)) {
                (_, Some(&range)) => range,
                (Some(period), None) => (0.0, period),
                (None, None) => led
                    .iter()
                    .flatten()
                    .map(|values| values[index])
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                        (low.min(value), high.max(value))
                    }),
            };
            (low, period.unwrap_or(high - low).max(f64::MIN_POSITIVE) / CELLS, period)
        };
        Self { axes: (0..problem.variables.len()).map(axis).collect() }
    }

    fn of(&self, values: &[f64]) -> Vec<i64> {
        let axes = self.axes.iter().zip(values);
        axes.map(|((low, width, period), value)| {
            let along = match period {
                Some(period) => (value - low).rem_euclid(*period),
                None => value - low,
            };
            (along / width).floor() as i64
        })
        .collect()
    }
}
