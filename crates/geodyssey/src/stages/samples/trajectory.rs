//! Samples from trajectory files.

use std::path::PathBuf;

use geodyssey_report::NumericColumns;
use geodyssey_trajectory::read_frames;

use super::table::{SampleTable, read_weights};
use crate::config::SamplesConfig;
use crate::error::Error;
use crate::stages::system::{Molecule, Problem};

/// The variables of every frame that is taken, with its weight.
pub(super) fn read(
    problem: &Problem,
    settings: &SamplesConfig,
    files: &[PathBuf],
    molecule: &Molecule,
) -> Result<SampleTable, Error> {
    let config = &problem.config;
    let mut points = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let frames = read_frames(file, Some(&molecule.topology))
            .map_err(|error| config.error(&format!("landscape.trajectory.{index}"), error.to_string()))?;
        points.extend(frames.iter().map(|frame| molecule.values(frame)));
    }
    let weights = settings.weights.as_ref().map(|file| {
        let wrong = |why: String| config.error("landscape.weights", format!("{}: {why}", file.display()));
        let text =
            std::fs::read_to_string(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let columns = NumericColumns::from_csv(&text).map_err(|error| wrong(error.to_string()))?;
        let weights = read_weights(&columns).ok_or_else(|| wrong("it has no column `weight`".to_owned()))?;
        if weights.len() != points.len() {
            let (rows, frames) = (weights.len(), points.len());
            return Err(wrong(format!("it has {rows} rows, but the trajectories have {frames} frames")));
        }
        Ok(weights)
    });
    let weights = weights.transpose()?;
    let stride = settings.stride.map_or(1, |stride| stride.get());
    let taken = |values: Vec<f64>| values.into_iter().step_by(stride).collect();
    SampleTable::new(points.into_iter().step_by(stride).collect(), weights.map(taken))
        .map_err(|why| config.error("landscape.trajectory", why).into())
}
