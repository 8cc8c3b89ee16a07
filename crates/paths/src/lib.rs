//! Paths from one state to another: driven along a curve by a tether, or unbiased. A [`Path`] has the same form in both cases and records
//! how it was sampled.
//!
//! [`AtomAnnealing`] and [`VariableAnnealing`] drive batches of paths along a list of [`TetherPoint`](geodyssey_dynamics::TetherPoint)s and
//! record the work; [`path_free_energy`] computes the free energy without tethers from it. [`shooting`] samples unbiased paths between two
//! states of a landscape.
//!
//! Walkers on the double well `5 (x² - 1)²` kJ/mol, driven from one well to the other, with their work:
//!
//! ```
//! use geodyssey_dynamics::{Overdamped, TetherPoint};
//! use geodyssey_paths::{AnnealingProtocol, PathId, VariableAnnealing};
//! use geodyssey_statistics::RandomStream;
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
//! for mut batch in annealing.start(PathId::forward(0), &vec![vec![-1.0]; 32])? {
//!     annealing.advance(&mut batch, curve.len());
//!     for path in batch.paths() {
//!         let end = &path.points[20];
//!         assert!((end.variables[0] - 1.0).abs() < 1.0 && end.work_kj_mol.is_finite());
//!     }
//! }
//! # Ok::<(), geodyssey_dynamics::DynamicsError>(())
//! ```

pub mod annealing;
pub mod ensembles;
mod path;
pub mod path_free_energy;
mod path_id;
mod segment;
pub mod shooting;

pub use annealing::{AnnealingProtocol, AtomAnnealing, VariableAnnealing};
pub use path::{End, HighestLandscapeEnergy, Path, PathFrame, PathPoint, Provenance};
pub use path_id::{Direction, NotAPath, PathId};
pub use shooting::{PathLength, PathMover, PathSampling, ShootingProtocol, Transitions, TwoWayShooting};
