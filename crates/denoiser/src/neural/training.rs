//! Training of a neural denoiser, in blocks of steps between which it can be stored.

use rand::RngExt as _;
use rayon::prelude::*;

use super::checkpoint;
use super::model::{Model, PreparedPairs};
use super::network::Network;
use super::optimiser::Optimiser;
use super::schedule::LevelImportance;
use super::state::{NeuralIdentity, Progress, TrainingProgress};
use super::{ComputeDevice, NeuralDenoiser, NeuralSettings};
use crate::random::stream;
use crate::{DenoiserError, PairSource, Preconditioning, WeightsExpectation, WeightsFile};

/// Number of pairs from which the scales of the targets are measured.
const SCALE_PAIRS: usize = 8192;
/// Rows per task of the network on the CPU. The number is fixed and the sums of the tasks are added in order, so that every repetition
/// gives identical bits on any number of threads. For the same reason no sum over a whole tensor is computed by burn, which adds 4 million
/// numbers or more in a varying order.
const ROWS_PER_TASK: usize = 128;

/// A training in progress. Its result is a pure function of the settings and the source: on the CPU, no bit of it depends on threads or
/// interruptions.
pub struct Training {
    model: Model,
    identity: NeuralIdentity,
    device: ComputeDevice,
    parameters: Vec<f32>,
    optimiser: Optimiser,
    best: Vec<f32>,
    progress: Progress,
    /// Pairs of the current round.
    pool: Option<(usize, PreparedPairs)>,
    /// Order of the pairs in the current pass.
    order: Option<(usize, Vec<usize>)>,
    held_out: Option<PreparedPairs>,
}

impl Training {
    /// Measures the scale of the task and initialises a network.
    ///
    /// # Errors
    /// [`DenoiserError::Settings`] for an impossible setting; [`DenoiserError::Data`] if the variables do not match the samples;
    /// as [`PairSource::draw`].
    pub fn start(
        settings: &NeuralSettings,
        source: &PairSource<'_>,
        identity: NeuralIdentity,
        device: &ComputeDevice,
    ) -> Result<Self, DenoiserError> {
        settings.check()?;
        if identity.variables.len() != source.samples.dimension() {
            return Err(DenoiserError::Data(format!(
                "{:?} are not the names of {} variables",
                identity.variables,
                source.samples.dimension()
            )));
        }
        let pairs = source.draw("neural scales", 0, SCALE_PAIRS, &[])?;
        let preconditioning =
            Preconditioning::fit(source.samples, &pairs, source.log_snr, settings.clusters, source.seed)?;
        let model = Model::fit(settings, preconditioning, &pairs)?;
        let parameters = model.architecture().initial(source.seed);
        Ok(Self {
            identity,
            device: device.clone(),
            optimiser: Optimiser::new(&parameters),
            best: parameters.clone(),
            parameters,
            progress: Progress {
                seed: source.seed,
                step: 0,
                levels: LevelImportance::new(settings.level_parts),
                recent: (0.0, 0),
                history: Vec::new(),
                best: (0, f64::MAX),
            },
            pool: None,
            order: None,
            held_out: None,
            model,
        })
    }

    /// Continues from a checkpoint.
    ///
    /// # Errors
    /// [`DenoiserError::Weights`] if the bytes are not a checkpoint of a training with these settings, source, variables and data.
    pub fn resume(
        bytes: &[u8],
        settings: &NeuralSettings,
        source: &PairSource<'_>,
        identity: NeuralIdentity,
        device: &ComputeDevice,
    ) -> Result<Self, DenoiserError> {
        let file = WeightsFile::from_bytes(bytes)?;
        let expected = WeightsExpectation {
            kind: checkpoint::TRAINING,
            variables: &identity.variables,
            periods: source.samples.periods(),
            data_hash: Some(&identity.data_hash),
        };
        let (model, _, progress) = checkpoint::read(&file, &expected)?;
        let refuse = |message: &str| DenoiserError::Weights(message.to_owned());
        let progress = progress.ok_or_else(|| refuse("it contains no training state"))?;
        if model.settings != *settings {
            return Err(refuse("it belongs to a training with other settings"));
        }
        if progress.seed != source.seed || model.preconditioning.log_snr != source.log_snr {
            return Err(refuse("it belongs to a training with another seed or range of logSNR"));
        }
        let size = [model.architecture().size()];
        let tensor = |name: &str| file.single(name, &size).map(<[f32]>::to_vec);
        Ok(Self {
            identity,
            device: device.clone(),
            parameters: tensor("parameters")?,
            optimiser: Optimiser {
                first_moment: tensor("adam.first_moment")?,
                second_moment: tensor("adam.second_moment")?,
                average: tensor("average")?,
            },
            best: tensor("best_average")?,
            progress,
            pool: None,
            order: None,
            held_out: None,
            model,
        })
    }

