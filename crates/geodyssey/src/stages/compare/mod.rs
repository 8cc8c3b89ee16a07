//! Several finished runs side by side: their numbers, which differences are significant, a summary in sentences, and figures.

pub(crate) mod baselines;
mod differences;
mod figures;
mod finished;
mod group;
mod regions;
pub(crate) mod significance;
mod words;

use std::path::Path;

use geodyssey_report::{
    Comparison, ComparisonFigure, ComparisonGroup, ComparisonRow, Measure, ReportError, Summary,
    relative_address,
};
use geodyssey_run::{Fingerprint, Ingredients, RunDirectory};

use crate::artifacts::named_files::NamedFiles;
use crate::artifacts::report::PAGE_FILE as REPORT_FILE;
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::state::State;
use differences::{differences, letters_of};
use finished::curve_in_words;
use regions::{Regions, share_inside};

pub(crate) use finished::{Entry, Finished};
pub(crate) use group::Group;

/// Name under which the manifest lists the comparison's files.
const STAGE: &str = "comparison";
/// Never raised, since nothing is taken over from an earlier comparison.
const REVISION: u32 = 1;
/// The tables, for scripts.
pub(crate) const TABLE_FILE: &str = "compare.csv";
/// Every pair of rows.
pub(crate) const DIFFERENCES_FILE: &str = "compare-differences.csv";
/// Everything, for scripts.
pub(crate) const JSON_FILE: &str = "compare.json";
/// The page.
pub(crate) const PAGE_FILE: &str = "compare.html";

/// Description of the test.
const TEST: &str = "For each quantity, every pair of rows of a group is compared by a permutation test of the difference of means with \
Welch's t as statistic (9,999 random relabellings from a fixed seed; 100 for every pair if that is more; all of them if there are no more than \
20,000). The p values are corrected for the number of pairs by Holm's method, and a difference is significant if the corrected p value is \
below 0.05. Dissipated work is tested as the mean of both directions, in which ΔF cancels. The test accounts for the scatter of the paths \
on the given landscape and curve, not for how these would change with another seed. Each curve has its own random numbers, even if \
runs share a seed, so that its paths are independent of those of the others. Paths of two-way shooting are not tested, since those of one \
chain are correlated.";

/// What two problems must share to be comparable: variables, kT, states, input files and the kind of landscape.
pub(crate) fn comparable(problem: &Problem) -> Result<Fingerprint, Error> {
    let states: Vec<(&[f64], &[f64])> = problem
        .states()?
        .iter()
        .map(|state: &State| (state.center.as_slice(), state.radius.as_slice()))
        .collect();
    let config = problem.config.without_paths();
    Ok(Ingredients::of("comparable")
        .settings("variables", &config.variables)
        .settings("thermal energy", &problem.thermal_energy)
        .settings("states", &states)
        .settings("landscape", &config.landscape)
        .settings("inputs", &problem.inputs_of_landscape())
        .fingerprint())
}

/// Compares the runs of all groups and writes everything into a directory.
pub(crate) fn compare(directory: &mut RunDirectory, groups: &[Group]) -> Result<Comparison, Error> {
    let failed = |error: ReportError| Error::failed("the comparison", error);
    let mut compared = Vec::with_capacity(groups.len());
    let mut pages: Vec<Vec<ComparisonFigure>> = Vec::with_capacity(groups.len());
    for group in groups {
        let regions = Regions::of(group)?;
        let group = compare_group(group, &regions)?;
        compared.push(group);
    }
    let mut folders: Vec<String> = Vec::new();
    let mut outputs: NamedFiles = Vec::new();
    for (group, compared) in groups.iter().zip(&compared) {
        let folder = unlike(folder_name(&compared.name), &folders);
        let mut page = Vec::new();
        for figure in figures::draw(group, compared)? {
            let stem = format!("plots/{folder}/{}", figure.name);
            outputs.push((format!("{stem}.png"), figure.files.png));
            outputs.push((format!("{stem}.svg"), figure.files.svg.clone().into_bytes()));
            page.push(ComparisonFigure { caption: figure.caption, svg: figure.files.svg });
        }
        pages.push(page);
        folders.push(folder);
    }
    let comparison =
        Comparison { version: env!("CARGO_PKG_VERSION").to_owned(), test: TEST.to_owned(), groups: compared };
    let reports =
        comparison.groups.iter().map(|group| reports(directory, group)).collect::<Result<Vec<_>, _>>()?;
    let tables = [
        (TABLE_FILE, comparison.to_csv()),
        (DIFFERENCES_FILE, comparison.differences_to_csv()),
        (PAGE_FILE, comparison.to_html(&pages, &reports)),
        (JSON_FILE, comparison.to_json()),
    ];
    for (name, text) in tables {
        outputs.push((name.to_owned(), text.map_err(failed)?.into_bytes()));
    }
    let mut made_from = Ingredients::of_stage(STAGE, REVISION);
    for (name, bytes) in &outputs {
        made_from = made_from.add(name, bytes);
        directory.write(name, bytes)?;
    }
    let names: Vec<String> = outputs.into_iter().map(|(name, _)| name).collect();
    directory.finish(STAGE, REVISION, made_from.fingerprint(), &names)?;
    directory.verify_complete()?;
    Ok(comparison)
}

