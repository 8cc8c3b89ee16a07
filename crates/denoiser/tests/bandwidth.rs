//! Bandwidths by held-out likelihood against the asymptotic theory for Gaussian data.

use std::f64::consts::TAU;

use geodyssey_denoiser::{
    BandwidthSettings, DenoiserError, HoldOut, KernelDenoiser, SampleSet, held_out_bandwidth,
};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

fn normals(seed: u64) -> impl FnMut() -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    move || StandardNormal.sample(&mut random)
}

/// The bandwidth of least asymptotic squared error for `count` normal samples, `σ (4/((d + 2) n))^{1/(d + 4)}` (B. W. Silverman,
/// *Density Estimation*, 1986, Eq. 4.14); 1.06 σ n^{-1/5} in one variable.
fn silverman(deviation: f64, dimension: i32, count: usize) -> f64 {
    let d = f64::from(dimension);
    deviation * (4.0 / ((d + 2.0) * count as f64)).powf(1.0 / (d + 4.0))
}

/// The likelihood is flat about its maximum, so that single sets scatter by a few tens of per cent.
#[test]
fn normal_data_give_the_bandwidth_of_theory() {
    for (dimension, count, seed) in [(1, 1500, 5), (1, 4000, 6), (3, 3000, 7)] {
        let mut normal = normals(seed);
        let deviations = [0.3, 2.0, 7.0];
        let points: Vec<Vec<f64>> = (0..count)
            .map(|_| deviations[..dimension].iter().map(|s| 4.0 + s * normal()).collect())
            .collect();
        let samples = SampleSet::new(&points, None, vec![None; dimension]).unwrap();
        let found = held_out_bandwidth(&samples, &BandwidthSettings { seed, ..Default::default() }).unwrap();
        assert_eq!(found.kernels, count - count / 5);
        for (h, deviation) in found.per_variable.iter().zip(deviations) {
            let ratio = h / silverman(deviation, dimension as i32, found.kernels);
            assert!((1.0 / 1.5..1.5).contains(&ratio), "{dimension} variables, {count} samples: {ratio}");
        }
        // At best the mean log density is minus the entropy of the data.
        let entropy: f64 = deviations[..dimension].iter().map(|s| 0.5 * (1.0 + TAU.ln()) + s.ln()).sum();
        assert!(
            (found.held_out_log_likelihood + entropy).abs() < 0.15,
            "{} {entropy}",
            found.held_out_log_likelihood
        );
        let best = found.tried.iter().map(|(_, likelihood)| *likelihood).fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(best, found.held_out_log_likelihood);
    }
}

#[test]
fn where_a_circle_is_cut_does_not_matter() {
    let mut normal = normals(11);
    let angles: Vec<f64> = (0..1500).map(|_| 0.4 * normal()).collect();
    let at = |centre: f64| {
        let points: Vec<Vec<f64>> = angles.iter().map(|angle| vec![centre + angle]).collect();
        let samples = SampleSet::new(&points, None, vec![Some(TAU)]).unwrap();
        held_out_bandwidth(&samples, &BandwidthSettings::default()).unwrap()
    };
    let (inside, across) = (at(0.0), at(0.5 * TAU));
    assert!((inside.per_variable[0] - across.per_variable[0]).abs() < 1e-9);
    assert!((inside.held_out_log_likelihood - across.held_out_log_likelihood).abs() < 1e-9);
    let ratio = across.per_variable[0] / silverman(0.4, 1, across.kernels);
    assert!((1.0 / 1.5..1.5).contains(&ratio), "{ratio}");
}

/// A slow trajectory: neighbours in time are a hundredth of the spread apart, so single held-out samples ask for a
/// bandwidth of that size, stretches for one that joins independent samples.
#[test]
fn stretches_are_not_fooled_by_neighbours_in_time() {
    let mut normal = normals(13);
    let (memory, mut x) = (0.998_f64, 0.0);
    let points: Vec<Vec<f64>> = (0..10_000)
        .map(|_| {
            x = memory * x + (1.0 - memory * memory).sqrt() * normal();
            vec![x, 0.2 * normal()]
        })
        .collect();
    let samples = SampleSet::new(&points, None, vec![None; 2]).unwrap();
    let by = |hold_out| {
        held_out_bandwidth(
            &samples,
            &BandwidthSettings { hold_out, most_held_out: 1000, ..Default::default() },
        )
        .unwrap()
    };
    let (single, stretches) = (by(HoldOut::Random), by(HoldOut::Blocks(20)));
    assert!(stretches.factor > 1.5 * single.factor, "{} {}", stretches.factor, single.factor);
}

