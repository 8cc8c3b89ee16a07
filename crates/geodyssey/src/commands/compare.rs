//! `compare CONFIG…|RUN…`: compares several paths, including baselines.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use geodyssey_report::{Comparison, LeftOut, RowRole};
use geodyssey_run::{Claim, FinishedRun, RunDirectory, SUMMARY_FILE, check_claim};

use super::overrides::{claim, read, run_directory, use_threads};
use crate::artifacts::report::{CONFIG_FILE, PAGE_FILE};
use crate::cli::{BaselineName, CompareArguments, Overrides};
use crate::config::{Config, InputError};
use crate::ctrl_c;
use crate::error::Error;
use crate::pipeline::{self, Stage, check};
use crate::problem::Problem;
use crate::stages::compare::baselines::{Baseline, Variant, is_same};
use crate::stages::compare::{
    DIFFERENCES_FILE, Entry, Finished, Group, JSON_FILE, TABLE_FILE, comparable, compare, folder_name, unlike,
};
use crate::terminal::{print, say};

/// Where a comparison goes by default.
const DEFAULT_DIRECTORY: &str = "runs/compare";
/// Folder of the baselines' run directories in that of the comparison.
const BASELINES_FOLDER: &str = "baselines";

/// An argument: what it is, and whether its run exists already.
struct Argument {
    entry: Entry,
    finished: bool,
}

/// Carries the command out.
pub(crate) fn execute(arguments: &CompareArguments) -> Result<(), Error> {
    let wanted = wanted(&arguments.baselines)?;
    // Checking the problems already computes a little.
    use_threads(&arguments.overrides)?;
    let given = read_arguments(arguments)?;
    ctrl_c::listen();
    let out = arguments.overrides.out.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_DIRECTORY));
    for argument in given.iter().filter(|argument| !argument.finished) {
        check_claim(&argument.entry.directory, &claim(&argument.entry.problem, &arguments.overrides))?;
    }
    let names = [PAGE_FILE, TABLE_FILE, DIFFERENCES_FILE, JSON_FILE].map(str::to_owned).to_vec();
    let mut directory = RunDirectory::open(&out, &Claim { names, ..Claim::default() })?;
    let mut groups = grouped(finish(given, &arguments.overrides)?)?;
    for group in &mut groups {
        add_baselines(group, &wanted, &out)?;
    }
    let comparison = compare(&mut directory, &groups)?;
    print(&show(&comparison, &out, arguments.overrides.json)?)
}

/// Which kinds of baselines are asked for, in the order of the tables.
fn wanted(names: &[BaselineName]) -> Result<Vec<Baseline>, Error> {
    let of = |name: &BaselineName| match name {
        BaselineName::All => Baseline::ALL.to_vec(),
        BaselineName::None => Vec::new(),
        BaselineName::Straight => vec![Baseline::Straight],
        BaselineName::StraightScheduled => vec![Baseline::StraightScheduled],
        BaselineName::Tent => vec![Baseline::Tent],
        BaselineName::MinimumEnergyPath => vec![Baseline::MinimumEnergyPath],
        BaselineName::Pullback => vec![Baseline::Pullback],
        BaselineName::ShootingFixed => vec![Baseline::ShootingFixed],
        BaselineName::ShootingFlexible => vec![Baseline::ShootingFlexible],
    };
    let alone = [BaselineName::All, BaselineName::None];
    if names.len() > 1 && names.iter().any(|name| alone.contains(name)) {
        return Err(Error::input("--baselines: `all` and `none` cannot be combined with other names"));
    }
    let named: Vec<Baseline> = names.iter().flat_map(of).collect();
    Ok(Baseline::ALL.into_iter().filter(|baseline| named.contains(baseline)).collect())
}

