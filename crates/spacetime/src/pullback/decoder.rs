//! Between data and latents.

use geodyssey_denoiser::{Denoiser, SpacetimePoint};
use nalgebra::{DMatrix, DVector};

use crate::error::SpacetimeError;
use crate::flow::{ProbabilityFlowSettings, check, integrate, probability_flow};

/// The map `g` from latents at one logSNR to data at a higher one, along the probability-flow ODE.
#[derive(Clone, Copy)]
pub struct Decoder<'a> {
    /// Whose flow it is.
    pub denoiser: &'a dyn Denoiser,
    /// logSNR of data: what is smaller than its noise is not told apart.
    pub data_log_snr: f64,
    /// logSNR of latents, below that of data.
    pub latent_log_snr: f64,
    /// Accuracy of the flow.
    pub flow: ProbabilityFlowSettings,
}

/// A decoded latent.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedPoint {
    /// `x = g(z)`.
    pub data: DVector<f64>,
    /// `J = ∂g/∂z`.
    pub jacobian: DMatrix<f64>,
}

impl Decoder<'_> {
    /// Latents of data, `z = g⁻¹(x)`.
    ///
    /// # Errors
    /// As [`probability_flow`].
    pub fn encode(&self, data: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, SpacetimeError> {
        let levels = [self.data_log_snr, self.latent_log_snr];
        Ok(probability_flow(self.denoiser, data, &levels, &self.flow)?.last().to_vec())
    }

    /// Data of latents, `x = g(z)`.
    ///
    /// # Errors
    /// As [`probability_flow`].
    pub fn decode(&self, latents: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, SpacetimeError> {
        let levels = [self.latent_log_snr, self.data_log_snr];
        Ok(probability_flow(self.denoiser, latents, &levels, &self.flow)?.last().to_vec())
    }

    /// Largest distance, over the points, of `g(g⁻¹(x))` from `x`.
    ///
    /// # Errors
    /// As [`probability_flow`].
    pub fn round_trip_error(&self, data: &[Vec<f64>]) -> Result<f64, SpacetimeError> {
        let back = self.decode(&self.encode(data)?)?;
        let distance = |(x, y): (&Vec<f64>, &Vec<f64>)| distance(x, y);
        Ok(data.iter().zip(&back).map(distance).fold(0.0, f64::max))
    }

    /// Data of latents with the decoder's Jacobian, by the variational equation `dJ/dλ = ½ (∂D/∂y - 1) J`, `J = 1` at the
    /// latents, with `∂D/∂y = e^λ Cov(x)`.
    ///
    /// # Errors
    /// As [`probability_flow`].
    pub fn decode_with_jacobian(&self, latents: &[Vec<f64>]) -> Result<Vec<DecodedPoint>, SpacetimeError> {
        let levels = [self.latent_log_snr, self.data_log_snr];
        check(self.denoiser, latents, &levels, true)?;
        let dimension = self.denoiser.dimension();
        let (low, high) = self.denoiser.log_snr_range();
        let slope = |log_snr: f64, states: &[Vec<f64>]| {
            let log_snr = log_snr.clamp(low, high);
            let points: Vec<SpacetimePoint> = states
                .iter()
                .map(|state| SpacetimePoint { log_snr, y: state[..dimension].to_vec() })
                .collect();
            let moments = self.denoiser.moments(&points)?;
            let of = |(state, moments): (&Vec<f64>, &geodyssey_denoiser::PosteriorMoments)| {
                let mut slope: Vec<f64> =
                    state.iter().zip(moments.mean()).map(|(y, mean)| 0.5 * (mean - y)).collect();
                let jacobian = DMatrix::from_column_slice(dimension, dimension, &state[dimension..]);
                let change = moments.metric.view((0, 0), (dimension, dimension)) * log_snr.exp()
                    - DMatrix::<f64>::identity(dimension, dimension);
                slope.extend((change * jacobian * 0.5).iter());
                slope
            };
            Ok(states.iter().zip(&moments).map(of).collect())
        };
        let identity = DMatrix::<f64>::identity(dimension, dimension);
        let start: Vec<Vec<f64>> =
            latents.iter().map(|z| z.iter().chain(identity.iter()).copied().collect()).collect();
        let end = integrate(&slope, &start, &levels, &self.flow)?;
        let decoded = |state: &Vec<f64>| DecodedPoint {
            data: DVector::from_column_slice(&state[..dimension]),
            jacobian: DMatrix::from_column_slice(dimension, dimension, &state[dimension..]),
        };
        Ok(end.last().iter().map(decoded).collect())
    }
}

/// `(N-1)/2 Σ |Δx|²` of a decoded curve of `N` points: the energy of the latent curve in the pullback metric.
#[must_use]
pub fn decoded_energy(data: &[Vec<f64>]) -> f64 {
    let segments = data.len().saturating_sub(1) as f64;
    0.5 * segments * data.windows(2).map(|pair| distance(&pair[0], &pair[1]).powi(2)).sum::<f64>()
}

/// `Σ |Δx|` of a decoded curve: the length of the latent curve in the pullback metric.
#[must_use]
pub fn decoded_length(data: &[Vec<f64>]) -> f64 {
    data.windows(2).map(|pair| distance(&pair[0], &pair[1])).sum()
}

pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}
