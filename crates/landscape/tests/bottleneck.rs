//! Bottlenecks against known saddles.

use std::f64::consts::{PI, TAU};

use geodyssey_landscape::{
    BottleneckSearch, Grid, GridAxis, Landscape, TableLandscape,
    formulas::{DoubleWell, FourWell, MuellerBrown, TwoChannel},
};
use proptest::prelude::*;

fn free(_: &[f64]) -> bool {
    false
}

/// Highest energy along a path, by small steps on its straight segments, and its longest segment.
fn profile(landscape: &dyn Landscape, path: &[Vec<f64>]) -> (f64, f64) {
    let (mut highest, mut longest) = (f64::NEG_INFINITY, 0.0f64);
    for pair in path.windows(2) {
        let length = pair[0].iter().zip(&pair[1]).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        longest = longest.max(length);
        for step in 0..=10 {
            let fraction = f64::from(step) / 10.0;
            let x: Vec<f64> = pair[0].iter().zip(&pair[1]).map(|(a, b)| a + fraction * (b - a)).collect();
            highest = highest.max(landscape.energy(&x));
        }
    }
    (highest, longest)
}

#[test]
fn mueller_brown_has_its_known_saddle() {
    let (a, b) = ([-0.558_223_63, 1.441_725_84], [0.623_499_40, 0.028_037_76]);
    let formula = MuellerBrown::new();
    let search = BottleneckSearch::new(&formula, &[(-1.7, 1.3), (-0.6, 2.1)], free).unwrap();
    let found = search.bottleneck(&a, &b, &[0, 0]).unwrap().unwrap();
    assert!((found.energy_kj_mol + 40.664_843_5).abs() < 1e-3, "{}", found.energy_kj_mol);
    assert!((found.position[0] + 0.822_001_6).abs() < 2e-3 && (found.position[1] - 0.624_312_8).abs() < 2e-3);
    let path = &found.path;
    let (highest, longest) = profile(&formula, path);
    assert!(highest < found.energy_kj_mol + 1.0 && longest < 0.05, "{highest} {longest}");
    assert!(path[0] == a && path[path.len() - 1] == b);

    // The same from a table of it, 121 x 109 points, and between the two other minima: the lower saddle.
    let axes = vec![GridAxis::bounded("x", -1.7, 1.3, 121), GridAxis::bounded("y", -0.6, 2.1, 109)];
    let table =
        TableLandscape::new(Grid::from_function(axes, |x| formula.energy(x).min(300.0)).unwrap()).unwrap();
    let search = BottleneckSearch::over_table(&table, free).unwrap();
    let found = search.bottleneck(&a, &b, &[0, 0]).unwrap().unwrap();
    assert!((found.energy_kj_mol + 40.664_843_5).abs() < 1e-2, "{}", found.energy_kj_mol);
    let found = search.bottleneck(&b, &[-0.050_010_82, 0.466_694_10], &[0, 0]).unwrap().unwrap();
    assert!((found.energy_kj_mol + 72.248_940_1).abs() < 1e-2, "{}", found.energy_kj_mol);
}

#[test]
fn toys_have_their_barriers() {
    let well = DoubleWell::default();
    let search = BottleneckSearch::new(&well, &[(-2.0, 2.0)], free).unwrap();
    let found = search.bottleneck(&[-1.0], &[1.3], &[0]).unwrap().unwrap();
    assert!((found.energy_kj_mol - 5.0).abs() < 1e-4 && found.position[0].abs() < 1e-2, "{found:?}");
    // On one side the end itself is the highest point.
    let found = search.bottleneck(&[-1.0], &[-1.7], &[0]).unwrap().unwrap();
    assert_eq!((found.energy_kj_mol, found.position), (well.energy(&[-1.7]), vec![-1.7]));

    let (four, two) = (FourWell::new(), TwoChannel::new());
    let search = BottleneckSearch::new(&four, &[(-1.8, 1.8); 2], free).unwrap();
    let found = search.bottleneck(&[-1.0, -1.0], &[1.0, 1.0], &[0, 0]).unwrap().unwrap();
    assert!((found.energy_kj_mol - 5.0).abs() < 1e-3, "{}", found.energy_kj_mol);
    let search = BottleneckSearch::new(&two, &[(-1.8, 1.8); 2], free).unwrap();
    let found = search.bottleneck(&[-1.118, 0.0], &[1.118, 0.0], &[0, 0]).unwrap().unwrap();
    assert!((found.energy_kj_mol - 1.0).abs() < 1e-3, "{}", found.energy_kj_mol);
}

/// `F = 10 (1 - cos x) + 4 (1 - cos y) + 3 (1 - cos(x + y))`: one minimum a period, so every barrier belongs to a winding.
struct Torus;

