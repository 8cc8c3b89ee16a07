//! Samples from trajectory files.

use std::path::PathBuf;

use geodyssey_trajectory::{TrajectoryError, TrajectoryReader};

use crate::config::SamplesConfig;
use crate::error::Error;
use crate::problem::{Molecule, Problem, SampleTable, read_weights};
use crate::text_file::text;

/// The variables of every frame that is taken, with its weight; and how many frames hold no positions and were left out.
pub(super) fn read(
    problem: &Problem,
    settings: &SamplesConfig,
    files: &[PathBuf],
    weights: Option<&[u8]>,
    molecule: &Molecule,
) -> Result<(SampleTable, usize), Error> {
    let config = &problem.config;
    let (mut points, mut skipped) = (Vec::new(), 0);
    for (index, file) in files.iter().enumerate() {
        let wrong = |error: TrajectoryError| {
            config.error(&format!("landscape.trajectory.{index}"), error.to_string())
        };
        let mut reader = TrajectoryReader::open(file, Some(&molecule.topology))
            .map_err(wrong)?
            .made_whole(molecule.chains());
        for frame in reader.by_ref() {
            points.push(molecule.values(&frame.map_err(wrong)?.positions));
        }
        skipped += reader.frames_without_positions();
    }
    let weights = settings.weights.as_ref().zip(weights).map(|(file, content)| {
        let wrong = |why: String| config.error("landscape.weights", format!("{}: {why}", file.display()));
        let text = text(content.to_vec())
            .map_err(|why| config.error("landscape.weights", format!("{} {why}", file.display())))?;
        let weights = read_weights(&text).map_err(|error| wrong(error.to_string()))?;
        if weights.len() != points.len() {
            let (rows, frames) = (weights.len(), points.len());
            let without = if skipped > 0 { " with positions" } else { "" };
            return Err(wrong(format!(
                "it has {rows} rows, but the trajectories have {frames} frames{without}"
            )));
        }
        Ok(weights)
    });
    let weights = weights.transpose()?;
    let stride = settings.stride.map_or(1, |stride| stride.get());
    let taken = |values: Vec<f64>| values.into_iter().step_by(stride).collect();
    SampleTable::new(points.into_iter().step_by(stride).collect(), weights.map(taken))
        .map(|table| (table, skipped))
        .map_err(|why| config.error("landscape.trajectory", why).into())
}
