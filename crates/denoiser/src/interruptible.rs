//! Denoisers that stop when they are asked to.

use nalgebra::{DMatrix, DVector};

use crate::{Denoiser, DenoiserError, ObservableMoments, PosteriorMoments, SpacetimePoint};

/// Points that are evaluated between two questions. The slowest denoisers (grids of three variables, kernels of many samples) take
/// some milliseconds a point, so that a question is asked several times a second.
const POINTS_PER_QUESTION: usize = 64;

/// Another denoiser, and the question whether to go on, asked at least every 64 points.
///
/// Everything that is long because it evaluates a denoiser many times, a geodesic, a flow, a fit, is stopped through this: nothing
/// else has to know that it can be. Where the answer is yes, evaluations fail with [`DenoiserError::Interrupted`], which callers
/// pass on. Values are those of the other denoiser, whatever is asked and when.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use geodyssey_denoiser::{
///     Covariance, Denoiser, DenoiserError, InterruptibleDenoiser, MixtureComponent, MixtureDenoiser, SpacetimePoint,
/// };
///
/// let component = MixtureComponent { weight: 1.0, mean: vec![0.0], covariance: Covariance::Isotropic(1.0) };
/// let mixture = MixtureDenoiser::new(vec![component], vec![None])?;
/// let stop = AtomicBool::new(false);
/// let question = || stop.load(Ordering::Relaxed);
/// let denoiser = InterruptibleDenoiser::new(&mixture, &question);
/// let points = [SpacetimePoint { log_snr: 0.0, y: vec![1.0] }];
/// assert!(denoiser.moments(&points).is_ok());
/// stop.store(true, Ordering::Relaxed);
/// assert!(matches!(denoiser.moments(&points), Err(DenoiserError::Interrupted)));
/// # Ok::<(), DenoiserError>(())
/// ```
pub struct InterruptibleDenoiser<'d> {
    denoiser: &'d dyn Denoiser,
    is_interrupted: &'d (dyn Fn() -> bool + Sync),
}

impl<'d> InterruptibleDenoiser<'d> {
    /// `is_interrupted` is asked from any thread, often: it should only look at a flag.
    pub fn new(denoiser: &'d dyn Denoiser, is_interrupted: &'d (dyn Fn() -> bool + Sync)) -> Self {
        Self { denoiser, is_interrupted }
    }

    /// `evaluate` on a few points at a time, with the range that these are of all.
    fn in_parts<T>(
        &self,
        count: usize,
        mut evaluate: impl FnMut(std::ops::Range<usize>) -> Result<Vec<T>, DenoiserError>,
    ) -> Result<Vec<T>, DenoiserError> {
        let mut all = Vec::with_capacity(count);
        let mut first = 0;
        loop {
            if (self.is_interrupted)() {
                return Err(DenoiserError::Interrupted);
            }
            let last = count.min(first + POINTS_PER_QUESTION);
            all.extend(evaluate(first..last).map_err(|error| match error {
                DenoiserError::Point { index, reason } => {
                    DenoiserError::Point { index: first + index, reason }
                }
                other => other,
            })?);
            if last == count {
                return Ok(all);
            }
            first = last;
        }
    }

    /// As [`Self::in_parts`] where the denoiser may not know the answer.
    fn in_parts_if_known<T>(
        &self,
        count: usize,
        mut evaluate: impl FnMut(std::ops::Range<usize>) -> Result<Option<Vec<T>>, DenoiserError>,
    ) -> Result<Option<Vec<T>>, DenoiserError> {
        let mut is_known = true;
        let all = self.in_parts(count, |range| {
            let part = if is_known { evaluate(range)? } else { None };
            is_known = part.is_some();
            Ok(part.unwrap_or_default())
        })?;
        Ok(is_known.then_some(all))
    }
}

/// The vectors that belong to a range of points; fewer where there are too few, which the denoiser then refuses.
fn part<'v, T>(vectors: &'v [T], range: &std::ops::Range<usize>, count: usize) -> &'v [T] {
    let first = range.start.min(vectors.len());
    // The last part gets those that are too many.
    let last = if range.end == count { vectors.len() } else { range.end.min(vectors.len()) };
    &vectors[first..last]
}

