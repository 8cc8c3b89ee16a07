//! The avoided regions of all compared runs, and how far each run's frames and curve stay out of them.

use geodyssey_constraints::{
    ConstraintContext, ConstraintSettings, RegionAvoidance, RegionAvoidanceSettings,
};
use geodyssey_denoiser::Denoiser;
use geodyssey_report::{ComparedRegion, RowRegion};
use geodyssey_spacetime::{CurveNode, PathConstraint as _};

use super::finished::Finished;
use super::group::Group;
use crate::artifacts::landscape;
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::state::State;
use crate::stages::constraints::{ball, units};
use crate::stages::denoiser::{Points, exact_denoiser};

/// All regions named by runs of a group.
pub(super) struct Regions {
    regions: Vec<Region>,
    /// The exact denoiser of the group's landscape; none if there is no region.
    denoiser: Option<Box<dyn Denoiser>>,
}

struct Region {
    settings: RegionAvoidanceSettings,
    ball: State,
    description: String,
}

impl Regions {
    /// Collects them without repetition.
    pub(super) fn of(group: &Group) -> Result<Self, Error> {
        let mut regions: Vec<Region> = Vec::new();
        for row in &group.rows {
            let problem = &row.entry.problem;
            for constraint in &problem.config.constraints {
                let ConstraintSettings::RegionAvoidance(settings) = &constraint.settings else { continue };
                let Some(ball) = ball(problem, settings) else { continue };
                // A ball given by its radius and one given by a logSNR require different divergences.
                let is_same = |known: &Region| {
                    known.ball == ball && known.settings.radius.is_some() == settings.radius.is_some()
                };
                if regions.iter().any(is_same) {
                    continue;
                }
                let description = description(problem, &ball);
                regions.push(Region { settings: settings.clone(), ball, description });
            }
        }
        let denoiser = match group.rows.first() {
            Some(first) if !regions.is_empty() => {
                let problem = &first.entry.problem;
                let landscape = landscape::read(problem, |name| first.run.read_text(name))?;
                Some(exact_denoiser(problem, &landscape, Points::OnGrid)?)
            }
            _ => None,
        };
        Ok(Self { regions, denoiser })
    }

    /// The regions as the report describes them.
    pub(super) fn described(&self) -> Vec<ComparedRegion> {
        let described = self.regions.iter().map(|region| ComparedRegion {
            description: region.description.clone(),
            center: region.ball.center.clone(),
            radius: region.ball.radius.clone(),
        });
        described.collect()
    }
}

fn description(problem: &Problem, ball: &State) -> String {
    let of = |values: &[f64]| -> Vec<String> {
        problem.variables.iter().zip(values).map(|(variable, &value)| variable.display(value)).collect()
    };
    let names: Vec<&str> = problem.variables.iter().map(|variable| variable.name.as_str()).collect();
    let mut radii = of(&ball.radius);
    radii.dedup();
    format!("({}) within {} of ({})", names.join(", "), radii.join(", "), of(&ball.center).join(", "))
}

/// One entry per region.
pub(super) fn share_inside(row: &Finished, regions: &Regions) -> Vec<RowRegion> {
    let variables = &row.entry.problem.variables;
    let each = regions.regions.iter().map(|region| {
        let inside = |frames: &Vec<Vec<f64>>| {
            frames.iter().filter(|frame| region.ball.contains(variables, frame)).count()
        };
        let counts: Vec<usize> = row.frames.iter().map(inside).collect();
        let frames: usize = row.frames.iter().map(Vec::len).sum();
        RowRegion {
            share_of_frames_inside: counts.iter().sum::<usize>() as f64 / frames.max(1) as f64,
            paths_inside: counts.iter().filter(|count| **count > 0).count(),
            least_kl_nat: regions.denoiser.as_deref().and_then(|denoiser| least_kl(row, region, denoiser)),
        }
    });
    each.collect()
}

/// Least `KL(p* ‖ p)` over the inner points of a run's curve; none if the denoiser cannot be evaluated there.
fn least_kl(row: &Finished, region: &Region, denoiser: &dyn Denoiser) -> Option<f64> {
    let points = &row.curve.points;
    let ends = [points.first()?, points.last()?];
    let units = units(&row.entry.problem);
    let context = ConstraintContext { denoiser, ends, units: &units, bottleneck_kj_mol: None };
    // Any bound will do: only the distance of the curve from it is needed.
    let settings = RegionAvoidanceSettings { least_kl_nats: Some(1.0), ..region.settings.clone() };
    let constraint = RegionAvoidance::new(&settings, &context).ok()?;
    let moments = denoiser.moments(points).ok()?;
    let nodes = points.iter().zip(moments).map(|(point, moments)| CurveNode {
        point: point.clone(),
        moments,
        energy: None,
    });
    let mut least = f64::INFINITY;
    for node in nodes.skip(1).take(points.len().saturating_sub(2)) {
        let values = constraint.evaluate(&node).ok()?;
        least = values.iter().fold(least, |least, value| least.min(constraint.least_kl() - value.value));
    }
    least.is_finite().then_some(least)
}
