//! The kernel denoiser against the mixture denoiser, which computes the same function in another way, and against finite
//! differences.

mod oracle;

use std::f64::consts::TAU;

use geodyssey_denoiser::{
    Covariance, Denoiser, DenoiserError, KernelDenoiser, MixtureComponent, MixtureDenoiser, SampleSet,
    SpacetimePoint,
};
use nalgebra::DVector;
use oracle::{assert_close, assert_derivatives, assert_matrices, point};
use proptest::prelude::*;

/// Numbers in [0, 1) that fill space evenly (Weyl's sequence of square roots).
fn weyl(index: usize, axis: usize) -> f64 {
    let roots = [2.0_f64, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0].map(f64::sqrt);
    ((index + 1) as f64 * roots[axis]).fract()
}

/// `count` samples in clumps, some weights zero, periodic variables across the boundary.
fn samples(count: usize, periods: &[Option<f64>]) -> SampleSet {
    let points: Vec<Vec<f64>> = (0..count)
        .map(|index| {
            let clump = index % 3;
            (0..periods.len())
                .map(|axis| {
                    let centre = weyl(clump * 7, axis) - 0.5;
                    let offset = weyl(index, axis) - 0.5;
                    match periods[axis] {
                        Some(period) => period * (1.3 * centre + 0.4 * offset + 0.4),
                        None => 5.0 * centre + 1.5 * offset,
                    }
                })
                .collect()
        })
        .collect();
    let weights: Vec<f64> =
        (0..count).map(|index| if index % 11 == 4 { 0.0 } else { 0.2 + weyl(index, 7) }).collect();
    SampleSet::new(&points, Some(&weights), periods.to_vec()).unwrap()
}

fn mixture(samples: &SampleSet, bandwidths: &[f64]) -> MixtureDenoiser {
    let components = (0..samples.len())
        .map(|index| MixtureComponent {
            weight: samples.weights()[index],
            mean: samples.point(index).to_vec(),
            covariance: Covariance::Diagonal(bandwidths.iter().map(|h| h * h).collect()),
        })
        .collect();
    MixtureDenoiser::new(components, samples.periods().to_vec()).unwrap()
}

/// All that both know at one point; covariances relative to the noise or the posterior spread, whichever is larger.
#[track_caller]
fn assert_same(
    kernel: &KernelDenoiser,
    mixture: &MixtureDenoiser,
    at: &SpacetimePoint,
    direction: &DVector<f64>,
    tolerance: f64,
) {
    let batch = std::slice::from_ref(at);
    let found = kernel.moments(batch).unwrap().remove(0);
    let expected = mixture.moments(batch).unwrap().remove(0);
    let mu = kernel.expectation_parameters(batch).unwrap().remove(0);
    let last = at.y.len();
    // The statistic changes by (s, 2 y s) over one standard deviation of the noise.
    let noise = (-0.5 * at.log_snr).exp();
    let mut scale = expected.metric.clone();
    for axis in 0..last {
        scale[(axis, axis)] = scale[(axis, axis)].max(1e-3 * noise * noise);
    }
    let reach = expected.mean().iter().map(|mean| mean.abs()).fold(noise, f64::max);
    scale[(last, last)] = scale[(last, last)].max(1e-3 * (reach * noise).powi(2));
    for index in 0..=last {
        let size = scale[(index, index)].sqrt().max(1.0);
        assert_close(mu[index], expected.expectation_parameter[index], size, tolerance, "mu");
        assert_close(found.expectation_parameter[index], mu[index], size, tolerance, "mu, both ways");
    }
    assert_matrices(&found.metric, &expected.metric, &scale, tolerance, "metric");
    let log_normaliser = (found.log_normaliser.unwrap(), expected.log_normaliser.unwrap());
    assert_close(log_normaliser.0, log_normaliser.1, 1.0, tolerance, "log normaliser");
    let directions = std::slice::from_ref(direction);
    let product = kernel.vector_jacobian_products(batch, directions).unwrap().remove(0);
    let exact = &found.metric * direction;
    assert!((product - &exact).amax() <= 1e-12 * exact.amax(), "vector-Jacobian product");
    let found = kernel.metric_derivatives(batch, directions).unwrap().unwrap().remove(0);
    let expected = mixture.metric_derivatives(batch, directions).unwrap().unwrap().remove(0);
    let spread = direction.dot(&(&scale * direction)).sqrt();
    assert_matrices(&found, &expected, &(&scale * spread), tolerance, "metric derivative");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    /// One to six variables, periodic or not, from points to wide kernels, from sharp tethers to uniform ones.
    #[test]
    fn agrees_with_the_mixture(
        kinds in prop::collection::vec((any::<bool>(), 0.5..8.0_f64, 0.0..1.0_f64), 1..6),
        count in 1..400_usize,
        log_snr in -9.0..9.0_f64,
        place in prop::collection::vec(-1.5..1.5_f64, 6),
        direction in prop::collection::vec(-1.0..1.0_f64, 7),
    ) {
        let periods: Vec<Option<f64>> = kinds.iter().map(|(periodic, period, _)| periodic.then_some(*period)).collect();
        // Half of the bandwidths are zero.
        let bandwidths: Vec<f64> = kinds.iter().map(|(_, _, h)| (h - 0.5).max(0.0)).collect();
        let samples = samples(count, &periods);
        let y: Vec<f64> = periods.iter().zip(&place).map(|(period, place)| period.unwrap_or(2.0) * place).collect();
        let direction = DVector::from_column_slice(&direction[..=periods.len()]);
        let kernel = KernelDenoiser::new(samples.clone(), bandwidths.clone()).unwrap();
        assert_same(&kernel, &mixture(&samples, &bandwidths), &point(log_snr, &y), &direction, 1e-10);
    }
}