impl Landscape for Torus {
    fn periods(&self) -> &[Option<f64>] {
        &[Some(TAU), Some(TAU)]
    }

    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let both = x[0] + x[1];
        gradient[0] = 10.0 * x[0].sin() + 3.0 * both.sin();
        gradient[1] = 4.0 * x[1].sin() + 3.0 * both.sin();
        10.0 * (1.0 - x[0].cos()) + 4.0 * (1.0 - x[1].cos()) + 3.0 * (1.0 - both.cos())
    }
}

#[test]
fn windings_have_their_own_barriers() {
    let torus = Torus;
    let search = BottleneckSearch::new(&torus, &[(-PI, PI); 2], free).unwrap();
    let minimax = |winding: [i32; 2]| {
        let found = search.bottleneck(&[0.0, 0.0], &[0.0, 0.0], &winding).unwrap().unwrap();
        let path = &found.path;
        let (highest, longest) = profile(&torus, path);
        assert!(highest < found.energy_kj_mol + 0.1 && longest < 0.1, "{winding:?} {highest} {longest}");
        let last = &path[path.len() - 1];
        assert!((0..2).all(|axis| (last[axis] - TAU * f64::from(winding[axis])).abs() < 1e-12));
        found.energy_kj_mol
    };
    // Around y at x = 0 the barrier is at (0, π): 8 + 6; around x at y = 0, at (π, 0): 20 + 6, and lower with y relaxed:
    // cheaper still at x + y = 2π, y = π: windings (1, n) cross at the lowest stationary point with x near π.
    assert_eq!(minimax([0, 0]), 0.0);
    let around_y = minimax([0, 1]);
    let expected = lowest_saddle(|t| [t, PI], 1);
    assert!((around_y - expected).abs() < 1e-3, "{around_y} {expected}");
    let around_x = minimax([1, 0]);
    let expected = lowest_saddle(|t| [PI, t], 0);
    assert!((around_x - expected).abs() < 1e-3 && around_x > around_y + 1.0, "{around_x} {expected}");
    // Having crossed in x, winding around y costs nothing more.
    for winding in [[1, 1], [-1, 0], [-1, 1], [2, -1]] {
        assert!((minimax(winding) - around_x).abs() < 1e-3, "{winding:?}");
    }
    assert!((minimax([0, -2]) - around_y).abs() < 1e-3);
}

/// The lowest index-one stationary point reached by Newton's method from `start(t)`; its coordinate `axis` is near π.
fn lowest_saddle(start: impl Fn(f64) -> [f64; 2], axis: usize) -> f64 {
    let mut lowest = f64::INFINITY;
    for step in 0..60 {
        let mut x = start(-PI + TAU * f64::from(step) / 60.0);
        for _ in 0..50 {
            let both = 3.0 * (x[0] + x[1]).cos();
            let (xx, yy) = (10.0 * x[0].cos() + both, 4.0 * x[1].cos() + both);
            let mut g = [0.0; 2];
            Torus.energy_gradient(&x, &mut g);
            let determinant = xx * yy - both * both;
            x[0] -= (yy * g[0] - both * g[1]) / determinant;
            x[1] -= (xx * g[1] - both * g[0]) / determinant;
        }
        let both = 3.0 * (x[0] + x[1]).cos();
        let determinant = (10.0 * x[0].cos() + both) * (4.0 * x[1].cos() + both) - both * both;
        if determinant < 0.0 && x[axis].cos() < -0.5 {
            lowest = lowest.min(Torus.energy(&x));
        }
    }
    lowest
}

