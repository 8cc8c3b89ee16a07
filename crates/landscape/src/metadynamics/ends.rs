//! The two ends between which walkers should cross, and how often each has done so.

use serde::{Deserialize, Serialize};

/// An end state among the variables: an ellipsoid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndRegion {
    /// Its centre, one value per variable.
    pub center: Vec<f64>,
    /// Its semi-axes, one per variable, in the variable's unit.
    pub radius: Vec<f64>,
}

impl EndRegion {
    /// Whether a point lies inside; for periodic variables the shortest difference counts.
    pub fn contains(&self, x: &[f64], periods: &[Option<f64>]) -> bool {
        let axes = self.center.iter().zip(&self.radius).zip(periods);
        let square = |(x, ((center, radius), period)): (&f64, ((&f64, &f64), &Option<f64>))| {
            let mut difference = x - center;
            if let Some(period) = period {
                difference -= period * (difference / period).round();
            }
            (difference / radius).powi(2)
        };
        x.iter().zip(axes).map(square).sum::<f64>() <= 1.0
    }
}

/// The crossings of one walker: arrivals at one end after having visited the other end last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkerCrossings {
    /// The end visited last: 0 or 1; none before the first visit.
    pub last_end: Option<u8>,
    /// Arrivals at each end while hills were deposited.
    pub filling: [u32; 2],
    /// Arrivals at each end while walkers were counted.
    pub sampling: [u32; 2],
}

/// The phase of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Hills are deposited.
    Filling,
    /// The bias is fixed, and walkers equilibrate under it.
    Equilibrating,
    /// Walkers are counted.
    Counting,
}

impl WalkerCrossings {
    /// Records where the walker is; returns whether it arrived at an end from the other one.
    pub(super) fn visit(
        &mut self,
        ends: &[EndRegion],
        x: &[f64],
        periods: &[Option<f64>],
        phase: Phase,
    ) -> bool {
        let Some(end) = ends.iter().position(|end| end.contains(x, periods)) else { return false };
        let before = self.last_end.replace(end as u8);
        let arrived = before.is_some_and(|before| usize::from(before) != end);
        if arrived {
            match phase {
                Phase::Filling => self.filling[end] += 1,
                Phase::Equilibrating => {}
                Phase::Counting => self.sampling[end] += 1,
            }
        }
        arrived
    }
}

/// Fraction of an end's walkers that have been at the other end and come back while hills were deposited.
pub(super) fn recrossed_share(
    crossings: &[WalkerCrossings],
    end: usize,
    start_of: impl Fn(usize) -> usize,
) -> f64 {
    let own = crossings.iter().enumerate().filter(|(walker, _)| start_of(*walker) == end);
    let (count, back) =
        own.fold((0_u32, 0_u32), |(count, back), (_, walker)| (count + 1, back + walker.filling[end].min(1)));
    if count == 0 { 1.0 } else { f64::from(back) / f64::from(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_arrivals_from_the_other_end_count() {
        let end = |center: f64| EndRegion { center: vec![center], radius: vec![0.2] };
        let (ends, periods) = ([end(3.1), end(0.0)], [Some(std::f64::consts::TAU)]);
        let mut walker = WalkerCrossings::default();
        // Out of the start and back, to the end across nothing, about there, and home across the period.
        for x in [-3.1, 2.0, 3.0, 1.0, 0.1, 0.3, -0.1, -2.0, -3.0] {
            walker.visit(&ends, &[x], &periods, Phase::Filling);
        }
        assert_eq!(walker, WalkerCrossings { last_end: Some(0), filling: [1, 1], sampling: [0, 0] });
        walker.visit(&ends, &[6.4], &periods, Phase::Counting);
        assert_eq!(walker.sampling, [0, 1]);
        // Nothing is counted in between, but where the walker was last is known.
        walker.visit(&ends, &[3.1], &periods, Phase::Equilibrating);
        walker.visit(&ends, &[0.0], &periods, Phase::Counting);
        assert_eq!(walker.sampling, [0, 2]);
        walker.visit(&ends, &[-3.1], &periods, Phase::Equilibrating);
        let idle = WalkerCrossings { last_end: Some(0), ..WalkerCrossings::default() };
        assert_eq!(recrossed_share(&[walker, idle, idle], 0, |walker| usize::from(walker == 2)), 0.5);
        assert_eq!(recrossed_share(&[walker, idle, idle], 1, |walker| usize::from(walker == 2)), 0.0);
    }
}