    /// Everything needed to continue later, as a safetensors file.
    ///
    /// # Errors
    /// [`DenoiserError::Weights`] if it cannot be written in that format.
    pub fn checkpoint(&self) -> Result<Vec<u8>, DenoiserError> {
        let size = vec![self.parameters.len()];
        let tensors = [
            ("parameters", &self.parameters),
            ("adam.first_moment", &self.optimiser.first_moment),
            ("adam.second_moment", &self.optimiser.second_moment),
            ("average", &self.optimiser.average),
            ("best_average", &self.best),
        ];
        let tensors = tensors.map(|(name, values)| (name.to_owned(), size.clone(), values.as_slice()));
        let progress = Some(&self.progress);
        checkpoint::write(checkpoint::TRAINING, &self.model, &self.identity, progress, tensors.into_iter())?
            .to_bytes()
    }

    /// Does up to `steps` more steps.
    ///
    /// # Errors
    /// [`DenoiserError::Training`] if the loss is no longer a number; [`DenoiserError::Data`] if the source is not the one the
    /// training was started with; as [`PairSource::draw`].
    pub fn advance(
        &mut self,
        source: &PairSource<'_>,
        steps: usize,
    ) -> Result<TrainingProgress, DenoiserError> {
        let preconditioning = &self.model.preconditioning;
        if source.seed != self.progress.seed
            || source.log_snr != preconditioning.log_snr
            || source.samples.periods() != preconditioning.periods
        {
            let message = "the training was started with another seed, range of logSNR or other periods";
            return Err(DenoiserError::Data(message.into()));
        }
        let settings = self.model.settings.clone();
        for _ in 0..steps {
            if self.is_finished() {
                break;
            }
            self.fill_pool(source)?;
            self.step(&settings)?;
            if self.progress.step.is_multiple_of(settings.evaluate_every)
                || self.progress.step == settings.steps
            {
                self.measure(source)?;
            }
        }
        Ok(self.state())
    }

