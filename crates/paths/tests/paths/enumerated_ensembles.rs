//! Every move samples the distribution of paths that is known by enumeration.

use std::collections::BTreeMap;
use std::sync::Arc;

use geodyssey_paths::ensembles::moves::{
    OneWayShooting, PathReversal, SpringShooting, TwoWayShooting, WireFencing,
};
use geodyssey_paths::ensembles::{
    AtomsPoint, ChainProtocol, FrameSelection, FreePath, InterfaceProtocol, InterfaceSimulation,
    PathEnsemble, PathMove, TransitionChain, interface_ensembles,
};
use geodyssey_statistics::RandomStream;

use crate::lattice::Lattice;

type Move = Arc<dyn PathMove<AtomsPoint>>;
type Distribution = BTreeMap<Vec<usize>, f64>;

const TRIALS: u64 = 60_000;
/// Largest total variation distance. The expected one of so many independent samples is below 0.012 for each of these distributions; trials are
/// correlated.
const TOLERANCE: f64 = 0.03;

fn lattice() -> Lattice {
    Lattice { energies: vec![0.0, 0.4, 1.2, 0.9, 0.3, 0.0], renewal: 0.35 }
}

fn two_way() -> Move {
    Arc::new(TwoWayShooting { kept_velocities: 0.0 })
}

fn protocol<'l>(
    lattice: &'l Lattice,
    ensemble: PathEnsemble,
    moves: &[(Move, f64)],
    selection: FrameSelection,
) -> ChainProtocol<'l, AtomsPoint> {
    let random = RandomStream::new(3, "enumerated ensembles");
    ChainProtocol { ensemble, selection, moves: moves.to_vec(), velocities: lattice, random }
}

fn first_path(lattice: &Lattice, places: &[usize]) -> FreePath<AtomsPoint> {
    FreePath::first(places.iter().map(|&x| lattice.frame((x, 1))).collect())
}

/// Total variation distance.
fn distance(a: &Distribution, b: &Distribution) -> f64 {
    let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
    let of = |d: &Distribution, key: &Vec<usize>| d.get(key).copied().unwrap_or(0.0);
    0.5 * keys.into_iter().map(|key| (of(a, key) - of(b, key)).abs()).sum::<f64>()
}

/// Samples an ensemble; the distribution of the places passed, and the accepted share.
fn sampled(
    lattice: &Lattice,
    ensemble: PathEnsemble,
    moves: &[(Move, f64)],
    selection: FrameSelection,
    first: &[usize],
) -> (Distribution, f64) {
    let protocol = protocol(lattice, ensemble, moves, selection);
    let mut chain = TransitionChain::new(0, first_path(lattice, first), moves.len(), TRIALS, Vec::new());
    lattice.carry_out(&mut chain, &protocol, RandomStream::new(4, "legs"));
    let mut found = Distribution::new();
    for path in chain.present_after_trials() {
        let places = chain.paths[path].values.iter().map(|values| values[0] as usize).collect();
        *found.entry(places).or_default() += 1.0 / TRIALS as f64;
    }
    (found, (chain.paths.len() - 1) as f64 / TRIALS as f64)
}

/// The enumerated distribution, and what would be sampled if every path of the ensemble were accepted: each path then weighs as much as it has
/// frames to shoot from.
fn enumerated(lattice: &Lattice, ensemble: &PathEnsemble, selection: &FrameSelection) -> [Distribution; 2] {
    let exact: Distribution = lattice.enumerate(ensemble).into_iter().collect();
    let weight = |path: &Vec<usize>| {
        let range = ensemble.shooting_frames(path.len());
        path[range].iter().map(|&x| selection.weight(&[x as f64])).sum::<f64>()
    };
    let mut without: Distribution = exact.iter().map(|(path, p)| (path.clone(), p * weight(path))).collect();
    let total: f64 = without.values().sum();
    without.values_mut().for_each(|p| *p /= total);
    [exact, without]
}

