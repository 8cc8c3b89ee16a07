//! Ridges against closed forms: two modes, an arc, and the Hessian of the log density.

use std::f64::consts::TAU;

use geodyssey_denoiser::{
    Denoiser, DenoiserError, KernelDenoiser, RidgeAnalysis, RidgeProjection, RidgeSettings, SampleSet,
    SpacetimePoint,
};
use nalgebra::{DMatrix, DVector, Rotation2, Rotation3};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

fn points_of(points: &[Vec<f64>], periods: Vec<Option<f64>>) -> KernelDenoiser {
    let bandwidths = vec![0.0; periods.len()];
    KernelDenoiser::new(SampleSet::new(points, None, periods).unwrap(), bandwidths).unwrap()
}

fn at(noise: f64, y: &[f64]) -> SpacetimePoint {
    SpacetimePoint { log_snr: -2.0 * noise.ln(), y: y.to_vec() }
}

/// The exact denoiser plus a displacement.
struct Displaced<'a> {
    exact: &'a KernelDenoiser,
    displacement: Vec<f64>,
}

impl Denoiser for Displaced<'_> {
    fn periods(&self) -> &[Option<f64>] {
        self.exact.periods()
    }

    fn expectation_parameters(&self, points: &[SpacetimePoint]) -> Result<Vec<DVector<f64>>, DenoiserError> {
        let mut means = self.exact.expectation_parameters(points)?;
        for mean in &mut means {
            self.displacement.iter().zip(mean.iter_mut()).for_each(|(shift, mean)| *mean += shift);
        }
        Ok(means)
    }

    fn vector_jacobian_products(
        &self,
        points: &[SpacetimePoint],
        cotangents: &[DVector<f64>],
    ) -> Result<Vec<DVector<f64>>, DenoiserError> {
        self.exact.vector_jacobian_products(points, cotangents)
    }
}

/// Modes at (±3, 0): `m* = (3 tanh(3 y₁/s²), 0)` and `C = diag(9 sech²(3 y₁/s²), 0)`, so the ridge is the line `y₂ = 0`; between the
/// modes a start keeps its `y₁`.
#[test]
fn ridge_of_two_modes_is_the_segment_between_them() {
    let modes = points_of(&[vec![-3.0, 0.0], vec![3.0, 0.0]], vec![None, None]);
    let ridges = RidgeAnalysis::new(&modes, RidgeSettings::default()).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for noise in [0.5, 1.0, 1.5, 2.5] {
        let starts: Vec<SpacetimePoint> = (0..200)
            .map(|_| at(noise, &[random.random_range(-3.0..3.0), random.random_range(-2.0..2.0)]))
            .collect();
        for (start, found) in starts.iter().zip(ridges.project_to_ridge(&starts).unwrap()) {
            assert_eq!(found.outcome, RidgeProjection::Ridge);
            assert!(found.point.y[1].abs() < 1e-3 && found.point.y[0].abs() <= 3.0, "{:?}", found.point);
            let sech = (3.0 * start.y[0] / (noise * noise)).cosh().recip();
            let expected = 9.0 * sech * sech / (noise * noise);
            assert!((found.frame.eigenvalues[0] - expected).abs() < 1e-9 * expected.max(1e-3));
            // Where the tangent is known to more than rounding, the start moves straight down to the line.
            if expected > 1e-6 {
                assert!((found.point.y[0] - start.y[0]).abs() < 1e-6, "{start:?} {:?}", found.point);
            }
        }
        let middle = ridges.offsets(&modes, &[at(noise, &[0.0, 0.3 * noise])]).unwrap()[0];
        assert!((middle.normal_offset - 0.3).abs() < 1e-12 && (middle.effective_samples - 2.0).abs() < 1e-12);
        assert!(middle.is_trustworthy && middle.is_ridge_like && !middle.is_curved);
        // Near one mode the posterior is that mode alone.
        let end = ridges.offsets(&modes, &[at(0.3, &[3.0, 0.0])]).unwrap()[0];
        assert!(!end.is_trustworthy, "{end:?}");
    }
}

const RADIUS: f64 = 2.0;

/// Points on three tenths of a circle about the origin, far closer together than the noise.
fn arc() -> KernelDenoiser {
    let points: Vec<Vec<f64>> = (0..=3000)
        .map(|n| {
            let angle = (f64::from(n) / 3000.0 - 0.5) * 0.6 * std::f64::consts::PI;
            vec![RADIUS * angle.cos(), RADIUS * angle.sin()]
        })
        .collect();
    points_of(&points, vec![None, None])
}

