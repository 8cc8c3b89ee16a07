//! The exact mixture denoiser against closed forms, quadrature and finite differences.

mod oracle;

use geodyssey_denoiser::{
    Covariance, Denoiser, DenoiserError, MixtureComponent, MixtureDenoiser, SpacetimePoint,
};
use nalgebra::{DMatrix, DVector};
use oracle::{Node, assert_close, assert_denoiser, assert_derivatives, point, sums, trapezoid, vector};
use proptest::prelude::*;
use std::f64::consts::{PI, TAU};

fn component(weight: f64, mean: &[f64], covariance: Covariance) -> MixtureComponent {
    MixtureComponent { weight, mean: mean.to_vec(), covariance }
}

/// The 1-D mixture of arXiv 2505.17517, Figure 1.
fn paper_mixture() -> MixtureDenoiser {
    let parts = [(0.275, -2.5), (0.45, 0.5), (0.275, 2.5)];
    let components = parts.map(|(weight, mean)| component(weight, &[mean], Covariance::Isotropic(0.5625)));
    MixtureDenoiser::new(components.to_vec(), vec![None]).unwrap()
}

/// (logSNR, y, E[x], E[x²]) of the paper's mixture in closed form, computed in double precision by an independent
/// Python program from responsibilities and component posteriors.
const PAPER_POINTS: [[f64; 4]; 32] = [
    [-5.856056135911299, -58.834322574402975, -0.47418838162340377, 4.417377013096063],
    [-5.91246316294068, 29.604345490284658, 0.5405805798077089, 4.105617696000081],
    [-0.294250772009125, 1.6575663477122027, 1.4178060198014961, 2.9265338144958504],
    [4.112613502307681, -0.9959504565594075, -0.9854049204484072, 0.9886103499256228],
    [8.564530514272196, 2.3884145326299175, 2.3884082529979147, 5.7046846994056395],
    [2.23931748891805, -2.574880536718437, -2.562288083480812, 6.655207402100357],
    [1.7573144559360259, -0.9489096171790682, -0.8419553432941064, 0.9509886087844128],
    [8.730716277073054, 2.3836636019490527, 2.3836590592258298, 5.68199203129871],
    [8.663851954038373, -0.9562796073755122, -0.9561328863618158, 0.9143629475100831],
    [-9.584181409249371, 205.67832796739015, 0.28225500012601334, 4.106746231237405],
    [-2.925486942489364, 3.9895001207136636, 0.9502425820254596, 3.9154518005902528],
    [5.097404127939381, 3.538774013414631, 3.527580174031612, 12.449869347108057],
    [1.2490069972772737, 4.461936382130057, 3.798394920592156, 14.618445524052147],
    [-9.104374910577704, 169.71643564796526, 0.30122323485404645, 4.105445036790427],
    [-7.635410075684138, 112.44547519192531, 0.4417362940901908, 4.1076311837537824],
    [-6.6092359220878265, -75.69343156425599, -0.19717803308992432, 4.242735908636821],
    [2.065830444772258, 1.8078085698329518, 1.7875697538681075, 3.3313028190770213],
    [0.13395804035054226, 3.80765525993813, 2.9365226938513733, 9.051494518891026],
    [-3.3924355551564673, -4.3810036230600655, -0.340429953763627, 4.073393397270735],
    [8.432587911205324, 0.4260466769043463, 0.426085189007742, 0.18176616982640798],
    [-1.0674454448778903, -0.32439733522685577, 0.045487801272471234, 2.1416997694404025],
    [4.38812919302205, 3.6909003274102075, 3.6651306833587403, 13.44533989291282],
    [-7.289302528030504, -55.96047055419852, 0.06864018681141071, 4.138166367532046],
    [8.367082803605932, -0.7834147984969001, -0.7830847103930344, 0.6134541681621078],
    [-3.4402854340102067, -22.654806677383167, -2.2421716037022037, 7.23347100208707],
    [-7.105699244688065, -22.301706747319187, 0.1506420921192726, 4.117223325932811],
    [5.235484316910565, 1.054284325296057, 1.05120220799014, 1.110335610119777],
    [-7.59260619675122, 155.01129243416216, 0.5341090105153613, 4.123219397418987],
    [-7.146152986067232, 120.79887078321485, 0.5988106044720651, 4.137789556891061],
    [9.244469420731953, -1.3812682346813512, -1.3813694789985254, 1.908278304179811],
    [-3.9839148928738055, 28.93184016432666, 1.8590074663101213, 5.600616909637394],
    [9.57696607513289, -2.4986870617516583, -2.4986870191048616, 6.2435061178812346],
];

