//! The first stage: reads the input files and gives what the configuration names its meaning. It writes nothing.

use std::collections::BTreeMap;
use std::path::Path;

use geodyssey_forcefield::{ForceField, System, read_system};
use geodyssey_landscape::table_file::TableRows;
use geodyssey_landscape::text_table::TableVariable;
use geodyssey_landscape::{Formula, formula, formula_names};
use geodyssey_molecule::states::{compare_states, distinct_states, same_molecule};
use geodyssey_molecule::units::{BOLTZMANN_KJ_MOL_K, thermal_energy_kj_mol};
use geodyssey_molecule::variables::{Angle, Distance, Torsion};
use geodyssey_molecule::{CollectiveVariable, MoleculeError, Structure, Topology};
use geodyssey_trajectory::{TrajectoryFormat, read_structure};

use super::samples::{SampleTable, read_table};
use super::variables::{State, Variable};
use crate::config::{
    AtomName, Boundary, Config, FormulaConfig, InputError, LandscapeConfig, Measure, SamplesConfig,
    SamplesSource, SystemConfig, TableConfig,
};
use crate::run_directory::{Fingerprint, Ingredients};

/// Temperature of a table or formula whose configuration gives none, K.
const DEFAULT_TEMPERATURE_K: f64 = 300.0;