/// `I₁(z)/I₀(z)` for large `z` by quadrature over the circle.
fn bessel_ratio(z: f64) -> f64 {
    let sums = (0..4000).fold((0.0, 0.0), |(first, zeroth), n| {
        let angle = TAU * f64::from(n) / 4000.0;
        let weight = (z * (angle.cos() - 1.0)).exp();
        (first + weight * angle.cos(), zeroth + weight)
    });
    sums.0 / sums.1
}

/// On a circle of radius `R` the ridge has the radius `r = R I₁(rR/s²)/I₀(rR/s²)`, close to `R - s²/2R`.
#[test]
fn ridge_of_an_arc_lies_inside_it_by_the_known_bias() {
    let arc = arc();
    let ridges = RidgeAnalysis::new(&arc, RidgeSettings::default()).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(4);
    for noise in [0.05_f64, 0.1, 0.2] {
        let mut radius = RADIUS;
        for _ in 0..200 {
            radius = RADIUS * bessel_ratio(radius * RADIUS / (noise * noise));
        }
        let bias = RADIUS - radius;
        assert!((bias / (noise * noise / (2.0 * RADIUS)) - 1.0).abs() < 0.05, "{bias}");
        // Starts at most 0.2 rad from the middle: 0.74 rad or 7 noises from the ends.
        let starts: Vec<SpacetimePoint> = (0..40)
            .map(|_| {
                let (angle, r): (f64, f64) =
                    (random.random_range(-0.2..0.2), RADIUS + noise * random.random_range(-2.0..2.0));
                at(noise, &[r * angle.cos(), r * angle.sin()])
            })
            .collect();
        for found in ridges.project_to_ridge(&starts).unwrap() {
            assert_eq!(found.outcome, RidgeProjection::Ridge);
            let distance = found.point.y[0].hypot(found.point.y[1]);
            assert!((distance - radius).abs() < 2e-6 * noise.max(0.1), "{noise}: {distance} {radius}");
        }
        // The tangent turns by s/R to first order.
        let middle = [at(noise, &[radius, 0.0])];
        let frames = ridges.frames(&middle).unwrap();
        let angle = ridges.turning_angles(&middle, &frames).unwrap()[0];
        assert!((angle / (noise / RADIUS) - 1.0).abs() < 0.02, "{angle}");
        let radii = ridges.trace(middle[0].log_snr, &[vec![1.9, 0.1], vec![2.1, -0.2]]).unwrap();
        assert_eq!(radii.len(), 2);
    }
    let sharp = RidgeSettings { curvature_angle: 0.08, ..RidgeSettings::default() };
    let strict = RidgeAnalysis::new(&arc, sharp).unwrap();
    let curved: Vec<bool> = [0.1, 0.2]
        .map(|noise| strict.offsets(&arc, &[at(noise, &[RADIUS, 0.0])]).unwrap()[0].is_curved)
        .to_vec();
    assert_eq!(curved, [false, true]);
}

/// In the middle of the arc the tangent is the second axis by symmetry.
#[test]
fn errors_are_split_into_their_parts() {
    let arc = arc();
    let ridges = RidgeAnalysis::new(&arc, RidgeSettings::default()).unwrap();
    let noise = 0.1;
    let points = [at(noise, &[RADIUS + 0.05, 0.0])];
    let exact = ridges.offsets(&arc, &points).unwrap()[0];
    assert_eq!((exact.normal_error, exact.tangential_error), (0.0, 0.0));
    // Off the circle by 0.5 s outwards, and the mean lies inside by the bias s²/2r.
    let bias = noise * noise / (2.0 * (RADIUS + 0.05)) / noise;
    assert!((exact.normal_offset - 0.5 - bias).abs() < 1e-3, "{exact:?}");
    assert!(exact.is_ridge_like && exact.is_trustworthy && !exact.is_curved && exact.eigengap > 0.9);
    let displaced = Displaced { exact: &arc, displacement: vec![0.03, -0.02] };
    let found = ridges.offsets(&displaced, &points).unwrap()[0];
    assert!((found.normal_error - 0.3).abs() < 1e-9, "{found:?}");
    assert!((found.tangential_error - 0.2).abs() < 1e-9, "{found:?}");
    assert_eq!(found.normal_offset, exact.normal_offset);
}

