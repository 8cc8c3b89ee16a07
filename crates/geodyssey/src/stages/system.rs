//! The first stage: reads the input files and gives what the configuration names its meaning. It writes nothing.

use std::collections::BTreeMap;
use std::path::Path;

use geodyssey_forcefield::{ForceField, System, read_system};
use geodyssey_landscape::table_file::TableRows;
use geodyssey_landscape::text_table::TableVariable;
use geodyssey_landscape::{Formula, formula, formula_names};
use geodyssey_molecule::solute::solute_atoms;
use geodyssey_molecule::states::{compare_states, distinct_states, same_molecule};
use geodyssey_molecule::units::{BOLTZMANN_KJ_MOL_K, thermal_energy_kj_mol};
use geodyssey_molecule::variables::{Angle, Distance, Scaled, Torsion};
use geodyssey_molecule::{CollectiveVariable, MoleculeError, Structure, Topology};
use geodyssey_trajectory::{TrajectoryFormat, read_structure};

use super::preparation::{self, Preparation};
use super::samples::{SampleTable, read_table};
use super::scales::Scales;
use super::variables::{State, Variable, declared};
use crate::config::{
    AtomName, Config, FormulaConfig, InputError, LandscapeConfig, Measure, SamplesConfig, SamplesSource,
    SystemConfig, TableConfig,
};
use crate::run_directory::{Fingerprint, Ingredients};
use crate::text_file;

/// Temperature of a table or formula whose configuration gives none, K.
const DEFAULT_TEMPERATURE_K: f64 = 300.0;
/// Fewer atoms leave a rotation free.
const FEWEST_ALIGNED_ATOMS: usize = 3;

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
    /// The same in the units in which tethers act on them.
    pub(crate) tethered: Vec<Box<dyn CollectiveVariable>>,
    /// Positions of the topology's own structure, nm.
    pub(crate) coordinates: Vec<[f64; 3]>,
    /// Positions of the states' structures as paths begin with them, nm.
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
                    file.map(|file| read_structure_file(&self.config, key, file, inputs)).transpose()
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

    /// The atoms of the solute: neither water nor ions, unless a variable names them.
    pub(crate) fn solute(&self) -> Vec<usize> {
        let named: Vec<usize> =
            self.variables.iter().flat_map(|variable| variable.atoms()).copied().collect();
        solute_atoms(&self.topology, &named)
    }

    /// Atoms on which frames are laid over each other and by which they are compared: the solute's heavy ones, or all of the
    /// solute where these are fewer than three.
    pub(crate) fn aligned_atoms(&self) -> Vec<usize> {
        let solute = self.solute();
        let is_heavy = |atom: &&usize| self.topology.atoms()[**atom].element.is_heavy();
        let heavy: Vec<usize> = solute.iter().filter(is_heavy).copied().collect();
        if heavy.len() < FEWEST_ALIGNED_ATOMS { solute } else { heavy }
    }

    /// The bonds that a variable turns.
    pub(crate) fn turned_bonds(&self) -> Vec<[usize; 2]> {
        let torsions = self.variables.iter().filter(|variable| variable.atoms().len() == 4);
        torsions.map(|variable| [variable.atoms()[1], variable.atoms()[2]]).collect()
    }

    /// Files must hold this molecule.
    fn check_structures(
        &self,
        config: &Config,
        structures: &[Option<Structure>; 2],
    ) -> Result<(), InputError> {
        let states = structures.iter().zip(["start", "end"]);
        for (structure, state) in states {
            let Some(structure) = structure else { continue };
            same_molecule(&self.topology, structure, state)
                .map_err(|error| config.error(&format!("states.{state}.structure"), error.to_string()))?;
        }
        if let [Some(start), Some(end)] = structures {
            self.compare(config, [start.positions(), end.positions()])?;
            distinct_states(&self.topology, start, end)
                .map_err(|error| config.error("states.end.structure", error.to_string()))?;
        }
        Ok(())
    }

    /// A path must be able to join the two states without breaking a bond.
    fn compare(&self, config: &Config, [start, end]: [&[[f64; 3]]; 2]) -> Result<(), InputError> {
        let error = |key: &str| {
            let key = key.to_owned();
            move |error: MoleculeError| config.error(&key, error.to_string())
        };
        let structure = |positions: &[[f64; 3]]| Structure::new(self.topology.clone(), positions.to_vec());
        let start = structure(start).map_err(error("states.start"))?;
        let end = structure(end).map_err(error("states.end"))?;
        compare_states(&self.topology, &start, &end, &self.turned_bonds())
            .map_err(error("states.end.structure"))
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
    text_file::text(bytes).map_err(|why| config.error(key, format!("{} {why}", path.display())))
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

fn read_molecule(
    config: &Config,
    system: &SystemConfig,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<Molecule, InputError> {
    let (topology, coordinates) =
        read_structure_file(config, "system.topology", &system.topology, inputs)?.into_parts();
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
        tethered: Vec::new(),
        force_field: forces.force_field(),
        ignored_forces: forces.ignored().to_vec(),
        topology,
        coordinates,
        structures: None,
    })
}

/// The variables in the spacetime's units; those that are counted in their own are taken as they are.
fn tethered(
    config: &Config,
    molecule: &Molecule,
    scales: &Scales,
) -> Result<Vec<Box<dyn CollectiveVariable>>, InputError> {
    let made = scales.each().iter().enumerate().map(|(index, &scale)| {
        let variable = collective_variable(config, index, &molecule.topology)?;
        Ok(if scale == 1.0 { variable } else { Box::new(Scaled::new(variable, scale)) as _ })
    });
    made.collect()
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
