//! The molecule: its atoms, its energy, its variables, and the structures of its two states.

use std::collections::BTreeMap;
use std::path::Path;

use geodyssey_forcefield::{ForceField, Potential as _, read_force_model};
use geodyssey_molecule::force_field_match::{ForceFieldFacts, match_force_field};
use geodyssey_molecule::labellings::Labellings;
use geodyssey_molecule::solute::{solute_atoms, superposition_atoms};
use geodyssey_molecule::states::{compare_states, distinct_states, same_molecule};
use geodyssey_molecule::superposition::{align_frames, superposed};
use geodyssey_molecule::variables::{Scaled, VariableInput};
use geodyssey_molecule::whole::gather;
use geodyssey_molecule::{CollectiveVariable, MoleculeError, Structure, Topology};
use geodyssey_run::Fingerprint;

use super::input_files::{read_structure_file, read_text};
use super::scales::Scales;
use crate::config::{AtomName, Config, InputError, SystemConfig, VariableAtoms};

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
    /// The ways in which its equivalent atoms can be labelled, among [`Molecule::aligned_atoms`].
    pub(crate) labellings: Labellings,
    /// Positions of the topology's own structure, nm.
    pub(crate) coordinates: Vec<[f64; 3]>,
    /// Positions of the states' structures as paths begin with them, nm.
    pub(crate) structures: Option<[Vec<[f64; 3]>; 2]>,
}

impl Molecule {
    /// The variables of one set of positions.
    pub(crate) fn values(&self, positions: &[[f64; 3]]) -> Vec<f64> {
        self.variables.iter().map(|variable| variable.value(positions)).collect()
    }

    /// The atoms of the solute: neither water nor ions, unless a variable names them.
    pub(crate) fn solute(&self) -> Vec<usize> {
        solute_atoms(&self.topology, &named(&self.variables))
    }

    /// Atoms by which frames are superposed and compared: the solute's heavy ones, or all of the solute where these are fewer than three.
    pub(crate) fn aligned_atoms(&self) -> Vec<usize> {
        aligned_atoms(&self.topology, &self.variables)
    }

    /// The frames of a path superposed on the first, and the first on the start state's structure, by the heavy atoms.
    pub(crate) fn aligned(
        &self,
        mut frames: Vec<Vec<[f64; 3]>>,
    ) -> Result<Vec<Vec<[f64; 3]>>, MoleculeError> {
        let atoms = self.aligned_atoms();
        if let (Some(first), Some([start, _])) = (frames.first_mut(), &self.structures) {
            *first = superposed(first, start, &atoms)?;
        }
        align_frames(&mut frames, &atoms)?;
        Ok(frames)
    }

    /// The bonds that a variable rotates.
    pub(crate) fn turned_bonds(&self) -> Vec<[usize; 2]> {
        let torsions = self.variables.iter().filter(|variable| variable.atoms().len() == 4);
        torsions.map(|variable| [variable.atoms()[1], variable.atoms()[2]]).collect()
    }

    /// The atoms of each variable, in its order: what is brought together where a periodic cell has parted it.
    pub(crate) fn chains(&self) -> Vec<Vec<usize>> {
        chains(&self.variables)
    }

    /// Reads a state and makes it whole where a periodic cell has cut it, as frames of a trajectory are.
    pub(super) fn state(
        &self,
        config: &Config,
        key: &'static str,
        path: &Path,
        inputs: &mut BTreeMap<&'static str, Fingerprint>,
    ) -> Result<Structure, InputError> {
        let file = read_structure_file(config, key, path, self.force_field.masses(), inputs)?;
        let error = |error: MoleculeError| config.error(key, error.to_string());
        let name = key.split('.').nth(1).unwrap_or(key);
        same_molecule(&self.topology, &file.structure, file.cell.as_ref(), name).map_err(error)?;
        let (topology, mut positions) = file.structure.into_parts();
        gather(&self.topology, &mut positions, file.cell.as_ref(), &self.chains())
            .map_err(|error| config.error(key, error.to_string()))?;
        Structure::new(topology, positions).map_err(error)
    }

    /// Files must hold two states of this molecule, at neither of which its forces are undefined.
    pub(super) fn check_structures(
        &self,
        config: &Config,
        structures: &[Option<Structure>; 2],
    ) -> Result<(), InputError> {
        for (structure, state) in structures.iter().zip(["start", "end"]) {
            let Some(structure) = structure else { continue };
            let why = undefined_torsion(&self.topology, &self.force_field, structure.positions());
            if let Some(why) = why {
                return Err(config.error(&format!("states.{state}.structure"), why));
            }
        }
        if let [Some(start), Some(end)] = structures {
            self.compare(config, [start.positions(), end.positions()])?;
            distinct_states(&self.topology, start, end)
                .map_err(|error| config.error("states.end.structure", error.to_string()))?;
        }
        Ok(())
    }

