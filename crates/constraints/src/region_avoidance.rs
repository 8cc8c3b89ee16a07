//! `region-avoidance`: the path keeps away from a region of the variables.

use geodyssey_denoiser::{Denoiser, PosteriorMoments, SpacetimePoint};
use geodyssey_spacetime::{CurveNode, NodeConstraintValue, PathConstraint, log_partition};
use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::context::{ConstraintContext, finite, positive};
use crate::error::ConstraintError;

const KIND: &str = "region-avoidance";
/// Images of the region on a torus: this many periods to either side of the centre as given.
const IMAGES: i32 = 2;
/// By default the path stays this many standard deviations of the narrowest tether outside the radius.
const MARGIN: f64 = 2.0;
/// Steeper than this in logSNR no reference is sought.
const STEEPEST_LOG_SNR: f64 = 25.0;

/// Settings of `region-avoidance`.
///
/// The region is a posterior `p*`, the data under a tether at `center`. Either `radius` or `log_snr` says how strong the tether is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionAvoidanceSettings {
    /// Centre of the region, one number per variable, in the variables' units.
    pub center: Vec<f64>,
    /// Radius of the region, in the variables' unit: `p*` has a root-mean-square distance of at most this from the
    /// centre, per variable. On flat ground that is `logSNR* = -2 ln radius`; on a slope the tether is made stronger until it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radius: Option<f64>,
    /// The tether's logSNR, of variables divided by their scale; instead of `radius`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_snr: Option<f64>,
    /// Least `KL(p* ‖ p)` of every posterior `p` on the path, in nats. The default is that of a posterior as narrow as those at
    /// the path's ends and tethered two of its tether's standard deviations outside the radius, in the direction along an axis in
    /// which that is least; and at least two nats more than that of one tethered at the centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_kl_nats: Option<f64>,
}

/// `KL(p* ‖ p_s) ≥ least` at every inner node, for every image of the region.
///
/// `KL(p* ‖ p_s) = (η* - η_s)·μ* - ψ(η*) + ψ(η_s)`, with gradient `μ_s - μ*` in `η_s`. A posterior much narrower than `p*` has a
/// large divergence even at the centre, so the constraint also keeps logSNR at or below that of the path's ends.
#[derive(Clone, Debug)]
pub struct RegionAvoidance {
    /// Per image: `μ*` and `η*·μ* - ψ(η*)`.
    images: Vec<(DVector<f64>, f64)>,
    least_kl: f64,
    log_snr_ceiling: f64,
    log_snr: f64,
    description: String,
}

impl RegionAvoidance {
    /// The constraint for one problem.
    ///
    /// # Errors
    /// A number that is missing or out of range, a denoiser that fails or does not know its normaliser.
    pub fn new(
        settings: &RegionAvoidanceSettings,
        context: &ConstraintContext,
    ) -> Result<Self, ConstraintError> {
        let fail = |reason: String| ConstraintError::Settings { kind: KIND, reason };
        let denoiser = context.denoiser;
        let periods = denoiser.periods();
        if settings.center.len() != periods.len() || context.units.len() != periods.len() {
            return Err(fail(format!(
                "`center` has {} numbers, but there are {} variables",
                settings.center.len(),
                periods.len()
            )));
        }
        let mut center = Vec::with_capacity(periods.len());
        for (value, unit) in settings.center.iter().zip(context.units) {
            center.push(finite(KIND, "center", *value)? * unit.factor);
        }
        let (log_snr, radius, size) = match (settings.radius, settings.log_snr) {
            (Some(radius), None) => {
                let unit = context.common_unit(KIND, "radius")?;
                let internal = positive(KIND, "radius", radius)? * unit.factor;
                let size = format!("within {radius} {} of", unit.name);
                (confining_log_snr(denoiser, &center, internal)?, internal, size)
            }
            (None, Some(log_snr)) => {
                let log_snr = finite(KIND, "log_snr", log_snr)?;
                (log_snr, (-0.5 * log_snr).exp(), format!("under the tether of logSNR {log_snr} at"))
            }
            _ => return Err(fail("give either `radius` or `log_snr`".into())),
        };
        let images = lattice(&center, periods)
            .into_iter()
            .map(|y| {
                let point = SpacetimePoint { log_snr, y };
                let moments = moments_at(denoiser, &point)?;
                let psi = partition(&point, &moments)?;
                let constant = point.natural_parameter().dot(&moments.expectation_parameter) - psi;
                Ok((moments.expectation_parameter, constant))
            })
            .collect::<Result<Vec<_>, ConstraintError>>()?;
        let log_snr_ceiling = context.highest_log_snr();
        let least_kl = match settings.least_kl_nats {
            Some(least) => positive(KIND, "least_kl_nats", least)?,
            None => {
                let central = &images[images.len() / 2];
                let at = |y: Vec<f64>| -> Result<f64, ConstraintError> {
                    let point = SpacetimePoint { log_snr: log_snr_ceiling, y };
                    let psi = partition(&point, &moments_at(denoiser, &point)?)?;
                    Ok(divergence(central, &point.natural_parameter(), psi))
                };
                let distance = radius + MARGIN * (-0.5 * log_snr_ceiling).exp();
                let mut least = f64::INFINITY;
                for axis in 0..center.len() {
                    for sign in [-1.0, 1.0] {
                        let mut y = center.clone();
                        y[axis] += sign * distance;
                        least = least.min(at(y)?);
                    }
                }
                least.max(at(center.clone())? + 0.5 * MARGIN * MARGIN)
            }
        };
        let listed: Vec<String> = settings
            .center
            .iter()
            .zip(context.units)
            .map(|(value, unit)| format!("{value} {}", unit.name).trim_end().to_owned())
            .collect();
        let description = format!(
            "forward KL from the posterior {size} ({}) ≥ {least_kl:.2} nat, logSNR ≤ {log_snr_ceiling}",
            listed.join(", ")
        );
        Ok(Self { images, least_kl, log_snr_ceiling, log_snr, description })
    }

