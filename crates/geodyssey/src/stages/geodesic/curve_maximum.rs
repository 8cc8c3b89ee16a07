//! What is read along a curve: on the way between its points too, which may be far apart where they are few.

use geodyssey_denoiser::SpacetimePoint;
use geodyssey_landscape::Landscape;
use geodyssey_spacetime::CurveNode;

use super::candidate::highest_mean_energy;
use super::solve::Solve;
use crate::error::Error;

/// Longest step in Fisher–Rao length, √nat: neighbouring posteriors this near share most of their mass.
const LONGEST_STEP: f64 = 0.5;
/// Most parts of one segment.
const MOST_PARTS: usize = 64;
/// Steps in which the landscape is read over the whole range of a variable: degrees, of a torsion.
const STEPS_OVER_RANGE: f64 = 360.0;

impl Solve<'_> {
    /// The points of a curve, and between them so many more on the straight way from one to the next that neighbours are at most
    /// half a √nat apart: what the paths are driven along.
    pub(super) fn along_segments(
        &self,
        nodes: &[CurveNode],
        arc_length: &[f64],
    ) -> Result<Vec<CurveNode>, Error> {
        let parts = |index: usize| {
            let length = arc_length[index + 1] - arc_length[index];
            ((length / LONGEST_STEP).ceil() as usize).clamp(1, MOST_PARTS)
        };
        let mut between = Vec::new();
        for (index, pair) in nodes.windows(2).enumerate() {
            let parts = parts(index);
            between.extend(
                (1..parts).map(|part| midway(&pair[0].point, &pair[1].point, part as f64 / parts as f64)),
            );
        }
        let mut between = self.nodes(between)?.into_iter();
        let mut all = Vec::with_capacity(nodes.len() + between.len());
        for (index, node) in nodes.iter().enumerate() {
            all.push(node.clone());
            if index + 1 < nodes.len() {
                all.extend(between.by_ref().take(parts(index) - 1));
            }
        }
        Ok(all)
    }

    /// The highest energy on a curve, kJ/mol: of the landscape on the way of the posterior means; where there is no landscape, the
    /// highest posterior mean energy; where there is no energy at all, that of the smoothed density.
    pub(super) fn curve_maximum(&self, curve: &[CurveNode]) -> Result<Option<f64>, Error> {
        match &self.landscape.landscape {
            Some(surface) => {
                let steps: Vec<f64> =
                    self.landscape.ranges.iter().map(|(low, high)| (high - low) / STEPS_OVER_RANGE).collect();
                let own: Vec<Vec<f64>> =
                    curve.iter().map(|node| self.problem.scales.own(node.moments.mean())).collect();
                let means: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
                Ok(Some(highest_on_the_way(surface.as_ref(), &means, &steps)))
            }
            None => match highest_mean_energy(curve) {
                Some(energy) => Ok(Some(energy)),
                None => self.smoothed_maximum(curve),
            },
        }
    }

    /// Where there is no energy: the highest `-kT log ∫ q(x) exp(-½ e^λ |x - x'|²) dx` at the posterior means `x'` along a curve,
    /// with the logSNR of the ends. It takes the place of the landscape in the choice of a winding.
    fn smoothed_maximum(&self, curve: &[CurveNode]) -> Result<Option<f64>, Error> {
        let ends = self.problem.config.geodesic.log_snr;
        let points: Vec<SpacetimePoint> = curve
            .iter()
            .map(|node| SpacetimePoint { log_snr: ends.start.min(ends.end), y: node.moments.mean().to_vec() })
            .collect();
        let moments = self.exact.moments(&points).map_err(|error| Error::computing("the denoiser", error))?;
        let normalisers = moments.iter().map(|moments| moments.log_normaliser);
        let lowest = normalisers.reduce(|lowest, next| Some(lowest?.min(next?))).flatten();
        Ok(lowest.map(|normaliser| -self.problem.thermal_energy * normaliser))
    }
}

/// The point a share of the way from one to another.
fn midway(from: &SpacetimePoint, to: &SpacetimePoint, share: f64) -> SpacetimePoint {
    let mix = |a: f64, b: f64| a + share * (b - a);
    SpacetimePoint {
        log_snr: mix(from.log_snr, to.log_snr),
        y: from.y.iter().zip(&to.y).map(|(&a, &b)| mix(a, b)).collect(),
    }
}

/// The highest energy on the straight ways from each point to the next, read at least every `steps` of each variable.
fn highest_on_the_way(surface: &dyn Landscape, points: &[&[f64]], steps: &[f64]) -> f64 {
    let mut highest = points.first().map_or(f64::NEG_INFINITY, |first| surface.energy(first));
    for pair in points.windows(2) {
        let moves = pair[0].iter().zip(pair[1]).zip(steps);
        let parts = moves.map(|((a, b), step)| ((b - a) / step).abs().ceil()).fold(1.0, f64::max);
        for part in 1..=parts as usize {
            let share = part as f64 / parts;
            let x: Vec<f64> = pair[0].iter().zip(pair[1]).map(|(a, b)| a + share * (b - a)).collect();
            highest = highest.max(surface.energy(&x));
        }
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ridge one unit wide between two points.
    struct Ridge;

    impl Landscape for Ridge {
        fn periods(&self) -> &[Option<f64>] {
            &[None]
        }

        fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
            gradient[0] = 0.0;
            (50.0 - 200.0 * (x[0] - 0.37).powi(2)).max(0.0)
        }
    }

    #[test]
    fn a_ridge_between_two_points_is_seen() {
        let points: [&[f64]; 3] = [&[-1.0], &[1.0], &[1.5]];
        assert!(points.iter().all(|x| Ridge.energy(x) == 0.0));
        let highest = highest_on_the_way(&Ridge, &points, &[0.01]);
        assert!((highest - 50.0).abs() < 0.02, "{highest}");
    }
}
