//! Rate constants by replica exchange transition interface sampling.

use geodyssey_paths::ensembles::{
    AtomsPoint, ChainProtocol, EngineVelocities, FrameSelection, FreePath, InterfaceProtocol,
    InterfaceSimulation, LaneUse, Lanes, PathEnsemble, Rejection, State as Named, interface_ensembles,
};
use geodyssey_report::{RateDirectionSummary, RateSummary, Warning};
use geodyssey_statistics::{crossing_probability, equilibrated_after, jackknife};

use super::dynamics::{FreeDynamics, moves_atoms};
use super::interfaces::{Along, placed};
use super::moves::moves;
use super::places::StatePlaces;
use super::populations::free_energy_of_overall_states;
use super::seeds::{FirstPaths, Search, candidates, seeds};
use super::statistics::interval_ps;
use super::units::{UnitStore, Units, grouped};
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::free_paths::STAGE;
use crate::artifacts::landscape::LandscapeResult;
use crate::config::Interfaces;
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::Run;

/// Simulations in the lanes of one batch.
const SIMULATIONS_PER_UNIT: usize = 8;
/// Cycles and interfaces of the pilot runs that place the interfaces.
const PILOT_CYCLES: u64 = 300;
const PILOT_INTERFACES: usize = 8;
/// Number of pilot runs.
const PILOTS: usize = 3;
/// Share of the cycles that is left out in any case.
const LEAST_LEFT_OUT: f64 = 0.25;
/// Fewest simulations whose scatter makes an error.
const FEWEST_SIMULATIONS: usize = 4;

/// Rates and what they were computed from.
pub(super) struct SampledRates {
    /// The summary.
    pub(super) summary: RateSummary,
    /// Both directions: the rows of the table of paths in the ensembles.
    pub(super) rows: Vec<Vec<String>>,
    /// Forward transition paths that the simulations ended with, by simulation.
    pub(super) paths: Vec<(u32, FreePath<AtomsPoint>)>,
    /// Warnings.
    pub(super) warnings: Vec<Warning>,
    /// Evaluations of the energy, pilots included.
    pub(super) energy_evaluations: u64,
}

/// One direction of a rate.
struct Direction<'d> {
    run: &'d Run<'d>,
    store: UnitStore<'d>,
    dynamics: &'d FreeDynamics<'d>,
    lanes: &'d Lanes<'d>,
    along: &'d Along,
    first: Vec<FirstPaths>,
    is_backward: bool,
}

/// Names of the units' kinds, which must be constants.
const KINDS: [[&str; 5]; 2] = [
    ["forward-seeds", "forward-pilot-0", "forward-pilot-1", "forward-pilot-2", "forward"],
    ["backward-seeds", "backward-pilot-0", "backward-pilot-1", "backward-pilot-2", "backward"],
];

