//! Curves that are followed as they are, for comparison: at most the landscape bends them.

use geodyssey_denoiser::SpacetimePoint;
use geodyssey_landscape::{Bottleneck, StringMethod};
use geodyssey_report::Warning;
use geodyssey_run::interrupt;
use geodyssey_spacetime::{straight_line, tent};

use super::found::Found;
use super::solve::{Solve, Windings, along};
use crate::artifacts::curve::STAGE;
use crate::config::{CurveKind, InputError};
use crate::error::Error;
use crate::problem::{EnergySource, Problem};

/// Rejects a minimum-energy path if there will be no energy to follow.
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
    /// The baseline of one winding. Constraints are measured on it; they do not bend it.
    pub(super) fn baseline(&self, windings: &Windings, index: usize) -> Result<Found, Error> {
        let settings = &self.problem.config.geodesic;
        let points = settings.points.get();
        let (start, end) = (&windings.start, &self.image(windings, index));
        let unsolved = |curve: Vec<SpacetimePoint>| Found {
            evaluations: curve.len() as u64,
            curve,
            iterations: 0,
            remark: "not solved: a baseline".to_owned(),
            warnings: Vec::new(),
        };
        match settings.kind {
            CurveKind::Tent => Ok(unsolved(tent(start, end, settings.tent_log_snr.get(), points))),
            CurveKind::Straight | CurveKind::Geodesic | CurveKind::Automatic => {
                let line = straight_line(start, end, points);
                Ok(unsolved(match &settings.log_snr_schedule {
                    Some(schedule) => {
                        scheduled(line, &schedule.iter().map(|x| x.get()).collect::<Vec<f64>>())
                    }
                    None => line,
                }))
            }
            CurveKind::MinimumEnergyPath => {
                self.minimum_energy_path(start, end, windings.channels[index].as_ref())
            }
            CurveKind::Pullback => self.pullback(start, end),
        }
    }

    /// From the path of least resistance where that is known, else from the straight line.
    pub(super) fn minimum_energy_path(
        &self,
        start: &SpacetimePoint,
        end: &SpacetimePoint,
        channel: Option<&Bottleneck>,
    ) -> Result<Found, Error> {
        let Some(surface) = &self.landscape.landscape else {
            let message = "the rows of this table do not form a regular grid, so there is no energy surface for a minimum-energy path";
            return Err(self.problem.config.error("geodesic.kind", message).into());
        };
        let straight = [start.y.clone(), end.y.clone()];
        let first = channel.map_or_else(|| straight.to_vec(), |channel| self.scaled_path(&channel.path));
        let method =
            StringMethod { images: self.problem.config.geodesic.points.get(), ..StringMethod::default() };
        let found = method
            .relax_unless(&self.problem.scales.landscape(surface.as_ref()), &first, &interrupt::is_requested)
            .map_err(|error| Error::computing("the minimum-energy path", error))?;
        let mut warnings = Vec::new();
        if !found.converged {
            let message = format!(
                "The images of the minimum-energy path were still moving after {} iterations.",
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
        let evaluations = curve.len() as u64;
        Ok(Found { curve, iterations: found.iterations as u64, evaluations, remark, warnings })
    }
}

/// A curve with another schedule of logSNR: values at equal shares of its points, linear in between.
fn scheduled(mut curve: Vec<SpacetimePoint>, schedule: &[f64]) -> Vec<SpacetimePoint> {
    let (last, segments) = (curve.len() - 1, schedule.len() - 1);
    for (index, point) in curve.iter_mut().enumerate() {
        // In whole numbers, so that a schedule of as many values is taken over as it is.
        let (before, rest) = (index * segments / last, index * segments % last);
        let share = rest as f64 / last as f64;
        let after = schedule[(before + 1).min(segments)];
        point.log_snr =
            if rest == 0 { schedule[before] } else { schedule[before] + share * (after - schedule[before]) };
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_taken_over_as_it_is_and_interpolated_for_other_points() {
        let line = |points: usize| {
            let end = |y: f64| SpacetimePoint { log_snr: 4.0, y: vec![y] };
            straight_line(&end(0.0), &end(1.0), points)
        };
        let schedule = [4.0, 0.1 + 0.2, -1.0, 2.5, 4.0];
        let levels =
            |curve: Vec<SpacetimePoint>| -> Vec<f64> { curve.iter().map(|point| point.log_snr).collect() };
        assert_eq!(levels(scheduled(line(5), &schedule)), schedule);
        assert_eq!(levels(scheduled(line(3), &schedule)), [4.0, -1.0, 4.0]);
        assert_eq!(levels(scheduled(line(4), &[4.0, 1.0, 4.0])), [4.0, 2.0, 2.0, 4.0]);
    }
}
