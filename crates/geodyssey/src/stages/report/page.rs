//! `report.html`: gathers what the page of a run shows.

use geodyssey_molecule::Topology;
use geodyssey_report::Summary;
use geodyssey_report::page::{PageFigure, PagePath, RunPage, Selection, run_page, select_paths};
use geodyssey_trajectory::read_frames;

use super::described::described;
use super::figures::Drawn;
use super::path_tables::{PathEntry, read_path_table};
use crate::artifacts::all_paths::PathRow;
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::free_energy;
use crate::artifacts::path_table::PathTable;
use crate::artifacts::paths::TOPOLOGY_FILE;
use crate::artifacts::report::{CONFIG_FILE, PAGE_FILE};
use crate::error::Error;
use crate::run_context::Run;

/// Residues that the title of a page names.
const NAMED_RESIDUES: usize = 8;

/// What the page shows beside the summary.
pub(super) struct PageContent<'c> {
    /// Its figures, in their order.
    pub(super) figures: &'c [Drawn],
    /// All paths.
    pub(super) entries: &'c [PathEntry],
    /// The table of all paths.
    pub(super) rows: &'c [PathRow],
    /// Names of the other files that were written.
    pub(super) others: &'c [String],
}

/// The text of the page.
pub(super) fn write(
    run: &Run<'_>,
    geodesic: &GeodesicResult,
    summary: &Summary,
    content: &PageContent<'_>,
) -> Result<String, Error> {
    let PageContent { figures, entries, rows, others } = *content;
    let molecule =
        run.problem.molecule.as_ref().filter(|_| entries.iter().any(|path| path.trajectory.is_some()));
    let atoms = molecule.map_or(0, |molecule| molecule.topology.atom_count());
    // Of paths of a molecule's variables only some have atoms.
    let shown: Vec<&PathEntry> =
        entries.iter().filter(|path| molecule.is_none() || path.trajectory.is_some()).collect();
    let sizes: Vec<(bool, usize)> = shown.iter().map(|path| (path.is_forward(), path.frames)).collect();
    let selection = select_paths(&sizes, atoms, run.problem.variables.len());
    let topology = molecule.filter(|_| selection.with_positions).map(|molecule| &molecule.topology);
    let structure = topology.map(|_| run.directory.read_text(TOPOLOGY_FILE)).transpose()?;
    let length = geodesic.curve.length();
    let paths = selection.paths.iter().map(|index| {
        let entry = shown[*index];
        let name = entry.id.to_string();
        let row = rows.iter().find(|row| row.path == name);
        let table = read_path_table(run, entry.id)?;
        path(run, entry, &table, row, topology, &selection, length)
    });
    let page = RunPage {
        title: &title(run),
        summary,
        states: run
            .problem
            .states
            .as_ref()
            .map(|states| states.each_ref().map(|state| place(run, &state.center))),
        figures: figures
            .iter()
            .map(|figure| PageFigure {
                name: figure.name,
                svg: &figure.files.svg,
                caption: caption_of(figure.name, run.problem.variables.len()),
                frames: figure.frames.clone(),
            })
            .collect(),
        structure: structure.as_deref(),
        paths: paths.collect::<Result<_, _>>()?,
        all_paths: entries.iter().filter(|path| path.frames > 0).count(),
        stride: selection.stride,
        links: links(others, summary),
    };
    run_page(&page).map_err(|error| Error::failed(PAGE_FILE, error))
}

/// The name of what was sampled. The configuration's own name is no part of it: the page is a function of its content.
fn title(run: &Run<'_>) -> String {
    match &run.problem.molecule {
        Some(molecule) => {
            let residues = molecule.topology.residues();
            let names: Vec<&str> = residues.iter().map(|residue| residue.name.as_str()).collect();
            if names.len() <= NAMED_RESIDUES {
                format!("Transition paths of {}", names.join("-"))
            } else {
                format!(
                    "Transition paths of {} residues, {} atoms",
                    names.len(),
                    molecule.topology.atom_count()
                )
            }
        }
        None => {
            let names: Vec<&str> =
                run.problem.variables.iter().map(|variable| variable.name.as_str()).collect();
            format!("Transition paths over {}", names.join(", "))
        }
    }
}

fn place(run: &Run<'_>, center: &[f64]) -> String {
    let variables = run.problem.variables.iter().zip(center);
    let values: Vec<String> =
        variables.map(|(variable, &x)| format!("{} = {}", variable.name, variable.display(x))).collect();
    values.join(", ")
}

