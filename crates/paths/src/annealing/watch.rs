//! The energy of a landscape along paths on which it does not act.

use geodyssey_dynamics::{EnergyOfVariables, Observed};

use crate::segment::{Maxima, maximum_between};

/// A landscape that is looked at after every step.
pub(super) struct Watch<'a> {
    pub(super) landscape: &'a EnergyOfVariables<'a>,
    /// Steps longer than this are searched for their highest energy.
    pub(super) segment_length: f64,
    pub(super) periods: Vec<Option<f64>>,
}

impl Watch<'_> {
    /// Where every replica is now: the beginning of its next segment.
    pub(super) fn begin(&self, observed: &Observed<'_>) -> Vec<Vec<f64>> {
        (0..observed.replicas()).map(|replica| observed.variables(replica)).collect()
    }

    /// Takes the step of every replica that has not blown up into account.
    pub(super) fn passed(&self, observed: &Observed<'_>, previous: &mut [Vec<f64>], maxima: &mut [Maxima]) {
        let mut gradient = vec![0.0; self.periods.len()];
        for (replica, (previous, maxima)) in previous.iter_mut().zip(maxima).enumerate() {
            if observed.failures[replica].is_some() {
                continue;
            }
            let now = observed.variables(replica);
            // Variables jump by a period where their range ends; the molecule goes the short way.
            let unwrapped: Vec<f64> = previous
                .iter()
                .zip(&now)
                .zip(&self.periods)
                .map(|((from, to), period)| match period {
                    Some(period) => to - period * ((to - from) / period).round(),
                    None => *to,
                })
                .collect();
            let (between, _) = maximum_between(self.landscape, previous, &unwrapped, self.segment_length);
            maxima.between = maxima.between.max(between);
            maxima.at_steps = maxima.at_steps.max((self.landscape)(&now, &mut gradient));
            *previous = now;
        }
    }
}
