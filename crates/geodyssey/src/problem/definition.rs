//! A run's problem: all that its configuration names, read and understood.

use std::collections::BTreeMap;

use geodyssey_molecule::units::{BOLTZMANN_KJ_MOL_K, thermal_energy_kj_mol};
use geodyssey_run::Fingerprint;
use geodyssey_trajectory::TrajectoryFormat;

use super::declared::declared;
use super::energy_source::EnergySource;
use super::input_files::read_input;
use super::molecule::{Molecule, read_molecule, tethered};
use super::preparation::{self, Preparation};
use super::scales::Scales;
use super::state::State;
use super::variables::Variable;
use crate::config::{Config, InputError};

/// Temperature of a table or formula whose configuration gives none, K.
const DEFAULT_TEMPERATURE_K: f64 = 300.0;

/// A run's problem: all that was written, read and understood.
pub struct Problem {
    /// The configuration.
    pub(crate) config: Config,
    /// The molecule, if there is one.
    pub(crate) molecule: Option<Molecule>,
    /// The variables.
    pub(crate) variables: Vec<Variable>,
    /// Start and end.
    pub(crate) states: Option<[State; 2]>,
    /// Of a molecule: how the states' structures were obtained.
    pub(crate) preparations: Option<[Preparation; 2]>,
    /// The units in which the spacetime measures the variables.
    pub(crate) scales: Scales,
    /// Where the energy comes from.
    pub(crate) source: EnergySource,
    /// T, K, where it was given or is the default.
    pub(crate) temperature_k: Option<f64>,
    /// kT, kJ/mol.
    pub(crate) thermal_energy: f64,
    /// Trajectory formats.
    pub(crate) formats: Vec<TrajectoryFormat>,
    /// Weights of another run's denoiser, where the configuration names some: the content of their file.
    pub(crate) denoiser_weights: Option<Vec<u8>>,
    /// Contents of all input files, by the key that names them.
    pub(crate) inputs: BTreeMap<&'static str, Fingerprint>,
}

impl Problem {
    /// Reads all that a configuration names.
    ///
    /// # Errors
    /// A file that cannot be read or does not fit, with the key that names it.
    pub fn read(config: Config) -> Result<Self, InputError> {
        let mut inputs = BTreeMap::new();
        let formats = formats(&config)?;
        let (temperature_k, thermal_energy) = temperature(&config);
        let source = EnergySource::read(&config, thermal_energy, &mut inputs)?;
        let variables = declared(&config, &source)?;
        let molecule =
            config.system.as_ref().map(|system| read_molecule(&config, system, &mut inputs)).transpose()?;
        let scales = Scales::of(&config, &variables, None)?;
        let mut problem = Self {
            molecule,
            variables,
            states: None,
            preparations: None,
            scales,
            source,
            temperature_k,
            thermal_energy,
            formats,
            denoiser_weights: None,
            inputs,
            config,
        };
        if let Some(weights) = problem.config.denoiser.training_data().and_then(|data| data.weights.clone()) {
            let content = read_input(&problem.config, "denoiser.weights", &weights, &mut problem.inputs)?;
            problem.denoiser_weights = Some(content);
        }
        problem.states = problem.read_states()?;
        problem.scales = Scales::of(&problem.config, &problem.variables, problem.states.as_ref())?;
        if let Some(molecule) = &mut problem.molecule {
            molecule.tethered = tethered(&problem.config, molecule, &problem.scales)?;
        }
        Ok(problem)
    }