/// A ridge across the boundary of a torus is one ridge.
#[test]
fn ridges_go_around_a_torus() {
    let points: Vec<Vec<f64>> = (0..2000).map(|n| vec![f64::from(n) * TAU / 2000.0, 3.1]).collect();
    let band = points_of(&points, vec![Some(TAU), Some(TAU)]);
    let ridges = RidgeAnalysis::new(&band, RidgeSettings::default()).unwrap();
    let starts: Vec<Vec<f64>> =
        (0..20).map(|n| vec![f64::from(n) * 0.5 - 5.0, -2.9 + 0.02 * f64::from(n)]).collect();
    let found = ridges.trace(-2.0 * 0.3_f64.ln(), &starts).unwrap();
    assert_eq!(found.len(), starts.len());
    for (point, start) in found.iter().zip(&starts) {
        let along = (point[0] - start[0]) / TAU;
        assert!((along - along.round()).abs() < 1e-6 && (point[1] - 3.1).abs() < 1e-5, "{start:?} {point:?}");
    }
}

#[test]
fn what_is_no_ridge_is_said_so() {
    // Amid four points (±1.2, ±1) the density is least: C = diag(1.44, 1), both above s² = 0.64.
    let corners: Vec<Vec<f64>> = [-1.2, 1.2].iter().flat_map(|x| [-1.0, 1.0].map(|y| vec![*x, y])).collect();
    let corners = points_of(&corners, vec![None, None]);
    let ridges = RidgeAnalysis::new(&corners, RidgeSettings::default()).unwrap();
    let found = ridges.project_to_ridge(&[at(0.8, &[0.0, 0.0])]).unwrap().remove(0);
    assert_eq!((found.outcome, found.shifts), (RidgeProjection::NoRidge, 0));
    for (found, expected) in found.frame.eigenvalues.iter().zip([2.25, 1.5625]) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
    assert!(ridges.trace(-2.0 * 0.8_f64.ln(), &[vec![0.0, 0.0]]).unwrap().is_empty());
    // A plateau: uniform data have no ridge.
    let grid: Vec<Vec<f64>> =
        (0..6400).map(|n| vec![f64::from(n % 80) * 0.1, f64::from(n / 80) * 0.1]).collect();
    let grid = points_of(&grid, vec![Some(8.0), Some(8.0)]);
    let ridges =
        RidgeAnalysis::new(&grid, RidgeSettings { tolerance: 1e-3, ..RidgeSettings::default() }).unwrap();
    let found = ridges.frames(&[at(0.5, &[0.3, 0.2])]).unwrap().remove(0);
    assert!(found.eigengap().abs() < 1e-9 && (found.eigenvalues[1] - 1.0).abs() < 1e-9);
    // With no shift allowed a point off the ridge has not converged.
    let arc = arc();
    let hasty =
        RidgeAnalysis::new(&arc, RidgeSettings { most_shifts: 0, ..RidgeSettings::default() }).unwrap();
    let found = hasty.project_to_ridge(&[at(0.1, &[2.1, 0.0])]).unwrap().remove(0);
    assert_eq!(found.outcome, RidgeProjection::NotConverged);
    assert!((found.residual - 1.0).abs() < 0.05 && found.shifts == 0);
    for dimension in [0, 2] {
        let settings = RidgeSettings { dimension, ..RidgeSettings::default() };
        assert!(matches!(RidgeAnalysis::new(&arc, settings), Err(DenoiserError::Data(_))));
    }
}

