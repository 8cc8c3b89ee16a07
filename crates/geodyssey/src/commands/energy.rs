//! `energy --system F --topology F [FRAMES]`: the potential energy by term, for comparison with another engine.

use std::path::Path;

use geodyssey_dynamics::NativeEngine;
use geodyssey_forcefield::{ForceField, Potential as _, PotentialError, read_force_model};
use geodyssey_molecule::force_field_match::{ForceFieldFacts, match_force_field};
use geodyssey_molecule::whole::gather;
use geodyssey_molecule::{Replicas, Topology};
use geodyssey_report::{Column, Table, decimals};
use geodyssey_trajectory::{TrajectoryError, TrajectoryReader, read_structure_file};
use serde::Serialize;

use crate::cli::EnergyArguments;
use crate::error::Error;
use crate::problem::undefined_torsion;
use crate::stages::landscape::without_positions;
use crate::terminal::{print, say};
use crate::text_file::read_text;

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
    /// Which torsion is undefined, if one is.
    #[serde(skip)]
    undefined: Option<String>,
}

/// Carries the command out.
pub(crate) fn energy(arguments: &EnergyArguments) -> Result<(), Error> {
    let xml = read_text(&arguments.system)
        .map_err(|why| Error::input(format!("{} {why}", arguments.system.display())))?;
    let force_model = read_force_model(&xml)
        .map_err(|error| Error::input(format!("{}: {error}", arguments.system.display())))?;
    let file = read_structure_file(&arguments.topology, Some(&force_model.masses)).map_err(input)?;
    let (topology, mut positions) = file.structure.into_parts();
    let facts = ForceFieldFacts { masses: &force_model.masses, held_pairs: &force_model.held_pairs };
    let topology = match_force_field(topology, &positions, file.cell.as_ref(), &file.stated_bonds, facts)
        .map_err(|error| {
            let (force_field, topology) = (arguments.system.display(), arguments.topology.display());
            Error::input(format!("{force_field} and {topology}: {error}"))
        })?;
    gather(&topology, &mut positions, file.cell.as_ref(), &[])
        .map_err(|error| Error::input(format!("{}: {error}", arguments.topology.display())))?;
    let place = arguments.frames.as_deref().unwrap_or(&arguments.topology);
    let force_field = force_model.force_field();
    // What the native kernels do not compute is refused here as in a run.
    NativeEngine::new(&force_field, &[])
        .map_err(|error| Error::input(format!("{}: {error}", arguments.system.display())))?;
    let mut energies = Vec::new();
    match &arguments.frames {
        None => energies
            .extend(evaluate(&topology, &force_field, &[positions], arguments.forces).map_err(failed)?),
        Some(path) => {
            let mut reader =
                TrajectoryReader::open(path, Some(&topology)).map_err(input)?.made_whole(Vec::new());
            loop {
                let batch =
                    reader.by_ref().take(FRAMES_PER_BATCH).map(|frame| frame.map(|frame| frame.positions));
                let batch = batch.collect::<Result<Vec<_>, _>>().map_err(input)?;
                if batch.is_empty() {
                    break;
                }
                energies.extend(evaluate(&topology, &force_field, &batch, arguments.forces).map_err(failed)?);
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

fn failed(error: PotentialError) -> Error {
    Error::failed("the energy", error)
}

fn evaluate(
    topology: &Topology,
    force_field: &ForceField,
    frames: &[Vec<[f64; 3]>],
    with_forces: bool,
) -> Result<Vec<FrameEnergy>, PotentialError> {
    let positions = Replicas::from_frames(frames);
    let mut forces = Replicas::zeros(positions.atoms(), positions.replicas());
    let mut totals = vec![0.0; positions.stride()];
    force_field.evaluate(&positions, &mut forces, &mut totals)?;
    let terms = force_field.energies_by_term(&positions);
    let energies = (0..frames.len())
        .map(|frame| FrameEnergy {
            potential_energy_kj_mol: totals[frame],
            terms: terms.iter().map(|(name, values)| ((*name).to_owned(), values[frame].into())).collect(),
            forces_kj_mol_nm: with_forces.then(|| forces.replica(frame)),
            undefined: undefined_torsion(topology, force_field, &frames[frame]),
        })
        .collect();
    Ok(energies)
}

fn check_finite(energies: &[FrameEnergy], place: &Path) -> Result<(), Error> {
    match energies.iter().position(|frame| !frame.potential_energy_kj_mol.is_finite()) {
        Some(frame) => {
            let why = energies[frame].undefined.as_deref().unwrap_or("do atoms overlap?");
            Err(Error::input(format!(
                "{}: the energy of frame {frame} is not finite: {why}",
                place.display()
            )))
        }
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
