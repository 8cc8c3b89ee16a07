//! The grid denoiser against plain sums, finite differences and itself.

mod oracle;

use std::f64::consts::TAU;

use geodyssey_denoiser::{Denoiser, DenoiserError, GridDenoiser, QuadratureAxis, SpacetimePoint};
use nalgebra::{DMatrix, DVector};
use oracle::{
    Node, assert_close, assert_denoiser, assert_derivatives, point, simpson, sums, trapezoid, vector,
};
use proptest::prelude::*;

fn circle(count: usize) -> QuadratureAxis {
    QuadratureAxis { start: -3.0, spacing: TAU / count as f64, count, period: Some(TAU) }
}

fn interval(low: f64, high: f64, cells: usize) -> QuadratureAxis {
    QuadratureAxis { start: low, spacing: (high - low) / cells as f64, count: cells + 1, period: None }
}

/// Moments, derivatives and energies of a denoiser with `kT` against the sums over `nodes`.
#[track_caller]
fn assert_against(
    denoiser: &GridDenoiser,
    thermal_energy: f64,
    at: &SpacetimePoint,
    nodes: &[Node],
    tolerance: f64,
) {
    let direction = DVector::from_fn(at.y.len() + 1, |index, _| [0.6, -0.4, 0.3, 0.5][index]);
    let expected = sums(nodes, at, &direction);
    assert_denoiser(denoiser, at, &direction, &expected, tolerance);
    let energy = denoiser.energy_moments(std::slice::from_ref(at)).unwrap().unwrap().remove(0);
    assert_close(energy.mean, thermal_energy * expected.energy, thermal_energy, tolerance, "E[F]");
    for index in 0..=at.y.len() {
        let scale = thermal_energy * expected.metric[(index, index)].sqrt();
        let exact = thermal_energy * expected.energy_covariance[index];
        assert_close(energy.covariance[index], exact, scale, tolerance, "Cov(F, T)");
    }
}

fn ring_energy(x: &[f64]) -> f64 {
    3.0 * x[0].cos() + 2.0 * (2.0 * x[0] + 0.4).sin()
}

#[test]
fn circle_matches_quadrature_on_the_cover() {
    let denoiser = GridDenoiser::continuous(&[circle(48)], 0.7, ring_energy).unwrap();
    for log_snr in [-6.0_f64, -4.6, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0] {
        for y in [-9.0, 0.3, 3.2] {
            let reach = 11.0 * (-0.5 * log_snr).exp() + 1.0;
            let intervals = (reach / 0.01_f64.min(0.1 * (-0.5 * log_snr).exp())) as usize;
            let nodes = trapezoid(&[(y - reach, y + reach, intervals)], &|x| -ring_energy(x) / 0.7);
            assert_against(&denoiser, 0.7, &point(log_snr, &[y]), &nodes, 1e-8);
        }
    }
}

/// A box ends sharply at its borders; `y` may lie outside.
#[test]
fn interval_matches_quadrature() {
    let energy = |x: &[f64]| x[0] * x[0] - 0.5 * (3.0 * x[0]).cos();
    let denoiser = GridDenoiser::continuous(&[interval(-1.0, 1.5, 30)], 1.3, energy).unwrap();
    let nodes = simpson(&[(-1.0, 1.5, 200_000)], &|x| -energy(x) / 1.3);
    for log_snr in [-6.0, 0.0, 3.0, 6.0, 8.0] {
        for y in [-1.3, 0.2, 1.45] {
            assert_against(&denoiser, 1.3, &point(log_snr, &[y]), &nodes, 1e-8);
        }
    }
}

fn surface(x: &[f64]) -> f64 {
    4.0 * (x[0] - 0.5).cos() + 3.0 * (2.0 * x[1]).sin() + 2.0 * (x[0] + x[1]).cos()
}

