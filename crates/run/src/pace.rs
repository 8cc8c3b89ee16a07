//! The amount of work between two checks of Ctrl-C and the clock.

use std::time::{Duration, Instant};

/// Intended duration of a block: short compared with the second within which the program must respond to Ctrl-C, long compared with the
/// cost of a check.
const BLOCK: Duration = Duration::from_millis(250);
/// Largest ratio of the sizes of successive blocks.
const GROWTH: u64 = 4;

/// Chooses the size of the next block from the duration of the last one. No result may depend on it.
pub(crate) struct Pace {
    size: u64,
    begun: Option<Instant>,
}

impl Pace {
    /// Starts with small blocks.
    pub(crate) fn new() -> Self {
        Self { size: 1, begun: None }
    }

    /// The size of the block that starts now.
    pub(crate) fn next_block(&mut self) -> u64 {
        if let Some(begun) = self.begun {
            self.size = next_size(self.size, begun.elapsed());
        }
        self.begun = Some(Instant::now());
        self.size
    }
}

fn next_size(size: u64, took: Duration) -> u64 {
    let wanted = size as f64 * BLOCK.as_secs_f64() / took.as_secs_f64().max(1e-9);
    (wanted as u64).clamp(1, size.saturating_mul(GROWTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_to_take_the_time_that_they_should() {
        // Rounds of 10 ms, of 3 s and of next to nothing.
        let after = |round: Duration| {
            (0..20).fold(1, |size: u64, _| next_size(size, round.saturating_mul(size.min(1 << 20) as u32)))
        };
        assert_eq!(after(Duration::from_millis(10)), 25);
        assert_eq!(after(Duration::from_secs(3)), 1);
        assert!(after(Duration::from_nanos(1)) > 1_000_000);
    }
}
