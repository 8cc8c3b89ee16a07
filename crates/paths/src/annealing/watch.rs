//! The energy of a landscape along paths on which it does not act.

use geodyssey_dynamics::{EnergyOfVariables, Observed};

use crate::segment::{Maxima, maximum_between};

/// A landscape that is evaluated after every step.
pub(super) struct Watch<'a> {
    pub(super) landscape: &'a EnergyOfVariables<'a>,
    /// On steps longer than this the highest energy is searched.
    pub(super) segment_length: f64,
    pub(super) periods: Vec<Option<f64>>,
}

impl Watch<'_> {
    /// The present place of every replica, where its next segment begins.
    pub(super) fn begin(&self, observed: &Observed<'_>) -> Vec<Vec<f64>> {
        (0..observed.replicas()).map(|replica| observed.variables(replica)).collect()
    }

    /// Processes the latest step of every replica that has not blown up.
    pub(super) fn passed(&self, observed: &Observed<'_>, previous: &mut [Vec<f64>], maxima: &mut [Maxima]) {
        let mut gradient = vec![0.0; self.periods.len()];
        for (replica, (previous, maxima)) in previous.iter_mut().zip(maxima).enumerate() {
            if observed.failures[replica].is_some() {
                continue;
            }
            let now = observed.variables(replica);
            // Variables jump by a period at the ends of their range; the molecule takes the shortest way.
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