/// Samples both directions.
pub(super) fn sample(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    store: UnitStore<'_>,
    dynamics: &FreeDynamics<'_>,
) -> Result<SampledRates, Error> {
    let problem = run.problem;
    let settings = &problem.config.paths;
    let states = problem.states()?;
    let along = Along::of(problem, geodesic)?;
    along.check(problem, geodesic)?;
    let given = along.given(problem)?;
    let (mut directions, mut rows, mut paths) = (Vec::new(), Vec::new(), Vec::new());
    let (mut warnings, mut energy_evaluations) = (Vec::new(), 0);
    for is_backward in [false, true] {
        let kinds = KINDS[usize::from(is_backward)];
        let places = StatePlaces::new(problem, states, along.order.clone(), is_backward);
        let lanes = Lanes {
            engine: dynamics.engine,
            law: dynamics.law,
            random: dynamics.random.substream(kinds[4]),
            check_every: settings.check_every.get() as u64,
            places: &places,
        };
        let mut from = candidates(run, &StatePlaces::new(problem, states, along.order.clone(), false))?;
        if is_backward {
            from.iter_mut().for_each(|path| path.reverse());
        }
        let (most_frames, simulations) = (settings.longest_frames(), settings.chains.get());
        let search = Search { store, kind: kinds[0], dynamics, lanes: &lanes, wants_inside: true };
        let seeds = seeds(&search, most_frames, &from, simulations)?;
        if seeds.without_own > 0 {
            warnings.push(Warning::new(
                STAGE,
                format!(
                    "{} of {simulations} simulations found no first path of their own and began with that of another one.",
                    seeds.without_own
                ),
            ));
        }
        let direction =
            Direction { run, store, dynamics, lanes: &lanes, along: &along, first: seeds.first, is_backward };
        let interfaces = match (&given, is_backward) {
            (Some(forward), false) => forward.clone(),
            _ => direction.pilot(&mut energy_evaluations)?,
        };
        let outcome = direction.simulate(kinds[4], &interfaces, settings.trials.get() as u64)?;
        energy_evaluations += outcome.summary.energy_evaluations;
        warnings.extend(outcome.warnings);
        rows.extend(outcome.rows);
        if !is_backward {
            paths = outcome.paths;
        }
        directions.push(outcome.summary);
    }
    let kt = problem.thermal_energy;
    let [forward, backward] = [&directions[0], &directions[1]];
    let relative = |one: &RateDirectionSummary| one.rate_error_per_ps.map(|error| error / one.rate_per_ps);
    let delta_f = -kt * (forward.rate_per_ps / backward.rate_per_ps).ln();
    let error = relative(forward).zip(relative(backward)).map(|(a, b)| kt * a.hypot(b));
    let expected = free_energy_of_overall_states(problem, landscape).unwrap_or_else(|error| {
        warnings
            .push(Warning::new(STAGE, format!("The rates are not compared with the landscape: {error}.")));
        None
    });
    let check = expected.map(|expected| delta_f - expected);
    if let (Some(check), Some(error)) = (check, error)
        && check.abs() > 3.0 * error.max(0.1 * kt)
    {
        warnings.push(Warning::new(
            STAGE,
            format!(
                "The rates imply a free-energy difference of the states of {delta_f:.2} ± {error:.2} kJ/mol, the landscape {:.2}: one of the two is \
                 not sampled well enough.",
                delta_f - check
            ),
        ));
    }
    let summary = RateSummary {
        time_unit: if moves_atoms(problem) { "ps" } else { "landscape" }.to_owned(),
        k_ab_per_ps: forward.rate_per_ps,
        k_ab_error_per_ps: forward.rate_error_per_ps,
        k_ba_per_ps: backward.rate_per_ps,
        k_ba_error_per_ps: backward.rate_error_per_ps,
        delta_f_rates_kj_mol: delta_f,
        delta_f_rates_error_kj_mol: error,
        delta_f_check_kj_mol: check,
        directions,
    };
    Ok(SampledRates { summary, rows, paths, warnings, energy_evaluations })
}

/// What one direction gives.
struct Outcome {
    summary: RateDirectionSummary,
    rows: Vec<Vec<String>>,
    paths: Vec<(u32, FreePath<AtomsPoint>)>,
    warnings: Vec<Warning>,
}