fn path(
    run: &Run<'_>,
    entry: &PathEntry,
    table: &PathTable,
    row: Option<&PathRow>,
    topology: Option<&Topology>,
    selection: &Selection,
    length: f64,
) -> Result<PagePath, Error> {
    let frames = selection.frames(table.frames());
    let taken = |values: &[f64]| -> Vec<f64> { frames.iter().map(|&frame| values[frame]).collect() };
    let positions_nm = match (topology, &entry.trajectory) {
        (Some(topology), Some(trajectory)) => {
            let all = read_frames(run.directory.file(trajectory), Some(topology))
                .map_err(|error| Error::failed("a trajectory", error))?;
            frames.iter().filter_map(|&frame| all.get(frame).cloned()).collect()
        }
        _ => Vec::new(),
    };
    let nearest = frames.iter().enumerate().min_by_key(|(_, frame)| frame.abs_diff(entry.highest_frame));
    Ok(PagePath {
        name: entry.id.to_string(),
        reached: row.map(|row| row.reached == 1),
        label: label(entry, row),
        arc_share: taken(&table.arc_length).iter().map(|arc| arc / length).collect(),
        log_snr: taken(&table.log_snr),
        variables: frames.iter().map(|&frame| table.points[frame].clone()).collect(),
        landscape_energy_kj_mol: table.landscape_energy.as_deref().map(taken).unwrap_or_default(),
        potential_energy_kj_mol: table.potential_energy.as_deref().map(taken).unwrap_or_default(),
        work_kj_mol: taken(&table.work),
        positions_nm,
        highest: nearest.map_or(0, |(index, _)| index),
        frames,
    })
}

/// How a path is listed: name, whether it arrived, how high it went, its work.
fn label(entry: &PathEntry, row: Option<&PathRow>) -> String {
    let name = entry.id.to_string();
    let Some(row) = row else { return name };
    let mut parts = vec![name];
    parts.push(if row.reached == 1 { "reached" } else { "did not reach" }.to_owned());
    if let Some(energy) = row.max_landscape_energy_kj_mol.or(row.max_potential_energy_kj_mol) {
        parts.push(format!("highest {energy:.1} kJ/mol"));
    }
    if let Some(work) = row.work_kj_mol {
        parts.push(format!("work {work:.1} kJ/mol"));
    }
    parts.join(" · ").replace(" -", " −")
}

/// What a figure shows, and what it leaves out.
fn caption_of(name: &str, variables: usize) -> String {
    let shown = if name == "landscape" && variables > 2 {
        format!(" Of the {variables} variables the two that change most along the curve are shown.")
    } else {
        String::new()
    };
    format!("{}{shown}", caption(name))
}

/// What a figure shows.
fn caption(name: &str) -> &'static str {
    match name {
        "landscape" => {
            "Energy over the variables, the geodesic (posterior means) and the paths that follow it; the bold line and the disc \
             mark the selected path and frame."
        }
        "free-paths" => {
            "Energy over the variables, the curve that led the paths, and free transition paths between the states: what the molecule does by itself."
        }
        "energy" => {
            "Energies along the paths against the fraction of the curve's length, with mean and standard deviation of the forward \
             paths; the lower bound is the lowest barrier between the states. The bold line is the selected path."
        }
        "work" => {
            "Work of the forward paths, and of the backward paths with reversed sign. Where the two overlap, the free-energy \
             difference can be read off; each tick is a path, the grey strip one standard error."
        }
        "free-energy" => {
            "Free energy along the curve, smoothed by its tethers: from the works of all paths, from those of each direction alone, \
             and from the landscape. Where the two directions diverge, too few paths were driven too fast."
        }
        "spacetime" => {
            "Where the curve runs between noise and data: densities of the noisy variable at each noise level, the geodesic and its \
             posterior means."
        }
        _ => {
            "logSNR along the curve against its Fisher–Rao length, and the spread that the tether allows each variable."
        }
    }
}

/// The files that a reader opens next.
fn links(others: &[String], summary: &Summary) -> Vec<(String, String)> {
    let with_free_energy = summary.free_energy.is_some();
    let wanted = [
        "summary.json",
        "paths.csv",
        "free-paths.csv",
        "free-paths-interfaces.csv",
        "committor.csv",
        "geodesic.csv",
        "free-energy.csv",
        "config.toml",
        "view.vmd",
        "view.pml",
    ];
    let there = |name: &&str| {
        ["summary.json", "paths.csv", "geodesic.csv", CONFIG_FILE].contains(name)
            || (*name == free_energy::FILE && with_free_energy)
            || others.iter().any(|other| other == name)
            || summary.files.iter().any(|file| file.path == *name)
    };
    let named = wanted.iter().filter(|name| there(name));
    named
        .map(|name| {
            let content = if *name == "summary.json" {
                "all numbers, for scripts".to_owned()
            } else {
                described(name).content
            };
            ((*name).to_owned(), content)
        })
        .collect()
}
