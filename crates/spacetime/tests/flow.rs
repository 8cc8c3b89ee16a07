//! The probability-flow ODE and the reverse diffusion with exact denoisers, against closed forms and populations.

use std::f64::consts::{PI, TAU};

use geodyssey_denoiser::{Covariance, Denoiser as _, MixtureComponent, MixtureDenoiser};
use geodyssey_spacetime::{
    Prior, ProbabilityFlowSettings, ReverseDiffusionSettings, Trajectory, probability_flow, reverse_diffusion,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

fn component(weight: f64, mean: &[f64], variances: &[f64]) -> MixtureComponent {
    MixtureComponent { weight, mean: mean.to_vec(), covariance: Covariance::Diagonal(variances.to_vec()) }
}

/// Two wells in one variable: populations 0.3 and 0.7.
fn two_wells() -> MixtureDenoiser {
    MixtureDenoiser::new(vec![component(0.3, &[-2.0], &[0.09]), component(0.7, &[1.0], &[0.25])], vec![None])
        .unwrap()
}

/// Two wells on a torus: populations 0.4 and 0.6.
fn torus_wells() -> MixtureDenoiser {
    let wells = vec![component(0.4, &[3.0, 0.5], &[0.05, 0.1]), component(0.6, &[0.2, -1.5], &[0.1, 0.1])];
    MixtureDenoiser::new(wells, vec![Some(TAU); 2]).unwrap()
}

fn exact() -> ProbabilityFlowSettings {
    ProbabilityFlowSettings { absolute_tolerance: 1e-10, relative_tolerance: 1e-10, most_steps: 10_000 }
}

/// Distance of two particles, on the torus where a variable is periodic.
fn nearest(offset: f64, period: Option<f64>) -> f64 {
    period.map_or(offset, |period| offset - period * (offset / period).round())
}

#[test]
fn probability_flow_of_a_gaussian_scales_the_distance_from_its_mean() {
    let (mean, variances) = ([1.0, -2.0], [0.5, 3.0]);
    let denoiser = MixtureDenoiser::new(vec![component(1.0, &mean, &variances)], vec![None; 2]).unwrap();
    let start = vec![vec![0.3, -1.0], vec![4.0, 2.5], vec![1.0, -9.0]];
    for levels in [[-3.0, 1.0, 8.0], [6.0, 0.5, -4.0]] {
        let flow = probability_flow(&denoiser, &start, &levels, &exact()).unwrap();
        assert_eq!((flow.log_snr.as_slice(), flow.points.len()), (levels.as_slice(), 3));
        for (level, points) in levels.iter().zip(&flow.points) {
            for (particle, from) in points.iter().zip(&start) {
                for axis in 0..2 {
                    // y - m ∝ √(v + s²).
                    let width = |level: f64| (variances[axis] + (-level).exp()).sqrt();
                    let expected = mean[axis] + (from[axis] - mean[axis]) * width(*level) / width(levels[0]);
                    assert!((particle[axis] - expected).abs() < 1e-8 * (1.0 + expected.abs()));
                }
            }
        }
    }
}

#[test]
fn probability_flow_is_undone_by_its_way_back() {
    let start: Vec<Vec<f64>> = (0..40).map(|index| vec![-2.6 + 0.1 * f64::from(index)]).collect();
    let there = probability_flow(&two_wells(), &start, &[6.0, 1.0, -3.0], &exact()).unwrap();
    let back = probability_flow(&two_wells(), there.last(), &[-3.0, 6.0], &exact()).unwrap();
    for (found, expected) in back.last().iter().zip(&start) {
        assert!((found[0] - expected[0]).abs() < 1e-6, "{} {}", found[0], expected[0]);
    }
    // In one variable the flow keeps the order and so carries quantiles to quantiles.
    assert!(there.last().windows(2).all(|pair| pair[0][0] < pair[1][0]));
    // Within three standard deviations of the wells, on several images: farther out lies so little of the density that the uniform
    // one has no room in double precision to tell two particles apart.
    let inside = |index: i32| {
        let offset = 0.15 * f64::from(index - 4);
        vec![3.0 + offset + TAU * f64::from(index), 0.5 - offset]
    };
    let tilted: Vec<Vec<f64>> = (0..9).map(inside).collect();
    let there = probability_flow(&torus_wells(), &tilted, &[4.0, -2.0], &exact()).unwrap();
    let back = probability_flow(&torus_wells(), there.last(), &[-2.0, 4.0], &exact()).unwrap();
    for (found, expected) in back.last().iter().flatten().zip(tilted.iter().flatten()) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn probability_flow_meets_its_tolerance_with_fewer_steps_when_it_is_loose() {
    let start: Vec<Vec<f64>> = (0..20).map(|index| vec![-6.0 + 0.6 * f64::from(index)]).collect();
    let run = |tolerance: f64, most_steps: usize| {
        let settings = ProbabilityFlowSettings {
            absolute_tolerance: tolerance,
            relative_tolerance: tolerance,
            most_steps,
        };
        probability_flow(&two_wells(), &start, &[-2.0, 7.0], &settings)
    };
    let best = run(1e-11, 10_000).unwrap();
    let error = |flow: &Trajectory| {
        let pairs = flow.last().iter().zip(best.last());
        pairs.map(|(found, expected)| (found[0] - expected[0]).abs()).fold(0.0, f64::max)
    };
    let (loose, tight) = (run(1e-4, 10_000).unwrap(), run(1e-7, 10_000).unwrap());
    assert!(error(&loose) < 1e-2 && error(&tight) < 1e-5, "{} {}", error(&loose), error(&tight));
    let message = run(1e-11, 5).unwrap_err().to_string();
    assert!(message.contains("5 steps"), "{message}");
}

/// Mean and variance of one variable of the particles.
fn mean_and_variance(points: &[Vec<f64>], axis: usize) -> (f64, f64) {
    let count = points.len() as f64;
    let mean = points.iter().map(|y| y[axis]).sum::<f64>() / count;
    (mean, points.iter().map(|y| (y[axis] - mean).powi(2)).sum::<f64>() / count)
}

#[test]
fn reverse_diffusion_of_a_gaussian_keeps_the_noisy_density_at_every_level() {
    let denoiser = MixtureDenoiser::new(vec![component(1.0, &[1.0], &[0.5])], vec![None]).unwrap();
    let prior = Prior { centre: vec![1.0], deviation: vec![0.5_f64.sqrt()] };
    let count = 15_000;
    let start = prior.draw(denoiser.periods(), -3.0, count, 3).unwrap();
    let levels = [-3.0, -1.0, 1.0, 7.0];
    let settings = ReverseDiffusionSettings { steps: 50, seed: 8 };
    let found = reverse_diffusion(&denoiser, &start, &levels, &settings).unwrap();
    for (level, points) in levels.iter().zip(&found.points) {
        let (mean, variance) = mean_and_variance(points, 0);
        let expected = 0.5 + (-level).exp();
        // Four standard errors, and one part in a thousand for the steps.
        let count = count as f64;
        assert!((mean - 1.0).abs() < 4.0 * (expected / count).sqrt(), "{level}: {mean}");
        let tolerance = expected * (4.0 * (2.0 / count).sqrt() + 1e-3);
        assert!((variance - expected).abs() < tolerance, "{level}: {variance} {expected}");
    }
}

#[test]
fn reverse_diffusion_is_of_second_order() {
    // Fluctuations vanish in the limit of no noise but for the linear recursion's own variance, which is deterministic here:
    // for Gaussian data each step is linear, y' = a y + b n, so that the variance after all steps is a sum without sampling.
    let denoiser = MixtureDenoiser::new(vec![component(1.0, &[0.0], &[0.5])], vec![None]).unwrap();
    let variance = |steps: usize| {
        let (low, high) = (-2.0, 4.0);
        let step = (high - low) / steps as f64;
        let mut variance = 0.5 + f64::exp(-low);
        for index in 0..steps {
            let from = low + index as f64 * step;
            let single = ReverseDiffusionSettings { steps: 1, seed: 4 };
            let run = |start: f64| {
                reverse_diffusion(&denoiser, &[vec![start]], &[from, from + step], &single).unwrap().last()[0]
                    [0]
            };
            // The same random number in both: slope and, with the known number, the noise's factor.
            let (at_zero, at_one) = (run(0.0), run(1.0));
            let unit = unit_noise();
            variance = (at_one - at_zero).powi(2) * variance + (at_zero / unit).powi(2);
        }
        variance
    };
    let exact = 0.5 + f64::exp(-4.0);
    let (coarse, fine) = (variance(30) - exact, variance(60) - exact);
    let ratio = coarse / fine;
    assert!((3.2..5.0).contains(&ratio), "{coarse} {fine} {ratio}");
    assert!(fine.abs() < 1e-3);
}

/// The first normal number of seed 4, particle 0, step 0: a point mass at 0 makes the flow the noise alone.
fn unit_noise() -> f64 {
    let point = MixtureDenoiser::new(vec![component(1.0, &[0.0], &[0.0])], vec![None]).unwrap();
    let single = ReverseDiffusionSettings { steps: 1, seed: 4 };
    let (from, to) = (0.0_f64, 1.0_f64);
    let end = reverse_diffusion(&point, &[vec![0.0]], &[from, to], &single).unwrap().last()[0][0];
    end / ((-to).exp() * (1.0 - (from - to).exp())).sqrt()
}

#[test]
fn reverse_diffusion_fills_the_wells_as_the_density_does() {
    let denoiser = two_wells();
    let prior = Prior { centre: vec![0.1], deviation: vec![1.45] };
    let count = 8000;
    let start = prior.draw(denoiser.periods(), -5.0, count, 1).unwrap();
    let settings = ReverseDiffusionSettings { steps: 120, seed: 2 };
    let points = reverse_diffusion(&denoiser, &start, &[-5.0, 9.0], &settings).unwrap();
    let points = points.last();
    let (mean, variance) = mean_and_variance(points, 0);
    // Mean 0.1, variance 0.3 × 0.09 + 0.7 × 0.25 + 0.21 × 9 = 2.092; four standard errors of 8000 samples.
    assert!((mean - 0.1).abs() < 4.0 * (2.092_f64 / 8000.0).sqrt(), "{mean}");
    assert!((variance - 2.092).abs() < 0.08, "{variance}");
    let left: Vec<Vec<f64>> = points.iter().filter(|y| y[0] < -0.8).cloned().collect();
    let share = left.len() as f64 / count as f64;
    assert!((share - 0.3).abs() < 4.0 * (0.21_f64 / 8000.0).sqrt(), "{share}");
    let (mean, variance) = mean_and_variance(&left, 0);
    assert!((mean + 2.0).abs() < 0.03 && (variance - 0.09).abs() < 0.01, "{mean} {variance}");
    // The ODE leads the same particles to the same populations.
    let flow =
        probability_flow(&denoiser, &start, &[-5.0, 9.0], &ProbabilityFlowSettings::default()).unwrap();
    let share = flow.last().iter().filter(|y| y[0] < -0.8).count() as f64 / count as f64;
    assert!((share - 0.3).abs() < 4.0 * (0.21_f64 / 8000.0).sqrt(), "{share}");
}

#[test]
fn flows_fill_the_wells_of_a_torus_as_the_density_does() {
    let denoiser = torus_wells();
    let prior = Prior { centre: vec![0.0; 2], deviation: vec![0.0; 2] };
    let count = 3000;
    let low = -2.0 * PI.ln() - 0.5;
    let start = prior.draw(denoiser.periods(), low, count, 1).unwrap();
    assert!(start.iter().flatten().all(|y| y.abs() <= PI));
    let settings = ReverseDiffusionSettings { steps: 80, seed: 2 };
    let sampled = reverse_diffusion(&denoiser, &start, &[low, 8.0], &settings).unwrap();
    let flow = probability_flow(&denoiser, &start, &[low, 8.0], &ProbabilityFlowSettings::default()).unwrap();
    for points in [sampled.last(), flow.last()] {
        let first = |y: &Vec<f64>| nearest(y[0] - 3.0, Some(TAU)).abs() < 1.4;
        let chosen: Vec<&Vec<f64>> = points.iter().filter(|y| first(y)).collect();
        let share = chosen.len() as f64 / count as f64;
        // Four standard errors, and what the prior is not uniform: 2 exp(-½ e^{1/2} π²) = 6e-4.
        assert!((share - 0.4).abs() < 4.0 * (0.24 / count as f64).sqrt() + 1e-3, "{share}");
        let offsets: Vec<f64> = chosen.iter().map(|y| nearest(y[0] - 3.0, Some(TAU))).collect();
        let variance = offsets.iter().map(|offset| offset * offset).sum::<f64>() / offsets.len() as f64;
        assert!((variance - 0.05).abs() < 0.01, "{variance}");
    }
}

#[test]
fn particles_started_from_data_stay_data() {
    // From clean samples made noisy, without a prior: what diagnoses of a torus at large λ do.
    let denoiser = torus_wells();
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
    let noise = f64::exp(-1.0);
    let mut start: Vec<Vec<f64>> = Vec::new();
    for index in 0..3000 {
        let (mean, variances) =
            if index % 5 < 2 { ([3.0, 0.5], [0.05, 0.1]) } else { ([0.2, -1.5], [0.1, 0.1]) };
        let coordinate = |axis: usize| mean[axis] + f64::sqrt(variances[axis] + noise) * normal();
        start.push([0, 1].map(coordinate).to_vec());
    }
    let settings = ReverseDiffusionSettings { steps: 60, seed: 5 };
    let points = reverse_diffusion(&denoiser, &start, &[1.0, 8.0], &settings).unwrap();
    let near = points.last().iter().filter(|y| nearest(y[0] - 3.0, Some(TAU)).abs() < 1.4).count();
    assert!((near as f64 / 3000.0 - 0.4).abs() < 4.0 * (0.24_f64 / 3000.0).sqrt(), "{near}");
}

#[test]
fn results_depend_on_nothing_but_the_seed() {
    let denoiser = torus_wells();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let start: Vec<Vec<f64>> =
        (0..50).map(|_| vec![random.random::<f64>(), random.random::<f64>()]).collect();
    let run = |threads: usize, seed: u64, start: &[Vec<f64>]| {
        let settings = ReverseDiffusionSettings { steps: 20, seed };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| reverse_diffusion(&denoiser, start, &[0.0, 5.0], &settings).unwrap())
    };
    let whole = run(1, 7, &start);
    assert_eq!(whole, run(3, 7, &start));
    assert_ne!(whole, run(1, 8, &start));
    // A particle's path does not depend on which others there are.
    assert_eq!(run(1, 7, &start[..10]).last(), &whole.last()[..10]);
}

#[test]
fn requests_without_sense_are_refused() {
    let denoiser = two_wells();
    let settings = ReverseDiffusionSettings::default();
    let refused = |start: &[Vec<f64>], levels: &[f64], word: &str| {
        let message = reverse_diffusion(&denoiser, start, levels, &settings).unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    };
    refused(&[vec![0.0]], &[3.0, 1.0], "rise");
    refused(&[vec![0.0]], &[3.0], "two or more");
    refused(&[vec![0.0, 1.0]], &[1.0, 3.0], "2 variables");
    refused(&[vec![0.0]], &[1.0, 90.0], "90");
    refused(&[vec![f64::NAN]], &[1.0, 3.0], "not finite");
    let prior = Prior { centre: vec![0.0], deviation: vec![1.0] };
    let message = prior.draw(&[Some(TAU)], 1.0, 5, 1).unwrap_err().to_string();
    assert!(message.contains("-2.29"), "{message}");
}
