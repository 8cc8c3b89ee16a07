//! What a run asks of its directory: the files that it will write and those that it reads.

use super::system::Problem;
use super::{geodesic, landscape, paths, report};
use crate::run_directory::{Claim, SUMMARY_FILE};

/// The claim of a problem. Names are those that can be known before anything is computed.
pub(crate) fn claim(problem: &Problem) -> Claim {
    let config = &problem.config;
    let mut names: Vec<String> = [
        landscape::table_file(problem),
        landscape::RECORD_FILE,
        geodesic::CURVE_FILE,
        geodesic::RECORD_FILE,
        paths::TABLE_FILE,
        paths::RECORD_FILE,
        report::CONFIG_FILE,
        report::PAGE_FILE,
        SUMMARY_FILE,
    ]
    .map(str::to_owned)
    .to_vec();
    let endings: &[&str] = if problem.molecule.is_some() {
        names.extend([paths::TOPOLOGY_FILE, "view.vmd", "view.pml"].map(str::to_owned));
        &["csv", "xtc"]
    } else {
        &["csv"]
    };
    let directions: &[&str] = if config.sampling.backward { &["path", "backward"] } else { &["path"] };
    for direction in directions {
        let of_path =
            |number| endings.iter().map(move |ending| format!("paths/{direction}-{number:04}.{ending}"));
        names.extend((0..config.sampling.paths.get()).flat_map(of_path));
    }
    for figure in report::FIGURES {
        names.extend(["png", "svg"].map(|ending| format!("plots/{figure}.{ending}")));
    }
    let mut inputs = config.input_files();
    inputs.push(config.file().to_owned());
    Claim { configuration: Some(config.file().to_owned()), inputs, names, force: false }
}