#[test]
fn torus_matches_quadrature_on_the_cover() {
    let denoiser = GridDenoiser::continuous(&[circle(40), circle(36)], 1.5, surface).unwrap();
    for (log_snr, y, intervals) in [
        (-1.5_f64, [0.4, -1.0], 420),
        (0.5, [-4.0, 2.0], 360),
        (3.0, [3.1, 0.2], 260),
        (6.0, [1.0, 3.3], 200),
        (8.0, [1.0, -8.0], 200),
    ] {
        let reach = 10.0 * (-0.5 * log_snr).exp();
        let range = |y: f64| (y - reach, y + reach, intervals);
        let nodes = trapezoid(&[range(y[0]), range(y[1])], &|x| -surface(x) / 1.5);
        assert_against(&denoiser, 1.5, &point(log_snr, &y), &nodes, 1e-8);
    }
}

/// One periodic variable, one confined; energies up to hundreds of kT within the tether's reach.
#[test]
fn steep_energies_match_quadrature() {
    let energy = |x: &[f64]| 70.0 * (1.0 - (x[0] - 1.0).cos()) + 12.0 * (x[1] * x[1] - 1.5).powi(2);
    let denoiser = GridDenoiser::continuous(&[circle(72), interval(-2.6, 2.6, 64)], 1.0, energy).unwrap();
    for (log_snr, y) in
        [(0.0, [0.2, 0.0]), (1.0, [-1.8, 0.1]), (3.0, [-0.9, 2.4]), (4.5, [-2.1, -0.2]), (6.0, [-2.0, 2.2])]
    {
        let nodes = trapezoid(&[(y[0] - 10.0, y[0] + 10.0, 1500), (-2.6, 2.6, 420)], &|x| -energy(x));
        assert_against(&denoiser, 1.0, &point(log_snr, &y), &nodes, 1e-8);
    }
}

#[test]
fn three_variables_match_quadrature() {
    let energy = |x: &[f64]| {
        2.0 * x[0].cos()
            + (x[1] * x[1] - 1.0).powi(2) * 3.0
            + 2.0 * x[2].powi(2)
            + x[1] * x[2]
            + x[0].sin() * x[2]
    };
    let axes = [circle(16), interval(-2.4, 2.4, 36), interval(-4.8, 4.8, 28)];
    let denoiser = GridDenoiser::continuous(&axes, 1.0, energy).unwrap();
    for (log_snr, y) in [(1.0, [2.0, 0.3, 0.5]), (3.5, [-3.2, -0.6, 0.2])] {
        let reach = 8.5 * (-0.5_f64 * log_snr).exp();
        let range = |y: f64, low: f64, high: f64| ((y - reach).max(low), (y + reach).min(high), 76);
        let ranges = [(y[0] - reach, y[0] + reach, 76), range(y[1], -2.4, 2.4), range(y[2], -4.8, 4.8)];
        let nodes = trapezoid(&ranges, &|x| -energy(x));
        assert_against(&denoiser, 1.0, &point(log_snr, &y), &nodes, 1e-8);
    }
}

/// The rows of a table as points, in a box and on a torus; also far from every row and between rows.
#[test]
fn point_masses_match_sums_over_rows() {
    for is_torus in [false, true] {
        let (count, thermal_energy) = ([41, 35], 0.8);
        let axes = count.map(|count| QuadratureAxis { period: is_torus.then_some(TAU), ..circle(count) });
        let energy = |x: &[f64]| 30.0 + 25.0 * (x[0] - 0.5).cos() + 30.0 * (2.0 * x[1]).sin() * x[0].sin();
        let mut energies = Vec::new();
        let mut nodes = Vec::new();
        let images = if is_torus { -4..=4 } else { 0..=0 };
        for first in 0..count[0] {
            for second in 0..count[1] {
                let x = [
                    axes[0].start + first as f64 * axes[0].spacing,
                    axes[1].start + second as f64 * axes[1].spacing,
                ];
                let reduced = energy(&x) / thermal_energy;
                energies.push(energy(&x));
                for one in images.clone() {
                    for two in images.clone() {
                        let x = vec![x[0] + f64::from(one) * TAU, x[1] + f64::from(two) * TAU];
                        nodes.push(Node { x, log_weight: -reduced, energy: reduced });
                    }
                }
            }
        }
        let denoiser = GridDenoiser::point_masses(&axes, thermal_energy, &energies).unwrap();
        for (log_snr, y) in [(0.5, [0.3, -2.0]), (2.0, [-3.4, 3.1]), (4.0, [0.4, 0.9]), (6.5, [0.21, 0.31])] {
            assert_against(&denoiser, thermal_energy, &point(log_snr, &y), &nodes, 1e-9);
        }
        if !is_torus {
            assert_against(&denoiser, thermal_energy, &point(-6.0, &[-60.0, 20.0]), &nodes, 1e-9);
            assert_against(&denoiser, thermal_energy, &point(3.0, &[-4.5, 6.0]), &nodes, 1e-9);
        }
    }
}

