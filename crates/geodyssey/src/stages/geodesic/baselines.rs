//! Curves that are followed as they are, for comparison: nothing bends them but the landscape, if that.

use geodyssey_denoiser::{PosteriorMoments, SpacetimePoint};
use geodyssey_landscape::{Bottleneck, StringMethod};
use geodyssey_report::Warning;
use geodyssey_spacetime::{CurveNode, PathConstraint, arc_length, measure_curve, straight_line, tent, wound};
use rayon::prelude::*;

use super::STAGE;
use super::candidate::Candidate;
use super::solve::{Solve, along};
use crate::config::{CurveKind, InputError};
use crate::error::Error;
use crate::stages::constraints;
use crate::stages::system::{EnergySource, Problem};

/// A curve to one image of the end, and how it was found.
pub(super) struct Baseline {
    pub(super) curve: Vec<SpacetimePoint>,
    pub(super) iterations: u64,
    pub(super) remark: String,
    /// What must be known before it is believed.
    pub(super) warnings: Vec<Warning>,
}

/// Refuses a minimum-energy path where there will be no energy to follow.
pub(super) fn check(problem: &Problem) -> Result<(), InputError> {
    match (problem.config.geodesic.kind, &problem.source) {
        (CurveKind::MinimumEnergyPath, EnergySource::Samples(_)) => {
            let message = "samples have no energy surface along which a minimum-energy path could be found";
            Err(problem.config.error("geodesic.kind", message))
        }
        _ => Ok(()),
    }
}

impl Solve<'_> {
    /// The baseline of every winding. Constraints are measured on it; they do not bend it.
    pub(super) fn baselines(
        &self,
        start: &SpacetimePoint,
        end: &SpacetimePoint,
        all: &[Vec<i32>],
        channels: &[Option<Bottleneck>],
        active: &[Box<dyn PathConstraint>],
    ) -> Result<Vec<Candidate>, Error> {
        let make = |(winding, channel): (&Vec<i32>, &Option<Bottleneck>)| {
            let image = wound(end, &self.problem.periods(), winding);
            self.baseline(start, &image, channel.as_ref())
        };
        // Each is made by itself, so that the threads share the windings.
        let made: Vec<Baseline> = all.par_iter().zip(channels).map(make).collect::<Result<_, Error>>()?;
        let measure = |(winding, baseline): (&Vec<i32>, Baseline)| {
            let nodes = self.nodes(baseline.curve)?;
            let (curve, moments): (Vec<SpacetimePoint>, Vec<PosteriorMoments>) =
                nodes.iter().map(|node| (node.point.clone(), node.moments.clone())).unzip();
            Ok(Candidate {
                winding: winding.clone(),
                arc_length: arc_length(&curve, &moments),
                measures: measure_curve(&curve, &moments),
                iterations: baseline.iterations,
                evaluations: curve.len() as u64,
                stop_reason: baseline.remark,
                warnings: baseline.warnings,
                constraints: active
                    .iter()
                    .map(|constraint| constraints::measure(constraint.as_ref(), &nodes))
                    .collect::<Result<_, _>>()?,
                nodes,
                barrier: None,
                crest: None,
            })
        };
        all.iter().zip(made).map(measure).collect()
    }

    fn baseline(
        &self,
        start: &SpacetimePoint,
        end: &SpacetimePoint,
        channel: Option<&Bottleneck>,
    ) -> Result<Baseline, Error> {
        let settings = &self.problem.config.geodesic;
        let points = settings.points.get();
        let unsolved = |curve| Baseline {
            curve,
            iterations: 0,
            remark: "not solved: a baseline".to_owned(),
            warnings: Vec::new(),
        };
        match settings.kind {
            CurveKind::Tent => Ok(unsolved(tent(start, end, settings.tent_log_snr.get(), points))),
            CurveKind::Straight | CurveKind::Geodesic => Ok(unsolved(straight_line(start, end, points))),
            CurveKind::MinimumEnergyPath => self.minimum_energy_path(start, end, channel),
            CurveKind::Pullback => self.pullback(start, end),
        }
    }

    /// From the path of least resistance where that is known, else from the straight line.
    fn minimum_energy_path(
        &self,
        start: &SpacetimePoint,
        end: &SpacetimePoint,
        channel: Option<&Bottleneck>,
    ) -> Result<Baseline, Error> {
        let Some(surface) = &self.landscape.landscape else {
            let message =
                "these rows lie on no regular grid, so there is no energy surface for a minimum-energy path";
            return Err(self.problem.config.error("geodesic.kind", message).into());
        };
        let straight = [start.y.clone(), end.y.clone()];
        let first = channel.map_or_else(|| straight.to_vec(), |channel| self.scaled_path(&channel.path));
        let method =
            StringMethod { images: self.problem.config.geodesic.points.get(), ..StringMethod::default() };
        let found = method
            .relax(&self.problem.scales.landscape(surface.as_ref()), &first)
            .map_err(|error| Error::failed("the minimum-energy path", error))?;
        let mut warnings = Vec::new();
        if !found.converged {
            let message = format!(
                "The images of the minimum-energy path still moved after {} iterations.",
                found.iterations
            );
            warnings.push(Warning::new(STAGE, message));
        }
        let highest = found
            .energies_kj_mol
            .get(found.highest)
            .map_or(f64::NAN, |energy| energy - self.landscape.minimum);
        let remark = format!(
            "minimum-energy path: {} {highest:.3} kJ/mol above the landscape's minimum, images {}",
            if found.is_saddle { "saddle" } else { "highest point" },
            if found.converged { "at rest" } else { "still moving" },
        );
        let curve = along(&found.points, start, end);
        Ok(Baseline { curve, iterations: found.iterations as u64, remark, warnings })
    }

    fn nodes(&self, curve: Vec<SpacetimePoint>) -> Result<Vec<CurveNode>, Error> {
        let failed = |error| Error::failed("the denoiser", error);
        let moments = self.denoiser.moments(&curve).map_err(failed)?;
        let energies = self.denoiser.energy_moments(&curve).map_err(failed)?;
        let nodes = curve.into_iter().zip(moments).enumerate();
        Ok(nodes
            .map(|(index, (point, moments))| CurveNode {
                point,
                moments,
                energy: energies.as_ref().map(|energies| energies[index].clone()),
            })
            .collect())
    }
}