impl Denoiser for InterruptibleDenoiser<'_> {
    fn periods(&self) -> &[Option<f64>] {
        self.denoiser.periods()
    }

    fn expectation_parameters(&self, points: &[SpacetimePoint]) -> Result<Vec<DVector<f64>>, DenoiserError> {
        self.in_parts(points.len(), |range| self.denoiser.expectation_parameters(&points[range]))
    }

    fn vector_jacobian_products(
        &self,
        points: &[SpacetimePoint],
        cotangents: &[DVector<f64>],
    ) -> Result<Vec<DVector<f64>>, DenoiserError> {
        let count = points.len();
        self.in_parts(count, |range| {
            let cotangents = part(cotangents, &range, count);
            self.denoiser.vector_jacobian_products(&points[range], cotangents)
        })
    }

    fn moments(&self, points: &[SpacetimePoint]) -> Result<Vec<PosteriorMoments>, DenoiserError> {
        self.in_parts(points.len(), |range| self.denoiser.moments(&points[range]))
    }

    fn energy_moments(
        &self,
        points: &[SpacetimePoint],
    ) -> Result<Option<Vec<ObservableMoments>>, DenoiserError> {
        self.in_parts_if_known(points.len(), |range| self.denoiser.energy_moments(&points[range]))
    }

    fn metric_derivatives(
        &self,
        points: &[SpacetimePoint],
        directions: &[DVector<f64>],
    ) -> Result<Option<Vec<DMatrix<f64>>>, DenoiserError> {
        let count = points.len();
        self.in_parts_if_known(count, |range| {
            let directions = part(directions, &range, count);
            self.denoiser.metric_derivatives(&points[range], directions)
        })
    }

    fn log_snr_range(&self) -> (f64, f64) {
        self.denoiser.log_snr_range()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{Covariance, MixtureComponent, MixtureDenoiser};

    fn mixture() -> MixtureDenoiser {
        let component = |mean: f64| MixtureComponent {
            weight: 0.5,
            mean: vec![mean],
            covariance: Covariance::Isotropic(0.2),
        };
        MixtureDenoiser::new(vec![component(-1.0), component(1.0)], vec![None]).unwrap()
    }

    fn points(count: usize) -> Vec<SpacetimePoint> {
        (0..count).map(|index| SpacetimePoint { log_snr: 1.0, y: vec![index as f64 * 0.01 - 1.0] }).collect()
    }

    #[test]
    fn values_are_those_of_the_denoiser_bit_for_bit() {
        let (mixture, points) = (mixture(), points(150));
        let denoiser = InterruptibleDenoiser::new(&mixture, &|| false);
        assert_eq!(
            denoiser.expectation_parameters(&points).unwrap(),
            mixture.expectation_parameters(&points).unwrap()
        );
        let directions = vec![DVector::from_vec(vec![1.0, 0.3]); points.len()];
        assert_eq!(
            denoiser.metric_derivatives(&points, &directions).unwrap(),
            mixture.metric_derivatives(&points, &directions).unwrap()
        );
        assert!(denoiser.energy_moments(&points).unwrap().is_none());
        assert!(denoiser.moments(&[]).unwrap().is_empty());
    }

    #[test]
    fn a_wrong_point_keeps_its_number_and_missing_directions_are_refused() {
        let (mixture, mut points) = (mixture(), points(150));
        let denoiser = InterruptibleDenoiser::new(&mixture, &|| false);
        let directions = vec![DVector::from_vec(vec![1.0, 0.3]); 100];
        assert!(denoiser.metric_derivatives(&points, &directions).is_err());
        points[131].y[0] = f64::NAN;
        assert!(matches!(denoiser.moments(&points), Err(DenoiserError::Point { index: 131, .. })));
    }

    #[test]
    fn the_question_is_asked_within_a_batch() {
        let (mixture, asked) = (mixture(), AtomicUsize::new(0));
        let question = || asked.fetch_add(1, Ordering::Relaxed) == 2;
        let denoiser = InterruptibleDenoiser::new(&mixture, &question);
        assert!(matches!(denoiser.moments(&points(1000)), Err(DenoiserError::Interrupted)));
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}