/// A table whose energies span thousands of kT, where a plain product of weights would underflow.
#[test]
fn point_masses_survive_huge_energies() {
    let axis = interval(0.0, 1.0, 40);
    let energies: Vec<f64> = (0..41).map(|row| 5000.0 * (1.0 - row as f64 / 40.0)).collect();
    let nodes: Vec<Node> = energies
        .iter()
        .enumerate()
        .map(|(row, &energy)| Node { x: vec![row as f64 * axis.spacing], log_weight: -energy, energy })
        .collect();
    let denoiser = GridDenoiser::point_masses(&[axis], 1.0, &energies).unwrap();
    for log_snr in [6.0, 9.0, 10.0] {
        for y in [0.0, 0.26, 0.9] {
            let found = denoiser.expectation_parameters(&[point(log_snr, &[y])]).unwrap().remove(0);
            let expected = sums(&nodes, &point(log_snr, &[y]), &DVector::zeros(2)).expectation_parameter;
            assert!((found - &expected).amax() < 1e-11, "{log_snr} {y} {expected}");
        }
    }
}

/// A periodic cubic Hermite interpolant with Catmull–Rom slopes: its second derivative jumps at every node.
fn kinked(x: f64, waves: f64) -> f64 {
    let count = 40;
    let node = |index: i64| 4.0 * (waves * TAU * index as f64 / count as f64 + waves).sin();
    let place = (x + 3.0) / (TAU / count as f64);
    let (cell, t) = (place.floor() as i64, place - place.floor());
    let [a, b, c, d] = [-1, 0, 1, 2].map(|offset| node(cell + offset));
    let (left, right) = (0.5 * (c - a), 0.5 * (d - b));
    b + t * (left + t * (3.0 * (c - b) - 2.0 * left - right + t * (2.0 * (b - c) + left + right)))
}

/// At the logSNR where the grid is refined nothing jumps, even for an interpolant with kinks.
#[test]
fn refinement_is_seamless() {
    let energy = |x: &[f64]| kinked(x[0], 2.0) + (0.6 + 0.05 * kinked(x[0], 1.0)) * kinked(x[1], 3.0);
    let denoiser = GridDenoiser::continuous(&[circle(40), circle(40)], 1.0, energy).unwrap();
    // Where cells are halved, and where tiles of ten cells are gathered on fewer nodes.
    let spacing = TAU / 40.0;
    let widths = (0..5).map(|level| spacing / 1.25 / 2f64.powi(level)).chain([10.0 * spacing]);
    for (level, width) in widths.enumerate() {
        let switch = -2.0 * width.ln();
        for y in [[0.3, 2.0], [-1.0, -2.5], [1.93, 0.4]] {
            let at = |shift: f64| denoiser.moments(&[point(switch + shift, &y)]).unwrap().remove(0);
            let (before, after) = (at(-1e-12), at(1e-12));
            let size = before.metric[(0, 0)].sqrt();
            let jump = (&after.expectation_parameter - &before.expectation_parameter).amax();
            assert!(
                jump < 1e-8 * size,
                "expectation parameter jumps by {jump:e} at level {level}, scale {size:e}"
            );
            let jump = (&after.metric - &before.metric).amax();
            assert!(jump < 1e-8 * before.metric.amax(), "metric jumps by {jump:e} at level {level}");
            let jump = (after.log_normaliser.unwrap() - before.log_normaliser.unwrap()).abs();
            assert!(jump < 1e-9, "log normaliser jumps by {jump:e} at level {level}");
        }
    }
}

