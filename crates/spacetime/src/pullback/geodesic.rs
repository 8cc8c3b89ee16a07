//! Geodesics of the pullback metric.

use nalgebra::DVector;

use super::decoder::{DecodedPoint, Decoder, decoded_energy, decoded_length, distance};
use crate::block_tridiagonal::BlockTridiagonal;
use crate::error::{SpacetimeError, unless_interrupted};

/// Numbers that steer the minimisation of a latent curve's energy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PullbackSettings {
    /// Converged when the next step promises less than this share of the energy.
    pub tolerance: f64,
    /// Most steps.
    pub max_iterations: usize,
}

impl Default for PullbackSettings {
    fn default() -> Self {
        Self { tolerance: 1e-9, max_iterations: 500 }
    }
}

/// A latent curve of least energy in the pullback metric.
#[derive(Clone, Debug)]
pub struct PullbackGeodesic {
    /// Its nodes at the latent logSNR.
    pub latents: Vec<Vec<f64>>,
    /// The same decoded, at the data's logSNR.
    pub data: Vec<Vec<f64>>,
    /// `(N-1)/2 Σ |Δx|²`.
    pub energy: f64,
    /// `Σ |Δx|`.
    pub length: f64,
    /// By how much the energy is above `½ |x_N - x_1|²`, relative to it. No curve has less, so that 0 proves the minimum.
    pub excess: f64,
    /// Largest distance of a decoded node from its place on the straight line, over that line's length.
    pub deviation: f64,
    /// Steps taken.
    pub iterations: usize,
    /// Whether the last step promised less than the tolerance.
    pub converged: bool,
}

impl PullbackGeodesic {
    fn new(latents: Vec<Vec<f64>>, data: Vec<Vec<f64>>, iterations: usize, converged: bool) -> Self {
        let (first, last) = (&data[0], &data[data.len() - 1]);
        let chord = distance(first, last);
        let segments = (data.len() - 1) as f64;
        let off = |(index, x): (usize, &Vec<f64>)| {
            let share = index as f64 / segments;
            let place: Vec<f64> = first.iter().zip(last).map(|(a, b)| a + share * (b - a)).collect();
            distance(x, &place)
        };
        let energy = decoded_energy(&data);
        Self {
            energy,
            length: decoded_length(&data),
            excess: energy / (0.5 * chord * chord) - 1.0,
            deviation: data.iter().enumerate().map(off).fold(0.0, f64::max) / chord,
            latents,
            data,
            iterations,
            converged,
        }
    }
}

impl Decoder<'_> {
    /// The latent curve of least energy between the ends of `initial`, which are held, from that curve.
    ///
    /// Levenberg–Marquardt steps on the residuals `x_{i+1} - x_i` (J. Nocedal, S. Wright, *Numerical Optimization*, section 10.3),
    /// with damping in proportion to `JᵀJ`, so that a step is bounded in data space. Nothing is assumed of the answer.
    ///
    /// # Errors
    /// [`SpacetimeError::Problem`] for fewer than three nodes or ends that are one point, and as [`Decoder::decode`].
    pub fn geodesic(
        &self,
        initial: &[Vec<f64>],
        settings: &PullbackSettings,
    ) -> Result<PullbackGeodesic, SpacetimeError> {
        self.check_curve(initial)?;
        let mut latents = initial.to_vec();
        let mut points = self.decode_with_jacobian(&latents)?;
        let mut energy = energy(&points);
        let mut damping = 1e-3;
        let mut converged = false;
        let mut iterations = 0;
        while iterations < settings.max_iterations {
            iterations += 1;
            let equations = NewtonEquations::new(&points);
            let accepted = loop {
                if damping > 1e12 {
                    break None;
                }
                let Some(step) = equations.step(damping) else {
                    damping *= 10.0;
                    continue;
                };
                let predicted = equations.predicted_decrease(&step);
                if predicted <= settings.tolerance * energy {
                    converged = true;
                    break None;
                }
                let mut trial = latents.clone();
                for (z, step) in trial[1..].iter_mut().zip(&step) {
                    z.iter_mut().zip(step.iter()).for_each(|(z, step)| *z += step);
                }
                // A trial that the flow cannot follow is a step too far, not the end.
                let decoded = unless_interrupted(self.decode_with_jacobian(&trial))?;
                if let Ok(decoded) = decoded {
                    let after = self::energy(&decoded);
                    let ratio = (energy - after) / predicted;
                    if ratio > 1e-3 {
                        damping = if ratio > 0.75 { (damping * 0.2).max(1e-9) } else { damping };
                        break Some((trial, decoded, after));
                    }
                }
                damping *= 4.0;
            };
            match accepted {
                Some((trial, decoded, after)) => (latents, points, energy) = (trial, decoded, after),
                None => break,
            }
        }
        let data = points.iter().map(|point| point.data.as_slice().to_vec()).collect();
        Ok(PullbackGeodesic::new(latents, data, iterations, converged))
    }

    /// The geodesic between two data points as the theorem has it: the latents of the straight line, decoded again. Its excess
    /// and deviation say how far the flow's errors let it be one.
    ///
    /// # Errors
    /// As [`Decoder::geodesic`].
    pub fn encoded_line(
        &self,
        start: &[f64],
        end: &[f64],
        points: usize,
    ) -> Result<PullbackGeodesic, SpacetimeError> {
        let line = straight(start, end, points);
        self.check_curve(&line)?;
        let latents = self.encode(&line)?;
        let data = self.decode(&latents)?;
        Ok(PullbackGeodesic::new(latents, data, 0, true))
    }

    fn check_curve(&self, curve: &[Vec<f64>]) -> Result<(), SpacetimeError> {
        let problem = |text: String| Err(SpacetimeError::Problem(text));
        if curve.len() < 3 {
            return problem(format!("a geodesic needs at least 3 points, not {}", curve.len()));
        }
        if distance(&curve[0], &curve[curve.len() - 1]) == 0.0 {
            return problem("the two ends of the geodesic coincide".to_owned());
        }
        if self.latent_log_snr >= self.data_log_snr {
            return problem(format!(
                "latents need a lower logSNR than data, found {} and {}",
                self.latent_log_snr, self.data_log_snr
            ));
        }
        Ok(())
    }
}