#[test]
fn paper_mixture_matches_closed_form() {
    let denoiser = paper_mixture();
    for [log_snr, y, mean, square] in PAPER_POINTS {
        let mu = denoiser.expectation_parameters(&[point(log_snr, &[y])]).unwrap().remove(0);
        assert_close(mu[0], mean, 1e-3, 1e-11, "E[x]");
        assert_close(mu[1], square, 1e-3, 1e-11, "E[x²]");
    }
}

/// The Fisher metric of the paper's mixture in the coordinates (t, x_t), variance preserving, logSNR = 10 - 20 t, at
/// (0.35, -2.3); central differences of the closed form.
#[test]
fn paper_mixture_metric_in_diffusion_coordinates() {
    let (t, x_t) = (0.35, -2.3);
    let eta = |t: f64, x_t: f64| {
        let log_snr: f64 = 10.0 - 20.0 * t;
        let alpha = (1.0 / (1.0 + (-log_snr).exp())).sqrt();
        point(log_snr, &[x_t / alpha])
    };
    let step = 1e-5;
    let slope = |plus: SpacetimePoint, minus: SpacetimePoint| {
        (plus.natural_parameter() - minus.natural_parameter()) / (2.0 * step)
    };
    let jacobian = DMatrix::from_columns(&[
        slope(eta(t + step, x_t), eta(t - step, x_t)),
        slope(eta(t, x_t + step), eta(t, x_t - step)),
    ]);
    let metric = paper_mixture().moments(&[eta(t, x_t)]).unwrap().remove(0).metric;
    let found = jacobian.transpose() * metric * jacobian;
    for (entry, expected) in
        [(found[(0, 0)], 202.94648906), (found[(0, 1)], -25.28786357), (found[(1, 1)], 19.42431837)]
    {
        assert_close(entry, expected, 1.0, 1e-7, "metric");
    }
}

#[test]
fn one_gaussian_has_its_closed_form() {
    let (mean, variance) = ([0.3, -1.2, 2.0], 0.7);
    let denoiser =
        MixtureDenoiser::new(vec![component(2.0, &mean, Covariance::Isotropic(variance))], vec![None; 3])
            .unwrap();
    for log_snr in [-10.0_f64, -3.0, 0.0, 4.0, 10.0] {
        let y = [1.0, -0.4, 0.9];
        let noise = (-log_snr).exp();
        let posterior_variance = variance * noise / (variance + noise);
        let moments = denoiser.moments(&[point(log_snr, &y)]).unwrap().remove(0);
        let mut distance = 0.0;
        for axis in 0..3 {
            let exact = (noise * mean[axis] + variance * y[axis]) / (variance + noise);
            assert_close(moments.mean()[axis], exact, 1e-3, 1e-13, "mean");
            assert_close(moments.metric[(axis, axis)], posterior_variance, 0.0, 1e-13, "variance");
            assert_close(
                moments.metric[(axis, 3)],
                2.0 * posterior_variance * exact,
                1e-6,
                1e-12,
                "covariance",
            );
            distance += (mean[axis] - y[axis]).powi(2);
        }
        let square: f64 = moments.mean().iter().map(|m| m * m).sum();
        let corner = 2.0 * 3.0 * posterior_variance.powi(2) + 4.0 * posterior_variance * square;
        assert_close(moments.metric[(3, 3)], corner, 0.0, 1e-13, "variance of |x|²");
        assert_close(moments.variance_trace(), 3.0 * posterior_variance, 1.0, 1e-12, "variance trace");
        let log_normaliser =
            2f64.ln() + 1.5 * (noise / (variance + noise)).ln() - 0.5 * distance / (variance + noise);
        assert_close(moments.log_normaliser.unwrap(), log_normaliser, 1e-3, 1e-13, "log normaliser");
    }
}

