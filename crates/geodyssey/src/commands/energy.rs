//! `energy --system F --topology F [FRAMES]`: the potential energy by term, for comparison with another engine.

use std::path::Path;

use geodyssey_forcefield::{Engine as _, ForceField, read_system};
use geodyssey_molecule::Replicas;
use geodyssey_report::{Column, Table, decimals};
use geodyssey_trajectory::{TrajectoryError, TrajectoryReader, read_structure};
use serde::Serialize;

use crate::cli::EnergyArguments;
use crate::commands::print;
use crate::error::Error;
use crate::stages::without_positions;
use crate::terminal::say;

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
    let (topology, positions) = read_structure(&arguments.topology).map_err(input)?.into_parts();
    if topology.atom_count() != system.atoms() {
        return Err(Error::input(format!(
            "{} has {} atoms, but {} has {}: they must be of one molecule",
            arguments.system.display(),
            system.atoms(),
            arguments.topology.display(),
            topology.atom_count()
        )));
    }
    let place = arguments.frames.as_deref().unwrap_or(&arguments.topology);
    let force_field = system.force_field();
    let mut energies = Vec::new();
    match &arguments.frames {
        None => energies.extend(evaluate(&force_field, &[positions], arguments.forces)),
        Some(path) => {
            let mut reader = TrajectoryReader::open(path, Some(&topology)).map_err(input)?.made_whole();
            loop {
                let batch =
                    reader.by_ref().take(FRAMES_PER_BATCH).map(|frame| frame.map(|frame| frame.positions));
                let batch = batch.collect::<Result<Vec<_>, _>>().map_err(input)?;
                if batch.is_empty() {
                    break;
                }
                energies.extend(evaluate(&force_field, &batch, arguments.forces));
            }
            if reader.frames_without_positions() > 0 {
                say!("{}: {}", path.display(), without_positions(reader.frames_without_positions()));
            }
        }
    }
    check_finite(&energies, place)?;
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

fn check_finite(energies: &[FrameEnergy], place: &Path) -> Result<(), Error> {
    match energies.iter().position(|frame| !frame.potential_energy_kj_mol.is_finite()) {
        Some(frame) => Err(Error::input(format!(
            "{}: the energy of frame {frame} is not finite: do atoms lie upon each other?",
            place.display()
        ))),
        None => Ok(()),
    }
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
