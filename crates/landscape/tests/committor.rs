//! The committor against closed forms, symmetries, and input that makes none.

use std::f64::consts::{PI, TAU};

use geodyssey_landscape::formulas::DoubleWell;
use geodyssey_landscape::{Committor, GridAxis, Landscape};

/// A landscape without gradients, which the committor does not need.
struct Energy<F>(Vec<Option<f64>>, F);

impl<F: Fn(&[f64]) -> f64 + Send + Sync> Landscape for Energy<F> {
    fn periods(&self) -> &[Option<f64>] {
        &self.0
    }

    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(f64::NAN);
        self.1(x)
    }
}

/// `∫ exp(F/kT)` between two values, by Simpson's rule.
fn resistance(energy: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let half = 20_000;
    let step = (to - from) / f64::from(2 * half);
    let weight = |index: i32| match index {
        0 => 1.0,
        index if index == 2 * half => 1.0,
        index => f64::from(2 + 2 * (index % 2)),
    };
    (0..=2 * half).map(|index| weight(index) * energy(from + f64::from(index) * step).exp()).sum::<f64>()
        * step
        / 3.0
}

/// `∫_a^x exp(F/kT) / ∫_a^b exp(F/kT)`.
fn closed_form(energy: impl Fn(f64) -> f64 + Copy, a: f64, b: f64, x: f64) -> f64 {
    resistance(energy, a, x) / resistance(energy, a, b)
}

/// The double well between ±2 with this barrier, kT = 1, A and B beyond ±`border`.
fn double_well(barrier_kj_mol: f64, count: usize, border: f64) -> Committor {
    let axis = GridAxis::bounded("x", -2.0, 2.0, count);
    let border = border - 1e-9;
    let (a, b) = (|x: &[f64]| x[0] <= -border, |x: &[f64]| x[0] >= border);
    Committor::new(&DoubleWell { barrier_kj_mol }, vec![axis], 1.0, &[1.0], a, b).unwrap()
}

fn coordinates(axis: &GridAxis) -> impl Iterator<Item = f64> {
    (0..axis.count).map(|index| axis.coordinate(index))
}

#[test]
fn a_double_well_has_its_closed_form_to_second_order() {
    let energy = |x: f64| 5.0 * (x * x - 1.0).powi(2);
    let worst = |count| {
        let committor = double_well(5.0, count, 0.8);
        let inner = coordinates(&committor.axes()[0]).zip(committor.values()).filter(|(x, _)| x.abs() < 0.79);
        inner.map(|(x, q)| (q - closed_form(energy, -0.8, 0.8, x)).abs()).fold(0.0, f64::max)
    };
    let errors = [41, 81, 161].map(worst);
    assert!(errors[2] < 2e-4, "{errors:?}");
    for ratio in [errors[0] / errors[1], errors[1] / errors[2]] {
        assert!((ratio - 4.0).abs() < 0.3, "{errors:?}");
    }
}

/// Along a slope, the conductances are exact, however coarse the grid.
#[test]
fn a_slope_is_exact() {
    let slope = Energy(vec![None], |x: &[f64]| 7.0 * x[0]);
    let axis = GridAxis::bounded("x", 0.0, 4.0, 5);
    let committor =
        Committor::new(&slope, vec![axis], 2.0, &[1.0], |x| x[0] == 0.0, |x| x[0] == 4.0).unwrap();
    for (index, q) in committor.values().iter().enumerate() {
        let expected = (3.5 * index as f64).exp_m1() / 14.0_f64.exp_m1();
        assert!((q - expected).abs() <= 1e-14 * expected, "{index}: {q} {expected}");
    }
    assert!((committor.at(&[3.25]) - 0.75 * committor.values()[3] - 0.25).abs() < 1e-14);
    assert_eq!((committor.at(&[-1.0]), committor.at(&[9.0])), (0.0, 1.0));
}