/// Reads all configurations and run directories before anything is computed.
fn read_arguments(arguments: &CompareArguments) -> Result<Vec<Argument>, Error> {
    let mut given: Vec<Argument> = Vec::with_capacity(arguments.paths.len());
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    for path in &arguments.paths {
        let argument = if path.is_dir() { finished_run(path)? } else { configuration(path, arguments)? };
        let place = std::path::absolute(&argument.entry.directory).unwrap_or_default();
        if !seen.insert(place) {
            let message = format!(
                "{}: the run in {} is given twice; two configurations with the same name would write to the same directory",
                path.display(),
                argument.entry.directory.display()
            );
            return Err(InputError::new(message).into());
        }
        given.push(argument);
    }
    same_variables(&given)?;
    for argument in given.iter().filter(|argument| !argument.finished) {
        check(&argument.entry.problem, Stage::Report)?;
    }
    name_apart(&mut given);
    Ok(given)
}

fn configuration(path: &Path, arguments: &CompareArguments) -> Result<Argument, Error> {
    let overrides = &arguments.overrides;
    let problem = read(path, overrides)?;
    // With --out, everything of the comparison lies below that.
    let directory = run_directory(&problem.config, overrides, true);
    let name = problem.config.name();
    let entry = Entry { name, problem, directory, role: RowRole::Given };
    Ok(Argument { entry, finished: false })
}

fn finished_run(path: &Path) -> Result<Argument, Error> {
    let run = FinishedRun::open(path)?;
    if !run.is_finished() || !path.join(SUMMARY_FILE).is_file() {
        let message = format!("the run in {} is not finished: it has no {SUMMARY_FILE}", path.display());
        let advice =
            format!("geodyssey run CONFIG --out {} with its own configuration resumes it", path.display());
        return Err(InputError::new(message).note(advice).into());
    }
    let file = run.verified(CONFIG_FILE)?;
    let problem = Problem::read(Config::read(&file, &[], None)?).map_err(|error| {
        error.note("comparing a finished run needs the input files that its configuration names")
    })?;
    problem.states()?;
    let name =
        path.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let name = name.unwrap_or_else(|| path.display().to_string());
    let entry = Entry { name, problem, directory: path.to_owned(), role: RowRole::Given };
    Ok(Argument { entry, finished: true })
}

/// Paths in different variables cannot share a table.
fn same_variables(given: &[Argument]) -> Result<(), InputError> {
    let names = |argument: &Argument| -> Vec<String> {
        argument.entry.problem.variables.iter().map(|variable| variable.column()).collect()
    };
    let Some((first, others)) = given.split_first() else { return Ok(()) };
    match others.iter().find(|other| names(other) != names(first)) {
        Some(other) => Err(InputError::new(format!(
            "{} has the variables {}, but {} has {}: only paths in the same variables can be compared",
            first.entry.name,
            names(first).join(", "),
            other.entry.name,
            names(other).join(", ")
        ))),
        None => Ok(()),
    }
}

/// Rows with the same name are called by their directories.
fn name_apart(given: &mut [Argument]) {
    let names: Vec<String> = given.iter().map(|argument| argument.entry.name.clone()).collect();
    for argument in given {
        if names.iter().filter(|name| **name == argument.entry.name).count() > 1 {
            argument.entry.name = argument.entry.directory.display().to_string();
        }
    }
}

/// Brings every configuration to a finished run, in the order given.
fn finish(given: Vec<Argument>, overrides: &Overrides) -> Result<Vec<Finished>, Error> {
    let mut rows = Vec::with_capacity(given.len());
    for Argument { entry, finished } in given {
        if !finished {
            say!("== {}", entry.name);
            run(&entry, &claim(&entry.problem, overrides), Vec::new())?;
        }
        rows.push(Finished::read(entry)?);
    }
    Ok(rows)
}

fn run(entry: &Entry, claim: &Claim, donors: Vec<PathBuf>) -> Result<(), Error> {
    let directory = RunDirectory::open(&entry.directory, claim)?.with_donors(donors);
    let mut run = pipeline::begin(&entry.problem, directory);
    pipeline::carry_out(&mut run, Stage::Report).map(|_| ())
}

