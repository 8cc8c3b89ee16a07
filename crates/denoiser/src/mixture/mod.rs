//! Exact moments where the data density is a mixture of Gaussians or a set of weighted points.

mod components;
mod images;

use nalgebra::{DMatrix, DVector};

use crate::cumulants::{Cumulants, centred_direction, expectation_parameter, shift_vector};
use crate::denoiser::{check_vectors, for_each_point, products_with_metric};
use crate::{Denoiser, DenoiserError, ObservableMoments, PosteriorMoments, SpacetimePoint};
use components::{Component, Spread};
use images::{FoldedGaussian, FullGaussian};

pub use components::{Covariance, MixtureComponent};

/// Parts of the posterior with less than `exp(-NEGLECTED)` of the largest probability are left out.
const NEGLECTED: f64 = 70.0;

/// The exact denoiser of `q(x) = Σ_k w_k N(x; m_k, V_k)`, each variable periodic or not.
///
/// A periodic variable carries all lattice images of every component. Weights are taken as they are, so
/// `log_normaliser = log Σ_k w_k ∫ N(x; m_k, V_k) exp(-½ e^λ |x - y|²) dx` over the cover, which for points is
/// `log Σ_k w_k Σ_n exp(-½ e^λ |m_k + nP - y|²)`.
///
/// The posterior of a Gaussian under the tether is a Gaussian (Bishop, *Pattern Recognition and Machine Learning*,
/// section 2.3.3); its parts are combined by the law of total cumulance about the posterior mean.
///
/// ```
/// use geodyssey_denoiser::{Covariance, Denoiser, MixtureComponent, MixtureDenoiser, SpacetimePoint};
/// let component = MixtureComponent { weight: 1.0, mean: vec![0.0], covariance: Covariance::Isotropic(1.0) };
/// let denoiser = MixtureDenoiser::new(vec![component], vec![None])?;
/// let moments = denoiser.moments(&[SpacetimePoint { log_snr: 0.0, y: vec![2.0] }])?;
/// assert!((moments[0].mean()[0] - 1.0).abs() < 1e-12); // halfway between m = 0 and y = 2
/// # Ok::<(), geodyssey_denoiser::DenoiserError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MixtureDenoiser {
    components: Vec<Component>,
    periods: Vec<Option<f64>>,
    energies: Option<Vec<f64>>,
}

impl MixtureDenoiser {
    /// A mixture over variables with the given periods (`None`: not periodic).
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if there is no variable, a period is not positive, a component has the wrong
    /// dimension, a number is not finite, a weight or variance is negative, a full covariance is not symmetric
    /// positive definite, or all weights are zero.
    pub fn new(components: Vec<MixtureComponent>, periods: Vec<Option<f64>>) -> Result<Self, DenoiserError> {
        if periods.is_empty() {
            return Err(DenoiserError::Data("there is no variable".into()));
        }
        if let Some(period) = periods.iter().flatten().find(|period| !(**period > 0.0 && period.is_finite()))
        {
            return Err(DenoiserError::Data(format!("period {period} is not a positive number")));
        }
        let components = components
            .into_iter()
            .enumerate()
            .map(|(index, component)| Component::new(index, component, periods.len()))
            .collect::<Result<Vec<_>, _>>()?;
        if components.iter().all(|component| component.log_weight == f64::NEG_INFINITY) {
            return Err(DenoiserError::Data("the weights are all zero".into()));
        }
        Ok(Self { components, periods, energies: None })
    }

    /// A set of weighted points, `q(x) = Σ_k w_k δ(x - x_k)`.
    ///
    /// # Errors
    /// As [`MixtureDenoiser::new`], or if there are not as many weights as points.
    pub fn from_points(
        points: Vec<Vec<f64>>,
        weights: &[f64],
        periods: Vec<Option<f64>>,
    ) -> Result<Self, DenoiserError> {
        if points.len() != weights.len() {
            return Err(DenoiserError::Data(format!(
                "{} points but {} weights",
                points.len(),
                weights.len()
            )));
        }
        let components = points
            .into_iter()
            .zip(weights)
            .map(|(mean, &weight)| MixtureComponent { weight, mean, covariance: Covariance::Isotropic(0.0) })
            .collect();
        Self::new(components, periods)
    }

