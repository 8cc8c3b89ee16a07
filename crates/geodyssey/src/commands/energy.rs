//! `energy --system F --topology F [FRAMES]`: the potential energy by term, for comparison with another engine.

use std::path::Path;

use geodyssey_forcefield::{Engine as _, ForceField, read_system};
use geodyssey_molecule::force_field_match::{ForceFieldFacts, match_force_field};
use geodyssey_molecule::{Replicas, Topology};
use geodyssey_report::{Column, Table, decimals};
use geodyssey_trajectory::{TrajectoryError, read_frames, read_structure_file};
use serde::Serialize;

use crate::cli::EnergyArguments;
use crate::commands::print;
use crate::error::Error;
use crate::stages::system::undefined_torsion;

/// Frames that are evaluated together.
const FRAMES_PER_BATCH: usize = 64;

/// What `--json` prints.
#[derive(Serialize)]
struct Energies {
    frames: Vec<FrameEnergy>,
}

/// One frame.
#[derive(Serialize)]
struct FrameEnergy {
    potential_energy_kj_mol: f64,
    terms: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forces_kj_mol_nm: Option<Vec<[f64; 3]>>,
}

/// Carries the command out.
pub(crate) fn energy(arguments: &EnergyArguments) -> Result<(), Error> {
    let xml = std::fs::read_to_string(&arguments.system)
        .map_err(|error| Error::input(format!("cannot read {}: {error}", arguments.system.display())))?;
    let system = read_system(&xml)
        .map_err(|error| Error::input(format!("{}: {error}", arguments.system.display())))?;
    let file = read_structure_file(&arguments.topology, Some(system.masses())).map_err(input)?;
    let (topology, positions) = file.structure.into_parts();
    let facts = ForceFieldFacts { masses: system.masses(), held_pairs: system.held_pairs() };
    let topology = match_force_field(topology, &positions, file.cell_vectors_nm, &file.stated_bonds, facts)
        .map_err(|error| {
        let (force_field, topology) = (arguments.system.display(), arguments.topology.display());
        Error::input(format!("{force_field} and {topology}: {error}"))
    })?;
    let frames = match &arguments.frames {
        Some(path) => read_frames(path, Some(&topology)).map_err(input)?,
        None => vec![positions],
    };
    let place = arguments.frames.as_deref().unwrap_or(&arguments.topology);
    let force_field = system.force_field();
    let mut energies = Vec::with_capacity(frames.len());
    for batch in frames.chunks(FRAMES_PER_BATCH) {
        energies.extend(evaluate(&force_field, batch, arguments.forces));
    }
    check_finite(&energies, &frames, &topology, &force_field, place)?;
    if arguments.json {
        let text = serde_json::to_string(&Energies { frames: energies })
            .map_err(|error| Error::failed("JSON", error))?;
        return print(&format!("{text}\n"));
    }
    print(&table(&energies)?)
}

fn input(error: TrajectoryError) -> Error {
    Error::input(error.to_string())
}

fn evaluate(force_field: &ForceField, frames: &[Vec<[f64; 3]>], with_forces: bool) -> Vec<FrameEnergy> {
    let positions = Replicas::from_frames(frames);
    let mut forces = Replicas::zeros(positions.atoms(), positions.replicas());
    let mut totals = vec![0.0; positions.stride()];
    force_field.evaluate(&positions, &mut forces, &mut totals);
    let terms = force_field.energies_by_term(&positions);
    (0..frames.len())
        .map(|frame| FrameEnergy {
            potential_energy_kj_mol: totals[frame],
            terms: terms.iter().map(|(name, values)| ((*name).to_owned(), values[frame].into())).collect(),
            forces_kj_mol_nm: with_forces.then(|| forces.replica(frame)),
        })
        .collect()
}

fn check_finite(
    energies: &[FrameEnergy],
    frames: &[Vec<[f64; 3]>],
    topology: &Topology,
    force_field: &ForceField,
    place: &Path,
) -> Result<(), Error> {
    let broken = |frame: &FrameEnergy| !frame.potential_energy_kj_mol.is_finite();
    let Some(frame) = energies.iter().position(broken) else { return Ok(()) };
    let why = undefined_torsion(topology, force_field, &frames[frame])
        .unwrap_or_else(|| "do atoms lie upon each other?".to_owned());
    Err(Error::input(format!("{}: the energy of frame {frame} is not finite: {why}", place.display())))
}

fn table(energies: &[FrameEnergy]) -> Result<String, Error> {
    let Some(first) = energies.first() else { return Ok(String::new()) };
    let columns = std::iter::once(Column::text("frame"))
        .chain(first.terms.keys().map(|name| Column::number(name, "kJ/mol")))
        .chain(std::iter::once(Column::number("potential energy", "kJ/mol")));
    let mut table = Table::new(columns);
    for (index, frame) in energies.iter().enumerate() {
        let cells = frame.terms.values().map(|value| decimals(value.as_f64().unwrap_or(f64::NAN), 6));
        let cells = std::iter::once(index.to_string()).chain(cells);
        table
            .row(cells.chain(std::iter::once(decimals(frame.potential_energy_kj_mol, 6))))
            .map_err(|error| Error::failed("the table", error))?;
    }
    Ok(table.to_string())
}
