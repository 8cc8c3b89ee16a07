//! What the documents say works: every command and configuration in a fenced block is tried.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use geodyssey_tests::{Outcome, command, python, repository, run, short};

/// From a sequence to a film.
const TUTORIAL: &str = "docs/tutorial/valine-dipeptide.md";
/// From AMBER's files to a run.
const SMALL_MOLECULES: &str = "docs/how-to/small-molecules.md";

/// A fenced block: its language and its text.
struct Block {
    place: String,
    language: String,
    text: String,
}

fn documents() -> Vec<PathBuf> {
    let mut documents = Vec::new();
    let mut folders = vec![repository().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() && !name.starts_with('.') && !["target", "runs"].contains(&name.as_str()) {
                folders.push(path);
            } else if name.ends_with(".md") {
                documents.push(path);
            }
        }
    }
    documents.sort();
    documents
}

/// All but those whose commands work in a folder that they make first.
fn documents_of_the_repository() -> Vec<PathBuf> {
    let elsewhere =
        |document: &PathBuf| [TUTORIAL, SMALL_MOLECULES].iter().any(|one| document.ends_with(one));
    documents().into_iter().filter(|document| !elsewhere(document)).collect()
}

fn blocks(document: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(document).expect("a document");
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                let place = format!("{}:{}", document.display(), number + 1);
                open = Some(Block { place, language: language.trim().to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{}: a fenced block does not end", document.display());
    blocks
}

/// The words of a line that calls the program, without the program's name.
fn command_words(line: &str) -> Option<Vec<String>> {
    let line = line.trim().trim_start_matches("$ ").split(" #").next()?.trim();
    let mut words = line.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned());
    let program = words.next()?;
    (program == "geodyssey" || program.ends_with("/geodyssey")).then(|| words.collect())
}

#[test]
fn commands_of_the_documents_are_understood() {
    for document in documents_of_the_repository() {
        for block in blocks(&document)
            .iter()
            .filter(|block| ["sh", "bash", "console", "shell"].contains(&block.language.as_str()))
        {
            for words in block.text.lines().filter_map(command_words) {
                try_command(&block.place, &words);
            }
        }
    }
}

/// Commands that compute are checked instead; with the same options they must be understood.
fn try_command(place: &str, words: &[String]) {
    let Some((name, rest)) = words.split_first() else { return };
    let outcome = match name.as_str() {
        "run" | "landscape" | "geodesic" | "sample" => {
            let (configurations, options): (Vec<&String>, Vec<&String>) =
                rest.iter().partition(|word| word.ends_with(".toml"));
            assert!(!configurations.is_empty(), "{place}: no configuration in {words:?}");
            for configuration in configurations {
                run(["check"]
                    .into_iter()
                    .chain([configuration.as_str()])
                    .chain(options.iter().map(|word| word.as_str())))
                .exits_with(0);
            }
            return;
        }
        "check" | "energy" => run(words),
        // These need a run or a table that the reader has made; that their options exist can be seen without.
        other => run([other, "--help"]),
    };
    assert_eq!(outcome.code, Some(0), "{place}: geodyssey {}\n{}", words.join(" "), outcome.stderr);
}

#[test]
fn configurations_of_the_documents_are_understood() {
    let folder = tempfile::tempdir_in(repository().join("configs")).expect("a temporary folder");
    for document in documents_of_the_repository() {
        let whole = |block: &&Block| {
            block.language == "toml"
                && (block.text.contains("[system]") || block.text.contains("[landscape]"))
        };
        for block in blocks(&document).iter().filter(whole) {
            // As if it lay in configs/, where relative paths of the documents are meant.
            let text = block.text.replace("\"../", "\"../../");
            let path = folder.path().join("block.toml");
            std::fs::write(&path, text).expect("written");
            let outcome = run([Path::new("check"), &path]);
            assert_eq!(outcome.code, Some(0), "{}: {}", block.place, outcome.stderr);
        }
    }
}

#[test]
fn files_that_the_documents_link_to_are_there() {
    for document in documents() {
        let text = std::fs::read_to_string(&document).expect("a document");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or("");
            if file.is_empty() || file.contains("://") || file.contains(' ') {
                continue;
            }
            let path = document.parent().expect("a folder").join(file);
            assert!(path.exists(), "{}: {file} is not there", document.display());
        }
    }
}

