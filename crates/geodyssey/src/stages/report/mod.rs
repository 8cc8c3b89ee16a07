//! The report stage: `summary.json`, `report.html`, figures, viewer scripts and further trajectory formats, all from the artifacts.

mod described;
mod figures;
mod free_energy;
mod page;
mod path_tables;
mod spacetime;
mod states;
mod summary;
mod surface;

use geodyssey_report::plots::MOST_PATHS;
use geodyssey_report::{NumericColumns, Summary, ViewedPath, ViewerScene, pymol_script, vmd_script};
use geodyssey_run::{Fingerprint, Ingredients, SUMMARY_FILE};
use geodyssey_trajectory::{TrajectoryFormat, read_frames};

use super::training;
use crate::artifacts::committor;
use crate::artifacts::curve::{self, GeodesicResult};
use crate::artifacts::free_paths;
use crate::artifacts::landscape::{self, LandscapeResult};
use crate::artifacts::path_frames::frame_values;
use crate::artifacts::path_table::table_of;
use crate::artifacts::paths::{self, PathsRecord, TOPOLOGY_FILE};
use crate::artifacts::report::{CONFIG_FILE, PAGE_FILE};
use crate::artifacts::trajectories::write_trajectory_with;
use crate::error::Error;
use crate::problem::variables::Variable;
use crate::run_context::{Made, Run, Stage};
use crate::stages::training::LearnedDenoiser;
use described::described;
use page::PageContent;
use path_tables::{PathEntry, read_path_entries, read_path_rows};

pub(crate) use summary::{FreeResults, summary};
pub(crate) use surface::{surface, variable_axes};

/// Name of the stage.
const STAGE: &str = "report";
/// Paths that a viewer loads at once; a line near the top of its script names the others.
const SHOWN_PATHS: usize = 1;

/// Brings the report up to date.
pub(crate) fn run(
    run: &mut Run<'_>,
    landscape: &LandscapeResult,
    learned: Option<&LearnedDenoiser>,
    geodesic: &GeodesicResult,
    paths: &PathsRecord,
    free: FreeResults<'_>,
) -> Result<Summary, Error> {
    let stage = ReportStage { landscape, learned, geodesic, paths, free };
    let summary = run.bring_up_to_date(&stage)?;
    // Those of stages that went on under other settings, which nobody will take up.
    for stage in
        [landscape::STAGE, training::STAGE, curve::STAGE, paths::STAGE, free_paths::STAGE, committor::STAGE]
    {
        run.directory.remove_checkpoints(stage)?;
    }
    Ok(summary)
}

/// The stage.
struct ReportStage<'s> {
    landscape: &'s LandscapeResult,
    learned: Option<&'s LearnedDenoiser>,
    geodesic: &'s GeodesicResult,
    paths: &'s PathsRecord,
    free: FreeResults<'s>,
}

impl Stage for ReportStage<'_> {
    const NAME: &'static str = STAGE;
    const REVISION: u32 = 3;
    type Output = Summary;

    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error> {
        let learned = run.problem.config.denoiser.training_data().map(|_| training::STAGE);
        let free =
            [self.free.paths.map(|_| free_paths::STAGE), self.free.committor.map(|_| committor::STAGE)];
        let free = free.into_iter().flatten();
        let stages = [landscape::STAGE, curve::STAGE, paths::STAGE].into_iter().chain(learned).chain(free);
        let ingredients = stages
            .fold(ingredients, |sum, stage| sum.upstream(stage, &run.directory.output_fingerprint(stage)));
        Ok(ingredients
            .add("configuration", run.problem.config.resolved()?.as_bytes())
            .settings("inputs", &run.problem.inputs))
    }

    fn make(&self, run: &Run<'_>, _made_from: &Fingerprint) -> Result<Made, Error> {
        let outputs = write_all(run, self)?;
        Ok(Made::files(outputs))
    }

    fn load(&self, run: &Run<'_>) -> Result<Summary, Error> {
        Summary::from_json(&run.directory.read_text(SUMMARY_FILE)?)
            .map_err(|error| Error::file("understand", &run.directory.file(SUMMARY_FILE), error))
    }
}