#[test]
fn blocked_regions_are_kept_out_of() {
    let torus = Torus;
    // A disk around the saddle of the winding (0, 1).
    let blocked = |x: &[f64]| {
        let (dx, dy) = (x[0], x[1] - PI);
        let wrap = |d: f64| d - TAU * (d / TAU).round();
        wrap(dx).powi(2) + wrap(dy).powi(2) < 1.0
    };
    let search = BottleneckSearch::new(&torus, &[(-PI, PI); 2], blocked).unwrap();
    let found = search.bottleneck(&[0.0, 0.0], &[0.0, 0.0], &[0, 1]).unwrap().unwrap();
    assert!(found.path.iter().all(|x| !blocked(x)));
    // The pass is now the lowest of the maxima of paths that go around: it lies on the disk's edge.
    let radius = (found.position[0].powi(2) + (found.position[1].rem_euclid(TAU) - PI).powi(2)).sqrt();
    assert!((radius - 1.0).abs() < 2e-2, "{found:?}");
    let edge = (0..200_000)
        .map(|i| TAU * f64::from(i) / 200_000.0)
        .map(|angle| (angle, Torus.energy(&[angle.cos(), PI + angle.sin()])));
    // Paths on either side must cross the ray that leaves the disk outwards; the lowest crossing is the highest point of
    // the lower half of the edge.
    let half = |sign: f64| {
        edge.clone()
            .filter(|(angle, _)| angle.cos() * sign > 0.0)
            .map(|(_, e)| e)
            .fold(f64::NEG_INFINITY, f64::max)
    };
    assert!(found.energy_kj_mol <= half(1.0).min(half(-1.0)) + 0.1, "{} {}", found.energy_kj_mol, half(1.0));
    let unblocked = BottleneckSearch::new(&torus, &[(-PI, PI); 2], free).unwrap();
    let open = unblocked.bottleneck(&[0.0, 0.0], &[0.0, 0.0], &[0, 1]).unwrap().unwrap();
    assert!(found.energy_kj_mol > open.energy_kj_mol + 0.5);

    let wall = |x: &[f64]| x[0].cos() < 0.5 && x[0].cos() > 0.3;
    let search = BottleneckSearch::new(&torus, &[(-PI, PI); 2], wall).unwrap();
    assert!(search.bottleneck(&[0.0, 0.0], &[3.0, 0.0], &[0, 0]).unwrap().is_none());
    let error = search.bottleneck(&[1.2, 0.0], &[0.0, 0.0], &[0, 0]).unwrap_err().to_string();
    assert!(error.contains("blocked region"), "{error}");
}

#[test]
fn three_variables_work_too() {
    let axes = ["a", "b", "c"].map(|name| GridAxis::bounded(name, -1.6, 1.6, 33)).to_vec();
    let grid = Grid::from_function(axes, |x| {
        5.0 * (x[0] * x[0] - 1.0).powi(2)
            + 20.0 * (x[1] - x[0] * x[0]).powi(2)
            + 20.0 * (x[2] - 0.3 * x[1]).powi(2)
    });
    let table = TableLandscape::new(grid.unwrap()).unwrap();
    let search = BottleneckSearch::over_table(&table, free).unwrap();
    let found = search.bottleneck(&[-1.0, 1.0, 0.3], &[1.0, 1.0, 0.3], &[0, 0, 0]).unwrap().unwrap();
    assert!(
        (found.energy_kj_mol - 5.0).abs() < 2e-2 && found.position.iter().all(|x| x.abs() < 0.05),
        "{found:?}"
    );
}

#[test]
fn wrong_questions_are_errors() {
    let well = DoubleWell::default();
    let search = BottleneckSearch::new(&well, &[(-2.0, 2.0)], free).unwrap();
    assert!(search.bottleneck(&[-3.0], &[1.0], &[0]).unwrap_err().to_string().contains("outside the range"));
    assert!(search.bottleneck(&[-1.0], &[1.0], &[1]).unwrap_err().to_string().contains("no period"));
    assert!(search.bottleneck(&[f64::NAN], &[1.0], &[0]).is_err());
    assert!(BottleneckSearch::new(&well, &[(2.0, -2.0)], free).is_err());
}

/// No random path is lower than the bottleneck.
#[test]
fn no_path_is_lower() {
    let formula = MuellerBrown::new();
    let (a, b) = (vec![-0.55, 1.44], vec![0.6, 0.03]);
    let axes = vec![GridAxis::bounded("x", -1.7, 1.3, 61), GridAxis::bounded("y", -0.6, 2.1, 61)];
    let grid = Grid::from_function(axes, |x| formula.energy(x).min(200.0)).unwrap();
    let table = TableLandscape::new(grid).unwrap();
    let search = BottleneckSearch::over_table(&table, free).unwrap();
    let bottleneck = search.bottleneck(&a, &b, &[0, 0]).unwrap().unwrap().energy_kj_mol;
    let bends = prop::collection::vec((-0.9..0.9f64, -0.4..1.9f64), 0..4);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&bends, |bends| {
            let path: Vec<Vec<f64>> = [a.clone()]
                .into_iter()
                .chain(bends.iter().map(|(x, y)| vec![*x, *y]))
                .chain([b.clone()])
                .collect();
            let fine: Vec<Vec<f64>> = path
                .windows(2)
                .flat_map(|pair| {
                    let at = |i: i32, k: usize| pair[0][k] + f64::from(i) / 50.0 * (pair[1][k] - pair[0][k]);
                    (0..=50).map(move |i| vec![at(i, 0), at(i, 1)])
                })
                .collect();
            prop_assert!(profile(&table, &fine).0 >= bottleneck - 1e-3);
            Ok(())
        })
        .unwrap();
}