/// Follows a document into a folder: its preparing script must print the `text` block that shows it, and its whole
/// configuration is saved under a name. Gives all its shell commands.
fn prepared_as_written(python: &OsStr, document: &str, config: &str, folder: &Path) -> Vec<String> {
    let blocks = blocks(&repository().join(document));
    let of = |language: &'static str| blocks.iter().filter(move |block| block.language == language);
    let lines: Vec<String> = of("sh")
        .map(|block| block.text.replace("\\\n", " "))
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<String>>())
        .collect();
    let preparation =
        lines.iter().find(|line| line.contains("$GEODYSSEY/scripts/param")).expect("the first step");
    let (script, options) =
        preparation.split_once("$GEODYSSEY/").and_then(|(_, rest)| rest.split_once('"')).expect("a script");
    let made = Command::new(python)
        .arg(repository().join(script))
        .args(options.split_whitespace())
        .current_dir(folder)
        .output();
    let said = Outcome::from(made.expect("Python starts")).exits_with(0).stdout;
    let shown = of("text").find(|block| block.text.starts_with("topology.pdb")).expect("what it says");
    assert_eq!(said.trim(), shown.text.trim(), "{document}");
    let whole = of("toml").find(|block| block.text.contains("[system]")).expect("the configuration");
    std::fs::write(folder.join(config), &whole.text).expect("written");
    lines
}

/// The how-to on small molecules from AMBER's files on, which are kept: what makes them is too large to install here.
#[test]
fn the_how_to_on_small_molecules_works_as_written() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in ["ligand.prmtop", "ligand.inpcrd"] {
        let kept = repository().join("tests/cases/phenylethanol").join(file);
        std::fs::copy(kept, folder.path().join(file)).expect("copied");
    }
    let lines = prepared_as_written(&python, SMALL_MOLECULES, "ligand.toml", folder.path());
    let mut tried = Vec::new();
    for words in lines.iter().filter_map(|line| command_words(line)) {
        let extra = if words[0] == "run" { short("configs/alanine-dipeptide.toml") } else { Vec::new() };
        let arguments = words.iter().map(String::as_str).chain(extra);
        let outcome = command(arguments).current_dir(folder.path()).output().expect("the program starts");
        Outcome::from(outcome).exits_with(0);
        tried.push(words[0].clone());
    }
    assert_eq!(tried, ["check", "run"]);
    // The same molecule in implicit solvent, as its System says.
    let solvated = ["check", "ligand.toml", "--set", "system.force_field=system/gaff2.obc2.xml"];
    let outcome = command(solvated).current_dir(folder.path()).output().expect("the program starts");
    Outcome::from(outcome).exits_with(0);
}

/// The tutorial, word by word, in an empty folder: its first command with OpenMM, its configuration, and its other commands, the
/// run made short. Needs a Python with OpenMM in `GEODYSSEY_PYTHON` (the test command sets it).
#[test]
fn the_tutorial_works_as_written() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lines = prepared_as_written(&python, TUTORIAL, "valine.toml", folder.path());
    let mut tried = Vec::new();
    for words in lines.iter().filter_map(|line| command_words(line)) {
        let extra = if words[0] == "run" { short("configs/alanine-dipeptide.toml") } else { Vec::new() };
        let arguments = words.iter().map(String::as_str).chain(extra);
        let outcome = command(arguments).current_dir(folder.path()).output().expect("the program starts");
        Outcome::from(outcome).exits_with(0);
        tried.push(words[0].clone());
    }
    assert_eq!(tried, ["check", "run", "export", "export", "export"]);
    let run = folder.path().join("runs/valine");
    for file in [
        "report.html",
        "view.vmd",
        "view.pml",
        "export/path-0000.pdb",
        "export/paths.xyz",
        "export/paths.npz",
    ] {
        assert!(run.join(file).is_file(), "{file} is not there");
    }
    // With trajectories of a real run, whose highest frame may be any.
    let check = repository().join("scripts/check-view-vmd.tcl");
    match Command::new("tclsh").arg(check).arg(run.join("view.vmd")).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => eprintln!("view.vmd is not checked: tclsh: {error}"),
    }
}