    /// Gives every point its energy `F` (kJ/mol), so that [`Denoiser::energy_moments`] is known.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if a component is not a point, the count differs or an energy is not finite.
    pub fn with_energies(mut self, energies_kj_mol: Vec<f64>) -> Result<Self, DenoiserError> {
        if energies_kj_mol.len() != self.components.len() {
            let (found, expected) = (energies_kj_mol.len(), self.components.len());
            return Err(DenoiserError::Data(format!("{found} energies for {expected} components")));
        }
        if let Some(index) = energies_kj_mol.iter().position(|energy| !energy.is_finite()) {
            return Err(DenoiserError::Data(format!("energy {index} is not finite")));
        }
        if let Some(index) = self.components.iter().position(|component| !component.is_point()) {
            return Err(DenoiserError::Data(format!(
                "component {index} is not a point and has no single energy"
            )));
        }
        self.energies = Some(energies_kj_mol);
        Ok(self)
    }

    /// The parts of the posterior that matter at one point, with their probabilities.
    fn posterior(&self, index: usize, point: &SpacetimePoint) -> Result<Posterior, DenoiserError> {
        let noise_variance = (-point.log_snr).exp();
        let mut parts = Vec::with_capacity(self.components.len());
        let mut full = Vec::new();
        let mut folded = FoldedGaussian::default();
        let bounds: Vec<(f64, f64)> = self
            .components
            .iter()
            .map(|component| component.evidence_bounds(&point.y, noise_variance, &self.periods))
            .collect();
        let least = bounds.iter().map(|(lower, _)| *lower).fold(f64::NEG_INFINITY, f64::max) - NEGLECTED;
        for (number, component) in self.components.iter().enumerate() {
            if component.log_weight == f64::NEG_INFINITY || bounds[number].1 < least {
                continue;
            }
            match &component.spread {
                Spread::Diagonal(variances) => {
                    let mut part =
                        Part::new(number, Shape::Diagonal, component.log_weight, self.periods.len());
                    for (axis, &variance) in variances.iter().enumerate() {
                        folded.set(
                            component.mean[axis] - point.y[axis],
                            variance,
                            noise_variance,
                            self.periods[axis],
                        );
                        let (mean, spread) = folded.mean_and_variance();
                        part.log_evidence += folded.log_evidence;
                        part.mean[axis] = mean;
                        part.trace += spread;
                    }
                    parts.push(part);
                }
                Spread::Full(matrix) => {
                    let displacement =
                        DVector::from_column_slice(&component.mean) - DVector::from_column_slice(&point.y);
                    let gaussian = FullGaussian::new(&displacement, matrix, noise_variance, &self.periods)
                        .ok_or_else(|| {
                            let reason = format!(
                                "component {number} has too many lattice images at logSNR {}",
                                point.log_snr
                            );
                            DenoiserError::Point { index, reason }
                        })?;
                    for (image, (log_evidence, mean)) in gaussian.images.iter().enumerate() {
                        parts.push(Part {
                            component: number,
                            shape: Shape::Full { gaussian: full.len(), image },
                            log_evidence: component.log_weight + log_evidence,
                            probability: 0.0,
                            mean: mean.clone(),
                            trace: gaussian.trace(),
                        });
                    }
                    full.push(gaussian);
                }
            }
        }
        let largest = parts.iter().map(|part| part.log_evidence).fold(f64::NEG_INFINITY, f64::max);
        parts.retain(|part| part.log_evidence > largest - NEGLECTED);
        let sum: f64 = parts.iter().map(|part| (part.log_evidence - largest).exp()).sum();
        if !sum.is_finite() || parts.is_empty() {
            return Err(DenoiserError::Point { index, reason: "the posterior cannot be represented".into() });
        }
        let mut centre = DVector::zeros(self.periods.len());
        for part in &mut parts {
            part.probability = (part.log_evidence - largest).exp() / sum;
            centre.axpy(part.probability, &part.mean, 1.0);
        }
        Ok(Posterior { parts, full, centre, log_normaliser: largest + sum.ln() })
    }

