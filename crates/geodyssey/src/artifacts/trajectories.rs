//! Writing frames to a trajectory file.

use std::path::Path;

use geodyssey_molecule::Topology;
use geodyssey_trajectory::{Frame, FrameProperty, TrajectoryFormat, open_writer};

use crate::error::Error;

/// Writes frames 1 ps apart: the frame's time is its position along the path, not a physical time.
pub(crate) fn write_trajectory(
    format: TrajectoryFormat,
    path: &Path,
    topology: &Topology,
    frames: &[Vec<[f64; 3]>],
) -> Result<(), Error> {
    let positions: Vec<&[[f64; 3]]> = frames.iter().map(Vec::as_slice).collect();
    let steps: Vec<u32> = (0_u32..).take(frames.len()).collect();
    write_trajectory_with(format, path, topology, &positions, &steps, &[])
}

/// Writes the frames of a free path at their times, which are physical: so many ps apart, from 0.
pub(crate) fn write_trajectory_at(
    format: TrajectoryFormat,
    path: &Path,
    topology: &Topology,
    frames: &[Vec<[f64; 3]>],
    interval_ps: f64,
) -> Result<(), Error> {
    let failed = |error| Error::file("write", path, error);
    let mut writer = open_writer(format, path, topology).map_err(failed)?;
    for (index, positions) in frames.iter().enumerate() {
        let time_ps = index as f64 * interval_ps;
        let frame = Frame { positions, step: index as u64, time_ps, properties: &[] };
        writer.write(&frame).map_err(failed)?;
    }
    writer.finish().map_err(failed)
}

/// Writes frames with their numbers, which are also their times in ps, and with further values of each frame, if any.
pub(crate) fn write_trajectory_with(
    format: TrajectoryFormat,
    path: &Path,
    topology: &Topology,
    frames: &[&[[f64; 3]]],
    steps: &[u32],
    values: &[Vec<(String, FrameProperty)>],
) -> Result<(), Error> {
    let failed = |error| Error::file("write", path, error);
    let mut writer = open_writer(format, path, topology).map_err(failed)?;
    for (index, (positions, &step)) in frames.iter().zip(steps).enumerate() {
        let properties = values.get(index).map_or(&[][..], Vec::as_slice);
        let frame = Frame { positions, step: step.into(), time_ps: step.into(), properties };
        writer.write(&frame).map_err(failed)?;
    }
    writer.finish().map_err(failed)
}
