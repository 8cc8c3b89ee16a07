//! `distance CONFIG STRUCTURE…`: Diffusion Edit Distances between conformations.

use std::fmt::Write as _;
use std::path::Path;

use geodyssey_report::{Column, Distances, ReportError, Table};
use geodyssey_run::RunDirectory;

use super::overrides::{claim, read, run_directory, use_threads};
use crate::artifacts::distances;
use crate::cli::DistanceArguments;
use crate::ctrl_c;
use crate::error::Error;
use crate::pipeline::{self, Stage, check, check_denoiser};
use crate::stages::distance::{Frames, Request};
use crate::terminal::print;

/// Up to this many configurations the whole matrix is printed.
const MOST_PRINTED: usize = 8;

/// Carries the command out.
pub(crate) fn execute(arguments: &DistanceArguments) -> Result<(), Error> {
    let problem = read(&arguments.configuration, &arguments.overrides)?;
    let frames = arguments.frames.as_deref().map(Frames::parse).transpose()?;
    let frames = Frames { stride: arguments.stride.map_or(1, usize::from), ..frames.unwrap_or_default() };
    let request = Request::read(
        &problem,
        &arguments.structures,
        &frames,
        arguments.log_snr,
        usize::from(arguments.points),
    )?;
    use_threads(&arguments.overrides)?;
    ctrl_c::listen();
    // Neither the configuration's curve nor its constraints play a part.
    check(&problem, Stage::Landscape)?;
    check_denoiser(&problem)?;
    let directory = run_directory(&problem.config, &arguments.overrides, false);
    let mut run =
        pipeline::begin(&problem, RunDirectory::open(&directory, &claim(&problem, &arguments.overrides))?);
    let distances = pipeline::distances(&mut run, &request)?;
    let failed = |error: ReportError| Error::failed("the distances", error);
    if arguments.overrides.json {
        return print(&distances.to_json().map_err(failed)?);
    }
    print(&show(&distances, &directory.join(distances::STAGE)).map_err(failed)?)
}

fn show(distances: &Distances, folder: &Path) -> Result<String, ReportError> {
    let names: Vec<&str> =
        distances.configurations.iter().map(|configuration| configuration.name.as_str()).collect();
    let mut text = format!(
        "Diffusion Edit Distances (√nat) at logSNR {}, {} configurations, denoiser: {}\n\n",
        distances.log_snr,
        names.len(),
        distances.denoiser
    );
    // Writing to a string cannot fail.
    if names.len() <= MOST_PRINTED {
        let columns =
            std::iter::once(Column::text("")).chain(names.iter().map(|name| Column::number(name, "")));
        let mut table = Table::new(columns);
        for (name, row) in names.iter().zip(&distances.distances) {
            let cells = row.iter().map(|distance| format!("{distance:.3}"));
            table.row(std::iter::once((*name).to_owned()).chain(cells))?;
        }
        let _ = writeln!(text, "{table}");
    } else {
        let by_distance = |a: &&geodyssey_report::PairDistance, b: &&geodyssey_report::PairDistance| {
            a.distance.total_cmp(&b.distance)
        };
        let ends = [
            ("nearest", distances.pairs.iter().min_by(by_distance)),
            ("farthest", distances.pairs.iter().max_by(by_distance)),
        ];
        for (what, pair) in ends {
            if let Some(pair) = pair {
                let [first, second] = [pair.first, pair.second].map(|index| names[index]);
                let _ = writeln!(text, "{what}: {first} and {second}, {:.3}", pair.distance);
            }
        }
    }
    let unsolved = distances.pairs.iter().filter(|pair| !pair.converged).count();
    if unsolved > 0 {
        let _ = writeln!(
            text,
            "warning: {unsolved} of {} geodesics did not converge: see `converged` in distances.csv",
            distances.pairs.len()
        );
    }
    if let Some(embedding) = &distances.embedding {
        let _ = writeln!(
            text,
            "fraction of the distances captured by two dimensions: {:.0} %",
            100.0 * embedding.explained
        );
    }
    let _ = writeln!(text, "files in {}", folder.display());
    Ok(text)
}