/// Two ways around a ring, each with its own closed form.
#[test]
fn both_arcs_of_a_ring_have_their_closed_form() {
    let energy = |x: f64| 2.0 * (2.0 * x).cos() + 1.5 * x.sin();
    let ring = Energy(vec![Some(TAU)], move |x: &[f64]| energy(x[0]));
    let axis = GridAxis::periodic("x", -0.25 * TAU, TAU, 400);
    let radius = 10.0 * axis.spacing;
    let near = |center: f64| {
        move |x: &[f64]| (x[0] - center - TAU * ((x[0] - center) / TAU).round()).abs() < radius + 1e-9
    };
    let committor = Committor::new(&ring, vec![axis], 1.0, &[1.0], near(0.0), near(PI)).unwrap();
    for step in 0..=40 {
        let x = radius + f64::from(step) / 40.0 * (PI - 2.0 * radius);
        for (x, expected) in [
            (x, closed_form(energy, radius, PI - radius, x)),
            (-x, closed_form(|x| energy(-x), radius, PI - radius, x)),
        ] {
            for turns in [-1.0, 0.0, 3.0] {
                let q = committor.at(&[x + turns * TAU]);
                assert!((q - expected).abs() < 3e-4, "{x}: {q} {expected}");
            }
        }
    }
}

/// Where `F = f(x) + g(y) + h(z)` and the states are those of x alone, so is the committor: on the grid too.
#[test]
fn variables_that_do_not_matter_change_nothing() {
    let expected = double_well(5.0, 41, 0.8);
    let x = |count| GridAxis::bounded("x", -2.0, 2.0, count);
    let y = GridAxis::periodic("y", 1.0, TAU, 9);
    let z = GridAxis::bounded("z", -1.0, 2.0, 7);
    let energy = |x: &[f64]| {
        let further: f64 = x[1..].iter().map(|y| 3.0 * y.sin() + y.cos()).sum();
        5.0 * (x[0] * x[0] - 1.0).powi(2) + further
    };
    for further in [vec![y.clone()], vec![z.clone()], vec![y, z]] {
        let axes: Vec<GridAxis> = std::iter::once(x(41)).chain(further).collect();
        let diffusion = [1.0, 0.3, 5.0];
        let landscape = Energy(axes.iter().map(|axis| axis.period).collect(), energy);
        let (a, b) = (|x: &[f64]| x[0] < -0.799, |x: &[f64]| x[0] > 0.799);
        let committor =
            Committor::new(&landscape, axes.clone(), 1.0, &diffusion[..axes.len()], a, b).unwrap();
        let each = committor.values().len() / 41;
        for (index, q) in committor.values().iter().enumerate() {
            let expected = expected.values()[index / each];
            assert!((q - expected).abs() <= 1e-12 * expected, "{index}: {q} {expected}");
        }
        let middle: Vec<f64> = axes.iter().map(|axis| 0.3 * axis.start + 0.7 * axis.end()).collect();
        assert!((committor.at(&middle) - expected.at(&middle[..1])).abs() < 1e-12);
    }
}

/// Free diffusion between two circles: `q = ln(r/r₁)/ln(r₂/r₁)`, to the grid's resolution of the circles.
#[test]
fn diffusion_between_circles_is_logarithmic() {
    let flat = Energy(vec![None; 2], |_: &[f64]| 0.0);
    let axes = ["x", "y"].map(|name| GridAxis::bounded(name, -1.0, 1.0, 161)).to_vec();
    let radius = |x: &[f64]| x[0].hypot(x[1]);
    let committor =
        Committor::new(&flat, axes, 1.0, &[1.0; 2], |x| radius(x) < 0.2, |x| radius(x) > 0.9).unwrap();
    for x in [[0.5, 0.0], [0.3, 0.3], [-0.2, 0.6], [0.01, -0.8]] {
        let expected = (radius(&x) / 0.2).ln() / 4.5_f64.ln();
        assert!((committor.at(&x) - expected).abs() < 0.01, "{x:?}: {} {expected}", committor.at(&x));
    }
}