/// Compares samples with the enumeration, and makes sure that the comparison would notice a missing length factor.
fn check(ensemble: PathEnsemble, moves: &[(Move, f64)], selection: FrameSelection, first: &[usize]) -> f64 {
    let lattice = lattice();
    let [exact, without_factor] = enumerated(&lattice, &ensemble, &selection);
    let (found, acceptance) = sampled(&lattice, ensemble, moves, selection, first);
    let away = distance(&found, &exact);
    assert!(away < TOLERANCE, "{away} from the enumerated distribution of {} paths", exact.len());
    if !matches!(ensemble, PathEnsemble::FixedLength { .. }) {
        let away = distance(&found, &without_factor);
        assert!(away > 2.0 * TOLERANCE, "the comparison does not see the length factor: {away}");
    }
    acceptance
}

const TRANSITION: PathEnsemble = PathEnsemble::Transition { most_frames: 9 };
const CROSSING: PathEnsemble = PathEnsemble::Crossing { interface: 2.0, most_frames: 9 };
const STRAIGHT: [usize; 6] = [0, 1, 2, 3, 4, 5];

#[test]
fn two_way_shooting_with_fresh_velocities() {
    let acceptance = check(TRANSITION, &[(two_way(), 1.0)], FrameSelection::uniform(), &STRAIGHT);
    assert!((0.05..0.95).contains(&acceptance), "{acceptance}");
    check(CROSSING, &[(two_way(), 1.0)], FrameSelection::uniform(), &STRAIGHT);
}

#[test]
fn two_way_shooting_with_kept_velocities() {
    let moves: [(Move, f64); 1] = [(Arc::new(TwoWayShooting { kept_velocities: 0.6 }), 1.0)];
    check(TRANSITION, &moves, FrameSelection::uniform(), &STRAIGHT);
}

#[test]
fn two_way_shooting_from_selected_frames() {
    let near_the_top = FrameSelection::weighted(Arc::new(|x| (-2.0 * (x[0] - 2.0) * (x[0] - 2.0)).exp()));
    check(TRANSITION, &[(two_way(), 1.0)], near_the_top, &STRAIGHT);
}

#[test]
fn one_way_shooting() {
    let moves: [(Move, f64); 1] = [(Arc::new(OneWayShooting), 1.0)];
    check(TRANSITION, &moves, FrameSelection::uniform(), &STRAIGHT);
    check(CROSSING, &moves, FrameSelection::uniform(), &STRAIGHT);
}

#[test]
fn spring_shooting() {
    for strength in [0.0, 0.4, -0.3] {
        let moves: [(Move, f64); 1] = [(Arc::new(SpringShooting { strength, longest_shift: 2 }), 1.0)];
        check(TRANSITION, &moves, FrameSelection::uniform(), &STRAIGHT);
    }
}

#[test]
fn paths_of_fixed_length() {
    let first = [0, 1, 2, 3, 4, 5, 5, 5];
    let ensemble = PathEnsemble::FixedLength { frames: 8 };
    check(ensemble, &[(two_way(), 1.0)], FrameSelection::uniform(), &first);
    let moves: [(Move, f64); 1] = [(Arc::new(OneWayShooting), 1.0)];
    check(ensemble, &moves, FrameSelection::uniform(), &first);
}

#[test]
fn path_reversal_beside_shooting() {
    let moves: [(Move, f64); 2] = [(two_way(), 1.0), (Arc::new(PathReversal), 1.0)];
    check(CROSSING, &moves, FrameSelection::uniform(), &STRAIGHT);
    let inside = PathEnsemble::Inside { most_frames: 9 };
    check(inside, &moves, FrameSelection::uniform(), &[1, 0, 1]);
}