#[test]
fn one_variable_matches_quadrature() {
    let denoiser = MixtureDenoiser::new(
        vec![
            component(0.7, &[-1.0], Covariance::Isotropic(0.09)),
            component(0.3, &[1.4], Covariance::Diagonal(vec![0.25])),
        ],
        vec![None],
    )
    .unwrap();
    let density = |x: &[f64]| {
        let gaussian = |mean: f64, variance: f64| {
            (-0.5 * (x[0] - mean).powi(2) / variance).exp() / (TAU * variance).sqrt()
        };
        (0.7 * gaussian(-1.0, 0.09) + 0.3 * gaussian(1.4, 0.25)).ln()
    };
    let nodes = trapezoid(&[(-6.0, 7.0, 20_000)], &density);
    let direction = vector([0.7, -0.4]);
    for log_snr in [-6.0, -2.0, 0.0, 2.0, 5.0, 8.0] {
        for y in [-2.0, 0.1, 1.5] {
            let at = point(log_snr, &[y]);
            assert_denoiser(&denoiser, &at, &direction, &sums(&nodes, &at, &direction), 1e-9);
        }
    }
}

/// Two variables, one of them periodic, with isotropic, diagonal and full covariances.
#[test]
fn two_variables_match_quadrature_on_the_cover() {
    let (a, b) = (
        DMatrix::from_row_slice(2, 2, &[0.5, 0.3, 0.3, 0.4]),
        DMatrix::from_row_slice(2, 2, &[0.3, 0.0, 0.0, 0.8]),
    );
    let denoiser = MixtureDenoiser::new(
        vec![
            component(0.5, &[1.0, 0.2], Covariance::Full(a.clone())),
            component(0.3, &[-2.5, -1.0], Covariance::Diagonal(vec![0.3, 0.8])),
            component(0.2, &[2.9, 1.0], Covariance::Isotropic(0.4)),
        ],
        vec![Some(TAU), None],
    )
    .unwrap();
    let log_density = |x: &[f64]| {
        let gaussian = |mean: [f64; 2], covariance: &DMatrix<f64>| {
            let inverse = covariance.clone().try_inverse().unwrap();
            let nearest = ((x[0] - mean[0]) / TAU).round() as i64;
            let images: f64 = (nearest - 3..=nearest + 3)
                .map(|image| {
                    let offset = vector([x[0] - mean[0] - image as f64 * TAU, x[1] - mean[1]]);
                    (-0.5 * offset.dot(&(&inverse * &offset))).exp()
                })
                .sum();
            images / (TAU * covariance.determinant().sqrt())
        };
        let c = DMatrix::identity(2, 2) * 0.4;
        (0.5 * gaussian([1.0, 0.2], &a) + 0.3 * gaussian([-2.5, -1.0], &b) + 0.2 * gaussian([2.9, 1.0], &c))
            .ln()
    };
    let direction = vector([0.3, -0.5, 0.2]);
    for (log_snr, y, reach) in [(-1.0, [2.0, 0.5], 16.0), (1.5, [3.3, -0.4], 9.0), (4.0, [-3.0, 0.3], 3.0)] {
        let at = point(log_snr, &y);
        let nodes = trapezoid(&[(y[0] - reach, y[0] + reach, 500), (-7.0, 7.0, 300)], &log_density);
        assert_denoiser(&denoiser, &at, &direction, &sums(&nodes, &at, &direction), 1e-8);
        assert_derivatives(&denoiser, &at, &direction, 1e-5);
    }
}