    /// The least divergence that is kept, in nats.
    pub fn least_kl(&self) -> f64 {
        self.least_kl
    }

    /// The logSNR of the tether that defines the region.
    pub fn log_snr(&self) -> f64 {
        self.log_snr
    }
}

impl PathConstraint for RegionAvoidance {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn description(&self) -> String {
        self.description.clone()
    }

    fn unit(&self) -> &'static str {
        "nat"
    }

    fn threshold(&self) -> Option<f64> {
        Some(self.least_kl)
    }

    fn tolerance(&self) -> f64 {
        1e-3 * self.least_kl
    }

    fn scale(&self) -> f64 {
        self.least_kl
    }

    fn log_snr_ceiling(&self) -> Option<f64> {
        Some(self.log_snr_ceiling)
    }

    fn evaluate(&self, node: &CurveNode) -> Result<Vec<NodeConstraintValue>, String> {
        let psi =
            log_partition(&node.point, &node.moments).ok_or("the denoiser's normaliser is not known")?;
        let natural = node.point.natural_parameter();
        Ok(self
            .images
            .iter()
            .map(|image| NodeConstraintValue {
                value: self.least_kl - divergence(image, &natural, psi),
                gradient: &image.0 - &node.moments.expectation_parameter,
                hessian: Some(-&node.moments.metric),
            })
            .collect())
    }
}

/// `KL(p* ‖ p)` from `(μ*, η*·μ* - ψ*)`, `η` and `ψ(η)`.
fn divergence(reference: &(DVector<f64>, f64), natural: &DVector<f64>, psi: f64) -> f64 {
    reference.1 - natural.dot(&reference.0) + psi
}

fn moments_at(denoiser: &dyn Denoiser, point: &SpacetimePoint) -> Result<PosteriorMoments, ConstraintError> {
    denoiser
        .moments(std::slice::from_ref(point))
        .map_err(|source| ConstraintError::Denoiser { kind: KIND, source })?
        .pop()
        .ok_or(ConstraintError::Unknown { kind: KIND, quantity: "posterior moments" })
}

fn partition(point: &SpacetimePoint, moments: &PosteriorMoments) -> Result<f64, ConstraintError> {
    log_partition(point, moments)
        .ok_or(ConstraintError::Unknown { kind: KIND, quantity: "the normaliser of the posterior" })
}

/// The weakest tether, `λ ≥ -2 ln radius`, whose posterior has `E|x - centre|² ≤ d radius²`.
///
/// The expectation falls as `λ` rises (its derivative in `e^λ` is `-½ Var|x - centre|²`), so bisection finds it.
fn confining_log_snr(denoiser: &dyn Denoiser, center: &[f64], radius: f64) -> Result<f64, ConstraintError> {
    let largest = center.len() as f64 * radius * radius;
    let confined = |log_snr: f64| -> Result<bool, ConstraintError> {
        let moments = moments_at(denoiser, &SpacetimePoint { log_snr, y: center.to_vec() })?;
        let mean = moments.mean();
        let offset: f64 = mean.iter().zip(center).map(|(mean, center)| (mean - center).powi(2)).sum();
        Ok(moments.variance_trace() + offset <= largest * (1.0 + 1e-9))
    };
    let mut low = -2.0 * radius.ln();
    if confined(low)? {
        return Ok(low);
    }
    let mut high = low + 1.0;
    while !confined(high)? {
        high += 1.0;
        if high > STEEPEST_LOG_SNR.max(low + 1.0) {
            return Err(ConstraintError::Settings {
                kind: KIND,
                reason: "the landscape has no density within `radius` of `center`; give another centre, or `log_snr`"
                    .into(),
            });
        }
    }
    while high - low > 1e-6 {
        let middle = 0.5 * (low + high);
        if confined(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

/// The centre and its images within [`IMAGES`] periods of every periodic variable; the centre itself stands in the middle.
fn lattice(center: &[f64], periods: &[Option<f64>]) -> Vec<Vec<f64>> {
    let mut images = vec![Vec::new()];
    for (value, period) in center.iter().zip(periods) {
        let shifts: Vec<f64> = match period {
            Some(period) => (-IMAGES..=IMAGES).map(|turns| f64::from(turns) * period).collect(),
            None => vec![0.0],
        };
        images = images
            .into_iter()
            .flat_map(|image: Vec<f64>| {
                shifts.iter().map(move |shift| {
                    let mut longer = image.clone();
                    longer.push(value + shift);
                    longer
                })
            })
            .collect();
    }
    images
}