    /// A path must be able to join the two states without breaking a bond.
    pub(super) fn compare(&self, config: &Config, [start, end]: [&[[f64; 3]]; 2]) -> Result<(), InputError> {
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

/// Which torsion of the force field is undefined at some positions, in words.
pub(crate) fn undefined_torsion(
    topology: &Topology,
    force_field: &ForceField,
    positions: &[[f64; 3]],
) -> Option<String> {
    let (force, atoms) = force_field.undefined_torsion(positions)?;
    let names = atoms.map(|atom| topology.label(atom)).join(", ");
    Some(format!(
        "three of the atoms {names} are collinear, so that the torsion that {force} has for them is undefined"
    ))
}

fn chains(variables: &[Box<dyn CollectiveVariable>]) -> Vec<Vec<usize>> {
    variables.iter().map(|variable| variable.atoms().to_vec()).collect()
}

/// The atoms by which frames are superposed.
fn aligned_atoms(topology: &Topology, variables: &[Box<dyn CollectiveVariable>]) -> Vec<usize> {
    superposition_atoms(topology, &named(variables))
}

/// Atoms that variables name: they are of interest, water or not.
fn named(variables: &[Box<dyn CollectiveVariable>]) -> Vec<usize> {
    variables.iter().flat_map(|variable| variable.atoms()).copied().collect()
}

pub(super) fn read_molecule(
    config: &Config,
    system: &SystemConfig,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<Molecule, InputError> {
    let xml = read_text(config, "system.force_field", &system.force_field, inputs)?;
    let force_model = read_force_model(&xml).map_err(|error| {
        config.error("system.force_field", format!("{}: {error}", system.force_field.display()))
    })?;
    let file = read_structure_file(config, "system.topology", &system.topology, &force_model.masses, inputs)?;
    let (topology, mut coordinates) = file.structure.into_parts();
    let facts = ForceFieldFacts { masses: &force_model.masses, held_pairs: &force_model.held_pairs };
    let topology = match_force_field(topology, &coordinates, file.cell.as_ref(), &file.stated_bonds, facts)
        .map_err(|error| config.error("system.force_field", error.to_string()))?;
    let named = (0..config.variables.len()).map(|index| atoms_of_variable(config, index, &topology));
    let named: Vec<Vec<usize>> = named.collect::<Result<_, _>>()?;
    gather(&topology, &mut coordinates, file.cell.as_ref(), &named)
        .map_err(|error| config.error("system.topology", error.to_string()))?;
    let variables = (0..named.len()).map(|index| collective_variable(config, index, &topology, &coordinates));
    let variables: Vec<_> = variables.collect::<Result<_, _>>()?;
    let told_apart: Vec<&[usize]> = variables.iter().map(|variable| variable.atoms()).collect();
    let labellings = Labellings::new(&topology, &aligned_atoms(&topology, &variables), &told_apart);
    Ok(Molecule {
        tethered: Vec::new(),
        force_field: force_model.force_field(),
        ignored_forces: force_model.ignored.clone(),
        labellings,
        variables,
        topology,
        coordinates,
        structures: None,
    })
}

/// The variables in the spacetime's units; those that are measured in their own units are taken as they are.
pub(super) fn tethered(
    config: &Config,
    molecule: &Molecule,
    scales: &Scales,
) -> Result<Vec<Box<dyn CollectiveVariable>>, InputError> {
    let made = scales.each().iter().enumerate().map(|(index, &scale)| {
        let variable = collective_variable(config, index, &molecule.topology, &molecule.coordinates)?;
        Ok(if scale == 1.0 { variable } else { Box::new(Scaled::new(variable, scale)) as _ })
    });
    made.collect()
}

/// The atoms that a variable names.
fn atoms_of_variable(config: &Config, index: usize, topology: &Topology) -> Result<Vec<usize>, InputError> {
    let variable = &config.variables[index];
    let names = variable.of_atoms.as_ref().map_or(&[] as &[AtomName], |of_atoms| &of_atoms.atoms);
    let key = format!("variable.{index}.{}", variable.atoms_key());
    let mut atoms = Vec::with_capacity(names.len());
    for (position, name) in names.iter().enumerate() {
        let found = match name {
            AtomName::Name(name) => topology.select(name),
            AtomName::Index(index) => topology.resolve(&(*index).into()),
        };
        atoms.push(found.map_err(|error| config.error(&format!("{key}.{position}"), error.to_string()))?);
    }
    Ok(atoms)
}

/// A variable of the molecule with this structure.
fn collective_variable(
    config: &Config,
    index: usize,
    topology: &Topology,
    structure: &[[f64; 3]],
) -> Result<Box<dyn CollectiveVariable>, InputError> {
    let variable = &config.variables[index];
    let Some(VariableAtoms { definition, .. }) = &variable.of_atoms else {
        return Err(config.error(&format!("variable.{index}"), "it names no atoms"));
    };
    let atoms = atoms_of_variable(config, index, topology)?;
    let made = (definition.new)(VariableInput { atoms: &atoms, structure });
    made.map_err(|error| {
        config.error(&format!("variable.{index}.{}", variable.atoms_key()), error.to_string())
    })
}