    fn read_states(&mut self) -> Result<Option<[State; 2]>, InputError> {
        let Some(states) = self.config.states.clone() else { return Ok(None) };
        let keys = ["states.start", "states.end"];
        let [start, end] = match &mut self.molecule {
            Some(molecule) => {
                let inputs = &mut self.inputs;
                let files = [
                    ("states.start.structure", &states.start.structure),
                    ("states.end.structure", &states.end.structure),
                ];
                let mut read = files.into_iter().map(|(key, file)| {
                    let file = file.as_ref();
                    file.map(|file| molecule.state(&self.config, key, file, inputs)).transpose()
                });
                let structures = [read.next().transpose()?.flatten(), read.next().transpose()?.flatten()];
                drop(read);
                molecule.check_structures(&self.config, &structures)?;
                let positions =
                    structures.each_ref().map(|file| file.as_ref().map(|structure| structure.positions()));
                let prepared = preparation::prepare(
                    &self.config,
                    molecule,
                    &self.variables,
                    [&states.start, &states.end],
                    positions,
                    states.minimise,
                )?;
                molecule.compare(&self.config, prepared.each_ref().map(|one| one.positions.as_slice()))?;
                let [start, end] = prepared;
                self.preparations = Some([start.preparation, end.preparation]);
                molecule.structures = Some([start.positions, end.positions]);
                [start.state, end.state]
            }
            None => [
                State::resolve(&self.config, keys[0], &states.start, &self.variables, None)?,
                State::resolve(&self.config, keys[1], &states.end, &self.variables, None)?,
            ],
        };
        if end.contains(&self.variables, &start.center) || start.contains(&self.variables, &end.center) {
            let message = "the start and end states are not distinct: in the variables, the centre of one lies within the radius of \
                           the other";
            return Err(self.config.error(keys[1], message));
        }
        Ok(Some([start, end]))
    }

    /// Both states.
    ///
    /// # Errors
    /// The configuration has none.
    pub(crate) fn states(&self) -> Result<&[State; 2], InputError> {
        let missing = || self.config.error("states", "a path needs [states.start] and [states.end]");
        self.states.as_ref().ok_or_else(missing)
    }

    /// Where a path begins and where the direct one ends: the centre of the start, and that image of the end's centre that is
    /// nearest to it. All windings are counted from there, so that nothing depends on the images in which centres are written.
    ///
    /// # Errors
    /// The configuration has no states.
    pub(crate) fn ends(&self) -> Result<[Vec<f64>; 2], InputError> {
        let [start, end] = self.states()?;
        let axes = self.variables.iter().zip(&start.center).zip(&end.center);
        let nearest = axes.map(|((variable, start), end)| match variable.period {
            Some(period) => end - period * ((end - start) / period).round(),
            None => *end,
        });
        Ok([start.center.clone(), nearest.collect()])
    }

    /// Contents of the input files on which landscape and paths depend: all but the weights of another run's denoiser.
    pub(crate) fn inputs_of_landscape(&self) -> BTreeMap<&'static str, Fingerprint> {
        let inputs = self.inputs.iter().filter(|(key, _)| !key.starts_with("denoiser"));
        inputs.map(|(key, fingerprint)| (*key, *fingerprint)).collect()
    }

    /// The centre of a state in the spacetime's units.
    pub(crate) fn scaled_center(&self, state: &State) -> Vec<f64> {
        self.scales.scaled(&state.center)
    }

    /// Period of every variable.
    pub(crate) fn periods(&self) -> Vec<Option<f64>> {
        self.variables.iter().map(|variable| variable.period).collect()
    }
}

fn formats(config: &Config) -> Result<Vec<TrajectoryFormat>, InputError> {
    let formats = config.output.formats.iter().map(|name| {
        TrajectoryFormat::from_name(name).map_err(|error| config.error("output.formats", error.to_string()))
    });
    formats.collect()
}

fn temperature(config: &Config) -> (Option<f64>, f64) {
    let (energy, temperature) = config.landscape.thermal_energy_or_temperature();
    if let Some(energy) = energy {
        return (None, energy.get());
    }
    let system = config.system.as_ref().map(|system| system.temperature);
    let temperature = system.or(temperature).map_or(DEFAULT_TEMPERATURE_K, |temperature| temperature.get());
    (Some(temperature), thermal_energy_kj_mol(temperature))
}

/// The temperature that goes with a thermal energy, K.
pub(crate) fn temperature_of(thermal_energy: f64) -> f64 {
    thermal_energy / BOLTZMANN_KJ_MOL_K
}
