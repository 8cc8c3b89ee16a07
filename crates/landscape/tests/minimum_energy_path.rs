//! Minimum-energy paths against known saddles and against the bottleneck, which is found in another way.

use std::f64::consts::TAU;

use geodyssey_landscape::{
    BottleneckSearch, Grid, GridAxis, Landscape, MinimumEnergyPath, StringMethod, TableLandscape,
    formulas::{DoubleWell, FourWell, MuellerBrown},
};

fn straight(from: &[f64], to: &[f64]) -> Vec<Vec<f64>> {
    vec![from.to_vec(), to.to_vec()]
}

/// Largest part of the gradient across the path, over the inner points that the path does not turn sharply at.
fn largest_perpendicular_gradient(landscape: &dyn Landscape, path: &MinimumEnergyPath) -> f64 {
    let mut largest: f64 = 0.0;
    for triple in path.points.windows(3) {
        let along: Vec<f64> = triple[2].iter().zip(&triple[0]).map(|(a, b)| a - b).collect();
        let length = along.iter().map(|x| x * x).sum::<f64>().sqrt();
        let mut gradient = vec![0.0; along.len()];
        landscape.energy_gradient(&triple[1], &mut gradient);
        let parallel = gradient.iter().zip(&along).map(|(g, t)| g * t / length).sum::<f64>();
        let squared = gradient.iter().map(|g| g * g).sum::<f64>() - parallel * parallel;
        largest = largest.max(squared.max(0.0).sqrt());
    }
    largest
}

#[test]
fn mueller_brown_has_its_path_through_both_saddles() {
    let (a, b) = ([-0.558_223_63, 1.441_725_84], [0.623_499_40, 0.028_037_76]);
    let formula = MuellerBrown::new();
    let path = StringMethod::default().relax(&formula, &straight(&a, &b)).unwrap();
    assert!(path.converged && path.is_saddle, "{} iterations", path.iterations);
    let top = &path.points[path.highest];
    assert!((path.energies_kj_mol[path.highest] + 40.664_843_51).abs() < 1e-7);
    assert!((top[0] + 0.822_001_56).abs() < 1e-7 && (top[1] - 0.624_312_80).abs() < 1e-7, "{top:?}");
    assert_eq!((path.points[0].as_slice(), path.points[127].as_slice()), (&a[..], &b[..]));

    // The other saddle and the minimum between the two lie on it as well; half the points' distance is 0.012.
    for x in [[0.212_486_58, 0.292_988_33], [-0.050_010_82, 0.466_694_10]] {
        let near = path.points.iter().map(|p| (p[0] - x[0]).hypot(p[1] - x[1])).fold(f64::INFINITY, f64::min);
        assert!(near < 0.013, "{x:?}: {near}");
    }
    // Gradients along the path reach 150 kJ/mol per unit.
    let across = largest_perpendicular_gradient(&formula, &path);
    assert!(across < 2.0, "{across}");
    // With four times the points a quarter of their distance is left, and of this error, which is largest where the path bends most.
    let finer = StringMethod { images: 512, ..StringMethod::default() };
    let finer = finer.relax(&formula, &path.points).unwrap();
    let finer_across = largest_perpendicular_gradient(&formula, &finer);
    assert!(finer_across < 0.3 * across, "{finer_across} {across} {}", finer.converged);
}

/// `F = 10 (1 - cos x) + 4 (1 - cos y) + 3 (1 - cos(x + y))`.
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
fn the_highest_point_is_the_bottleneck_for_every_winding() {
    let search = BottleneckSearch::new(&Torus, &[(-3.0, 3.0); 2], |_| false).unwrap();
    let (start, end) = ([0.1, -0.2], [0.3, 0.1]);
    for winding in [[1, 0], [0, 1], [1, 1], [1, -1]] {
        let bottleneck = search.bottleneck(&start, &end, &winding).unwrap().unwrap();
        let path = StringMethod::default().relax(&Torus, &bottleneck.path).unwrap();
        let highest = path.energies_kj_mol[path.highest];
        assert!(path.is_saddle, "{winding:?}");
        assert!((highest - bottleneck.energy_kj_mol).abs() < 1e-3, "{winding:?}: {highest} {bottleneck:?}");
        let image = [end[0] + TAU * f64::from(winding[0]), end[1] + TAU * f64::from(winding[1])];
        assert_eq!(path.points.last().map(Vec::as_slice), Some(&image[..]));
    }
}