fn write_all(run: &Run<'_>, stage: &ReportStage<'_>) -> Result<Vec<String>, Error> {
    let ReportStage { landscape, learned, geodesic, paths, free } = *stage;
    let entries = read_path_entries(run)?;
    let mut outputs = Vec::new();
    outputs.extend(write_formats(run, &entries)?);
    outputs.extend(write_viewers(run, &entries)?);
    let rows = read_path_rows(run)?;
    let free_values = free_values(run, free)?;
    let figures = figures::draw(run, landscape, geodesic, paths, &entries, &rows, &free_values)?;
    for figure in &figures {
        let (png, svg) = (format!("plots/{}.png", figure.name), format!("plots/{}.svg", figure.name));
        run.directory.write(&png, &figure.files.png)?;
        run.directory.write(&svg, figure.files.svg.as_bytes())?;
        outputs.extend([png, svg]);
    }
    let mut summary = summary(run, landscape, learned, Some(geodesic), Some(paths), free)?;
    let content = PageContent { figures: &figures, entries: &entries, rows: &rows, others: &outputs };
    let page = page::write(run, geodesic, &summary, &content)?;
    run.directory.write(PAGE_FILE, page.as_bytes())?;
    outputs.push(PAGE_FILE.to_owned());
    let written = [CONFIG_FILE.to_owned()].into_iter().chain(outputs.iter().cloned());
    summary.files.extend(written.map(|name| described(&name)));
    summary.files.sort_by(|a, b| a.path.cmp(&b.path));
    let text = summary.to_json().map_err(|error| Error::failed("the summary", error))?;
    run.directory.write(SUMMARY_FILE, text.as_bytes())?;
    outputs.push(SUMMARY_FILE.to_owned());
    Ok(outputs)
}

/// The variables at the frames of the free paths that were kept.
fn free_values(run: &Run<'_>, free: FreeResults<'_>) -> Result<Vec<Vec<Vec<f64>>>, Error> {
    let kept = free.paths.map_or(&[][..], |record| &record.kept);
    let values = kept.iter().take(MOST_PATHS).map(|path| {
        let name = format!("{}{}.csv", free_paths::FOLDER, path.name);
        let columns = NumericColumns::from_csv(&run.directory.read_text(&name)?)
            .map_err(|error| Error::failed(&name, error))?;
        let of = |variable: &Variable| columns.column(&variable.column()).map(<[f64]>::to_vec);
        let each: Result<Vec<Vec<f64>>, _> = run.problem.variables.iter().map(of).collect();
        let each = each.map_err(|error| Error::failed(&name, error))?;
        Ok((0..columns.row_count()).map(|row| each.iter().map(|column| column[row]).collect()).collect())
    });
    values.collect()
}

/// Further formats, from the trajectories that the paths stage wrote.
fn write_formats(run: &Run<'_>, entries: &[PathEntry]) -> Result<Vec<String>, Error> {
    let Some(molecule) = &run.problem.molecule else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for format in run.problem.formats.iter().filter(|format| **format != TrajectoryFormat::Xtc) {
        for (id, trajectory) in entries.iter().filter_map(|path| Some((path.id, path.trajectory.as_ref()?))) {
            let file = run.directory.file(trajectory);
            let frames = read_frames(&file, Some(&molecule.topology))
                .map_err(|error| Error::failed("a trajectory", error))?;
            let name = trajectory.replace(TrajectoryFormat::Xtc.extension(), format.extension());
            let path = run.directory.claim(&name)?;
            let columns = NumericColumns::from_csv(&run.directory.read_text(&table_of(id))?)
                .map_err(|error| Error::failed(id, error))?;
            let values: Vec<_> =
                (0..frames.len()).map(|row| frame_values(&id.to_string(), &columns, row)).collect();
            let positions: Vec<&[[f64; 3]]> = frames.iter().map(Vec::as_slice).collect();
            let steps: Vec<u32> = (0_u32..).take(frames.len()).collect();
            write_trajectory_with(*format, &path, &molecule.topology, &positions, &steps, &values)?;
            names.push(name);
        }
    }
    Ok(names)
}

fn write_viewers(run: &Run<'_>, entries: &[PathEntry]) -> Result<Vec<String>, Error> {
    let paths: Vec<ViewedPath> = entries
        .iter()
        .filter_map(|path| {
            let trajectory = path.trajectory.clone()?;
            Some(ViewedPath { trajectory, frames: path.frames, highest_frame: path.highest_frame })
        })
        .collect();
    let (false, Some(molecule)) = (paths.is_empty(), &run.problem.molecule) else { return Ok(Vec::new()) };
    let topology = &molecule.topology;
    let neighbours = (0..topology.atom_count()).map(|atom| topology.neighbours(atom).to_vec()).collect();
    let scene = ViewerScene {
        topology: TOPOLOGY_FILE.to_owned(),
        neighbours,
        aligned: molecule.aligned_atoms(),
        paths,
        shown: SHOWN_PATHS,
    };
    let failed = |error| Error::failed("a viewer script", error);
    let mut names = Vec::new();
    for (name, text) in [("view.vmd", vmd_script(&scene)), ("view.pml", pymol_script(&scene))] {
        run.directory.write(name, text.map_err(failed)?.as_bytes())?;
        names.push(name.to_owned());
    }
    Ok(names)
}