/// Addresses of the report pages of a group's runs, relative to the comparison's page.
fn reports(directory: &RunDirectory, group: &ComparisonGroup) -> Result<Vec<String>, Error> {
    let absolute = |path: &Path| {
        // With symbolic links between folders `..` would lead elsewhere.
        path.canonicalize().map_err(|error| Error::file("find", path, error))
    };
    let here = absolute(&directory.file(""))?;
    let report = |row: &ComparisonRow| {
        Ok(relative_address(&here, &absolute(Path::new(&row.directory))?.join(REPORT_FILE)))
    };
    group.rows.iter().map(report).collect()
}

fn compare_group(group: &Group, regions: &Regions) -> Result<ComparisonGroup, Error> {
    let rows = &group.rows;
    let differences = differences(rows);
    let energy_letters = letters_of(rows, &differences, Measure::MaxLandscapeEnergy);
    let work_letters = letters_of(rows, &differences, Measure::DissipatedWork);
    let best = baselines::best_tent(rows);
    let mut compared = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let mut summary = row.summary.clone();
        summary.files.clear();
        let best = best.as_ref().filter(|best| best.row == index).map(|best| best.remark.clone());
        let remark = best.or_else(|| shooting_remark(&summary));
        compared.push(ComparisonRow {
            name: row.entry.name.clone(),
            curve: curve_in_words(&row.entry.problem.config, row.curve_kind()),
            role: row.entry.role,
            directory: row.entry.directory.display().to_string(),
            remark,
            summary,
            max_energy_letters: energy_letters[index].clone(),
            dissipated_work_letters: work_letters[index].clone(),
            regions: share_inside(row, regions),
            seconds: row.seconds,
        });
    }
    let first = rows.first().ok_or_else(|| Error::Failed("there is nothing to compare".to_owned()))?;
    let mut compared = ComparisonGroup {
        name: first.entry.name.clone(),
        description: description(&first.entry.problem, first),
        regions: regions.described(),
        rows: compared,
        left_out: group.left_out.clone(),
        differences,
        words: Vec::new(),
    };
    let least = differences::least_corrected(rows, Measure::MaxLandscapeEnergy);
    compared.words = words::sentences(&compared, least);
    Ok(compared)
}

/// A row's name as a folder name.
pub(crate) fn folder_name(name: &str) -> String {
    name.replace(['/', '\\'], "-").trim_start_matches(['-', '.']).to_owned()
}

/// A name, with a number appended if it is already taken.
pub(crate) fn unlike(name: String, others: &[String]) -> String {
    let numbered = (2..).map(|number: usize| format!("{name}-{number}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !others.contains(name)).unwrap_or(name)
}

/// How many trials of two-way shooting were accepted, and whether that is enough.
fn shooting_remark(summary: &Summary) -> Option<String> {
    let shooting = summary.sampling.as_ref()?.shooting.as_ref()?;
    let stuck = if shooting.hardly_moved() {
        ", so few that the paths are still close to those from which the chains started, and their scatter has no meaning"
    } else {
        ""
    };
    Some(format!("{} of {} trials accepted{stuck}", shooting.accepted, shooting.trials))
}

/// What the rows of a group have in common, as a sentence.
fn description(problem: &Problem, row: &Finished) -> String {
    let variables: Vec<&str> = problem.variables.iter().map(|variable| variable.name.as_str()).collect();
    let molecule = row.summary.system.atoms.map_or_else(String::new, |atoms| {
        let force_field = problem.config.system.as_ref().and_then(|system| system.force_field.file_name());
        let force_field =
            force_field.map_or_else(String::new, |name| format!(" ({})", name.to_string_lossy()));
        format!("{atoms} atoms{force_field}, ")
    });
    let temperature = match row.summary.system.temperature_k {
        Some(temperature) => format!("{temperature:.0} K"),
        None => format!("kT = {} kJ/mol", row.summary.system.thermal_energy_kj_mol),
    };
    let paths = row.summary.sampling.as_ref().map_or_else(String::new, |paths| {
        let time = paths.path_time_ps.map_or_else(String::new, |time| format!(" of {time:.1} ps"));
        format!(
            "; the first row has {} forward and {} backward paths{time}",
            paths.paths, paths.backward_paths
        )
    });
    format!(
        "{molecule}{temperature}, landscape of {} by {}{paths}.",
        variables.join(", "),
        row.summary.landscape.method
    )
}
