//! Where the energy of the variables comes from, as far as it is read and not computed.

use std::collections::BTreeMap;

use geodyssey_landscape::table_file::TableRows;
use geodyssey_landscape::text_table::TableVariable;
use geodyssey_landscape::{Formula, formula, formula_names};
use geodyssey_run::{Fingerprint, Ingredients};

use super::input_files::{read_input, read_text};
use super::sample_table::{SampleTable, read_table};
use super::variables::Variable;
use crate::config::{
    Config, FormulaConfig, InputError, LandscapeConfig, SamplesConfig, SamplesSource, TableConfig,
};

/// Where the energy of the variables comes from, as far as it need not be computed.
pub(crate) enum EnergySource {
    /// The molecule, by metadynamics or a relaxed scan.
    Molecule,
    /// Samples of the variables.
    Samples(GivenSamples),
    /// Rows of a file.
    Table(TableRows),
    /// A formula.
    Formula(Box<dyn Formula>),
}

/// Samples, as far as they are read already.
pub(crate) enum GivenSamples {
    /// Those of a table.
    Table(SampleTable),
    /// What a trajectory gives later.
    Trajectory {
        /// Content of the file of their weights, where there is one.
        weights: Option<Vec<u8>>,
    },
    /// What the molecule gives later.
    Made,
}

impl EnergySource {
    /// Reads what the configuration names; what was read is noted in `inputs`.
    pub(super) fn read(
        config: &Config,
        thermal_energy: f64,
        inputs: &mut BTreeMap<&'static str, Fingerprint>,
    ) -> Result<Self, InputError> {
        Ok(match &config.landscape {
            LandscapeConfig::Metadynamics(_) | LandscapeConfig::RelaxedScan(_) => Self::Molecule,
            LandscapeConfig::Samples(samples) => Self::Samples(read_samples(config, samples, inputs)?),
            LandscapeConfig::Table(table) => Self::Table(read_table_file(config, table, inputs)?),
            LandscapeConfig::Formula(settings) => {
                Self::Formula(read_formula(config, settings, thermal_energy)?)
            }
        })
    }
}

fn read_table_file(
    config: &Config,
    table: &TableConfig,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<TableRows, InputError> {
    let key = "landscape.file";
    if config.variables.is_empty() {
        let message = "name the columns of the table: one [[variable]] with a `name` for each";
        return Err(config.error(key, message));
    }
    let text = read_text(config, key, &table.file, inputs)?;
    let variables = table_variables(config);
    let wanted: Vec<TableVariable<'_>> = variables.iter().map(Variable::in_table).collect();
    geodyssey_landscape::table_file::read_table(&text, &wanted)
        .map_err(|error| config.error(key, format!("{}: {error}", table.file.display())))
}

/// The samples of a table; of a trajectory what its files hold is noted, and the weights are kept.
fn read_samples(
    config: &Config,
    settings: &SamplesConfig,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<GivenSamples, InputError> {
    match settings.source() {
        SamplesSource::ReplicaExchange(_) => Ok(GivenSamples::Made),
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
            let weights = settings.weights.as_ref();
            let weights = weights.map(|file| read_input(config, "landscape.weights", file, inputs));
            Ok(GivenSamples::Trajectory { weights: weights.transpose()? })
        }
        SamplesSource::Table(file) => {
            let key = "landscape.samples";
            if config.variables.is_empty() {
                let message = "name the columns of the table: one [[variable]] with a `name` for each";
                return Err(config.error(key, message));
            }
            read_table(&read_text(config, key, file, inputs)?, &table_variables(config))
                .map(GivenSamples::Table)
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
