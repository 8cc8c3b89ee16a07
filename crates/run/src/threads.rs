//! Execution of units in the threads of this process.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::RunError;
use crate::executor::{Executor, Stop, Work};

/// Executes as many units at a time as there are threads.
#[derive(Clone, Copy, Debug)]
pub struct Threads;

/// A unit that panics stops the others, which would otherwise go on for nothing.
struct SetOnPanic<'s>(&'s Stop);

impl Drop for SetOnPanic<'_> {
    fn drop(&mut self) {
        self.0.set();
    }
}

impl Executor for Threads {
    fn execute(&self, _stage: &str, units: &[String], work: &Work<'_>) -> Result<(), RunError> {
        let (stop, next) = (Stop::default(), AtomicUsize::new(0));
        rayon::broadcast(|_| {
            let guard = SetOnPanic(&stop);
            while !stop.is_set() {
                // One at a time: a thread that has got hold of several would let others wait.
                let unit = next.fetch_add(1, Ordering::Relaxed);
                if unit >= units.len() {
                    break;
                }
                if work(unit, &stop).is_break() {
                    stop.set();
                }
            }
            std::mem::forget(guard);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Carries out 100 units.
    fn carry_out(work: impl Fn(usize, &Stop) -> Result<(), RunError> + Sync) -> Result<(), RunError> {
        let units: Vec<String> = (0..100).map(|unit| format!("unit-{unit}")).collect();
        let executor: &dyn Executor = &Threads;
        executor.carry_out("stage", &units, work)
    }

    #[test]
    fn every_unit_is_computed_once() {
        let done: Vec<AtomicUsize> = (0..100).map(|_| AtomicUsize::new(0)).collect();
        carry_out(|unit, _| {
            done[unit].fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
        .expect("nothing fails");
        assert!(done.iter().all(|count| count.load(Ordering::Relaxed) == 1));
    }

    /// Also with a single thread, where the units that were not begun are known.
    #[test]
    fn after_an_error_no_unit_begins_and_the_first_is_returned() {
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        let done = AtomicUsize::new(0);
        let fails = |unit: usize, stop: &Stop| {
            assert!(!stop.is_set(), "{unit} began too late");
            done.fetch_add(1, Ordering::Relaxed);
            if unit < 3 { Ok(()) } else { Err(RunError::failed("unit", unit)) }
        };
        let error = alone.install(|| carry_out(fails)).expect_err("a unit fails");
        assert_eq!((error.to_string().as_str(), done.load(Ordering::Relaxed)), ("unit: 3", 4));
        // The others see that one has failed, and what they return then is not the error.
        let stopped = |unit: usize, stop: &Stop| {
            if unit == 0 {
                return Err(RunError::failed("unit", unit));
            }
            while !stop.is_set() {
                std::thread::yield_now();
            }
            Err(RunError::Interrupted)
        };
        assert_eq!(carry_out(stopped).expect_err("a unit fails").to_string(), "unit: 0");
    }
}
