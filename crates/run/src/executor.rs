//! Units of work that do not depend on each other, and who carries them out.
//!
//! A stage that is long enough to be divided names its units and says how one is computed. Which unit runs where and when is the
//! executor's business: in the threads of this process today ([`Threads`](crate::Threads)). Another executor is one more implementation of
//! [`Executor`].

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::RunError;

/// Computes one unit, given by its place in the list of names. [`ControlFlow::Break`] stops the others.
pub type Work<'w> = dyn Fn(usize, &Stop) -> ControlFlow<()> + Sync + 'w;

/// Set once a unit has failed in a way that makes the others useless.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// From now on no unit begins, and those under way should end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether units should end. A long one asks between its steps, as it asks for Ctrl-C
    /// ([`interrupt`](crate::interrupt)), keeps what it has done and returns.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Carries out units of work.
///
/// What units promise:
///
/// - They are independent: any may be computed before, after or at the same time as any other, with the same result.
/// - Each has a name of its own within its stage. `work(unit)` computes one and leaves its result in the run directory under that name, where
///   the caller reads it afterwards. Nothing else that `work` leaves in memory belongs to the result. An executor may therefore let another
///   process compute a unit, which it is told by stage and name alone.
/// - What is left of a unit that was interrupted is resumed when it is carried out again.
///
/// What an executor promises:
///
/// - Units are taken one at a time, in their order.
/// - Once a unit breaks, no other begins; those under way are told by [`Stop`], and it returns when they have ended.
///
/// Stages call `carry_out`, which knows the errors of units.
pub trait Executor: Sync {
    /// Carries out all units of a stage, or all that were begun before one of them broke.
    ///
    /// # Errors
    /// What the executor itself cannot do, such as starting a process. Errors of units are kept by the caller.
    fn execute(&self, stage: &str, units: &[String], work: &Work<'_>) -> Result<(), RunError>;
}

/// An error of a unit.
pub trait UnitError: From<RunError> + Send {
    /// Whether the unit was only told to end.
    fn is_interrupted(&self) -> bool;
}

impl UnitError for RunError {
    fn is_interrupted(&self) -> bool {
        matches!(self, Self::Interrupted)
    }
}

impl dyn Executor + '_ {
    /// Carries out all units of a stage. Of several errors the first is returned, once all units under way have ended; one that says more than
    /// that a unit was told to end goes first.
    ///
    /// # Errors
    /// The first error of a unit, after which none begins; what the executor cannot do.
    pub fn carry_out<E: UnitError>(
        &self,
        stage: &str,
        units: &[String],
        work: impl Fn(usize, &Stop) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let first: Mutex<Option<E>> = Mutex::new(None);
        let executed = self.execute(stage, units, &|unit: usize, stop: &Stop| match work(unit, stop) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                if first.as_ref().is_none_or(|first| first.is_interrupted() && !error.is_interrupted()) {
                    *first = Some(error);
                }
                ControlFlow::Break(())
            }
        });
        match first.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => executed.map_err(E::from),
        }
    }
}