impl Direction<'_> {
    fn problem(&self) -> &Problem {
        self.run.problem
    }

    /// Runs all simulations.
    fn simulations(
        &self,
        kind: &'static str,
        interfaces: &[f64],
        cycles: u64,
        inside_share: f64,
    ) -> Result<(Vec<InterfaceSimulation>, LaneUse), Error> {
        let settings = &self.problem().config.paths;
        let velocities = EngineVelocities {
            engine: self.dynamics.engine,
            thermal_energy_kj_mol: self.dynamics.law.thermal_energy_kj_mol(),
        };
        let random = self.dynamics.random.substream(kind);
        let ensembles = interface_ensembles(interfaces, settings.longest_frames());
        let count = ensembles.len();
        let protocols = ensembles.into_iter().enumerate().map(|(index, ensemble)| ChainProtocol {
            ensemble,
            selection: FrameSelection::uniform(),
            moves: moves(settings, cap(&ensemble, interfaces, index)),
            velocities: &velocities,
            random: random.substream("moves"),
        });
        let protocol = InterfaceProtocol {
            ensembles: protocols.collect(),
            interfaces: interfaces.to_vec(),
            exchange_share: settings.exchange_share.get(),
            inside_share,
            random: random.substream("exchanges"),
        };
        let fresh = self.first.iter().enumerate().map(|(number, (path, inside))| {
            let inside = inside.clone().unwrap_or_else(|| path.clone());
            let mut first = vec![inside];
            first.extend((1..count).map(|_| path.clone()));
            InterfaceSimulation::new(number as u32, first, cycles, &protocol)
        });
        let fresh: Vec<InterfaceSimulation> = fresh.collect();
        let lanes = Lanes { random: self.lanes.random.substream(kind), ..*self.lanes };
        let units =
            Units { kind, lanes: &lanes, protocol: &protocol, legs_at_once: count, counted: "cycles" };
        self.store.carry_out(&units, grouped(fresh, SIMULATIONS_PER_UNIT))
    }

    /// Places the interfaces: first at equal distances between where the first paths leave the one state and where they reach the other, then
    /// where they would be reached with equal probabilities.
    fn pilot(&self, energy_evaluations: &mut u64) -> Result<Vec<f64>, Error> {
        let count = match &self.problem().config.paths.interfaces {
            Some(Interfaces::Count(count)) => Some(count.get()),
            _ => None,
        };
        let of = |at: &dyn Fn(usize) -> usize| {
            let mut orders: Vec<f64> =
                self.first.iter().map(|(path, _)| path.frames[at(path.frames.len())].place.order).collect();
            orders.sort_by(f64::total_cmp);
            orders[orders.len() / 2]
        };
        let (begin, end) = (of(&|_| 1), of(&|frames| frames - 2));
        if end <= begin {
            return Err(Error::Failed(format!(
                "rates: interfaces along `{}` cannot be placed, since it does not rise from the start state to the end state on free paths; \
                 choose another variable with `paths.along`, or `along = \"arc\"`",
                self.along.name
            )));
        }
        let start = PILOT_INTERFACES.max(count.unwrap_or(0));
        let mut interfaces: Vec<f64> =
            (0..start).map(|index| begin + (end - begin) * index as f64 / start as f64).collect();
        for pilot in 0..PILOTS {
            let kind = KINDS[usize::from(self.is_backward)][1 + pilot];
            let (simulations, lane_use) = self.simulations(kind, &interfaces, PILOT_CYCLES, 0.0)?;
            *energy_evaluations += lane_use.lane_steps + lane_use.legs;
            let weights = weights(&simulations, interfaces.len(), PILOT_CYCLES as usize / 2, &|_| true);
            let found = crossing_probability(&weights)
                .map_err(|error| Error::failed("placing the interfaces", error))?;
            let conditional: Vec<f64> =
                found.conditional.iter().map(|probability| probability.unwrap_or(0.5)).collect();
            interfaces = placed(&interfaces, &conditional, end, count);
        }
        Ok(interfaces)
    }

    fn simulate(&self, kind: &'static str, interfaces: &[f64], cycles: u64) -> Result<Outcome, Error> {
        let problem = self.problem();
        let inside_share = problem.config.paths.inside_share.get();
        let (simulations, lane_use) = self.simulations(kind, interfaces, cycles, inside_share)?;
        let (levels, dt) = (interfaces.len(), interval_ps(&problem.config.paths));
        let series: Vec<Vec<f64>> = simulations
            .iter()
            .map(|simulation| {
                let of_cycle = |cycle: &Vec<geodyssey_paths::ensembles::CycleRecord>| {
                    cycle.iter().map(|record| f64::from(record.level)).sum::<f64>()
                };
                simulation.records.iter().map(of_cycle).collect()
            })
            .collect();
        let average = |cycle: usize| series.iter().map(|one| one[cycle]).sum::<f64>() / series.len() as f64;
        let of_all: Vec<f64> = (0..cycles as usize).map(average).collect();
        let equilibrated = equilibrated_after(&series)
            .zip(equilibrated_after(&[of_all]))
            .map(|(simulations, average)| simulations.max(average));
        // All simulations begin with paths that reach the other state, in ensembles where next to none do: a few of them that still count would
        // spoil the rate without showing in the fluctuations.
        let least = (cycles as f64 * LEAST_LEFT_OUT).ceil() as usize;
        let first = equilibrated.unwrap_or(cycles as usize / 2).max(least);
        let flux = |keep: &dyn Fn(usize) -> bool| {
            let inner = |ensemble: usize| mean_inner(&simulations, ensemble, first, keep);
            Some(1.0 / ((inner(0)? + inner(1)?) * dt))
        };
        let crossing = |keep: &dyn Fn(usize) -> bool| {
            crossing_probability(&weights(&simulations, levels, first, keep)).ok()
        };
        let rate = |keep: &dyn Fn(usize) -> bool| {
            let total = crossing(keep)?.total?;
            (total > 0.0).then_some(flux(keep)? * total)
        };
        let name = if self.is_backward { "backward" } else { "forward" };
        let all = |_: usize| true;
        let found = crossing(&all);
        let unknown = || {
            Error::Failed(format!(
                "rates: the {name} rate is not known, since no path of some ensemble reached the next interface; more `trials`, or interfaces \
                 that are closer to each other, are needed"
            ))
        };
        let (Some(found), Some(flux), Some(value)) = (found, flux(&all), rate(&all)) else {
            return Err(unknown());
        };
        let error = jackknife(simulations.len(), rate).map(|estimate| estimate.standard_error);
        let exchanges = (0..simulations[0].exchanges.len()).map(|pair| {
            let sum =
                |of: &dyn Fn(&InterfaceSimulation) -> u64| simulations.iter().map(of).sum::<u64>() as f64;
            let attempted = sum(&|one| one.exchanges[pair].attempted);
            // Not attempted is not rejected.
            if attempted > 0.0 { sum(&|one| one.exchanges[pair].accepted) / attempted } else { 1.0 }
        });
        let exchange_acceptance: Vec<f64> = exchanges.collect();
        let lengths: Vec<f64> = simulations
            .iter()
            .flat_map(|simulation| &simulation.records[first..])
            .filter_map(|cycle| cycle.last())
            .filter(|record| record.level as usize == levels)
            .map(|record| f64::from(record.inner_frames + 1) * dt)
            .collect();
        let mut warnings = Vec::new();
        let mut warn = |text: String| warnings.push(Warning::new(STAGE, text));
        let too_long = too_long_share(&simulations);
        if too_long > MOST_TOO_LONG {
            warn(format!(
                "{:.1} % of the trials of the {name} rate reached `longest_ps` before the end of a path, so that the rate is too large: a larger `longest_ps` is needed.",
                100.0 * too_long
            ));
        }
        if let Some(pair) = exchange_acceptance.iter().position(|share| *share < 0.02) {
            warn(format!(
                "Neighbouring ensembles of the {name} rate hardly exchange paths (pair {pair}: {:.1} %): interfaces closer to each other are needed.",
                100.0 * exchange_acceptance[pair]
            ));
        }
        if equilibrated.is_none() {
            warn(format!(
                "It could not be told from which cycle on the simulations of the {name} rate are in equilibrium; the first half of the cycles is left out."
            ));
        }
        match error {
            None => warn(format!(
                "The error of the {name} rate is not known: at least two simulations that reach every interface are needed."
            )),
            Some(error) if error > 0.3 * value => {
                warn(format!(
                    "The {name} rate is uncertain by {:.0} %: more `trials` or `chains` are needed.",
                    100.0 * error / value
                ));
            }
            _ if simulations.len() < FEWEST_SIMULATIONS => {
                warn(format!(
                    "The error of the {name} rate comes from {} simulations and is itself uncertain.",
                    simulations.len()
                ));
            }
            _ => {}
        }
        let shown = |order: &f64| self.along.shown(problem, *order, self.is_backward);
        let summary = RateDirectionSummary {
            direction: name.to_owned(),
            rate_per_ps: value,
            rate_error_per_ps: error,
            flux_per_ps: flux,
            along: self.along.name.clone(),
            interfaces: interfaces.iter().map(shown).collect(),
            // All are known where the rate is.
            crossing_probabilities: found.conditional.iter().map(|one| one.unwrap_or(0.0)).collect(),
            total_crossing_probability: found.total.unwrap_or(0.0),
            equilibrated_after: first as u64,
            exchange_acceptance,
            mean_length_ps: (!lengths.is_empty()).then(|| lengths.iter().sum::<f64>() / lengths.len() as f64),
            lane_occupancy: lane_use.occupancy().unwrap_or(0.0),
            simulations: simulations.len(),
            cycles,
            energy_evaluations: lane_use.lane_steps + lane_use.legs,
        };
        let rows = rows(&simulations, name, first, dt);
        let ends_in_b = |path: &FreePath<AtomsPoint>| path.end() == Some(Named::B);
        let paths = simulations.iter().zip(0..).filter_map(|(simulation, number)| {
            let last = simulation.chains().last()?.present();
            ends_in_b(last).then(|| (number, last.as_ref().clone()))
        });
        Ok(Outcome { summary, rows, paths: paths.collect(), warnings })
    }
}

