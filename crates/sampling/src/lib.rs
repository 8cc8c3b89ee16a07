//! Langevin dynamics and annealed paths.
//!
//! An [`Engine`] moves atoms under `U(X) + V(ξ(X))`, with a [`Bias`] `V` that is data; [`NativeEngine`] is this project's own. Collective
//! variables alone move by [`Overdamped`]. [`AtomAnnealing`] and [`VariableAnnealing`] lead batches of paths along a list of
//! [`TetherPoint`]s and keep the work that this takes; [`work`] turns it into free-energy differences. [`shooting`] samples unbiased paths between two states of a landscape. [`ReplicaExchange`] samples a molecule at many temperatures at once, and
//! [`reweight_temperatures`] leads all its samples back to one. All random numbers come from [`RandomStream`] and all batches are
//! of fixed size, so that results depend on neither threads nor interruptions.
//!
//! A walker on the double well `5 (x² - 1)²` kJ/mol, led from one well to the other and its work kept:
//!
//! ```
//! use std::ops::ControlFlow;
//! use geodyssey_sampling::{AnnealingProtocol, Overdamped, RandomStream, TetherPoint, VariableAnnealing};
//!
//! let landscape = |x: &[f64], gradient: &mut [f64]| {
//!     gradient[0] = 20.0 * x[0] * (x[0] * x[0] - 1.0);
//!     5.0 * (x[0] * x[0] - 1.0).powi(2)
//! };
//! let curve: Vec<TetherPoint> =
//!     (0..=20).map(|n| TetherPoint { log_snr: 3.0, center: vec![-1.0 + 0.1 * f64::from(n)] }).collect();
//! let protocol = AnnealingProtocol {
//!     equilibration_steps: 100,
//!     steps_per_point: 50,
//!     switches_per_point: 50, // the tether moves before every step
//!     frame_stride: 1,
//! };
//! let dynamics = Overdamped::new(0.01, true, 2.5)?;
//! let random = RandomStream::new(1, "forward");
//! let annealing = VariableAnnealing::new(&landscape, &[None], dynamics, &curve, protocol, 0.05, random)?;
//! let mut batches = annealing.start(0, &vec![vec![-1.0]; 32])?;
//! annealing.run(&mut batches, &|_| ControlFlow::Continue(()));
//! for path in batches.iter().flat_map(|batch| batch.paths()) {
//!     let end = &path.records[20];
//!     assert!((end.variables[0] - 1.0).abs() < 1.0 && end.work_kj_mol.is_finite());
//! }
//! # Ok::<(), geodyssey_sampling::SamplingError>(())
//! ```

pub mod annealing;
mod bias;
mod effective_size;
pub mod engine;
mod error;
mod grid;
mod grid_bias;
mod langevin;
mod mbar;
mod minimisation;
mod native;
mod overdamped;
pub mod path_free_energy;
mod random;
pub mod replica_exchange;
mod segment;
pub mod shooting;
mod snapshot;
mod spline;
mod tether;
mod walls;
pub mod work;

pub use annealing::{AnnealingProtocol, AtomAnnealing, VariableAnnealing};
pub use bias::Bias;
pub use effective_size::effective_sample_size;
pub use engine::{Batch, Engine, Observed};
pub use error::{Failure, SamplingError};
pub use grid::{Grid, GridAxis, GridError, MAX_DIMENSION};
pub use grid_bias::GridBias;
pub use langevin::Langevin;
pub use mbar::{TemperatureReweighting, reweight_temperatures};
pub use minimisation::{MinimisationParameters, MinimisationTask, MinimisedMolecule};
pub use native::NativeEngine;
pub use overdamped::{Overdamped, Walker};
pub use random::RandomStream;
pub use replica_exchange::{ReplicaExchange, ReplicaExchangeParameters};
pub use shooting::{PathLength, ShootingProtocol, TwoWayShooting};
pub use snapshot::{Replica, Snapshot};
pub use spline::CubicSpline;
pub use tether::{Tether, TetherPoint};
pub use walls::Walls;
