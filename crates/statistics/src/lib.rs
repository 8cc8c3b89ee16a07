//! Estimates from samples, with their errors, and the random numbers that simulations draw. Knows no
//! molecules.
//!
//! [`work`] turns the works of driven paths into free-energy differences (Jarzynski, Bennett's acceptance ratio),
//! [`reweight_temperatures`] reweights samples of many temperatures to one (MBAR), and [`effective_sample_size`] estimates the effective
//! number of independent samples in a correlated series. All random numbers come from [`RandomStream`]. [`WrongInput`] holds the checks of
//! numbers that samplers share.
//!
//! Works of a Gaussian distribution of mean 3 kT and variance 2 kT² belong to a free-energy difference of 2 kT:
//!
//! ```
//! use geodyssey_statistics::RandomStream;
//! use geodyssey_statistics::work::jarzynski;
//!
//! let mut normals = vec![0.0; 8 * 1000];
//! RandomStream::new(1, "works").fill_normals(0, &[0, 1, 2, 3, 4, 5, 6, 7], &mut normals);
//! let works: Vec<f64> = normals.iter().map(|normal| 3.0 + 2f64.sqrt() * normal).collect();
//! let delta_f = jarzynski(&works, 1.0)?;
//! assert!((delta_f.value_kj_mol - 2.0).abs() < 4.0 * delta_f.standard_error_kj_mol);
//! # Ok::<(), geodyssey_statistics::StatisticsError>(())
//! ```

mod effective_size;
mod error;
mod mbar;
mod random;
pub mod work;
mod wrong_input;

pub use effective_size::effective_sample_size;
pub use error::StatisticsError;
pub use mbar::{TemperatureReweighting, reweight_temperatures};
pub use random::RandomStream;
pub use wrong_input::WrongInput;