#[test]
fn a_table_of_a_formula_has_the_formulas_saddle() {
    let formula = MuellerBrown::new();
    let axes = vec![GridAxis::bounded("x", -1.7, 1.3, 121), GridAxis::bounded("y", -0.6, 2.1, 109)];
    let table =
        TableLandscape::new(Grid::from_function(axes, |x| formula.energy(x).min(300.0)).unwrap()).unwrap();
    // From beside the minima, as the states of a molecule lie.
    let ends = straight(&[-0.50, 1.50], &[0.70, 0.10]);
    let path = StringMethod { images: 64, ..StringMethod::default() }.relax(&table, &ends).unwrap();
    assert!(path.is_saddle);
    assert!((path.energies_kj_mol[path.highest] + 40.664_843_51).abs() < 1e-3);
}

#[test]
fn one_variable_and_an_end_above_all_else() {
    let well = DoubleWell::default();
    let path = StringMethod::default().relax(&well, &straight(&[-1.0], &[1.2])).unwrap();
    assert!(path.is_saddle && (path.energies_kj_mol[path.highest] - 5.0).abs() < 1e-9);
    let path = StringMethod::default().relax(&well, &straight(&[-1.0], &[-1.7])).unwrap();
    assert!(!path.is_saddle && path.highest == path.points.len() - 1);
}

#[test]
fn what_makes_no_path_is_refused() {
    let four = FourWell::new();
    let refused = |path: &[Vec<f64>], images| {
        let method = StringMethod { images, ..StringMethod::default() };
        method.relax(&four, path).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(refused(&straight(&[1.0, 1.0], &[1.0, 1.0]), 9).contains("two ends coincide"));
    assert!(refused(&straight(&[1.0], &[1.0, 2.0]), 9).contains("not a point of these variables"));
    assert!(refused(&straight(&[1.0, 1.0], &[f64::NAN, 2.0]), 9).contains("NaN"));
    assert!(refused(&[vec![1.0, 1.0]], 9).contains("two ends"));
    assert!(refused(&straight(&[1.0, 1.0], &[-1.0, 1.0]), 2).contains("at least 3"));
}

/// Many images are added to few that stand still already: they do not need more iterations in proportion to their number, and stand where the
/// few do.
#[test]
fn iterations_do_not_grow_with_the_images() {
    let formula = MuellerBrown::new();
    let ends = straight(&[-0.558, 1.442], &[0.623, 0.028]);
    let relaxed = |images: usize| {
        let method = StringMethod { images, ..StringMethod::default() };
        method.relax(&formula, &ends).unwrap()
    };
    let (few, many) = (relaxed(128), relaxed(2048));
    assert!(few.converged && many.converged);
    assert!(many.iterations < 8 * few.iterations, "{} {}", few.iterations, many.iterations);
    let highest = |path: &geodyssey_landscape::MinimumEnergyPath| path.energies_kj_mol[path.highest];
    assert!((highest(&few) - highest(&many)).abs() < 1e-6);
}

#[test]
fn a_path_is_given_up_when_that_is_asked_for() {
    let asked = std::cell::Cell::new(0);
    let stop = || asked.replace(asked.get() + 1) == 3;
    let ends = straight(&[-0.558, 1.442], &[0.623, 0.028]);
    let stopped = StringMethod::default().relax_unless(&MuellerBrown::new(), &ends, &stop);
    assert!(matches!(stopped, Err(geodyssey_landscape::LandscapeError::Interrupted)));
    assert_eq!(asked.get(), 4);
}