#[test]
fn wire_fencing() {
    for (shots, cap) in [(1, 4.0), (3, 4.0), (2, 100.0)] {
        let moves: [(Move, f64); 1] = [(Arc::new(WireFencing { shots, cap }), 1.0)];
        check(CROSSING, &moves, FrameSelection::uniform(), &STRAIGHT);
    }
    // Where wires may be as long as paths.
    let short = PathEnsemble::Crossing { interface: 2.0, most_frames: 6 };
    let moves: [(Move, f64); 1] = [(Arc::new(WireFencing { shots: 4, cap: 100.0 }), 1.0)];
    let lattice = lattice();
    let exact: Distribution = lattice.enumerate(&short).into_iter().collect();
    let (found, _) = sampled(&lattice, short, &moves, FrameSelection::uniform(), &STRAIGHT);
    let away = distance(&found, &exact);
    assert!(away < 0.01, "{away}");
}

#[test]
fn all_moves_together() {
    let moves: [(Move, f64); 4] = [
        (two_way(), 1.0),
        (Arc::new(OneWayShooting), 2.0),
        (Arc::new(SpringShooting { strength: 0.2, longest_shift: 1 }), 1.5),
        (Arc::new(TwoWayShooting { kept_velocities: 0.5 }), 1.0),
    ];
    check(TRANSITION, &moves, FrameSelection::uniform(), &STRAIGHT);
}

/// Exchanges keep every ensemble's distribution.
#[test]
fn replica_exchange_of_interface_ensembles() {
    let lattice = lattice();
    let interfaces = [0.5, 2.0, 3.0];
    let all = interface_ensembles(&interfaces, 10);
    let random = RandomStream::new(5, "interfaces");
    let ensembles = all.iter().map(|ensemble| {
        let moves: Vec<(Move, f64)> = match ensemble {
            PathEnsemble::Inside { .. } => vec![(two_way(), 1.0)],
            _ => vec![(two_way(), 1.0), (Arc::new(PathReversal), 0.3)],
        };
        protocol(&lattice, *ensemble, &moves, FrameSelection::uniform())
    });
    let ensembles = ensembles.collect();
    let interfaces = interfaces.to_vec();
    let protocol =
        InterfaceProtocol { ensembles, interfaces, exchange_share: 0.5, inside_share: 0.7, random };
    let mut first = vec![first_path(&lattice, &[1, 0, 1])];
    first.extend((0..3).map(|_| first_path(&lattice, &STRAIGHT)));
    let mut simulation = InterfaceSimulation::new(0, first, TRIALS, &protocol);
    lattice.carry_out(&mut simulation, &protocol, RandomStream::new(6, "legs"));

    assert!(
        simulation.exchanges.iter().all(|count| count.accepted > TRIALS / 40),
        "{:?}",
        simulation.exchanges
    );
    for (index, ensemble) in all.iter().enumerate() {
        let exact = lattice.enumerate(ensemble);
        let level = |path: &[usize]| {
            let highest = path.iter().copied().max().unwrap_or(0);
            if path.last() == Some(&5) { 3 } else { usize::from(highest >= 2) + usize::from(highest >= 3) }
        };
        let mut expected = BTreeMap::<(usize, usize), f64>::new();
        for (path, p) in &exact {
            let level = if index == 0 { 0 } else { level(path) };
            *expected.entry((path.len() - 2, level)).or_default() += p;
        }
        let mut found = BTreeMap::<(usize, usize), f64>::new();
        for cycle in &simulation.records {
            let record = cycle[index];
            let level = if index == 0 { 0 } else { record.level as usize };
            *found.entry((record.inner_frames as usize, level)).or_default() += 1.0 / TRIALS as f64;
        }
        let keys: std::collections::BTreeSet<_> = expected.keys().chain(found.keys()).copied().collect();
        let of = |d: &BTreeMap<(usize, usize), f64>, key| d.get(&key).copied().unwrap_or(0.0);
        let away =
            0.5 * keys.into_iter().map(|key| (of(&expected, key) - of(&found, key)).abs()).sum::<f64>();
        assert!(away < 0.03, "ensemble {index}: {away}");
    }
}
