//! The states' structures from which paths start: minimised under the run's own force field, or driven to a centre.
//!
//! A given structure comes from another force field, another solvent or an experiment. It is therefore minimised first, without any
//! restraint; if the configuration gives no `center`, the minimised structure defines the state's centre. For a state that is given
//! by its `center` alone a structure is generated: the molecule is driven there, step by step, from the other state's structure or,
//! if neither state has one, from the coordinates of the topology.

use geodyssey_dynamics::{DynamicsError, MinimisationParameters, MinimisationTask, MinimisedMolecule};
use geodyssey_molecule::units::BOLTZMANN_KJ_MOL_K;
use geodyssey_statistics::WrongInput;

use super::engine::ActsOn;
use super::molecule::Molecule;
use super::state::State;
use super::variables::Variable;
use crate::config::{Config, InputError, Space, StateConfig};

/// Steps in which a molecule is driven to a centre: a single jump can break it.
const DRIVING_STEPS: usize = 10;
/// Energy per atom, in kT at room temperature, above which a minimised structure is unusable because atoms overlap.
const HIGHEST_ENERGY_PER_ATOM_KT: f64 = 1000.0;
const ROOM_TEMPERATURE_K: f64 = 300.0;

/// Where a state's structure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From its file, unchanged.
    AsGiven,
    /// From its file, minimised without restraint.
    Minimised,
    /// From its file, minimised with the variables held at the centre, because without restraint it leaves the state.
    Held,
    /// Driven to the centre from the other state's structure.
    DrivenFromOther,
    /// Driven to the centre from the topology's coordinates.
    DrivenFromTopology,
}

impl Origin {
    /// In words, as shown by the summary and by `check`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsGiven => "as given",
            Self::Minimised => "minimised",
            Self::Held => "minimised with the variables held",
            Self::DrivenFromOther => "driven from the other state",
            Self::DrivenFromTopology => "driven from the topology's coordinates",
        }
    }
}

/// How a state's structure was prepared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Preparation {
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// Its potential energy, kJ/mol.
    pub(crate) energy_kj_mol: f64,
    /// The variables of the file's structure, radian or nm; none for a driven one.
    pub(crate) values_in_file: Option<Vec<f64>>,
    /// The variables of the structure that is used, radian or nm.
    pub(crate) values: Vec<f64>,
}

/// A state with its structure.
pub(crate) struct PreparedState {
    /// Its centre and radius.
    pub(crate) state: State,
    /// Its atoms, nm.
    pub(crate) positions: Vec<[f64; 3]>,
    /// How these were obtained.
    pub(crate) preparation: Preparation,
}

/// Prepares both states; `structures` are those read from the files.
pub(crate) fn prepare(
    config: &Config,
    molecule: &Molecule,
    variables: &[Variable],
    states: [&StateConfig; 2],
    structures: [Option<&[[f64; 3]]>; 2],
    minimise: bool,
) -> Result<[PreparedState; 2], InputError> {
    let of_file = |index: usize| {
        structures[index]
            .map(|positions| {
                from_file(config, molecule, variables, index, states[index], positions, minimise)
            })
            .transpose()
    };
    let (start, end) = (of_file(0)?, of_file(1)?);
    let driven = |index: usize, other: Option<&PreparedState>| {
        drive(config, molecule, variables, index, states[index], other)
    };
    match (start, end) {
        (Some(start), Some(end)) => Ok([start, end]),
        (Some(start), None) => {
            let end = driven(1, Some(&start))?;
            Ok([start, end])
        }
        (None, Some(end)) => {
            let start = driven(0, Some(&end))?;
            Ok([start, end])
        }
        (None, None) => Ok([driven(0, None)?, driven(1, None)?]),
    }
}

/// Key of a state in the configuration.
fn key(index: usize) -> &'static str {
    ["states.start", "states.end"][index]
}