/// A molecule with its force field and variables.
pub(crate) struct Molecule {
    /// Its atoms and bonds.
    pub(crate) topology: Topology,
    /// Its energy.
    pub(crate) force_field: ForceField,
    /// Forces in the file that do not act on the energy.
    pub(crate) ignored_forces: Vec<String>,
    /// The variables as functions of the positions.
    pub(crate) variables: Vec<Box<dyn CollectiveVariable>>,
    /// Positions of the states' structures, nm.
    pub(crate) structures: Option<[Vec<[f64; 3]>; 2]>,
}

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
        let variables = variables(&config, &source)?;
        let molecule =
            config.system.as_ref().map(|system| read_molecule(&config, system, &mut inputs)).transpose()?;
        let mut problem = Self {
            molecule,
            variables,
            states: None,
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
        Ok(problem)
    }

    fn read_states(&mut self) -> Result<Option<[State; 2]>, InputError> {
        let Some(states) = self.config.states.clone() else { return Ok(None) };
        let keys = ["states.start", "states.end"];
        let values = match &mut self.molecule {
            Some(molecule) => {
                let paths = [&states.start.structure, &states.end.structure]
                    .map(|path| path.clone().unwrap_or_default());
                let inputs = &mut self.inputs;
                let structures = [
                    read_structure_file(&self.config, "states.start.structure", &paths[0], inputs)?,
                    read_structure_file(&self.config, "states.end.structure", &paths[1], inputs)?,
                ];
                molecule.compare(&self.config, &structures)?;
                let values =
                    structures.each_ref().map(|structure| Some(molecule.values(structure.positions())));
                molecule.structures = Some(structures.map(|structure| structure.into_parts().1));
                values
            }
            None => [None, None],
        };
        let [first, second] = values;
        let start = State::resolve(&self.config, keys[0], &states.start, &self.variables, first)?;
        let end = State::resolve(&self.config, keys[1], &states.end, &self.variables, second)?;
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

impl Molecule {
    /// The variables of one set of positions.
    pub(crate) fn values(&self, positions: &[[f64; 3]]) -> Vec<f64> {
        self.variables.iter().map(|variable| variable.value(positions)).collect()
    }

    /// Atoms on which frames are laid over each other: the heavy ones, or all where there are none.
    pub(crate) fn aligned_atoms(&self) -> Vec<usize> {
        let heavy = self.topology.heavy_atoms();
        if heavy.len() < 3 { (0..self.topology.atom_count()).collect() } else { heavy }
    }

    /// The bonds that a variable turns.
    pub(crate) fn turned_bonds(&self) -> Vec<[usize; 2]> {
        let torsions = self.variables.iter().filter(|variable| variable.atoms().len() == 4);
        torsions.map(|variable| [variable.atoms()[1], variable.atoms()[2]]).collect()
    }

    fn compare(&self, config: &Config, structures: &[Structure; 2]) -> Result<(), InputError> {
        let [start, end] = structures;
        let error = |key: &str| {
            let key = key.to_owned();
            move |error: MoleculeError| config.error(&key, error.to_string())
        };
        same_molecule(&self.topology, start, "start").map_err(error("states.start.structure"))?;
        same_molecule(&self.topology, end, "end").map_err(error("states.end.structure"))?;
        compare_states(&self.topology, start, end, &self.turned_bonds())
            .map_err(error("states.end.structure"))?;
        distinct_states(&self.topology, start, end).map_err(error("states.end.structure"))?;
        Ok(())
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

/// Reads a whole input file and keeps its fingerprint.
fn read_input(
    config: &Config,
    key: &'static str,
    path: &Path,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<Vec<u8>, InputError> {
    let bytes = std::fs::read(path)
        .map_err(|error| config.error(key, format!("cannot read {}: {error}", path.display())))?;
    inputs.insert(key, Fingerprint::of_bytes(&bytes));
    Ok(bytes)
}

fn read_text(
    config: &Config,
    key: &'static str,
    path: &Path,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<String, InputError> {
    let bytes = read_input(config, key, path, inputs)?;
    String::from_utf8(bytes).map_err(|_| config.error(key, format!("{} is not text", path.display())))
}

fn read_structure_file(
    config: &Config,
    key: &'static str,
    path: &Path,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<Structure, InputError> {
    read_input(config, key, path, inputs)?;
    read_structure(path).map_err(|error| config.error(key, error.to_string()))
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

fn variables(config: &Config, source: &EnergySource) -> Result<Vec<Variable>, InputError> {
    if config.system.is_some() {
        return Ok(config.variables.iter().map(Variable::of_molecule).collect());
    }
    let given: Vec<Variable> = config.variables.iter().map(Variable::coordinate).collect();
    for (index, variable) in config.variables.iter().enumerate() {
        if variable.boundary == Some(Boundary::Periodic) && variable.period.is_none() {
            return Err(
                config.error(&format!("variable.{index}.boundary"), "a periodic variable needs a `period`")
            );
        }
    }
    let formula = match source {
        EnergySource::Formula(formula) => formula,
        EnergySource::Table(rows) => return Ok(with_ranges(given, &rows.points)),
        EnergySource::Samples(Some(samples)) => return Ok(with_ranges(given, &samples.points)),
        EnergySource::Molecule | EnergySource::Samples(None) => return Ok(given),
    };
    let known = formula.variables();
    if given.is_empty() {
        return Ok(known
            .iter()
            .map(|variable| Variable {
                name: variable.name.to_owned(),
                measure: Measure::Coordinate,
                period: None,
                range: Some((variable.lower, variable.upper)),
            })
            .collect());
    }
    if given.len() != known.len() {
        let names: Vec<&str> = known.iter().map(|variable| variable.name).collect();
        let message = format!(
            "the formula `{}` has {} variables ({}), found {}",
            formula.name(),
            known.len(),
            names.join(", "),
            given.len()
        );
        return Err(config.error(&format!("variable.{}.name", given.len() - 1), message));
    }
    let completed = given.into_iter().zip(&known).zip(formula.periods()).enumerate();
    completed
        .map(|(index, ((mut variable, known), period))| {
            if variable.period != *period {
                let message = format!(
                    "in the formula `{}` this variable has {}",
                    formula.name(),
                    period.map_or_else(|| "no period".to_owned(), |period| format!("the period {period}"))
                );
                return Err(config.error(&format!("variable.{index}.period"), message));
            }
            variable.range = variable.range.or(Some((known.lower, known.upper)));
            Ok(variable)
        })
        .collect()
}

/// Variables of a table without a range get that of its rows.
fn with_ranges(variables: Vec<Variable>, points: &[Vec<f64>]) -> Vec<Variable> {
    let ranged = variables.into_iter().enumerate().map(|(axis, variable)| {
        let values = points.iter().map(|point| point[axis]);
        let range =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        Variable { range: variable.range.or(Some(range)), ..variable }
    });
    ranged.collect()
}

fn read_molecule(
    config: &Config,
    system: &SystemConfig,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<Molecule, InputError> {
    let topology = read_structure_file(config, "system.topology", &system.topology, inputs)?.into_parts().0;
    let xml = read_text(config, "system.force_field", &system.force_field, inputs)?;
    let forces: System = read_system(&xml).map_err(|error| {
        config.error("system.force_field", format!("{}: {error}", system.force_field.display()))
    })?;
    if forces.atoms() != topology.atom_count() {
        let message = format!(
            "the force field has {} atoms, but the topology has {}: they must be of one molecule",
            forces.atoms(),
            topology.atom_count()
        );
        return Err(config.error("system.force_field", message));
    }
    let variables = (0..config.variables.len()).map(|index| collective_variable(config, index, &topology));
    Ok(Molecule {
        variables: variables.collect::<Result<_, _>>()?,
        force_field: forces.force_field(),
        ignored_forces: forces.ignored().to_vec(),
        topology,
        structures: None,
    })
}

fn collective_variable(
    config: &Config,
    index: usize,
    topology: &Topology,
) -> Result<Box<dyn CollectiveVariable>, InputError> {
    let variable = &config.variables[index];
    let (measure, names) = variable.measure();
    let key = format!("variable.{index}.{}", variable.atoms_key());
    let mut atoms = Vec::with_capacity(names.len());
    for (position, name) in names.iter().enumerate() {
        let found = match name {
            AtomName::Name(name) => topology.select(name),
            AtomName::Index(index) => topology.resolve(&(*index).into()),
        };
        atoms.push(found.map_err(|error| config.error(&format!("{key}.{position}"), error.to_string()))?);
    }
    let count = topology.atom_count();
    let made: Result<Box<dyn CollectiveVariable>, MoleculeError> = match (measure, atoms.as_slice()) {
        (Measure::Torsion, &[a, b, c, d]) => {
            Torsion::new([a, b, c, d], count).map(|torsion| Box::new(torsion) as _)
        }
        (Measure::Angle, &[a, b, c]) => Angle::new([a, b, c], count).map(|angle| Box::new(angle) as _),
        (Measure::Distance, &[a, b]) => Distance::new([a, b], count).map(|distance| Box::new(distance) as _),
        _ => return Err(config.error(&key, "the number of atoms does not fit the kind of variable")),
    };
    made.map_err(|error| config.error(&key, error.to_string()))
}
