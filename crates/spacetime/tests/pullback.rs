//! Pullback geometry: its theorem in numbers, and what the Fisher–Rao metric of pure noise is.

use geodyssey_denoiser::{Covariance, Denoiser, MixtureComponent, MixtureDenoiser, SpacetimePoint};
use geodyssey_spacetime::{
    Decoder, ProbabilityFlowSettings, PullbackSettings, decoded_energy, decoded_length, measure_curve,
    straight_line,
};

fn mixture(wells: &[(f64, &[f64], f64)]) -> MixtureDenoiser {
    let component = |(weight, mean, variance): &(f64, &[f64], f64)| MixtureComponent {
        weight: *weight,
        mean: mean.to_vec(),
        covariance: Covariance::Isotropic(*variance),
    };
    let dimension = wells[0].1.len();
    MixtureDenoiser::new(wells.iter().map(component).collect(), vec![None; dimension]).unwrap()
}

/// The paper's mixture of three Gaussians.
fn one_variable() -> MixtureDenoiser {
    mixture(&[(0.275, &[-2.5], 0.5625), (0.45, &[0.5], 0.5625), (0.275, &[2.5], 0.5625)])
}

fn two_variables() -> MixtureDenoiser {
    mixture(&[(0.4, &[-1.5, 0.0], 0.2), (0.35, &[1.5, 0.5], 0.2), (0.25, &[0.0, 2.0], 0.3)])
}

fn decoder(denoiser: &dyn Denoiser) -> Decoder<'_> {
    let flow =
        ProbabilityFlowSettings { absolute_tolerance: 1e-9, relative_tolerance: 1e-9, most_steps: 10_000 };
    Decoder { denoiser, data_log_snr: 6.0, latent_log_snr: -6.0, flow }
}

fn line(start: &[f64], end: &[f64], points: usize) -> Vec<Vec<f64>> {
    let place = |index: usize| {
        let share = index as f64 / (points - 1) as f64;
        start.iter().zip(end).map(|(a, b)| a + share * (b - a)).collect()
    };
    (0..points).map(place).collect()
}

#[test]
fn the_jacobian_is_the_slope_of_the_decoder() {
    let denoiser = two_variables();
    let decoder = decoder(&denoiser);
    let latents = decoder.encode(&[vec![-1.2, 0.4], vec![0.2, 0.9]]).unwrap();
    let decoded = decoder.decode_with_jacobian(&latents).unwrap();
    let step = 1e-4;
    for (z, point) in latents.iter().zip(&decoded) {
        for axis in 0..2 {
            let moved = [step, -step].map(|step| {
                let mut z = z.clone();
                z[axis] += step;
                z
            });
            let ends = decoder.decode(&moved).unwrap();
            for (row, (ahead, behind)) in ends[0].iter().zip(&ends[1]).enumerate() {
                let slope = (ahead - behind) / (2.0 * step);
                assert!((slope - point.jacobian[(row, axis)]).abs() < 1e-5, "{slope} {}", point.jacobian);
            }
        }
    }
}

/// Minimised from the straight line in latent space, which decodes to a curve that hurries over barriers, the decoded curve becomes
/// a straight line in data space.
#[test]
fn decoded_geodesics_are_straight() {
    let (line_data, plane_data) = (one_variable(), two_variables());
    let cases: [(&dyn Denoiser, Vec<f64>, Vec<f64>); 2] =
        [(&line_data, vec![-2.3], vec![2.0]), (&plane_data, vec![-1.6, -0.1], vec![1.4, 0.7])];
    for (denoiser, start, end) in cases {
        let decoder = decoder(denoiser);
        let ends = [start.clone(), end.clone()];
        assert!(decoder.round_trip_error(&ends).unwrap() < 1e-6);
        let latents = decoder.encode(&ends).unwrap();
        let initial = line(&latents[0], &latents[1], 17);
        let before = decoded_energy(&decoder.decode(&initial).unwrap());
        let geodesic = decoder.geodesic(&initial, &PullbackSettings::default()).unwrap();
        let chord: f64 = start.iter().zip(&end).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        assert!(geodesic.converged, "{geodesic:?}");
        assert!(before > 1.1 * geodesic.energy, "{before} {}", geodesic.energy);
        assert!((geodesic.length / chord - 1.0).abs() < 1e-3, "{} {chord}", geodesic.length);
        assert!(geodesic.deviation < 1e-3, "{}", geodesic.deviation);
        assert!((-1e-6..1e-5).contains(&geodesic.excess), "{}", geodesic.excess);
        // What the theorem says at once is the same curve.
        let expected = decoder.encoded_line(&start, &end, 17).unwrap();
        assert!(expected.deviation < 1e-5 && (decoded_length(&expected.data) - chord).abs() < 1e-5);
        for (found, expected) in geodesic.data.iter().flatten().zip(expected.data.iter().flatten()) {
            assert!((found - expected).abs() < 2e-3, "{found} {expected}");
        }
    }
}

/// The posterior of pure noise is the data's density whatever the noise is: the Fisher–Rao length between the latents of two data
/// points goes to zero, as `e^λ √Var |Δy|` with the data's own variance, while their pullback distance stays what it is.
#[test]
fn the_fisher_rao_metric_of_pure_noise_vanishes() {
    let denoiser = one_variable();
    let length = |log_snr: f64| {
        let decoder = Decoder { latent_log_snr: log_snr, ..decoder(&denoiser) };
        let latents = decoder.encode(&[vec![-2.3], vec![2.0]]).unwrap();
        let ends = [0, 1].map(|index: usize| SpacetimePoint { log_snr, y: latents[index].clone() });
        let curve = straight_line(&ends[0], &ends[1], 65);
        let length = measure_curve(&curve, &denoiser.moments(&curve).unwrap()).length;
        (length, (latents[1][0] - latents[0][0]).abs())
    };
    let lengths: Vec<f64> = [4.0, 0.0, -4.0, -8.0, -12.0].map(|log_snr| length(log_snr).0).to_vec();
    assert!(lengths.windows(2).all(|pair| pair[1] < pair[0]), "{lengths:?}");
    // Far into the noise |Δy| grows as s = e^{-λ/2}, so that the length falls as e^{λ/2}.
    assert!((lengths[4] / lengths[3] / (-2.0_f64).exp() - 1.0).abs() < 0.01, "{lengths:?}");
    let mean: f64 = -2.5 * 0.275 + 0.5 * 0.45 + 2.5 * 0.275;
    let second: f64 = 0.275 * 2.0 * 6.25 + 0.45 * 0.25 + 0.5625;
    let (found, apart) = length(-12.0);
    let expected = (-12.0_f64).exp() * (second - mean * mean).sqrt() * apart;
    assert!((found / expected - 1.0).abs() < 1e-2, "{found} {expected}");
}

#[test]
fn curves_that_are_none_are_errors() {
    let denoiser = one_variable();
    let decoder = decoder(&denoiser);
    assert!(decoder.encoded_line(&[1.0], &[1.0], 9).is_err());
    assert!(decoder.encoded_line(&[1.0], &[2.0], 2).is_err());
    let upside_down = Decoder { latent_log_snr: 7.0, ..decoder };
    assert!(upside_down.encoded_line(&[1.0], &[2.0], 9).is_err());
}