#[test]
fn more_samples_than_wanted_are_thinned_and_weights_count() {
    // Samples of a normal of variance 4 with weights that lead to variance 1.
    let mut normal = normals(17);
    let points: Vec<Vec<f64>> = (0..20_000).map(|_| vec![2.0 * normal()]).collect();
    let weights: Vec<f64> = points.iter().map(|x| (-0.5 * x[0] * x[0] * (1.0 - 0.25)).exp()).collect();
    let samples = SampleSet::new(&points, Some(&weights), vec![None]).unwrap();
    let settings = BandwidthSettings { most_kernels: 4000, most_held_out: 2000, ..Default::default() };
    let found = held_out_bandwidth(&samples, &settings).unwrap();
    assert_eq!((found.kernels, found.held_out), (4000, 2000));
    // With w = exp(-3x²/8) and x of variance 4, (E w)²/E w² = √7/4.
    let ratio = found.per_variable[0] / silverman(1.0, 1, (4000.0 * 7.0_f64.sqrt() / 4.0) as usize);
    assert!((1.0 / 1.5..1.5).contains(&ratio), "{ratio}");
    assert!((found.held_out_log_likelihood + 0.5 * (1.0 + TAU.ln())).abs() < 0.15);
}

#[test]
fn data_without_a_bandwidth_are_refused() {
    let repeated: Vec<Vec<f64>> = (0..600).map(|index| vec![f64::from(index % 5)]).collect();
    let repeated = SampleSet::new(&repeated, None, vec![None]).unwrap();
    let refused = held_out_bandwidth(&repeated, &BandwidthSettings::default());
    assert!(matches!(refused, Err(DenoiserError::Data(message)) if message.contains("repeat")));
    let constant: Vec<Vec<f64>> = (0..100).map(|index| vec![f64::from(index), 1.0]).collect();
    let constant = SampleSet::new(&constant, None, vec![None; 2]).unwrap();
    let refused = held_out_bandwidth(&constant, &BandwidthSettings::default());
    assert!(
        matches!(&refused, Err(DenoiserError::Data(message)) if message.contains("variable 1")),
        "{refused:?}"
    );
}

/// Log densities against the lattice sum written out.
#[test]
fn log_densities_are_those_of_the_formula() {
    let points: Vec<Vec<f64>> =
        (0..150).map(|i| vec![(f64::from(i) * 0.77).sin() * 3.0, (f64::from(i) * 1.3).cos()]).collect();
    let samples = SampleSet::new(&points, None, vec![Some(TAU), None]).unwrap();
    for bandwidths in [[0.2, 0.1], [1.2, 0.5], [2.0, 1.0], [20.0, 3.0]] {
        let density = KernelDenoiser::new(samples.clone(), bandwidths.to_vec()).unwrap();
        for at in [[0.0, 0.2], [3.1, -0.4], [-9.0, 1.5]] {
            let mut sum = 0.0;
            for point in &points {
                for image in -40..=40 {
                    let offsets = [at[0] - point[0] + TAU * f64::from(image), at[1] - point[1]];
                    let factors = [0, 1].map(|axis| {
                        let h = bandwidths[axis];
                        (-0.5 * (offsets[axis] / h).powi(2)).exp() / (h * TAU.sqrt())
                    });
                    sum += factors[0] * factors[1] / points.len() as f64;
                }
            }
            let found = density.log_densities(&[at.to_vec()]).unwrap()[0];
            assert!((found - sum.ln()).abs() < 1e-11, "{bandwidths:?} {at:?}: {found} {}", sum.ln());
        }
    }
    let points_only = KernelDenoiser::new(samples, vec![0.0, 0.1]).unwrap();
    assert!(matches!(points_only.log_densities(&[vec![0.0, 0.0]]), Err(DenoiserError::Data(_))));
}
