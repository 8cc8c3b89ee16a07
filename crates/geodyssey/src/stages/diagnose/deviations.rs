//! Errors of the expectation parameter in a unit of their own: posterior standard deviations.

use geodyssey_denoiser::PosteriorMoments;
use nalgebra::{Cholesky, DMatrix, DVector};

/// `√(Δμᵀ G⁻¹ Δμ)` with `Δμ = found - expected` and the exact posterior's metric `G = Cov(T)`, at each point.
///
/// It is the largest error of the mean of any statistic `a·x + b|x|²`, in units of that statistic's own standard deviation in the exact
/// posterior; half its square is, to leading order, the Kullback–Leibler divergence of the two posteriors in nats. `T` changes
/// linearly where the zero or the unit of a variable does, and this does not change at all.
///
/// Zero where nothing differs; infinite where something does and the posterior has no width there.
pub(super) fn deviations(
    found: &[DVector<f64>],
    expected: &[DVector<f64>],
    exact: &[PosteriorMoments],
) -> Vec<f64> {
    let points = found.iter().zip(expected).zip(exact);
    points.map(|((found, expected), exact)| deviation(&(found - expected), exact)).collect()
}

fn deviation(difference: &DVector<f64>, exact: &PosteriorMoments) -> f64 {
    if difference.iter().all(|value| *value == 0.0) {
        return 0.0;
    }
    // About the posterior mean m the statistic is T' = (x - m, |x - m|²) = A T + const, with rows (1, 0) and (-2m, 1) of A: far
    // from the zero of a variable T itself is as good as dependent.
    let last = difference.len() - 1;
    let mut shift = DMatrix::identity(last + 1, last + 1);
    for (axis, mean) in exact.mean().iter().enumerate() {
        shift[(last, axis)] = -2.0 * mean;
    }
    let metric = &shift * &exact.metric * shift.transpose();
    let difference = shift * difference;
    let scale = metric.diagonal().map(f64::sqrt);
    let scaled = DMatrix::from_fn(last + 1, last + 1, |row, column| {
        0.5 * (metric[(row, column)] + metric[(column, row)]) / (scale[row] * scale[column])
    });
    let difference = difference.component_div(&scale);
    Cholesky::new(scaled).map_or(f64::INFINITY, |factor| difference.dot(&factor.solve(&difference)).sqrt())
}

#[cfg(test)]
mod tests {
    use geodyssey_denoiser::{Covariance, Denoiser as _, MixtureComponent, MixtureDenoiser, SpacetimePoint};

    use super::*;

    /// Two wells, the zero of the first variable moved by `shift`.
    fn mixture(shift: f64, width: f64) -> MixtureDenoiser {
        let component = |weight: f64, mean: [f64; 2]| MixtureComponent {
            weight,
            mean: vec![mean[0] + shift, mean[1]],
            covariance: Covariance::Isotropic(width),
        };
        let components = vec![component(0.6, [-1.0, 0.4]), component(0.4, [1.1, -0.3])];
        MixtureDenoiser::new(components, vec![None, None]).unwrap()
    }

    fn points(shift: f64) -> Vec<SpacetimePoint> {
        let places = [[-0.7, 0.1], [0.2, 0.0], [1.3, -0.6]];
        places.map(|[x, y]| SpacetimePoint { log_snr: 1.5, y: vec![x + shift, y] }).to_vec()
    }

    #[test]
    fn errors_do_not_depend_on_the_zero_of_a_variable() {
        let at = |shift: f64| {
            let exact = mixture(shift, 0.2).moments(&points(shift)).unwrap();
            let expected: Vec<_> = exact.iter().map(|one| one.expectation_parameter.clone()).collect();
            let found = mixture(shift, 0.23).expectation_parameters(&points(shift)).unwrap();
            let relative = (&found[0] - &expected[0]).norm() / expected[0].norm();
            (deviations(&found, &expected, &exact), relative)
        };
        let ((here, relative_here), (there, relative_there)) = (at(0.0), at(3.0));
        for (here, there) in here.iter().zip(&there) {
            assert!(*here > 1e-3 && (here / there - 1.0).abs() < 1e-9, "{here} {there}");
        }
        // What was held against the limit before moves with the zero.
        assert!((relative_here / relative_there - 1.0).abs() > 0.1, "{relative_here} {relative_there}");
    }

    /// A Gaussian whose mean is off by a tenth of its standard deviation.
    #[test]
    fn a_tenth_of_a_standard_deviation_is_a_tenth() {
        let gaussian = |mean: f64| {
            let component =
                MixtureComponent { weight: 1.0, mean: vec![mean], covariance: Covariance::Isotropic(0.5) };
            MixtureDenoiser::new(vec![component], vec![None]).unwrap()
        };
        // Precision 2 of the data and 2 of the tether: variance 1/4, and the mean moves by half of the data's.
        let point = [SpacetimePoint { log_snr: 2.0_f64.ln(), y: vec![4.0] }];
        let exact = gaussian(1.0).moments(&point).unwrap();
        let found = gaussian(1.1).moments(&point).unwrap();
        let mu = |moments: &[PosteriorMoments]| vec![moments[0].expectation_parameter.clone()];
        let error = deviations(&mu(&found), &mu(&exact), &exact)[0];
        // 0.05 / 0.5 in the mean; E|x - m|² differs by 0.05², of deviation √2 / 4.
        let expected = 0.1_f64.hypot(0.05 * 0.05 / (2.0_f64.sqrt() / 4.0));
        assert!((error - expected).abs() < 1e-9, "{error} {expected}");
        assert_eq!(deviations(&mu(&exact), &mu(&exact), &exact), [0.0]);
    }
}