/// `points` places at equal distances from `start` to `end`.
pub(crate) fn straight(start: &[f64], end: &[f64], points: usize) -> Vec<Vec<f64>> {
    let segments = points.saturating_sub(1).max(1) as f64;
    (0..points)
        .map(|index| {
            let share = index as f64 / segments;
            start.iter().zip(end).map(|(a, b)| a + share * (b - a)).collect()
        })
        .collect()
}

fn energy(points: &[DecodedPoint]) -> f64 {
    let segments = (points.len() - 1) as f64;
    0.5 * segments * points.windows(2).map(|pair| (&pair[1].data - &pair[0].data).norm_squared()).sum::<f64>()
}

/// The energy to second order in the inner latents, curvature of the decoder left out.
struct NewtonEquations {
    /// `(N-1) Jᵀ(2x_i - x_{i-1} - x_{i+1})`.
    gradient: Vec<DVector<f64>>,
    /// `(N-1)` times `2JᵀJ` on the diagonal and `-J_iᵀJ_{i+1}` beside it.
    matrix: BlockTridiagonal,
    /// `(N-1) JᵀJ`.
    metric: Vec<nalgebra::DMatrix<f64>>,
}

impl NewtonEquations {
    fn new(points: &[DecodedPoint]) -> Self {
        let segments = (points.len() - 1) as f64;
        let inner = &points[1..points.len() - 1];
        let metric: Vec<_> =
            inner.iter().map(|point| point.jacobian.tr_mul(&point.jacobian) * segments).collect();
        let gradient = points
            .windows(3)
            .map(|three| {
                let bend = &three[1].data * 2.0 - &three[0].data - &three[2].data;
                three[1].jacobian.tr_mul(&bend) * segments
            })
            .collect();
        let upper =
            inner.windows(2).map(|pair| pair[0].jacobian.tr_mul(&pair[1].jacobian) * -segments).collect();
        let diagonal = metric.iter().map(|block| block * 2.0).collect();
        Self { gradient, matrix: BlockTridiagonal { diagonal, upper }, metric }
    }

    /// `-(A + damping M)⁻¹ g`; none where that is not positive definite to rounding.
    fn step(&self, damping: f64) -> Option<Vec<DVector<f64>>> {
        let mut step = self.matrix.shifted(damping, &self.metric).solve(&self.gradient)?;
        step.iter_mut().for_each(|vector| vector.neg_mut());
        step.iter().all(|vector| vector.iter().all(|value| value.is_finite())).then_some(step)
    }

    fn predicted_decrease(&self, step: &[DVector<f64>]) -> f64 {
        let product = self.matrix.multiply(step);
        let terms = step.iter().zip(&self.gradient).zip(&product);
        -terms.map(|((step, gradient), curved)| step.dot(gradient) + 0.5 * step.dot(curved)).sum::<f64>()
    }
}