    /// Cumulants of `z` about the posterior mean, and that mean.
    fn cumulants(
        &self,
        point: &SpacetimePoint,
        posterior: &Posterior,
        direction: Option<&DVector<f64>>,
    ) -> (Cumulants, Vec<f64>) {
        let dimension = self.periods.len();
        let centre = posterior.absolute_centre(point);
        let direction = direction.map(|direction| centred_direction(direction, &centre));
        let mut total = Cumulants::zeros(dimension + 1, direction.is_some());
        total.mean = posterior.mean_statistic();
        let mut axes = IndependentAxes::new(&posterior.centre, direction.as_ref(), (-point.log_snr).exp());
        for part in &posterior.parts {
            match part.shape {
                Shape::Full { gaussian, image } => {
                    let cumulants =
                        posterior.full[gaussian].cumulants(image, &posterior.centre, direction.as_ref());
                    total.add_part(part.probability, &cumulants, direction.as_ref());
                }
                Shape::Diagonal => {
                    let component = &self.components[part.component];
                    let Spread::Diagonal(variances) = &component.spread else { continue };
                    let gaussians = (0..dimension).map(|axis| {
                        (component.mean[axis] - point.y[axis], variances[axis], self.periods[axis])
                    });
                    total.add_part(part.probability, axes.fold(gaussians), direction.as_ref());
                }
            }
        }
        (total, centre)
    }
}

/// Cumulants of components whose variables are independent, from those of each variable.
struct IndependentAxes<'p> {
    centre: &'p DVector<f64>,
    direction: Option<&'p DVector<f64>>,
    noise_variance: f64,
    folded: FoldedGaussian,
    cumulants: Cumulants,
}

impl<'p> IndependentAxes<'p> {
    fn new(centre: &'p DVector<f64>, direction: Option<&'p DVector<f64>>, noise_variance: f64) -> Self {
        let cumulants = Cumulants::zeros(centre.len() + 1, direction.is_some());
        Self { centre, direction, noise_variance, folded: FoldedGaussian::default(), cumulants }
    }

    /// `gaussians`: for each variable the mean relative to `y`, the variance and the period.
    fn fold(&mut self, gaussians: impl Iterator<Item = (f64, f64, Option<f64>)>) -> &Cumulants {
        let last = self.centre.len();
        let Cumulants { mean, covariance, third } = &mut self.cumulants;
        mean[last] = 0.0;
        covariance[(last, last)] = 0.0;
        if let Some(third) = third {
            third[(last, last)] = 0.0;
        }
        for (axis, (offset, variance, period)) in gaussians.enumerate() {
            self.folded.set(offset, variance, self.noise_variance, period);
            let (along, along_square) =
                self.direction.map_or((0.0, 0.0), |direction| (direction[axis], direction[last]));
            let scalar = self.folded.cumulants(self.centre[axis], along, along_square);
            mean[axis] = scalar.mean[0];
            mean[last] += scalar.mean[1];
            place(covariance, axis, scalar.covariance);
            if let Some(third) = third {
                place(third, axis, scalar.third);
            }
        }
        &self.cumulants
    }
}

/// Puts one variable's `[uu, ur, rr]` into the matrix over `(u, r)`, `r` being the sum over the variables.
fn place(matrix: &mut DMatrix<f64>, axis: usize, [uu, ur, rr]: [f64; 3]) {
    let last = matrix.nrows() - 1;
    matrix[(axis, axis)] = uu;
    matrix[(axis, last)] = ur;
    matrix[(last, axis)] = ur;
    matrix[(last, last)] += rr;
}

/// One Gaussian of the posterior, or one component folded over its images.
struct Part {
    component: usize,
    shape: Shape,
    log_evidence: f64,
    probability: f64,
    /// Mean relative to `y`.
    mean: DVector<f64>,
    /// Trace of the covariance of `x`.
    trace: f64,
}

