//! Which replica is at which temperature, and how often they exchange.

use serde::{Deserialize, Serialize};

/// End of the ladder that a replica visited last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum End {
    Coldest,
    Hottest,
}

/// Places of all replicas on their ladders, with the statistics of their exchanges.
///
/// Replicas are numbered ladder by ladder; replicas `ladder * temperatures ..` belong to one ladder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchanges {
    /// Index of the temperature of every replica.
    temperature_of: Vec<usize>,
    /// Attempted and accepted exchanges of every pair of neighbours, all ladders together.
    attempted: Vec<u64>,
    accepted: Vec<u64>,
    last_end: Vec<Option<End>>,
    round_trips: u64,
}

impl Exchanges {
    /// Every replica at its own place: the first of a ladder coldest.
    pub(super) fn new(temperatures: usize, ladders: usize) -> Self {
        let mut exchanges = Self {
            temperature_of: (0..temperatures * ladders).map(|replica| replica % temperatures).collect(),
            attempted: vec![0; temperatures - 1],
            accepted: vec![0; temperatures - 1],
            last_end: vec![None; temperatures * ladders],
            round_trips: 0,
        };
        exchanges.note_ends(false);
        exchanges
    }

    /// Whether this can belong to a run with these numbers of temperatures and ladders.
    pub(super) fn fits(&self, temperatures: usize, ladders: usize) -> bool {
        let pairs = temperatures - 1;
        let fresh = Self::new(temperatures, ladders);
        let sorted = |places: &[usize]| {
            let mut places = places.to_vec();
            places.chunks_mut(temperatures).for_each(<[usize]>::sort_unstable);
            places
        };
        sorted(&self.temperature_of) == fresh.temperature_of
            && self.last_end.len() == temperatures * ladders
            && self.attempted.len() == pairs
            && self.accepted.len() == pairs
    }

    /// Index of the temperature of every replica.
    #[must_use]
    pub fn temperature_of(&self) -> &[usize] {
        &self.temperature_of
    }

    /// Replicas in the order of ladders and, within one, of temperatures.
    pub(super) fn replicas_by_temperature(&self) -> Vec<usize> {
        let temperatures = self.attempted.len() + 1;
        let mut order = vec![0; self.temperature_of.len()];
        for (replica, &temperature) in self.temperature_of.iter().enumerate() {
            order[replica / temperatures * temperatures + temperature] = replica;
        }
        order
    }

    /// Attempts to exchange neighbours, alternating between the pairs that begin at an even temperature and those that begin at an odd one.
    ///
    /// A pair is exchanged with the probability `min(1, exp((β_i - β_j)(U_i - U_j)))` (Y. Sugita and Y. Okamoto, Chem. Phys.
    /// Lett. 314, 141 (1999)), for which `uniform(ladder, pair)` is the random number. Attempts enter the statistics if `counted`. Returns
    /// how many were accepted.
    pub(super) fn attempt(
        &mut self,
        attempt: u64,
        energies: &[f64],
        betas: &[f64],
        uniform: impl Fn(usize, usize) -> f64,
        counted: bool,
    ) -> usize {
        let order = self.replicas_by_temperature();
        let mut swaps = 0;
        for (ladder, replicas) in order.chunks_exact(betas.len()).enumerate() {
            for pair in ((attempt % 2) as usize..betas.len() - 1).step_by(2) {
                let [first, second] = [replicas[pair], replicas[pair + 1]];
                let exponent = (betas[pair] - betas[pair + 1]) * (energies[first] - energies[second]);
                let accept = uniform(ladder, pair).ln() < exponent;
                self.attempted[pair] += u64::from(counted);
                self.accepted[pair] += u64::from(counted && accept);
                if accept {
                    self.temperature_of.swap(first, second);
                    swaps += 1;
                }
            }
        }
        self.note_ends(counted);
        swaps
    }

    fn note_ends(&mut self, counted: bool) {
        let hottest = self.attempted.len();
        for (&temperature, last) in self.temperature_of.iter().zip(&mut self.last_end) {
            if temperature == 0 {
                self.round_trips += u64::from(counted && *last == Some(End::Hottest));
                *last = Some(End::Coldest);
            } else if temperature == hottest && last.is_some() {
                *last = Some(End::Hottest);
            }
        }
    }

    /// Acceptance rate for every pair of neighbours; `None` if there was no attempt.
    #[must_use]
    pub fn rates(&self) -> Vec<Option<f64>> {
        let pairs = self.accepted.iter().zip(&self.attempted);
        pairs
            .map(|(&accepted, &attempted)| (attempted > 0).then(|| accepted as f64 / attempted as f64))
            .collect()
    }

    /// Number of round trips: how often a replica returned to the lowest temperature from the highest, having started at the lowest.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.round_trips
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_needs_both_ends() {
        let betas = [3.0, 2.0, 1.0];
        let mut exchanges = Exchanges::new(3, 1);
        // Equal energies: every attempt is accepted.
        for attempt in 0..20 {
            let swaps = exchanges.attempt(attempt, &[0.0; 3], &betas, |_, _| 0.5, true);
            assert_eq!(swaps, 1);
        }
        // A replica is back after six attempts; three replicas share the twenty attempts.
        assert_eq!(exchanges.rates(), [Some(1.0), Some(1.0)]);
        assert!((6..=9).contains(&exchanges.round_trips()), "{}", exchanges.round_trips());
        assert!(exchanges.fits(3, 1) && !exchanges.fits(4, 1));
    }

    #[test]
    fn a_hot_replica_of_low_energy_always_cools_and_the_reverse_by_chance() {
        let betas = [2.0, 1.0];
        for (energies, uniform, expected) in
            [([5.0, 4.0], 0.999, 1), ([4.0, 5.0], 0.36, 1), ([4.0, 5.0], 0.37, 0)]
        {
            let swaps = Exchanges::new(2, 1).attempt(0, &energies, &betas, |_, _| uniform, true);
            assert_eq!(swaps, expected, "{energies:?} {uniform}");
        }
    }
}
