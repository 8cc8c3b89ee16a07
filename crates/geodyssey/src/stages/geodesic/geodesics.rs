//! The geodesic of one winding.

use geodyssey_spacetime::{
    CurveFamily, GeodesicProblem, SolverProgress, SolverSettings, default_starts, solve_from_starts,
};

use super::found::Found;
use super::solve::{Solve, Windings, along};
use crate::config::Parametrisation;
use crate::error::Error;

/// Relative excess of the energy over its minimum at which a curve of a learned denoiser is done: its own errors are larger.
const LEARNED_TOLERANCE: f64 = 1e-4;
/// Most iterations with a learned denoiser. It has no derivative of its metric, so that the last steps achieve nothing where its
/// errors make the energy rough.
const LEARNED_ITERATIONS: usize = 100;

impl Solve<'_> {
    /// From the straight line, tents and, where it is known, the path of least resistance.
    pub(super) fn geodesic(
        &self,
        windings: &Windings,
        index: usize,
        step: &(dyn Fn(String) + Sync),
    ) -> Result<Found, Error> {
        let end = self.image(windings, index);
        let progress = |solver: SolverProgress| {
            step(format!("{} points, step {}, E = {:.4}", solver.points, solver.iteration, solver.energy));
        };
        let problem = GeodesicProblem {
            denoiser: self.denoiser,
            metric: None,
            start: windings.start.clone(),
            end: end.clone(),
            constraints: &windings.active,
            settings: self.settings(windings),
            progress: Some(&progress),
        };
        let failed = |error| Error::computing("the geodesic", error);
        problem.check().map_err(failed)?;
        let mut starts = default_starts(&problem);
        starts.extend(
            windings.channels[index]
                .as_ref()
                .map(|channel| along(&self.scaled_path(&channel.path), &windings.start, &end)),
        );
        let geodesic = solve_from_starts(&problem, &starts).map_err(failed)?;
        Ok(Found {
            iterations: geodesic.iterations as u64,
            evaluations: geodesic.evaluations as u64,
            remark: geodesic.stop_reason.to_string(),
            curve: geodesic.points(),
            warnings: Vec::new(),
        })
    }

    fn settings(&self, windings: &Windings) -> SolverSettings {
        let settings = &self.problem.config.geodesic;
        let range = self.denoiser.log_snr_range();
        let default = SolverSettings::default();
        SolverSettings {
            points: settings.points.get(),
            coarse_points: settings.points.get().min(default.coarse_points),
            curve: match settings.curve {
                Parametrisation::Free => CurveFamily::FreeNodes,
                Parametrisation::Spline => CurveFamily::Spline { knots: settings.knots.get() },
            },
            // A learned denoiser knows nothing outside the range of its training.
            log_snr_min: settings.log_snr_min.get().max(range.0),
            log_snr_max: default
                .log_snr_max
                .max(windings.start.log_snr)
                .max(windings.end.log_snr)
                .min(range.1),
            constant_speed_tolerance: settings.tolerance.get(),
            max_iterations: settings.iterations.get().min(if self.is_learned {
                LEARNED_ITERATIONS
            } else {
                usize::MAX
            }),
            tolerance: if self.is_learned { LEARNED_TOLERANCE } else { default.tolerance },
            // Each winding is the direct one to an image of the end.
            max_winding: 0,
            ..default
        }
    }
}