/// The cap of an ensemble's wires: two interfaces further, beyond the last no cap.
fn cap(ensemble: &PathEnsemble, interfaces: &[f64], index: usize) -> Option<f64> {
    match ensemble {
        PathEnsemble::Crossing { .. } => Some(interfaces.get(index + 1).copied().unwrap_or(f64::INFINITY)),
        _ => None,
    }
}

/// Largest share of trials that end because the longest path is too short.
const MOST_TOO_LONG: f64 = 0.002;

/// The share of trials that ended so.
fn too_long_share(simulations: &[InterfaceSimulation]) -> f64 {
    let (mut trials, mut too_long) = (0, 0);
    for count in simulations.iter().flat_map(|simulation| simulation.counts().into_iter().flatten()) {
        trials += count.trials;
        too_long += count.rejected.get(&Rejection::TooLong).copied().unwrap_or(0);
    }
    too_long as f64 / trials.max(1) as f64
}

/// Mean number of frames between the ends of the paths of an ensemble.
fn mean_inner(
    simulations: &[InterfaceSimulation],
    ensemble: usize,
    first: usize,
    keep: &dyn Fn(usize) -> bool,
) -> Option<f64> {
    let kept = simulations.iter().enumerate().filter(|(number, _)| keep(*number));
    let (mut sum, mut count) = (0.0, 0.0);
    for (_, simulation) in kept {
        for cycle in &simulation.records[first..] {
            sum += f64::from(cycle[ensemble].inner_frames);
            count += 1.0;
        }
    }
    (count > 0.0).then_some(sum / count)
}

