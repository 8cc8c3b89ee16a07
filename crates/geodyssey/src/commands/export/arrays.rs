//! All paths as arrays for NumPy: one `.npz` file.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use geodyssey_molecule::Topology;
use geodyssey_partial_file::PartialFile;
use npyz::WriterBuilder as _;
use npyz::{AutoSerialize, DType, TypeStr, WriteOptions};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::paths::ExportedPath;
use crate::error::Error;

/// Columns of a path's table that are not its variables.
const OTHERS: [&str; 7] = [
    "point",
    "arc_length",
    "log_snr",
    "potential_energy_kj_mol",
    "landscape_energy_kj_mol",
    "tether_energy_kj_mol",
    "work_kj_mol",
];

type Archive = ZipWriter<BufWriter<File>>;

/// Writes the file. Paths with fewer frames than the longest are padded with NaN, their frame numbers with −1; so are the positions
/// of paths without atoms.
pub(super) fn write(file: &Path, paths: &[ExportedPath], topology: Option<&Topology>) -> Result<(), Error> {
    let write = || {
        let (partial, out) = PartialFile::create(file)?;
        let mut archive = ZipWriter::new(BufWriter::new(out));
        fill(&mut archive, paths, topology)?;
        partial.complete(archive.finish()?)
    };
    write().map_err(|error: std::io::Error| Error::file("write", file, error))
}

fn fill(archive: &mut Archive, paths: &[ExportedPath], topology: Option<&Topology>) -> std::io::Result<()> {
    let count = paths.len() as u64;
    let longest = paths.iter().map(|path| path.frames.len()).max().unwrap_or(0);
    let shape = [count, longest as u64];

    let names: Vec<&str> = paths.iter().map(|path| path.name.as_str()).collect();
    texts(archive, "path_names", &names)?;
    numbers(archive, "backward", &[count], paths.iter().map(|path| path.name.starts_with("backward")))?;
    numbers(archive, "frame_counts", &[count], paths.iter().map(|path| path.frames.len() as i64))?;
    let frame = |path: &ExportedPath, i: usize| path.frames.get(i).map_or(-1, |frame| i64::from(*frame));
    let frames = paths.iter().flat_map(|path| (0..longest).map(move |i| frame(path, i)));
    numbers(archive, "frame", &shape, frames)?;

    let columns: &[String] = paths.first().map_or(&[], |path| &path.columns);
    let value = |path: &ExportedPath, column: usize, i: usize| {
        path.table.get(column).and_then(|values| values.get(i)).copied().unwrap_or(f64::NAN)
    };
    for (index, column) in columns.iter().enumerate() {
        let values = paths.iter().flat_map(|path| (0..longest).map(move |i| value(path, index, i)));
        if column == "point" {
            let points = values.map(|point| if point.is_finite() { point as i64 } else { -1 });
            numbers(archive, column, &shape, points)?;
        } else {
            numbers(archive, column, &shape, values)?;
        }
    }
    let variables: Vec<usize> =
        (0..columns.len()).filter(|index| !OTHERS.contains(&columns[*index].as_str())).collect();
    let heads: Vec<&str> = variables.iter().map(|index| columns[*index].as_str()).collect();
    texts(archive, "variable_names", &heads)?;
    let (value, variables) = (&value, &variables);
    let of_frame = move |path, i| variables.iter().map(move |column| value(path, *column, i));
    let stacked = paths.iter().flat_map(|path| (0..longest).flat_map(move |i| of_frame(path, i)));
    numbers(archive, "variables", &[count, longest as u64, variables.len() as u64], stacked)?;

    if let Some(topology) = topology {
        let atoms = topology.atom_count();
        let symbols: Vec<&str> = topology.atoms().iter().map(|atom| atom.element.symbol()).collect();
        texts(archive, "elements", &symbols)?;
        let labels: Vec<&str> = topology.atoms().iter().map(|atom| atom.name.as_str()).collect();
        texts(archive, "atom_names", &labels)?;
        let missing = vec![[f64::NAN; 3]; atoms];
        let positions = paths.iter().flat_map(|path| {
            (0..longest)
                .flat_map(|i| path.positions.get(i).unwrap_or(&missing).iter().flatten().map(|x| *x as f32))
        });
        let shape = [count, longest as u64, atoms as u64, 3];
        numbers(archive, "positions_nm", &shape, positions)?;
    }
    Ok(())
}

/// Begins the file of one array, as `numpy.savez` does.
fn begin(archive: &mut Archive, name: &str) -> std::io::Result<()> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    Ok(archive.start_file(format!("{name}.npy"), options)?)
}

fn numbers<T: AutoSerialize>(
    archive: &mut Archive,
    name: &str,
    shape: &[u64],
    values: impl IntoIterator<Item = T>,
) -> std::io::Result<()> {
    begin(archive, name)?;
    let mut writer = WriteOptions::new().default_dtype().shape(shape).writer(archive).begin_nd()?;
    writer.extend(values)?;
    writer.finish()
}

/// Text as NumPy's strings of letters, as wide as the longest.
fn texts(archive: &mut Archive, name: &str, values: &[&str]) -> std::io::Result<()> {
    let width = values.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
    let kind: TypeStr = format!("<U{width}").parse().map_err(std::io::Error::other)?;
    begin(archive, name)?;
    let builder = WriteOptions::<str>::new().dtype(DType::Plain(kind)).shape(&[values.len() as u64]);
    let mut writer = builder.writer(archive).begin_nd()?;
    for text in values {
        writer.push(text)?;
    }
    writer.finish()
}
