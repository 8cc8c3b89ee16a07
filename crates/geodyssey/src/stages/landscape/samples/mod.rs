//! `method = "samples"`: samples of the variables with weights, in place of an energy: read from files or made by replica exchange, and kept as
//! `samples.csv`. They serve any number of variables.

mod replica_exchange;
mod trajectory;

use geodyssey_report::SamplesSummary;
use geodyssey_run::{Fingerprint, Ingredients};

use super::method::{Landscape, LandscapeMethod, atoms};
use crate::artifacts::landscape::{LandscapeRecord, SamplesRecord};
use crate::config::{ReplicaExchangeConfig, SamplesConfig, SamplesSource};
use crate::error::Error;
use crate::problem::{EnergySource, GivenSamples, Problem};
use crate::run_context::Run;
use crate::stages::need::{NUMBER, NUMBER_AS_TEXT, Need, VECTORS_OF_A_WALKER};

/// The landscape of samples.
pub(super) struct Method<'s> {
    /// Its settings.
    pub(super) settings: &'s SamplesConfig,
}

impl<'s> Method<'s> {
    fn replica_exchange(&self) -> Option<&'s ReplicaExchangeConfig> {
        match self.settings.source() {
            SamplesSource::ReplicaExchange(settings) => Some(settings),
            SamplesSource::Trajectory(_) | SamplesSource::Table(_) => None,
        }
    }
}

impl LandscapeMethod for Method<'_> {
    fn check(&self, problem: &Problem) -> Result<(), Error> {
        match self.replica_exchange() {
            Some(settings) => replica_exchange::check(problem, settings),
            // Trajectories are read, since what is wrong with them is known then.
            None => self.known(problem).map(|_| ()),
        }
    }

    fn ingredients(&self, problem: &Problem, ingredients: Ingredients) -> Ingredients {
        let ingredients = ingredients.settings("stride", &self.settings.stride);
        match self.replica_exchange() {
            Some(settings) => ingredients
                .settings("replica exchange", settings)
                .settings("states", &problem.regions_made_from())
                .settings("seed", &problem.config.seed),
            None => ingredients,
        }
    }

    fn known(&self, problem: &Problem) -> Result<Option<Landscape>, Error> {
        let settings = self.settings;
        let EnergySource::Samples(given) = &problem.source else { return Ok(None) };
        let read;
        let (table, without_positions) = match (settings.source(), given, &problem.molecule) {
            (_, GivenSamples::Table(table), _) => (table, 0),
            (SamplesSource::Trajectory(files), GivenSamples::Trajectory { weights }, Some(molecule)) => {
                read = trajectory::read(problem, settings, files, weights.as_deref(), molecule)?;
                (&read.0, read.1)
            }
            _ => return Ok(None),
        };
        let frames_without_positions = (without_positions > 0).then_some(without_positions);
        let summary = SamplesSummary { frames_without_positions, ..table.summary() };
        let samples = SamplesRecord { summary, replica_exchange: None };
        Ok(Some((table.to_csv(&problem.variables), LandscapeRecord::of_samples(samples, 0, Vec::new()))))
    }

    fn compute(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Landscape, Error> {
        let settings = self.replica_exchange();
        let settings =
            settings.ok_or_else(|| Error::Failed("these samples are read from files".to_owned()))?;
        replica_exchange::run(run, settings, made_from)
    }

    fn has_surface(&self, _problem: &Problem) -> bool {
        false
    }

    fn evaluations(&self, problem: &Problem) -> Option<f64> {
        replica_exchange::size(problem, self.replica_exchange()?).map(|(_, _, evaluations)| evaluations)
    }

    fn time_step_ps(&self, _problem: &Problem) -> Option<f64> {
        self.replica_exchange().map(|settings| settings.parameters.time_step_ps)
    }

    fn needs(&self, problem: &Problem) -> Vec<Need> {
        let size = self.replica_exchange().and_then(|settings| replica_exchange::size(problem, settings));
        let (replicas, frames) = size.map_or((0.0, 0.0), |(replicas, frames, _)| (replicas, frames));
        let (atoms, dimension) = (atoms(problem), problem.variables.len() as f64);
        let copies = replicas * atoms * 3.0 * (VECTORS_OF_A_WALKER * NUMBER + NUMBER_AS_TEXT);
        let kept = frames * (dimension + 1.0) * (2.0 * NUMBER + NUMBER_AS_TEXT);
        let need = |what, bytes| Need { key: "landscape.replica_exchange", what, bytes };
        vec![
            need(format!("{replicas} replicas of {atoms} atoms"), copies),
            need(format!("{frames} frames of the variables"), kept),
        ]
    }

    /// Where the samples come from and how many they are.
    fn describe(&self, problem: &Problem) -> Result<String, Error> {
        if let Some(settings) = self.replica_exchange() {
            return replica_exchange::describe(problem, settings);
        }
        let Some(samples) = self.known(problem)?.and_then(|(_, record)| record.samples) else {
            return Ok("samples from files".to_owned());
        };
        let SamplesSummary { frames, frames_without_positions, .. } = samples.summary;
        let skipped = frames_without_positions
            .map_or_else(String::new, |count| format!("; {}", without_positions(count)));
        Ok(format!("{frames} samples from files{skipped}"))
    }
}

/// The message about frames that have no positions.
pub(crate) fn without_positions(count: usize) -> String {
    let (frames, hold) = if count == 1 { ("frame", "holds") } else { ("frames", "hold") };
    format!("{count} {frames} left out, which {hold} velocities or forces but no positions")
}