#[test]
fn weighted_points_on_a_torus_match_sums_over_images() {
    let places = [[0.5, -2.0], [-3.0, 3.0], [1.5, 1.5]];
    let (weights, energies) = ([0.2, 1.3, 0.6], vec![3.0, 1.0, 2.0]);
    let periods = vec![Some(TAU), Some(4.5)];
    let denoiser =
        MixtureDenoiser::from_points(places.iter().map(|x| x.to_vec()).collect(), &weights, periods)
            .unwrap()
            .with_energies(energies.clone())
            .unwrap();
    let direction = vector([0.3, 0.5, -0.2]);
    for (log_snr, images) in [(-4.6, 16), (-1.0, 4), (2.0, 3), (3.5, 2)] {
        let mut nodes = Vec::new();
        for (index, place) in places.iter().enumerate() {
            for first in -images * 2..=images * 2 {
                for second in -images * 2..=images * 2 {
                    let x = vec![place[0] + f64::from(first) * TAU, place[1] + f64::from(second) * 4.5];
                    nodes.push(Node { x, log_weight: weights[index].ln(), energy: energies[index] });
                }
            }
        }
        let at = point(log_snr, &[1.0 + TAU, -0.25 - 4.5]);
        let expected = sums(&nodes, &at, &direction);
        assert_denoiser(&denoiser, &at, &direction, &expected, 1e-9);
        let energy = denoiser.energy_moments(std::slice::from_ref(&at)).unwrap().unwrap().remove(0);
        assert_close(energy.mean, expected.energy, 1.0, 1e-10, "E[F]");
        for index in 0..3 {
            let scale = expected.metric[(index, index)].sqrt();
            assert_close(
                energy.covariance[index],
                expected.energy_covariance[index],
                scale,
                1e-9,
                "Cov(F, T)",
            );
        }
    }
}

/// Where the wrapped Gaussian becomes uniform, the summed and the uniform form agree.
#[test]
fn lattice_sum_joins_its_uniform_limit() {
    let denoiser = MixtureDenoiser::new(
        vec![
            component(0.4, &[0.5], Covariance::Isotropic(0.2)),
            component(0.6, &[2.0], Covariance::Isotropic(0.0)),
        ],
        vec![Some(TAU)],
    )
    .unwrap();
    let switch = -2.0 * (1.75 * TAU).ln();
    let at = |log_snr: f64| denoiser.moments(&[point(log_snr, &[20.0])]).unwrap().remove(0);
    let (above, below) = (at(switch + 1e-13), at(switch - 0.01));
    let (slow, fast) = (switch.exp(), (switch - 0.01).exp());
    assert_close(above.metric[(0, 0)] * slow, 1.0, 1.0, 1e-12, "variance, summed");
    assert_close(below.metric[(0, 0)] * fast, 1.0, 1.0, 1e-12, "variance, uniform");
    let log_normaliser = |log_snr: f64| 0.5 * (TAU.ln() - log_snr) - TAU.ln();
    assert_close(above.log_normaliser.unwrap(), log_normaliser(switch), 1.0, 1e-12, "log normaliser, summed");
    assert_close(
        below.log_normaliser.unwrap(),
        log_normaliser(switch - 0.01),
        1.0,
        1e-12,
        "log normaliser, uniform",
    );
}