/// `Hess log p_s = (C/s² - I)/s²`, the Hessian by central differences of the log density.
#[test]
fn eigenvalues_are_those_of_the_hessian_of_the_log_density() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let points: Vec<Vec<f64>> =
        (0..200).map(|_| (0..3).map(|_| random.random_range(-1.0..1.0)).collect()).collect();
    let cloud = points_of(&points, vec![None, Some(2.5), None]);
    let ridges =
        RidgeAnalysis::new(&cloud, RidgeSettings { dimension: 2, ..RidgeSettings::default() }).unwrap();
    let noise = 0.3;
    let centre = [0.2, 1.2, -0.3];
    let log_density = |shift: &DVector<f64>| {
        let y: Vec<f64> = centre.iter().zip(shift.iter()).map(|(c, s)| c + s).collect();
        cloud.moments(&[at(noise, &y)]).unwrap()[0].log_normaliser.unwrap()
    };
    let step = 1e-3;
    let unit = |axis: usize| DVector::from_fn(3, |k, _| if k == axis { step } else { 0.0 });
    let hessian = DMatrix::from_fn(3, 3, |i, j| {
        let (a, b) = (unit(i), unit(j));
        (log_density(&(&a + &b)) - log_density(&(&a - &b)) - log_density(&(&b - &a))
            + log_density(&(-&a - &b)))
            / (4.0 * step * step)
    });
    let frame = ridges.frames(&[at(noise, &centre)]).unwrap().remove(0);
    for (k, eigenvalue) in frame.eigenvalues.iter().enumerate() {
        let axis = frame.axes.column(k).clone_owned();
        let expected = (eigenvalue - 1.0) / (noise * noise);
        let residual = &hessian * &axis - expected * &axis;
        assert!(residual.norm() < 1e-3, "{k}: {residual} {expected}");
    }
    assert_eq!((frame.tangent_basis().ncols(), frame.normal_basis().ncols()), (2, 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Turning the data, the points and the error together changes no number.
    #[test]
    fn offsets_do_not_depend_on_the_axes(angles in prop::array::uniform3(-3.0..3.0_f64), seed in 0..1000_u64) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut cloud = |count: usize| -> Vec<Vec<f64>> {
            (0..count)
                .map(|_| [2.0, 0.7, 0.3].iter().map(|width| width * random.random_range(-1.0..1.0)).collect())
                .collect()
        };
        let (data, places, displacement) = (cloud(60), cloud(5), cloud(1).remove(0));
        let rotation = Rotation3::from_euler_angles(angles[0], angles[1], angles[2]);
        let turn = |x: &Vec<f64>| (rotation * nalgebra::Vector3::from_column_slice(x)).as_slice().to_vec();
        let offsets = |data: &[Vec<f64>], places: &[Vec<f64>], displacement: Vec<f64>| {
            let exact = points_of(data, vec![None; 3]);
            let ridges = RidgeAnalysis::new(&exact, RidgeSettings::default()).unwrap();
            let points: Vec<SpacetimePoint> = places.iter().map(|y| at(0.5, y)).collect();
            ridges.offsets(&Displaced { exact: &exact, displacement }, &points).unwrap()
        };
        let turned_data: Vec<Vec<f64>> = data.iter().map(turn).collect();
        let turned_places: Vec<Vec<f64>> = places.iter().map(turn).collect();
        let plain = offsets(&data, &places, displacement.clone());
        let turned = offsets(&turned_data, &turned_places, turn(&displacement));
        for (a, b) in plain.iter().zip(&turned) {
            // Eigenvectors lose the digits that the gap has not.
            let tolerance = 1e-11 / a.eigengap.clamp(1e-4, 1.0);
            for (a, b) in [
                (a.normal_offset, b.normal_offset),
                (a.normal_error, b.normal_error),
                (a.tangential_error, b.tangential_error),
                (a.eigengap, b.eigengap),
                (a.effective_samples, b.effective_samples),
            ] {
                prop_assert!((a - b).abs() < tolerance * a.abs().max(1.0), "{a} {b}");
            }
        }
    }

    /// Projections turn with the data.
    #[test]
    fn ridges_turn_with_the_data(angle in -3.0..3.0_f64, start in -0.15..0.15_f64) {
        let rotation = Rotation2::new(angle);
        let turn = |x: &Vec<f64>| (rotation * nalgebra::Vector2::from_column_slice(x)).as_slice().to_vec();
        let points: Vec<Vec<f64>> =
            (0..300).map(|n| { let t = f64::from(n) / 150.0 - 1.0; vec![2.0 * t, 0.5 * t * t] }).collect();
        let settings = RidgeSettings { tolerance: 1e-10, ..RidgeSettings::default() };
        let project = |points: &[Vec<f64>], start: &[f64]| {
            let exact = points_of(points, vec![None; 2]);
            let ridges = RidgeAnalysis::new(&exact, settings.clone()).unwrap();
            ridges.project_to_ridge(&[at(0.3, start)]).unwrap().remove(0).point.y
        };
        let here = vec![0.3 + start, 0.1];
        let plain = project(&points, &here);
        let turned_points: Vec<Vec<f64>> = points.iter().map(turn).collect();
        let turned = project(&turned_points, &turn(&here));
        for (a, b) in turn(&plain).iter().zip(&turned) {
            prop_assert!((a - b).abs() < 1e-8, "{a} {b}");
        }
    }
}
