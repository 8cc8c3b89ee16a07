//! The description of each file in the summary and on the page.

use geodyssey_report::FileSummary;

use crate::artifacts::report::{CONFIG_FILE, PAGE_FILE};
use crate::artifacts::{all_paths, curve, denoiser, free_energy, free_paths, landscape, paths};
use crate::problem::NAMES_FILE;

/// What a file of a run directory holds, by its name.
pub(super) fn described(name: &str) -> FileSummary {
    let content = match name {
        landscape::TABLE_FILE => "energy of the variables",
        landscape::SAMPLES_FILE => "samples of the variables with their weights",
        landscape::RECORD_FILE => "how the landscape was computed",
        denoiser::WEIGHTS_FILE => "weights of the learned denoiser",
        denoiser::HISTORY_FILE => "loss during the training",
        denoiser::HELD_OUT_FILE => "error of the fit by noise level",
        denoiser::RECORD_FILE => "how the learned denoiser was trained",
        curve::CURVE_FILE => "the curve through spacetime",
        curve::RECORD_FILE => "length, windings and constraints of the curve",
        all_paths::FILE => "one row per path",
        free_energy::FILE => "free energy along the curve, from the paths",
        paths::RECORD_FILE => "results from all paths together",
        free_paths::RECORD_FILE => "results from all free paths",
        free_paths::TABLE_FILE => "one row per trial of the free paths: the path after it",
        free_paths::INTERFACES_FILE => {
            "one row per cycle and ensemble of the rates: length of the path and the interface that it reached"
        }
        "committor.csv" | "structures-committor.csv" => "committor of every structure",
        "committor.json" | "structures-committor.json" => "results from all committors",
        "transition-states.pdb" => "first structure of the transition-state ensemble",
        "transition-states.xtc" => "structures with a committor between 0.4 and 0.6",
        _ if name.starts_with(free_paths::FOLDER) && name.ends_with(".csv") => {
            "frames of a free path: time, variables, energies"
        }
        _ if name.starts_with(free_paths::FOLDER) => "trajectory of a free path",
        NAMES_FILE => "names of atoms in PDB files that differ from the topology's",
        paths::TOPOLOGY_FILE => "atoms and bonds for the trajectories",
        paths::START_FILE => "structure of the start state, with which the paths begin",
        paths::END_FILE => "structure of the end state, with which the backward paths begin",
        CONFIG_FILE => "the configuration with every default",
        PAGE_FILE => "this run on one page, to be opened in a browser",
        "view.vmd" => "shows the paths in VMD",
        "view.pml" => "shows the paths in PyMOL",
        _ if name.starts_with("plots/") => "figure",
        _ if name.ends_with(".csv") => "frames of a path: position, variables, energies, work",
        _ => "trajectory of a path",
    };
    FileSummary { path: name.to_owned(), content: content.to_owned() }
}
