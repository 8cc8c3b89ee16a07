//! Dynamics: of the atoms of a molecule, by an engine, and of collective variables alone, on a landscape.
//!
//! An [`Engine`] moves atoms under `U(X) + V(ξ(X))`, with a [`Bias`] `V` that is data; [`NativeEngine`] is this project's own.
//! Collective variables alone move by [`Overdamped`]. Batches have a fixed size and random numbers are a function of their purpose, so that
//! results depend neither on threads nor on interruptions.
//!
//! Sixteen replicas of an atom in a harmonic well, with their mean potential energy of `3/2 kT`:
//!
//! ```
//! use geodyssey_dynamics::{Bias, Engine, Langevin, NativeEngine, Replica};
//! use geodyssey_forcefield::{Potential, PotentialError};
//! use geodyssey_molecule::Replicas;
//! use geodyssey_statistics::RandomStream;
//!
//! struct Well;
//!
//! impl Potential for Well {
//!     fn masses(&self) -> &[f64] {
//!         &[1.0]
//!     }
//!
//!     fn evaluate(&self, x: &Replicas, forces: &mut Replicas, energies: &mut [f64]) -> Result<(), PotentialError> {
//!         energies.fill(0.0);
//!         for axis in 0..3 {
//!             for (lane, x) in x.row(0, axis).iter().enumerate() {
//!                 forces.row_mut(0, axis)[lane] = -100.0 * x;
//!                 energies[lane] += 50.0 * x * x;
//!             }
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let engine = NativeEngine::new(&Well, &[])?;
//! let law = Langevin::new(0.05, 2.0, 2.5)?;
//! let replicas: Vec<Replica> = (0..16).map(|path| Replica::new(path, vec![[0.0; 3]], 2.5)).collect();
//! let mut batch = engine.open(&replicas, law, RandomStream::new(1, "example"), &Bias::None)?;
//! let (mut sum, steps) = (0.0, 5000);
//! for _ in 0..steps {
//!     batch.advance(1)?;
//!     sum += batch.observed().potential_energies_kj_mol[..16].iter().sum::<f64>() / 16.0;
//! }
//! assert!((sum / f64::from(steps) - 3.75).abs() < 0.15);
//! # Ok::<(), geodyssey_dynamics::DynamicsError>(())
//! ```

mod bias;
pub mod engine;
mod error;
mod grid;
mod grid_bias;
mod langevin;
mod minimisation;
mod native;
mod overdamped;
mod particles;
mod snapshot;
mod spline;
mod tether;
mod walls;

pub use bias::Bias;
pub use engine::{Batch, Engine, Observed};
pub use error::{DynamicsError, Failure};
pub use grid::{Grid, GridAxis, GridError, MAX_DIMENSION};
pub use grid_bias::GridBias;
pub use langevin::Langevin;
pub use minimisation::{MinimisationParameters, MinimisationTask, MinimisedMolecule};
pub use native::NativeEngine;
pub use overdamped::{EnergyOfVariables, Overdamped, Walker};
pub use particles::ParticlesOnLandscape;
pub use snapshot::{Replica, Snapshot};
pub use spline::CubicSpline;
pub use tether::{Tether, TetherPoint};
pub use walls::Walls;