/// Diffusion four times as fast is a variable half as long.
#[test]
fn diffusion_coefficients_are_lengths() {
    let committor = |length: f64, diffusion: f64| {
        let energy = move |x: &[f64]| 3.0 * (x[0] / length).sin() * x[1] + x[1].powi(4);
        let axes = vec![
            GridAxis::bounded("x", -3.0 * length, 3.0 * length, 31),
            GridAxis::bounded("y", -2.0, 2.0, 21),
        ];
        let near = move |x: &[f64], center: f64| (x[0] / length - center).hypot(x[1] - center) < 0.7;
        let landscape = Energy(vec![None; 2], energy);
        Committor::new(&landscape, axes, 1.0, &[diffusion, 1.0], |x| near(x, -1.0), |x| near(x, 1.0)).unwrap()
    };
    let (long, short, slow) = (committor(1.0, 4.0), committor(0.5, 1.0), committor(1.0, 1.0));
    let far = |other: &Committor| {
        long.values().iter().zip(other.values()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    assert!(far(&short) < 1e-12 && far(&slow) > 1e-2, "{} {}", far(&short), far(&slow));
}

/// `q(x) + q(-x) = 1` in a symmetric well of two variables, whose grid is cut asymmetrically.
#[test]
fn a_symmetric_well_has_a_symmetric_committor() {
    let energy = |x: &[f64]| 8.0 * (x[0] * x[0] - 1.0).powi(2) + 6.0 * (x[1] - 0.5 * x[0]).powi(2);
    let axes = vec![GridAxis::bounded("x", -1.5, 1.5, 46), GridAxis::bounded("y", -1.2, 1.2, 37)];
    let landscape = Energy(vec![None; 2], energy);
    let near = |x: &[f64], sign: f64| (x[0] - sign).hypot(x[1] - 0.5 * sign) < 0.2;
    let committor =
        Committor::new(&landscape, axes, 1.0, &[1.0; 2], |x| near(x, -1.0), |x| near(x, 1.0)).unwrap();
    let values = committor.values();
    for (q, opposite) in values.iter().zip(values.iter().rev()) {
        assert!((q + opposite - 1.0).abs() < 1e-13, "{q} {opposite}");
    }
}

/// A barrier of 30 kT, and of 300 kT: each value has its relative accuracy, also where it is 1e-13 or 1e-130.
#[test]
fn high_barriers_leave_the_relative_accuracy() {
    for (barrier, count) in [(30.0, 2001), (300.0, 8001)] {
        let energy = move |x: f64| barrier * (x * x - 1.0).powi(2);
        let committor = double_well(barrier, count, 0.9);
        for x in [-0.8, -0.5, -0.1, 0.0, 0.02, 0.5] {
            let (q, expected) = (committor.at(&[x]), closed_form(energy, -0.9, 0.9, x));
            assert!((q / expected - 1.0).abs() < 5e-3, "{barrier} kT, {x}: {q:e} {expected:e}");
        }
    }
}

/// A well of 60 kT between the two states has the value that the tops of its barriers give it: an iteration that knows q to
/// rounding would not find it.
#[test]
fn a_deep_well_between_the_states_is_not_lost() {
    let energy = |x: f64| -30.0 * (TAU * x).cos() + 2.0 * x;
    let wells = Energy(vec![None; 2], move |x: &[f64]| energy(x[0]) + x[1] * x[1]);
    let axes = vec![GridAxis::bounded("x", -1.5, 1.5, 301), GridAxis::bounded("y", -1.0, 1.0, 5)];
    let (a, b) = (|x: &[f64]| x[0] < -0.999, |x: &[f64]| x[0] > 0.999);
    let committor = Committor::new(&wells, axes, 1.0, &[1.0; 2], a, b).unwrap();
    let expected = closed_form(energy, -1.0, 1.0, 0.0);
    assert!((expected - 1.0 / (1.0 + 2.0_f64.exp())).abs() < 1e-3);
    assert!((committor.at(&[0.0, 0.2]) - expected).abs() < 1e-4, "{} {expected}", committor.at(&[0.0, 0.2]));
}

#[test]
fn wrong_input_is_refused() {
    let well = DoubleWell::default();
    let axis = || vec![GridAxis::bounded("x", -2.0, 2.0, 41)];
    let message = |axes: Vec<GridAxis>, kt: f64, diffusion: &[f64], a: f64, b: f64| {
        Committor::new(&well, axes, kt, diffusion, |x| x[0] < a, |x| x[0] > b).unwrap_err().to_string()
    };
    for (said, expected) in [
        (message(axis(), 0.0, &[1.0], -1.0, 1.0), "kT = 0"),
        (message(axis(), 1.0, &[], -1.0, 1.0), "diffusion"),
        (message(axis(), 1.0, &[-1.0], -1.0, 1.0), "diffusion"),
        (message(axis(), 1.0, &[1.0], -3.0, 1.0), "state A"),
        (message(axis(), 1.0, &[1.0], -1.0, 2.0), "state B"),
        (message(axis(), 1.0, &[1.0], 0.1, -0.1), "both states contain the grid point"),
        (message(vec![GridAxis::periodic("x", 0.0, 4.0, 9)], 1.0, &[1.0], 1.0, 2.0), "periods"),
        (message(vec![GridAxis::bounded("x", 0.0, 4.0, 2)], 1.0, &[1.0], 1.0, 2.0), "at least 4"),
    ] {
        assert!(said.contains(expected), "{said}");
    }
}
