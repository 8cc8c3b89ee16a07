//! Closed-form Fisher–Rao distance of isotropic Gaussians, against which curves are checked.

/// Fisher–Rao distance of `N(m_1, v_1 I)` and `N(m_2, v_2 I)` in `D` dimensions,
/// `sqrt(2D) arccosh(1 + (|Δm|²/(2D) + (√v_1 - √v_2)²) / (2 √(v_1 v_2)))`.
///
/// `separation` is `|Δm|`. The half-plane model of hyperbolic geometry: S. Costa, S. Santos, J. Strapasson,
/// *Discrete Applied Mathematics* 197 (2015) 59. The denoising posteriors of Gaussian data are such Gaussians, and cover all
/// of them when the data are wide, so this is the length of the geodesic in their spacetime.
pub fn isotropic_gaussian_distance(
    dimension: usize,
    separation: f64,
    first_standard_deviation: f64,
    second_standard_deviation: f64,
) -> f64 {
    let twice = 2.0 * dimension as f64;
    let difference = first_standard_deviation - second_standard_deviation;
    let numerator = separation * separation / twice + difference * difference;
    twice.sqrt() * (1.0 + numerator / (2.0 * first_standard_deviation * second_standard_deviation)).acosh()
}