#[test]
fn bad_data_is_refused() {
    let fails = |parts: Vec<MixtureComponent>, periods: Vec<Option<f64>>, text: &str| {
        let error = MixtureDenoiser::new(parts, periods).unwrap_err();
        assert!(matches!(&error, DenoiserError::Data(message) if message.contains(text)), "{error}");
    };
    let good = component(1.0, &[0.0], Covariance::Isotropic(1.0));
    fails(vec![], vec![None], "all zero");
    fails(vec![good.clone()], vec![], "no variable");
    fails(vec![good.clone()], vec![Some(0.0)], "period");
    fails(
        vec![good.clone(), component(-1.0, &[0.0], Covariance::Isotropic(1.0))],
        vec![None],
        "component 1: weight",
    );
    fails(vec![component(0.0, &[0.0], Covariance::Isotropic(1.0))], vec![None], "all zero");
    fails(vec![component(1.0, &[f64::NAN], Covariance::Isotropic(1.0))], vec![None], "mean");
    fails(vec![component(1.0, &[0.0], Covariance::Isotropic(-1.0))], vec![None], "variances");
    let indefinite = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
    fails(
        vec![component(1.0, &[0.0, 0.0], Covariance::Full(indefinite))],
        vec![None, None],
        "positive definite",
    );
    assert!(MixtureDenoiser::new(vec![good], vec![None]).unwrap().with_energies(vec![1.0]).is_err());
    for bad in
        [point(f64::NAN, &[0.0]), point(0.0, &[f64::INFINITY]), point(0.0, &[0.0, 0.0]), point(99.0, &[0.0])]
    {
        assert!(matches!(paper_mixture().moments(&[bad]), Err(DenoiserError::Point { index: 0, .. })));
    }
    let direction = DVector::zeros(3);
    assert!(paper_mixture().vector_jacobian_products(&[point(0.0, &[0.0])], &[direction]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// `D(λ, y + Pn) = D + Pn`, and `G` changes as the covariance of the shifted statistic.
    #[test]
    fn translation_by_periods(log_snr in -6.0..9.0_f64, y in prop::array::uniform2(-PI..PI), shift in prop::array::uniform2(-2_i32..3)) {
        let denoiser = MixtureDenoiser::new(
            vec![component(0.5, &[1.0, 0.2], Covariance::Isotropic(0.3)), component(0.5, &[-2.0, 2.2], Covariance::Diagonal(vec![0.1, 0.0]))],
            vec![Some(TAU), Some(TAU)],
        ).unwrap();
        let translation: Vec<f64> = shift.iter().map(|n| f64::from(*n) * TAU).collect();
        let moved: Vec<f64> = y.iter().zip(&translation).map(|(y, t)| y + t).collect();
        let moments = denoiser.moments(&[point(log_snr, &y), point(log_snr, &moved)]).unwrap();
        let mut jacobian = DMatrix::identity(3, 3);
        for axis in 0..2 {
            prop_assert!((moments[1].mean()[axis] - moments[0].mean()[axis] - translation[axis]).abs() < 1e-10);
            jacobian[(2, axis)] = 2.0 * translation[axis];
        }
        let expected = &jacobian * &moments[0].metric * jacobian.transpose();
        prop_assert!((&moments[1].metric - &expected).amax() < 1e-9 * expected.amax());
    }

    /// The metric is positive semidefinite and is the derivative of the expectation parameter.
    #[test]
    fn metric_is_a_covariance_and_a_derivative(log_snr in -4.0..7.0_f64, y in -4.0..4.0_f64, angle in 0.0..TAU) {
        let denoiser = paper_mixture();
        let at = point(log_snr, &[y]);
        let metric = denoiser.moments(std::slice::from_ref(&at)).unwrap().remove(0).metric;
        prop_assert!(metric[(0, 0)] > 0.0 && metric.determinant() > -1e-12 * metric[(0, 0)] * metric[(1, 1)]);
        assert_derivatives(&denoiser, &at, &vector([angle.cos(), angle.sin()]), 1e-5);
    }

    #[test]
    fn natural_parameters_round_trip(log_snr in -10.0..10.0_f64, y in prop::collection::vec(-9.0..9.0_f64, 1..4)) {
        let at = point(log_snr, &y);
        let back = SpacetimePoint::from_natural_parameter(&at.natural_parameter()).unwrap();
        prop_assert!((back.log_snr - log_snr).abs() < 1e-12);
        prop_assert!(back.y.iter().zip(&y).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}

#[test]
fn natural_parameters_outside_the_domain_are_refused() {
    for eta in [vector([1.0, 0.0]), vector([1.0, 1.0]), vector([f64::NAN, -1.0]), DVector::zeros(0)] {
        assert!(SpacetimePoint::from_natural_parameter(&eta).is_none());
    }
}
