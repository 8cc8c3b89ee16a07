//! The first stage: reads the input files and gives what the configuration names its meaning. It writes nothing.

use std::collections::BTreeMap;

use geodyssey_landscape::table_file::TableRows;
use geodyssey_landscape::text_table::TableVariable;
use geodyssey_landscape::{Formula, formula, formula_names};
use geodyssey_molecule::units::{BOLTZMANN_KJ_MOL_K, thermal_energy_kj_mol};
use geodyssey_trajectory::TrajectoryFormat;

use super::input_files::{read_input, read_text};
use super::molecule::{read_molecule, tethered};
use super::preparation::{self, Preparation};
use super::samples::{SampleTable, read_table};
use super::scales::Scales;
use super::variables::{State, Variable, declared};
use crate::config::{
    Config, FormulaConfig, InputError, LandscapeConfig, SamplesConfig, SamplesSource, TableConfig,
};
use crate::run_directory::{Fingerprint, Ingredients};

pub(crate) use super::molecule::{Molecule, undefined_torsion};

/// Temperature of a table or formula whose configuration gives none, K.
const DEFAULT_TEMPERATURE_K: f64 = 300.0;

/// Where the energy of the variables comes from, as far as it need not be computed.
pub(crate) enum EnergySource {
    /// The molecule, by metadynamics or a relaxed scan.
    Molecule,
    /// Samples of the variables: those of a table, or what a trajectory or the molecule gives later.
    Samples(Option<SampleTable>),
    /// Rows of a file.
    Table(TableRows),
    /// A formula.
    Formula(Box<dyn Formula>),
}

/// A run's problem: all that was written, read and understood.
pub(crate) struct Problem {
    /// The configuration.
    pub(crate) config: Config,
    /// The molecule, if there is one.
    pub(crate) molecule: Option<Molecule>,
    /// The variables.
    pub(crate) variables: Vec<Variable>,
    /// Start and end.
    pub(crate) states: Option<[State; 2]>,
    /// Of a molecule: how the states' structures came about.
    pub(crate) preparations: Option<[Preparation; 2]>,
    /// In which units the spacetime counts the variables.
    pub(crate) scales: Scales,
    /// Where the energy comes from.
    pub(crate) source: EnergySource,
    /// T, K, where it was given or is the default.
    pub(crate) temperature_k: Option<f64>,
    /// kT, kJ/mol.
    pub(crate) thermal_energy: f64,
    /// Trajectory formats.
    pub(crate) formats: Vec<TrajectoryFormat>,
    /// Contents of all input files, by the key that names them.
    pub(crate) inputs: BTreeMap<&'static str, Fingerprint>,
}

impl Problem {
    /// Reads all that a configuration names.
    pub(crate) fn read(config: Config) -> Result<Self, InputError> {
        let mut inputs = BTreeMap::new();
        let formats = formats(&config)?;
        let (temperature_k, thermal_energy) = temperature(&config);
        let source = match &config.landscape {
            LandscapeConfig::Metadynamics(_) | LandscapeConfig::RelaxedScan(_) => EnergySource::Molecule,
            LandscapeConfig::Samples(samples) => {
                EnergySource::Samples(read_samples(&config, samples, &mut inputs)?)
            }
            LandscapeConfig::Table(table) => {
                EnergySource::Table(read_table_file(&config, table, &mut inputs)?)
            }
            LandscapeConfig::Formula(settings) => {
                EnergySource::Formula(read_formula(&config, settings, thermal_energy)?)
            }
        };
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
            inputs,
            config,
        };
        if let Some(weights) = problem.config.denoiser.training_data().and_then(|data| data.weights.clone()) {
            read_input(&problem.config, "denoiser.weights", &weights, &mut problem.inputs)?;
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
            let message = "the two states are one: in the variables, the centre of one lies within the radius of the other";
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
    let (energy, temperature) = match &config.landscape {
        LandscapeConfig::Metadynamics(_) => (None, None),
        LandscapeConfig::RelaxedScan(scan) => (scan.thermal_energy, None),
        LandscapeConfig::Samples(samples) => (samples.thermal_energy, samples.temperature),
        LandscapeConfig::Table(table) => (table.thermal_energy, table.temperature),
        LandscapeConfig::Formula(formula) => (formula.thermal_energy, formula.temperature),
    };
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

fn read_table_file(
    config: &Config,
    table: &TableConfig,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<TableRows, InputError> {
    let key = "landscape.file";
    if config.variables.is_empty() {
        let message = "a table needs its columns named: one [[variable]] with a `name` for each";
        return Err(config.error(key, message));
    }
    let text = read_text(config, key, &table.file, inputs)?;
    let variables = table_variables(config);
    let wanted: Vec<TableVariable<'_>> = variables.iter().map(Variable::in_table).collect();
    geodyssey_landscape::table_file::read_table(&text, &wanted)
        .map_err(|error| config.error(key, format!("{}: {error}", table.file.display())))
}

/// The samples of a table; of a trajectory only what its files hold is noted.
fn read_samples(
    config: &Config,
    settings: &SamplesConfig,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<Option<SampleTable>, InputError> {
    match settings.source() {
        SamplesSource::ReplicaExchange(_) => Ok(None),
        SamplesSource::Trajectory(files) => {
            let key = "landscape.trajectory";
            let mut all = Ingredients::of(key);
            for file in files {
                let content = std::fs::File::open(file)
                    .and_then(Fingerprint::of_reader)
                    .map_err(|error| config.error(key, format!("cannot read {}: {error}", file.display())))?;
                all = all.upstream("file", &content);
            }
            inputs.insert(key, all.fingerprint());
            if let Some(file) = &settings.weights {
                read_input(config, "landscape.weights", file, inputs)?;
            }
            Ok(None)
        }
        SamplesSource::Table(file) => {
            let key = "landscape.samples";
            if config.variables.is_empty() {
                let message = "a table needs its columns named: one [[variable]] with a `name` for each";
                return Err(config.error(key, message));
            }
            read_table(&read_text(config, key, file, inputs)?, &table_variables(config))
                .map(Some)
                .map_err(|why| config.error(key, format!("{}: {why}", file.display())))
        }
    }
}

/// The variables as a table has them.
fn table_variables(config: &Config) -> Vec<Variable> {
    let variable = if config.system.is_some() { Variable::of_molecule } else { Variable::coordinate };
    config.variables.iter().map(variable).collect()
}

fn read_formula(
    config: &Config,
    settings: &FormulaConfig,
    thermal_energy: f64,
) -> Result<Box<dyn Formula>, InputError> {
    let names = formula_names();
    if !names.contains(&settings.name.as_str()) {
        return Err(config
            .error("landscape.name", format!("there is no formula `{}`", settings.name))
            .valid_names(&settings.name, names));
    }
    formula(&settings.name, thermal_energy).map_err(|error| config.error("landscape.name", error.to_string()))
}
