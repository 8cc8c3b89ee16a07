//! Independent units of work, and their execution.
//!
//! A long stage is divided into named units and defines how one is computed. The executor decides which unit runs where and when: at
//! present in the threads of this process ([`Threads`](crate::Threads)). Another executor is another implementation of [`Executor`].

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::RunError;

/// Computes one unit, given by its index in the list of names. [`ControlFlow::Break`] stops the others.
pub type Work<'w> = dyn Fn(usize, &Stop) -> ControlFlow<()> + Sync + 'w;

/// Set once a unit has failed in a way that makes the others useless.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// From now on no unit starts, and those in progress should end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether units should end. A long unit checks this between its steps, as it checks for Ctrl-C ([`interrupt`](crate::interrupt)),
    /// stores its progress and returns.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Carries out units of work.
///
/// Requirements for units:
///
/// - They are independent: they may be computed in any order or at the same time, with the same result.
/// - Each has a unique name within its stage. `work(unit)` computes one and writes its result to the run directory under that name, where
///   the caller reads it afterwards. Nothing that `work` leaves in memory belongs to the result. An executor may therefore let another
///   process compute a unit, identified only by stage and name.
/// - An interrupted unit is resumed when it is carried out again.
///
/// Requirements for an executor:
///
/// - Units are taken one at a time, in their order.
/// - Once a unit breaks, no other begins; those in progress are notified by [`Stop`], and it returns when they have ended.
///
/// Stages call `carry_out`, which handles the errors of units.
pub trait Executor: Sync {
    /// Carries out all units of a stage, or all that were started before one of them broke.
    ///
    /// # Errors
    /// Errors of the executor itself, such as a process that cannot be started. Errors of units are stored by the caller.
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