fn from_file(
    config: &Config,
    molecule: &Molecule,
    variables: &[Variable],
    index: usize,
    state: &StateConfig,
    positions: &[[f64; 3]],
    minimise: bool,
) -> Result<PreparedState, InputError> {
    let structure_key = format!("{}.structure", key(index));
    let in_file = molecule.values(positions);
    let failed = |error: DynamicsError| config.error(&structure_key, error.to_string());
    let free = minimised(molecule, positions, None, if minimise { None } else { Some(1) }).map_err(failed)?;
    check_energy(config, &structure_key, molecule, free.energy_kj_mol)?;
    if !minimise {
        let state = State::resolve(config, key(index), state, variables, Some(in_file.clone()))?;
        let preparation = Preparation {
            origin: Origin::AsGiven,
            energy_kj_mol: free.energy_kj_mol,
            values_in_file: Some(in_file.clone()),
            values: in_file,
        };
        return Ok(PreparedState { state, positions: positions.to_vec(), preparation });
    }
    let values = molecule.values(&free.positions);
    // A given centre is compared with the file's structure: that is the one that the user knows.
    let known = if state.center.is_some() { in_file.clone() } else { values.clone() };
    let state = State::resolve(config, key(index), state, variables, Some(known))?;
    let leaves = config.space() == Space::Atoms && !state.contains(variables, &values);
    let (origin, found) = if leaves {
        (Origin::Held, minimised(molecule, positions, Some(&state.center), None).map_err(failed)?)
    } else {
        (Origin::Minimised, free)
    };
    let preparation = Preparation {
        origin,
        energy_kj_mol: found.energy_kj_mol,
        values_in_file: Some(in_file),
        values: molecule.values(&found.positions),
    };
    Ok(PreparedState { state, positions: found.positions, preparation })
}

/// Drives the molecule to the centre of a state that has no structure.
fn drive(
    config: &Config,
    molecule: &Molecule,
    variables: &[Variable],
    index: usize,
    state: &StateConfig,
    other: Option<&PreparedState>,
) -> Result<PreparedState, InputError> {
    let center_key = format!("{}.center", key(index));
    let state = State::resolve(config, key(index), state, variables, None)?;
    let (origin, mut positions) = match other {
        Some(other) => (Origin::DrivenFromOther, other.positions.clone()),
        None => (Origin::DrivenFromTopology, molecule.coordinates.clone()),
    };
    let from = molecule.values(&positions);
    let mut energy = f64::NAN;
    for step in 1..=DRIVING_STEPS {
        let share = step as f64 / DRIVING_STEPS as f64;
        let way = variables.iter().zip(from.iter().zip(&state.center));
        let target: Vec<f64> =
            way.map(|(variable, (a, b))| a + share * variable.difference(*b, *a)).collect();
        let found = minimised(molecule, &positions, Some(&target), None)
            .map_err(|error| config.error(&center_key, error.to_string()))?;
        (positions, energy) = (found.positions, found.energy_kj_mol);
    }
    let values = molecule.values(&positions);
    if !state.contains(variables, &values) {
        let found: Vec<String> =
            variables.iter().zip(&values).map(|(variable, &value)| variable.display(value)).collect();
        let message = format!(
            "the molecule cannot be driven here: it stops at {}; give a `structure` of this state, or another centre",
            found.join(", ")
        );
        return Err(config.error(&center_key, message));
    }
    check_energy(config, &center_key, molecule, energy)?;
    let preparation = Preparation { origin, energy_kj_mol: energy, values_in_file: None, values };
    Ok(PreparedState { state, positions, preparation })
}

/// A minimisation, with the variables held at the values `held`, if any.
fn minimised(
    molecule: &Molecule,
    positions: &[[f64; 3]],
    held: Option<&[f64]>,
    most_evaluations: Option<u64>,
) -> Result<MinimisedMolecule, DynamicsError> {
    let engine = molecule.engine(if held.is_some() { ActsOn::Variables } else { ActsOn::Nothing })?;
    let default = MinimisationParameters::default();
    let parameters = MinimisationParameters {
        max_evaluations: most_evaluations.unwrap_or(default.max_evaluations),
        ..default
    };
    let task = MinimisationTask {
        positions: positions.to_vec(),
        target: held.map_or_else(Vec::new, <[f64]>::to_vec),
        multipliers: vec![0.0; engine.variables().len()],
    };
    // A single task needs a single thread, and the threads of the run are not chosen yet.
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let mut found = match alone {
        Ok(pool) => pool.install(|| engine.minimise(&[task], &parameters))?,
        Err(_) => engine.minimise(&[task], &parameters)?,
    };
    found.pop().ok_or(WrongInput::NotFinite { what: "a minimisation" }.into())
}

/// Rejects a structure from which no dynamics can start.
fn check_energy(config: &Config, key: &str, molecule: &Molecule, energy: f64) -> Result<(), InputError> {
    let limit = HIGHEST_ENERGY_PER_ATOM_KT
        * BOLTZMANN_KJ_MOL_K
        * ROOM_TEMPERATURE_K
        * molecule.topology.atom_count() as f64;
    if energy.is_finite() && energy < limit {
        return Ok(());
    }
    let message = format!(
        "this structure has a potential energy of {energy:.3e} kJ/mol: do atoms overlap, or is their order different from that of \
         the force field?"
    );
    Err(config.error(key, message))
}