    /// Whether the training is finished.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let settings = &self.model.settings;
        let since = self.progress.step.saturating_sub(self.progress.best.0);
        self.progress.step >= settings.steps
            || (!self.progress.history.is_empty()
                && since >= settings.patience.saturating_mul(settings.evaluate_every))
    }

    /// The measurements so far, one every [`NeuralSettings::evaluate_every`] steps.
    #[must_use]
    pub fn history(&self) -> &[TrainingProgress] {
        &self.progress.history
    }

    /// The denoiser with the averaged weights of the least held-out loss; before the first measurement, with the averaged weights.
    #[must_use]
    pub fn denoiser(&self) -> NeuralDenoiser {
        let measured = !self.progress.history.is_empty();
        let parameters = if measured { &self.best } else { &self.optimiser.average };
        NeuralDenoiser::new(self.model.clone(), parameters.clone(), self.identity.clone(), &self.device)
    }

    fn state(&self) -> TrainingProgress {
        let settings = &self.model.settings;
        let last = self.progress.history.last();
        let (sum, count) = self.progress.recent;
        TrainingProgress {
            step: self.progress.step,
            of: settings.steps,
            training_loss: match last {
                Some(last) if count == 0 => last.training_loss,
                _ => sum / count.max(1) as f64,
            },
            held_out_loss: last.map_or(1.0, |last| last.held_out_loss),
            learning_rate: settings.learning_rate_at(self.progress.step.saturating_sub(1)),
            finished: self.is_finished(),
        }
    }

    /// Draws the pairs of the current round and the order of the current pass, unless they exist.
    fn fill_pool(&mut self, source: &PairSource<'_>) -> Result<(), DenoiserError> {
        let settings = &self.model.settings;
        let steps_per_pass = settings.pairs_per_round / settings.batch;
        let steps_per_round = steps_per_pass * settings.passes_per_round;
        let count = steps_per_pass * settings.batch;
        let pass = self.progress.step / steps_per_pass;
        let round = self.progress.step / steps_per_round;
        if self.pool.as_ref().is_none_or(|(present, _)| *present != round) {
            if round > 0 && self.progress.step.is_multiple_of(steps_per_round) {
                self.progress.levels.start_round(settings.uniform_share);
            }
            let pairs = source.draw("neural round", round as u64, count, &self.progress.levels.density)?;
            self.pool = Some((round, self.model.prepare(&pairs)?));
        }
        if self.order.as_ref().is_none_or(|(present, _)| *present != pass) {
            let mut order: Vec<usize> = (0..count).collect();
            let mut random = stream(source.seed, "neural order", pass as u64);
            for last in (1..count).rev() {
                order.swap(last, random.random_range(0..=last));
            }
            self.order = Some((pass, order));
        }
        Ok(())
    }

    fn step(&mut self, settings: &NeuralSettings) -> Result<(), DenoiserError> {
        let (Some((_, pairs)), Some((_, order))) = (&self.pool, &self.order) else {
            return Ok(());
        };
        let progress = &mut self.progress;
        let within = progress.step % (settings.pairs_per_round / settings.batch);
        let rows = &order[within * settings.batch..][..settings.batch];
        let network = Network::new(&self.model.architecture(), &self.parameters, &self.device.for_training());
        let share = Some(1.0 / settings.batch as f64);
        let tasks = run_tasks(&self.model, &network, pairs, rows, share);
        let mut gradient = vec![0.0f32; self.parameters.len()];
        let mut losses = Vec::with_capacity(rows.len());
        for (part, of_part) in tasks {
            losses.extend(part);
            if let Some(of_part) = of_part {
                gradient.iter_mut().zip(&of_part).for_each(|(sum, value)| *sum += value);
            }
        }
        let learning_rate = settings.learning_rate_at(progress.step);
        let total: f64 = losses.iter().sum();
        if !total.is_finite() || gradient.iter().any(|value| !value.is_finite()) {
            return Err(DenoiserError::Training { step: progress.step, learning_rate, loss: total });
        }
        for (row, loss) in rows.iter().zip(&losses) {
            progress.levels.record(pairs.parts[*row], *loss);
        }
        progress.recent.0 += total;
        progress.recent.1 += losses.len() as u64;
        self.optimiser.step(settings, progress.step, learning_rate, &gradient, &mut self.parameters);
        progress.step += 1;
        Ok(())
    }

    /// Measures the averaged weights on the held-out pairs and keeps the best.
    fn measure(&mut self, source: &PairSource<'_>) -> Result<(), DenoiserError> {
        if self.held_out.is_none() {
            let count = self.model.settings.held_out_pairs;
            let pairs = source.draw("neural held out", 0, count, &[])?;
            self.held_out = Some(self.model.prepare(&pairs)?);
        }
        let Some(pairs) = &self.held_out else {
            return Ok(());
        };
        let network =
            Network::new(&self.model.architecture(), &self.optimiser.average, &self.device.for_training());
        let rows: Vec<usize> = (0..pairs.len()).collect();
        let tasks = run_tasks(&self.model, &network, pairs, &rows, None);
        let held_out_loss = tasks.iter().flat_map(|(losses, _)| losses).sum::<f64>() / pairs.len() as f64;
        if held_out_loss < self.progress.best.1 {
            self.progress.best = (self.progress.step, held_out_loss);
            self.best.clone_from(&self.optimiser.average);
        }
        let (sum, count) = std::mem::take(&mut self.progress.recent);
        let state =
            TrainingProgress { training_loss: sum / count.max(1) as f64, held_out_loss, ..self.state() };
        self.progress.history.push(state);
        let finished = self.is_finished();
        self.progress.history.iter_mut().rev().take(1).for_each(|last| last.finished = finished);
        Ok(())
    }
}

/// Losses, and the gradient if `share` is given, of equal parts of some rows, in order.
fn run_tasks(
    model: &Model,
    network: &Network,
    pairs: &PreparedPairs,
    rows: &[usize],
    share: Option<f64>,
) -> Vec<(Vec<f64>, Option<Vec<f32>>)> {
    if !network.placement.on_host {
        return vec![model.loss(network, pairs, rows, share)];
    }
    rows.par_chunks(ROWS_PER_TASK).map(|rows| model.loss(network, pairs, rows, share)).collect()
}