/// For every ensemble outside the state, how many of its paths reach which interface at most.
fn weights(
    simulations: &[InterfaceSimulation],
    levels: usize,
    first: usize,
    keep: &dyn Fn(usize) -> bool,
) -> Vec<Vec<f64>> {
    let mut weights = vec![vec![0.0; levels + 1]; levels];
    for (_, simulation) in simulations.iter().enumerate().filter(|(number, _)| keep(*number)) {
        for cycle in &simulation.records[first..] {
            for (ensemble, record) in cycle.iter().skip(1).enumerate() {
                weights[ensemble][record.level as usize] += 1.0;
            }
        }
    }
    weights
}

/// Rows of the table: the paths of all ensembles by the interface that they reach.
fn rows(simulations: &[InterfaceSimulation], name: &str, first: usize, dt: f64) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (number, simulation) in simulations.iter().enumerate() {
        for (cycle, records) in simulation.records.iter().enumerate() {
            for (ensemble, record) in records.iter().enumerate() {
                let ensemble_name =
                    if ensemble == 0 { "0-".to_owned() } else { format!("{}+", ensemble - 1) };
                all.push(vec![
                    name.to_owned(),
                    number.to_string(),
                    cycle.to_string(),
                    ensemble_name,
                    (f64::from(record.inner_frames + 1) * dt).to_string(),
                    if ensemble == 0 { String::new() } else { record.level.to_string() },
                    u8::from(cycle >= first).to_string(),
                ]);
            }
        }
    }
    all
}
