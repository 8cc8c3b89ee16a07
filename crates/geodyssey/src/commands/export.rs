//! `export RUN --format F`: the paths of a finished run in another format.

use std::path::{Path, PathBuf};

use geodyssey_trajectory::{Frame, TrajectoryFormat, open_writer, read_frames, read_structure};

use crate::cli::ExportArguments;
use crate::error::Error;
use crate::stages::TOPOLOGY_FILE;

/// Carries the command out.
pub(crate) fn export(arguments: &ExportArguments) -> Result<(), Error> {
    let format =
        TrajectoryFormat::from_name(&arguments.format).map_err(|error| Error::input(error.to_string()))?;
    let topology_path = arguments.run.join(TOPOLOGY_FILE);
    if !topology_path.is_file() {
        return Err(Error::input(format!(
            "{} is no run directory with paths of atoms: there is no {TOPOLOGY_FILE} in it",
            arguments.run.display()
        )));
    }
    let topology =
        read_structure(&topology_path).map_err(|error| Error::input(error.to_string()))?.into_parts().0;
    let folder = arguments.run.join("paths");
    let sources = trajectories(&folder)?;
    if sources.is_empty() {
        return Err(Error::input(format!(
            "{} holds no trajectory: the run has no paths yet",
            folder.display()
        )));
    }
    let target = arguments.out.clone().unwrap_or_else(|| arguments.run.join("export"));
    std::fs::create_dir_all(&target).map_err(|error| Error::file("make the folder", &target, error))?;
    for source in &sources {
        let frames = read_frames(source, Some(&topology)).map_err(|error| Error::input(error.to_string()))?;
        let name = source.with_extension(format.extension());
        let path = target.join(name.file_name().unwrap_or_default());
        write_trajectory(format, &path, &topology, &frames)?;
    }
    eprintln!("{} trajectories written to {}", sources.len(), target.display());
    Ok(())
}

/// Writes frames 1 ps apart: the place on the path, not a physical time.
pub(crate) fn write_trajectory(
    format: TrajectoryFormat,
    path: &Path,
    topology: &geodyssey_molecule::Topology,
    frames: &[Vec<[f64; 3]>],
) -> Result<(), Error> {
    let failed = |error| Error::failed("writing a trajectory", error);
    let mut writer = open_writer(format, path, topology).map_err(failed)?;
    for (step, positions) in (0_u32..).zip(frames) {
        writer.write(&Frame { positions, step: step.into(), time_ps: step.into() }).map_err(failed)?;
    }
    writer.finish().map_err(failed)
}

/// The trajectories of a run, in the order of their names; of each, the first format in which it is there.
fn trajectories(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| Error::input(format!("cannot read {}: {error}", folder.display())))?;
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .and_then(|extension| extension.to_str())
                .is_some_and(|extension| TrajectoryFormat::from_name(extension).is_ok())
        })
        .collect();
    let rank = |path: &PathBuf| {
        TrajectoryFormat::ALL
            .iter()
            .position(|format| path.extension().is_some_and(|extension| extension == format.extension()))
    };
    paths.sort_by_key(|path| (path.with_extension(""), rank(path)));
    paths.dedup_by_key(|path| path.with_extension(""));
    Ok(paths)
}
