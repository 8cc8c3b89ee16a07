//! The distances as files for other programs.

use geodyssey_report::Distances;
use npyz::WriterBuilder as _;

use crate::artifacts::named_files::NamedFiles;
use crate::artifacts::rows::csv_of;
use crate::error::Error;
use crate::problem::Problem;

/// What the tables are, for errors.
const TABLES: &str = "the tables of distances";

/// All tables by name.
pub(super) fn write(problem: &Problem, distances: &Distances) -> Result<NamedFiles, Error> {
    Ok(vec![
        ("distance/distances.csv".to_owned(), pairs_csv(distances)?),
        ("distance/configurations.csv".to_owned(), configurations_csv(problem, distances)?),
        ("distance/distances.npy".to_owned(), matrix_npy(distances)?),
    ])
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::failed(TABLES, error)
}

fn pairs_csv(distances: &Distances) -> Result<Vec<u8>, Error> {
    let header = ["first", "second", "distance", "least_log_snr", "winding", "negative_share", "converged"];
    let name = |index: usize| distances.configurations[index].name.clone();
    let rows = distances.pairs.iter().map(|pair| {
        let winding: Vec<String> = pair.winding.iter().map(i32::to_string).collect();
        vec![
            name(pair.first),
            name(pair.second),
            pair.distance.to_string(),
            pair.least_log_snr.to_string(),
            winding.join(" "),
            pair.negative_share.to_string(),
            u8::from(pair.converged).to_string(),
        ]
    });
    csv_of(TABLES, std::iter::once(header.map(str::to_owned).to_vec()).chain(rows))
}

fn configurations_csv(problem: &Problem, distances: &Distances) -> Result<Vec<u8>, Error> {
    let mut header = vec!["index".to_owned(), "name".to_owned()];
    header.extend(problem.variables.iter().map(|variable| variable.column()));
    let embedding = distances.embedding.as_ref();
    if embedding.is_some() {
        header.extend(["embedding_first".to_owned(), "embedding_second".to_owned()]);
    }
    let rows = distances.configurations.iter().enumerate().map(|(index, configuration)| {
        let mut row = vec![index.to_string(), configuration.name.clone()];
        row.extend(configuration.variables.iter().map(f64::to_string));
        row.extend(embedding.iter().flat_map(|embedding| embedding.points[index]).map(|x| x.to_string()));
        row
    });
    csv_of(TABLES, std::iter::once(header).chain(rows))
}

/// The matrix for NumPy: 64-bit floating-point numbers, rows first.
fn matrix_npy(distances: &Distances) -> Result<Vec<u8>, Error> {
    let count = distances.distances.len() as u64;
    let mut bytes = Vec::new();
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&[count, count])
        .writer(&mut bytes)
        .begin_nd()
        .map_err(failed)?;
    writer.extend(distances.distances.iter().flatten()).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}
