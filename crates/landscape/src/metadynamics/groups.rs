//! Groups of independent walkers, from which standard errors are estimated.

/// Number of groups for the walkers of each start.
const GROUPS_PER_START: usize = 8;
/// With fewer groups of walkers than this, each is divided in time as well.
const FEWEST_GROUPS: usize = 4;
/// Number of time segments if there are too few walkers.
const TIME_SEGMENTS: usize = 4;

/// How many groups walkers that begin from so many structures in turn are counted in.
#[must_use]
pub fn group_count(walkers: usize, structures: usize) -> usize {
    Groups::new(walkers, structures).count()
}

/// Which counts belong together.
///
/// Once the bias is constant, walkers are independent of each other, so that groups of whole walkers are independent however slowly each of
/// them moves; consecutive segments of one walker's time are not. Walkers of different starts are in different groups, so that the estimate
/// from each start alone is known too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Groups {
    starts: usize,
    walker_groups: usize,
    segments: usize,
}

impl Groups {
    /// The groups of walkers that start from a number of structures in turn.
    pub(super) fn new(walkers: usize, structures: usize) -> Self {
        let starts = structures.min(walkers).max(1);
        let walker_groups = (walkers / starts).clamp(1, GROUPS_PER_START);
        let segments = if walker_groups < FEWEST_GROUPS { TIME_SEGMENTS } else { 1 };
        Self { starts, walker_groups, segments }
    }

    /// The structure from which a walker started.
    pub(super) fn start_of(self, walker: usize) -> usize {
        walker % self.starts
    }

    /// Number of groups.
    pub(super) fn count(self) -> usize {
        self.starts * self.walker_groups * self.segments
    }

    /// The start of every group.
    pub(super) fn strata(self) -> Vec<usize> {
        (0..self.count()).map(|group| group / (self.walker_groups * self.segments)).collect()
    }

    /// The group of a walker in a round of the sampling time, whose least length is `rounds`; if time is divided, a longer sampling time
    /// cycles through the segments again.
    pub(super) fn group(self, walker: usize, round: u64, rounds: u64) -> usize {
        let segment = (round * self.segments as u64 / rounds) as usize % self.segments;
        let of_walkers = walker / self.starts % self.walker_groups;
        (self.start_of(walker) * self.walker_groups + of_walkers) * self.segments + segment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_walkers_of_one_start_over_all_time() {
        let groups = Groups::new(64, 2);
        assert_eq!(groups.count(), 16);
        for walker in 0..64 {
            let group = groups.group(walker, 0, 100);
            assert_eq!(group, groups.group(walker, 99, 100));
            assert_eq!(groups.strata()[group], walker % 2);
        }
        // One walker has to be divided in time.
        let one = Groups::new(1, 2);
        assert_eq!([0, 99, 100, 230].map(|round| one.group(0, round, 100)), [0, 3, 0, 1]);
        assert_eq!(one.count(), 4);
        assert_eq!(one.strata(), vec![0; 4]);
        // Every group is used, whatever the numbers.
        for (walkers, structures) in [(3, 2), (7, 2), (24, 1), (17, 2)] {
            let groups = Groups::new(walkers, structures);
            let mut used = vec![false; groups.count()];
            (0..walkers)
                .for_each(|walker| (0..8).for_each(|round| used[groups.group(walker, round, 8)] = true));
            assert!(used.iter().all(|used| *used), "{walkers} {structures}");
        }
    }
}