#[derive(Clone, Copy)]
enum Shape {
    Diagonal,
    Full { gaussian: usize, image: usize },
}

impl Part {
    fn new(component: usize, shape: Shape, log_evidence: f64, dimension: usize) -> Self {
        Self { component, shape, log_evidence, probability: 0.0, mean: DVector::zeros(dimension), trace: 0.0 }
    }
}

struct Posterior {
    parts: Vec<Part>,
    full: Vec<FullGaussian>,
    /// Posterior mean relative to `y`.
    centre: DVector<f64>,
    log_normaliser: f64,
}

impl Posterior {
    fn absolute_centre(&self, point: &SpacetimePoint) -> Vec<f64> {
        point.y.iter().zip(self.centre.iter()).map(|(y, offset)| y + offset).collect()
    }

    /// `E[z]` of one part.
    fn part_statistic(&self, part: &Part) -> DVector<f64> {
        let offset = &part.mean - &self.centre;
        let square = part.trace + offset.norm_squared();
        offset.push(square)
    }

    /// `E[z]` about the posterior mean.
    fn mean_statistic(&self) -> DVector<f64> {
        let mut mean = DVector::zeros(self.centre.len() + 1);
        for part in &self.parts {
            mean.axpy(part.probability, &self.part_statistic(part), 1.0);
        }
        mean
    }
}

impl Denoiser for MixtureDenoiser {
    fn periods(&self) -> &[Option<f64>] {
        &self.periods
    }

    fn expectation_parameters(&self, points: &[SpacetimePoint]) -> Result<Vec<DVector<f64>>, DenoiserError> {
        for_each_point(points, self.dimension(), |index, point| {
            let posterior = self.posterior(index, point)?;
            Ok(expectation_parameter(&posterior.absolute_centre(point), &posterior.mean_statistic()))
        })
    }

    fn vector_jacobian_products(
        &self,
        points: &[SpacetimePoint],
        cotangents: &[DVector<f64>],
    ) -> Result<Vec<DVector<f64>>, DenoiserError> {
        products_with_metric(self, points, cotangents)
    }

    fn moments(&self, points: &[SpacetimePoint]) -> Result<Vec<PosteriorMoments>, DenoiserError> {
        for_each_point(points, self.dimension(), |index, point| {
            let posterior = self.posterior(index, point)?;
            let (cumulants, centre) = self.cumulants(point, &posterior, None);
            Ok(cumulants.posterior_moments(&centre, posterior.log_normaliser))
        })
    }

    fn energy_moments(
        &self,
        points: &[SpacetimePoint],
    ) -> Result<Option<Vec<ObservableMoments>>, DenoiserError> {
        let Some(energies) = &self.energies else { return Ok(None) };
        for_each_point(points, self.dimension(), |index, point| {
            let posterior = self.posterior(index, point)?;
            let mean: f64 =
                posterior.parts.iter().map(|part| part.probability * energies[part.component]).sum();
            let statistic = posterior.mean_statistic();
            let mut covariance = DVector::zeros(self.dimension() + 1);
            for part in &posterior.parts {
                let factor = part.probability * (energies[part.component] - mean);
                covariance.axpy(factor, &(posterior.part_statistic(part) - &statistic), 1.0);
            }
            let centre = posterior.absolute_centre(point);
            Ok(ObservableMoments { mean, covariance: shift_vector(&covariance, &centre) })
        })
        .map(Some)
    }

    fn metric_derivatives(
        &self,
        points: &[SpacetimePoint],
        directions: &[DVector<f64>],
    ) -> Result<Option<Vec<DMatrix<f64>>>, DenoiserError> {
        check_vectors(points, directions, self.dimension() + 1)?;
        let derivatives = for_each_point(points, self.dimension(), |index, point| {
            let posterior = self.posterior(index, point)?;
            let (cumulants, centre) = self.cumulants(point, &posterior, Some(&directions[index]));
            Ok(cumulants.metric_derivative(&centre))
        })?;
        Ok(derivatives.into_iter().collect())
    }
}