/// The result does not depend on what was asked before.
#[test]
fn results_are_the_same_in_any_order() {
    let make = || GridDenoiser::continuous(&[circle(40), circle(36)], 1.5, surface).unwrap();
    let points: Vec<SpacetimePoint> =
        (0..24).map(|n| point(-2.0 + 0.4 * n as f64, &[(n as f64).sin() * 3.0, 0.3 * n as f64])).collect();
    let (first, second) = (make(), make());
    let forward = first.moments(&points).unwrap();
    let backward: Vec<_> =
        points.iter().rev().map(|at| second.moments(std::slice::from_ref(at)).unwrap().remove(0)).collect();
    for (a, b) in forward.iter().zip(backward.iter().rev()) {
        assert_eq!(a.expectation_parameter, b.expectation_parameter);
        assert_eq!(a.metric, b.metric);
        assert_eq!(a.log_normaliser, b.log_normaliser);
    }
}

#[test]
fn bad_data_is_refused() {
    let fails = |axes: &[QuadratureAxis], thermal_energy: f64, energies: &[f64], text: &str| {
        let error = GridDenoiser::point_masses(axes, thermal_energy, energies).unwrap_err();
        assert!(matches!(&error, DenoiserError::Data(message) if message.contains(text)), "{error}");
    };
    let axis = interval(0.0, 1.0, 2);
    fails(&[], 1.0, &[], "one to three axes");
    fails(std::slice::from_ref(&axis), 0.0, &[0.0; 3], "thermal energy");
    fails(std::slice::from_ref(&axis), 1.0, &[0.0; 4], "4 energies for a grid of 3 nodes");
    fails(std::slice::from_ref(&axis), 1.0, &[0.0, f64::NAN, 0.0], "row 1");
    fails(&[QuadratureAxis { spacing: -1.0, ..axis.clone() }], 1.0, &[0.0; 3], "spacing");
    fails(&[QuadratureAxis { count: 1, ..axis.clone() }], 1.0, &[0.0], "at least 2");
    fails(&[QuadratureAxis { period: Some(TAU), ..axis.clone() }], 1.0, &[0.0; 3], "period");
    let error =
        GridDenoiser::continuous(&[axis], 1.0, |x| if x[0] > 0.6 { f64::NAN } else { 0.0 }).unwrap_err();
    assert!(matches!(&error, DenoiserError::Energy { position, .. } if position[0] > 0.6), "{error}");
    let large = [interval(0.0, 1.0, 200), interval(0.0, 1.0, 200), interval(0.0, 1.0, 200)];
    assert!(matches!(GridDenoiser::continuous(&large, 1.0, |_| 0.0), Err(DenoiserError::Data(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// `D(λ, y + Pn) = D + Pn`, and `G` changes as the covariance of the shifted statistic.
    #[test]
    fn translation_by_periods(log_snr in -6.0..8.0_f64, y in prop::array::uniform2(-3.0..3.0_f64), shift in prop::array::uniform2(-2_i32..3)) {
        let denoiser = GridDenoiser::continuous(&[circle(24), circle(20)], 3.0, surface).unwrap();
        let translation = shift.map(|n| f64::from(n) * TAU);
        let moved = [y[0] + translation[0], y[1] + translation[1]];
        let moments = denoiser.moments(&[point(log_snr, &y), point(log_snr, &moved)]).unwrap();
        let mut jacobian = DMatrix::identity(3, 3);
        for axis in 0..2 {
            prop_assert!((moments[1].mean()[axis] - moments[0].mean()[axis] - translation[axis]).abs() < 1e-10);
            jacobian[(2, axis)] = 2.0 * translation[axis];
        }
        let expected = &jacobian * &moments[0].metric * jacobian.transpose();
        prop_assert!((&moments[1].metric - &expected).amax() < 1e-9 * expected.amax());
        let change = moments[1].log_normaliser.unwrap() - moments[0].log_normaliser.unwrap();
        prop_assert!(change.abs() < 1e-9);
    }

    /// `G = ∂μ/∂η` and its own derivative.
    #[test]
    fn metric_and_its_derivative(log_snr in -5.0..7.0_f64, y in prop::array::uniform2(-4.0..4.0_f64), direction in prop::array::uniform3(-1.0..1.0_f64)) {
        prop_assume!(vector(direction).norm() > 0.1);
        let denoiser = GridDenoiser::continuous(&[circle(24), interval(-3.0, 3.0, 24)], 3.0, surface).unwrap();
        assert_derivatives(&denoiser, &point(log_snr, &y), &vector(direction), 1e-5);
    }
}
