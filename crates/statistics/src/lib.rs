//! Estimates from samples, with their errors, and the random numbers that simulations draw. Knows no
//! molecules.
//!
//! [`work`] turns the works of driven paths into free-energy differences (Jarzynski, Bennett's acceptance ratio),
//! [`reweight_temperatures`] reweights samples of many temperatures to one (MBAR), and [`effective_sample_size`] estimates the effective
//! number of independent samples in a correlated series.
//!
//! For sampled paths, [`crossing_probability`] joins the ensembles of transition interface sampling, [`binomial_spread`] says how widely
//! committors scatter beyond counting noise, and [`logistic_regression`] and [`rank_correlation`] say what they depend on.
//! [`equilibrated_after`], [`split_r_hat`] and [`ks_two_sample`] tell whether chains have equilibrated and agree; [`jackknife`] gives any
//! estimate a standard error.
//!
//! All random numbers come from [`RandomStream`]. [`WrongInput`] holds the checks of
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

mod binomial_spread;
mod crossing_probability;
mod effective_size;
mod equilibration;
mod error;
mod jackknife;
mod kolmogorov_smirnov;
mod logistic;
mod mbar;
mod r_hat;
mod random;
mod rank_correlation;
mod ranks;
mod special_functions;
pub mod work;
mod wrong_input;

pub use binomial_spread::{BinomialSpread, binomial_error, binomial_spread};
pub use crossing_probability::{CrossingProbability, crossing_probability};
pub use effective_size::effective_sample_size;
pub use equilibration::equilibrated_after;
pub use error::StatisticsError;
pub use jackknife::{JackknifeEstimate, jackknife};
pub use kolmogorov_smirnov::{KolmogorovSmirnov, ks_two_sample};
pub use logistic::{LogisticRegression, logistic_regression};
pub use mbar::{TemperatureReweighting, reweight_temperatures};
pub use r_hat::split_r_hat;
pub use random::RandomStream;
pub use rank_correlation::{rank_correlation, rank_correlation_p_value};
pub use wrong_input::WrongInput;
