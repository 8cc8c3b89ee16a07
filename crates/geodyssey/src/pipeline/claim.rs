//! What a run asks of its directory: the files that it will write and those that it reads.

use geodyssey_run::{Claim, SUMMARY_FILE};
use geodyssey_trajectory::{TrajectoryFormat, renamed_in_pdb};

use crate::artifacts::{all_paths, curve, denoiser, free_energy, landscape, paths, report};
use crate::config::{DenoiserConfig, SamplingMethod};
use crate::problem::{NAMES_FILE, Problem};

/// The claim of a problem. Names are those that can be known before anything is computed.
pub(crate) fn claim(problem: &Problem) -> Claim {
    let config = &problem.config;
    let mut names: Vec<String> = [
        landscape::table_file(problem),
        landscape::RECORD_FILE,
        curve::CURVE_FILE,
        curve::RECORD_FILE,
        all_paths::FILE,
        paths::RECORD_FILE,
        report::CONFIG_FILE,
        report::PAGE_FILE,
        SUMMARY_FILE,
    ]
    .map(str::to_owned)
    .to_vec();
    let endings: Vec<&str> = if let Some(molecule) = &problem.molecule {
        names.extend(
            [paths::TOPOLOGY_FILE, paths::START_FILE, paths::END_FILE, "view.vmd", "view.pml"]
                .map(str::to_owned),
        );
        if !renamed_in_pdb(&molecule.topology).is_empty() {
            names.push(NAMES_FILE.to_owned());
        }
        let formats = problem.formats.iter().map(|format| format.extension());
        ["csv", TrajectoryFormat::Xtc.extension()].into_iter().chain(formats).collect()
    } else {
        vec!["csv"]
    };
    let directions: &[&str] = if config.sampling.backward { &["path", "backward"] } else { &["path"] };
    for direction in directions {
        let of_path =
            |number| endings.iter().map(move |ending| format!("paths/{direction}-{number:04}.{ending}"));
        names.extend((0..config.sampling.paths.get()).flat_map(of_path));
    }
    if config.sampling.backward && config.sampling.method == SamplingMethod::Annealing {
        names.push(free_energy::FILE.to_owned());
    }
    if config.denoiser.training_data().is_some() {
        names.extend([denoiser::WEIGHTS_FILE, denoiser::RECORD_FILE].map(str::to_owned));
        names.push(match config.denoiser {
            DenoiserConfig::RandomFeatures(_) => denoiser::HELD_OUT_FILE.to_owned(),
            DenoiserConfig::Mixture(_) | DenoiserConfig::Neural(_) => denoiser::HISTORY_FILE.to_owned(),
        });
    }
    for figure in report::FIGURES {
        names.extend(["png", "svg"].map(|ending| format!("plots/{figure}.{ending}")));
    }
    let mut inputs = config.input_files();
    inputs.push(config.file().to_owned());
    Claim { configuration: Some(config.file().to_owned()), inputs, names, force: false }
}