#[test]
fn agrees_with_the_mixture_at_every_switch_between_sums() {
    // sqrt(τ) of one torsion just below and above a quarter of the period, 0.35, and 1.75 periods, where sums change form.
    let samples = samples(200, &[Some(TAU), Some(TAU)]);
    for bandwidth in [0.0, 0.3, 2.0] {
        let kernel = KernelDenoiser::new(samples.clone(), vec![bandwidth; 2]).unwrap();
        let mixture = mixture(&samples, &[bandwidth; 2]);
        for ratio in [0.05, 0.1, 0.15, 0.2, 0.2499, 0.2501, 0.35, 0.5, 0.8, 1.2, 1.7499, 1.7501, 3.0] {
            let noise_variance: f64 = (ratio * TAU).powi(2) - bandwidth * bandwidth;
            if noise_variance <= 1e-3 {
                continue;
            }
            for place in [[0.0, 3.0], [-3.1, 3.1], [1.4, -7.0]] {
                let direction = DVector::from_column_slice(&[0.3, -0.8, 0.4]);
                assert_same(&kernel, &mixture, &point(-noise_variance.ln(), &place), &direction, 1e-10);
            }
        }
    }
}

#[test]
fn a_second_batch_and_more_samples_than_one_block_do_not_disturb_each_other() {
    let periods = [Some(TAU), None, Some(2.0)];
    let many = samples(1500, &periods);
    let bandwidths = vec![0.2, 0.1, 0.05];
    let kernel = KernelDenoiser::new(many.clone(), bandwidths.clone()).unwrap();
    let mixture = mixture(&many, &bandwidths);
    let direction = DVector::from_column_slice(&[0.3, -0.8, 0.4, 0.1]);
    let points: Vec<SpacetimePoint> = (0..24)
        .map(|n| {
            point(-2.0 + 0.4 * f64::from(n), &[weyl(n as usize, 0) * 9.0 - 4.0, weyl(n as usize, 1), 0.9])
        })
        .collect();
    for at in &points {
        assert_same(&kernel, &mixture, at, &direction, 1e-10);
    }
    let batch = kernel.expectation_parameters(&points).unwrap();
    for (at, mu) in points.iter().zip(batch) {
        assert_eq!(kernel.expectation_parameters(std::slice::from_ref(at)).unwrap()[0], mu);
    }
}

#[test]
fn derivatives_are_those_of_differences() {
    let samples = samples(300, &[Some(TAU), None, None]);
    let kernel = KernelDenoiser::new(samples, vec![0.3, 0.2, 0.1]).unwrap();
    for log_snr in [-3.0, 0.0, 2.0] {
        let direction = DVector::from_column_slice(&[0.3, -0.8, 0.5, 0.4]);
        assert_derivatives(&kernel, &point(log_snr, &[2.9, 0.4, -0.6]), &direction, 1e-5);
    }
}

#[test]
fn windings_carry_over() {
    let kernel = KernelDenoiser::new(samples(500, &[Some(TAU), Some(1.0)]), vec![0.1, 0.02]).unwrap();
    for log_snr in [-1.0, 2.0, 5.0] {
        let here = kernel.expectation_parameters(&[point(log_snr, &[0.4, 0.2])]).unwrap().remove(0);
        let there = kernel
            .expectation_parameters(&[point(log_snr, &[0.4 + 2.0 * TAU, 0.2 - 3.0])])
            .unwrap()
            .remove(0);
        assert!((there[0] - here[0] - 2.0 * TAU).abs() < 1e-12);
        assert!((there[1] - here[1] + 3.0).abs() < 1e-12);
    }
}

#[test]
fn effective_samples_count_what_the_posterior_sees() {
    // Two clusters of 3 and 5 equal points: near one of them only its own, with much noise all.
    let points: Vec<Vec<f64>> = [0.0; 3].iter().chain(&[10.0; 5]).map(|x| vec![*x]).collect();
    let kernel = KernelDenoiser::new(SampleSet::new(&points, None, vec![None]).unwrap(), vec![0.0]).unwrap();
    let found =
        kernel.effective_samples(&[point(2.0, &[0.0]), point(2.0, &[10.0]), point(-20.0, &[5.0])]).unwrap();
    for (found, expected) in found.into_iter().zip([3.0, 5.0, 8.0]) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn extreme_points_are_answered_or_refused() {
    let kernel = KernelDenoiser::new(samples(300, &[None, Some(TAU)]), vec![0.0, 0.0]).unwrap();
    for log_snr in [-50.0, 50.0] {
        for far in [0.0, 1e6] {
            let moments = kernel.moments(&[point(log_snr, &[far, far])]).unwrap().remove(0);
            assert!(moments.expectation_parameter.iter().chain(moments.metric.iter()).all(|v| v.is_finite()));
        }
    }
    let refused = kernel.moments(&[point(1.0, &[1e200, 0.0])]);
    assert!(matches!(refused, Err(DenoiserError::Point { index: 0, .. })));
    assert!(KernelDenoiser::new(samples(3, &[None]), vec![-1.0]).is_err());
    assert!(KernelDenoiser::new(samples(3, &[None]), vec![]).is_err());
}