/// Puts together what can be compared, in the order of the first of each.
fn grouped(rows: Vec<Finished>) -> Result<Vec<Group>, Error> {
    let mut groups = Vec::new();
    let mut keys = Vec::new();
    for row in rows {
        let key = comparable(&row.entry.problem)?;
        match keys.iter().position(|known| *known == key) {
            None => {
                keys.push(key);
                groups.push(Group { rows: vec![row], left_out: Vec::new() });
            }
            Some(index) => groups[index].rows.push(row),
        }
    }
    Ok(groups)
}

/// Makes the baselines of a group that are not among its rows.
fn add_baselines(group: &mut Group, wanted: &[Baseline], out: &Path) -> Result<(), Error> {
    for baseline in wanted {
        let Some(first) = group.rows.first() else { return Ok(()) };
        for variant in baseline.variants(first) {
            let Some(first) = group.rows.first() else { return Ok(()) };
            match add_baseline(group, first, &variant, out) {
                Ok(Some(row)) => group.rows.push(row),
                Ok(None) => {}
                // An error of the disk says nothing about the baseline.
                Err(error @ (Error::Interrupted | Error::File(_))) => return Err(error),
                Err(Error::Input(error)) => leave_out(group, variant.name(), &error.to_string()),
                Err(Error::Failed(reason)) => leave_out(group, variant.name(), &reason),
            }
        }
    }
    Ok(())
}

fn add_baseline(
    group: &Group,
    first: &Finished,
    variant: &Variant,
    out: &Path,
) -> Result<Option<Finished>, Error> {
    let problem = variant.problem(first)?;
    if group.rows.iter().any(|row| is_same(row, &problem)) {
        return Ok(None);
    }
    check(&problem, Stage::Report)?;
    let folder = out.join(BASELINES_FOLDER).join(folder_name(&first.entry.name));
    let mut entry = variant.entry(problem, folder.join(variant.name()));
    let names: Vec<String> = group.rows.iter().map(|row| row.entry.name.clone()).collect();
    entry.name = unlike(entry.name, &names);
    say!("== {} (baseline of {})", entry.name, first.entry.name);
    let donors = group.rows.iter().map(|row| row.entry.directory.clone()).collect();
    // The baselines' directories belong to the comparison, whatever configurations it compares.
    let claim = Claim { force: true, ..pipeline::claim(&entry.problem) };
    // What passed its check can only be stopped by files: that says nothing about the baseline.
    let of_files = |error| match error {
        Error::Input(error) => Error::File(error.to_string()),
        other => other,
    };
    run(&entry, &claim, donors).map_err(of_files)?;
    Finished::read(entry).map(Some).map_err(of_files)
}

fn leave_out(group: &mut Group, name: &str, reason: &str) {
    say!("{name}: left out: {reason}");
    let reason = reason.lines().next().unwrap_or_default().to_owned();
    group.left_out.push(LeftOut { name: name.to_owned(), reason });
}

fn show(comparison: &Comparison, out: &Path, json: bool) -> Result<String, Error> {
    let failed = |error| Error::failed("the comparison", error);
    if json {
        return comparison.to_json().map_err(failed);
    }
    let mut text = String::new();
    for group in &comparison.groups {
        text.push_str(&format!("{}: {}\n\n", group.name, group.description));
        text.push_str(&group.to_text().map_err(failed)?);
        for (number, region) in group.regions.iter().enumerate() {
            text.push_str(&format!("region {}: {}\n", number + 1, region.description));
        }
        for left_out in &group.left_out {
            text.push_str(&format!("left out: {}: {}\n", left_out.name, left_out.reason));
        }
        for sentence in &group.words {
            text.push_str(&format!("- {sentence}\n"));
        }
        text.push('\n');
    }
    text.push_str(
        "± is a standard error; std a standard deviation over paths; rows that share a letter (like) do not differ significantly; · \
         marks baselines that were added\n",
    );
    text.push_str(&format!(
        "page: {}; table: {}\n",
        out.join(PAGE_FILE).display(),
        out.join(TABLE_FILE).display()
    ));
    Ok(text)
}
