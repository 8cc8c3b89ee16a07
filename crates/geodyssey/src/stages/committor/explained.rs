//! Which coordinates of structures explain their committors.

use std::f64::consts::TAU;

use geodyssey_molecule::variables::{Distance, Torsion};
use geodyssey_molecule::{CollectiveVariable, Topology};
use geodyssey_report::CommittorCoordinate;
use geodyssey_statistics::{logistic_regression, rank_correlation, rank_correlation_p_value};

use super::structure::CommittorStructure;
use crate::problem::Problem;
use crate::stages::free_paths::moves_atoms;

/// Fewest structures from which anything is concluded.
const FEWEST: usize = 20;
/// Coordinates that are listed.
const LISTED: usize = 10;
/// Most coordinates of a molecule that are looked at.
const MOST_COORDINATES: usize = 2000;
/// Correlations that are told: larger ones by chance in fewer than one of a hundred cases, all coordinates looked at together.
const LARGEST_P_VALUE: f64 = 0.01;

/// A coordinate and its values.
struct Candidate {
    name: String,
    is_variable: bool,
    values: Vec<f64>,
}

/// The coordinates that go best with the committor of the chosen structures, and that in words.
pub(super) fn explained(
    problem: &Problem,
    structures: &[CommittorStructure],
    chosen: &[usize],
    counts: &[(usize, usize)],
    at_one_place: bool,
) -> (Vec<CommittorCoordinate>, Vec<String>) {
    if chosen.len() < FEWEST {
        return (Vec::new(), Vec::new());
    }
    let committors: Vec<f64> =
        counts.iter().map(|(hits, trials)| *hits as f64 / (*trials).max(1) as f64).collect();
    let candidates = candidates(problem, structures, chosen);
    let count = candidates.len();
    let mut found: Vec<(CommittorCoordinate, Vec<f64>)> = candidates
        .into_iter()
        .filter_map(|Candidate { name, is_variable, values }| {
            let correlation = rank_correlation(&values, &committors)?;
            let coordinate = CommittorCoordinate {
                name,
                is_variable,
                rank_correlation: correlation,
                deviance_explained: None,
            };
            Some((coordinate, values))
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| b.rank_correlation.abs().total_cmp(&a.rank_correlation.abs()));
    found.truncate(LISTED);
    for (coordinate, values) in &mut found {
        let features: Vec<Vec<f64>> = values.iter().map(|value| vec![*value]).collect();
        let model = logistic_regression(&features, counts).ok();
        coordinate.deviance_explained = model.and_then(|model| model.deviance_explained);
    }
    let p_value = |coordinate: &CommittorCoordinate| {
        rank_correlation_p_value(coordinate.rank_correlation, chosen.len() as f64).map(|p| p * count as f64)
    };
    let mut words = Vec::new();
    match found.first() {
        Some((best, _)) if p_value(best).is_some_and(|p| p < LARGEST_P_VALUE) => {
            let sense = if best.rank_correlation > 0.0 { "rises" } else { "falls" };
            let share = best.deviance_explained.map_or_else(String::new, |share| {
                format!(", and explains {:.0} % of the deviance", 100.0 * share)
            });
            let of_run = if best.is_variable { ", one of the run's variables" } else { "" };
            let among =
                if at_one_place { "structures at one place of the variables" } else { "the structures" };
            words.push(format!(
                "Among {among}, the committor {sense} with {}{of_run} (rank correlation {:.2}{share}).",
                best.name, best.rank_correlation
            ));
            if let Some((other, _)) = found.iter().find(|(one, _)| one.is_variable)
                && !best.is_variable
            {
                words.push(format!(
                    "Of the run's variables, {} goes best with it ({:.2}).",
                    other.name, other.rank_correlation
                ));
            }
        }
        _ => words.push(
            "No torsion or distance of the structures goes with their committors more than by chance."
                .to_owned(),
        ),
    }
    (found.into_iter().map(|(coordinate, _)| coordinate).collect(), words)
}

fn candidates(problem: &Problem, structures: &[CommittorStructure], chosen: &[usize]) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = problem
        .variables
        .iter()
        .enumerate()
        .map(|(index, variable)| {
            let values: Vec<f64> = chosen.iter().map(|&one| structures[one].values[index]).collect();
            let values = variable.period.map_or(values.clone(), |period| around_the_mean(&values, period));
            Candidate { name: variable.name.clone(), is_variable: true, values }
        })
        .collect();
    let (Some(molecule), true) = (&problem.molecule, moves_atoms(problem)) else { return all };
    let topology = &molecule.topology;
    let atoms = topology.atom_count();
    let own: Vec<Vec<usize>> = molecule.variables.iter().map(|variable| variable.atoms().to_vec()).collect();
    let mut add = |name: String, variable: &dyn CollectiveVariable, is_angle: bool| {
        let values: Vec<f64> = chosen.iter().map(|&one| variable.value(&structures[one].positions)).collect();
        let values = if is_angle { around_the_mean(&values, TAU) } else { values };
        all.push(Candidate { name, is_variable: false, values });
    };
    for quadruple in torsions(topology).into_iter().take(MOST_COORDINATES) {
        let reversed: Vec<usize> = quadruple.iter().rev().copied().collect();
        if own.iter().any(|own| own[..] == quadruple || *own == reversed) {
            continue;
        }
        if let Ok(torsion) = Torsion::new(quadruple, atoms) {
            add(format!("the torsion {}", names(topology, &quadruple)), &torsion, true);
        }
    }
    let heavy = topology.heavy_atoms();
    let pairs = heavy.iter().enumerate().flat_map(|(index, &a)| heavy[..index].iter().map(move |&b| [b, a]));
    for pair in pairs.take(MOST_COORDINATES) {
        if let Ok(distance) = Distance::new(pair, atoms) {
            add(format!("the distance {}", names(topology, &pair)), &distance, false);
        }
    }
    all
}

/// Torsions of heavy atoms about all bonds.
fn torsions(topology: &Topology) -> Vec<[usize; 4]> {
    let heavy = topology.heavy_atoms();
    let is_heavy = |atom: &usize| heavy.contains(atom);
    let mut all = Vec::new();
    for &[b, c] in topology.bonds() {
        if !is_heavy(&b) || !is_heavy(&c) {
            continue;
        }
        for &a in topology.neighbours(b).iter().filter(|&&a| a != c && is_heavy(&a)) {
            for &d in topology.neighbours(c).iter().filter(|&&d| d != b && d != a && is_heavy(&d)) {
                all.push([a, b, c, d]);
            }
        }
    }
    all
}

fn names(topology: &Topology, atoms: &[usize]) -> String {
    atoms.iter().map(|&atom| topology.label(atom)).collect::<Vec<_>>().join("–")
}

/// Periodic values as differences from their circular mean.
fn around_the_mean(values: &[f64], period: f64) -> Vec<f64> {
    let turn = TAU / period;
    let (sine, cosine) =
        values.iter().fold((0.0, 0.0), |(s, c), value| (s + (turn * value).sin(), c + (turn * value).cos()));
    let mean = sine.atan2(cosine) / turn;
    values.iter().map(|value| value - mean - period * ((value - mean) / period).round()).collect()
}
