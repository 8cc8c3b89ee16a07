//! The arrows between files: none of a crate in a circle, and none of the driver imports its caller.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use geodyssey_tests::{repository, sources};

/// A module by its path: `["stages", "landscape"]`.
type Module = Vec<String>;

/// Folders and files of the driver, lowest first: each may import from its own line and from those above it here.
const LAYERS: [&[&str]; 8] = [
    &["config", "ctrl_c", "error", "progress", "terminal", "text_file"],
    &["problem"],
    &["artifacts"],
    &["run_context"],
    &["stages"],
    &["pipeline"],
    &["cli"],
    &["commands"],
];

/// Crates in which no files are in a circle: all but `partial-file`, which is a single file.
const WITHOUT_CIRCLES: [&str; 13] = [
    "constraints",
    "denoiser",
    "dynamics",
    "forcefield",
    "geodyssey",
    "landscape",
    "molecule",
    "paths",
    "report",
    "run",
    "spacetime",
    "statistics",
    "trajectory",
];

/// The sources of a crate by module, without comments and tests.
fn modules(root: &Path) -> BTreeMap<Module, String> {
    let mut found = BTreeMap::new();
    for path in sources(root) {
        let relative = path.strip_prefix(root).expect("below the root").with_extension("");
        let mut module: Module = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
            module.pop();
        }
        let text = std::fs::read_to_string(&path).expect("a source");
        found.entry(module).or_insert_with(String::new).push_str(&bare(&text));
    }
    found
}

/// A source without line comments and without its tests. What stands in a module inside of the file belongs to the file: its
/// `super` is `self` there.
fn bare(text: &str) -> String {
    let (mut bare, mut before) = (String::new(), "");
    let mut inner: Option<(String, bool)> = None;
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or_default();
        if let Some((end, is_test)) = &inner {
            if code == end {
                inner = None;
            } else if !is_test {
                let outer = |part: &str| part.replace("super::", "self::");
                let outwards: Vec<String> = code.split("super::super::").map(outer).collect();
                bare.push_str(&outwards.join("super::"));
                bare.push('\n');
            }
            continue;
        }
        let trimmed = code.trim();
        let private = match trimmed.split_once(' ') {
            Some((visibility, rest)) if visibility.starts_with("pub") => rest,
            _ => trimmed,
        };
        if private.starts_with("mod ") && trimmed.ends_with('{') {
            let indent = code.len() - code.trim_start().len();
            inner = Some((format!("{}}}", &code[..indent]), before == "#[cfg(test)]"));
        } else {
            bare.push_str(code);
            bare.push('\n');
        }
        before = trimmed;
    }
    bare
}

/// The paths of a `use` tree: `a::{b, c::d as e}` is `a::b` under the name `b` and `a::c::d` under the name `e`.
fn flatten(prefix: &str, tree: &str, into: &mut Vec<(Vec<String>, String)>) {
    let (mut depth, mut part) = (0, String::new());
    let mut parts = Vec::new();
    for letter in tree.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(letter);
    }
    parts.push(part);
    for part in parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        if let Some((head, rest)) = part.split_once('{') {
            flatten(
                &format!("{prefix}{}", head.trim()),
                rest.rsplit_once('}').map_or(rest, |(inner, _)| inner),
                into,
            );
        } else {
            let (path, name) = part.split_once(" as ").unwrap_or((part, ""));
            let whole = format!("{prefix}{path}");
            let mut segments: Vec<String> = whole.split("::").map(|one| one.trim().to_owned()).collect();
            if segments.last().is_some_and(|last| last == "self") {
                segments.pop();
            }
            let name = if name.is_empty() {
                segments.last().cloned().unwrap_or_default()
            } else {
                name.trim().to_owned()
            };
            into.push((segments, name));
        }
    }
}

/// The `use` statements of a source: whether each is visible to others, and its tree; and the source without them.
fn statements(text: &str) -> (Vec<(bool, String)>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        let is_visible = trimmed.starts_with("pub");
        let after = if is_visible { trimmed.split_once(' ').map_or("", |(_, after)| after) } else { trimmed };
        let Some(begun) = after.strip_prefix("use ") else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let mut tree = begun.to_owned();
        while !tree.contains(';') {
            let Some(next) = lines.next() else { break };
            tree.push(' ');
            tree.push_str(next);
        }
        found.push((is_visible, tree.split(';').next().unwrap_or_default().to_owned()));
    }
    (found, rest)
}

/// Paths of two parts or more in the text of a source, such as `crate::a::b` and `child::function`.
fn inline_paths(text: &str) -> Vec<Vec<String>> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = text.split(|letter: char| !is_part(letter));
    words
        .filter(|word| word.contains("::"))
        .map(|word| word.trim_matches(':').split("::").map(str::to_owned).collect())
        .collect()
}

/// Which module every module imports from, re-exports followed to where a name stands.
fn imports(sources: &BTreeMap<Module, String>) -> BTreeMap<Module, BTreeSet<Module>> {
    let absolute = |module: &Module, path: &[String]| -> Option<Module> {
        let mut here = module.clone();
        let mut rest = path;
        match path.first().map(String::as_str) {
            Some("crate") => return Some(path[1..].to_vec()),
            Some("self") => rest = &path[1..],
            Some("super") => {
                while rest.first().is_some_and(|part| part == "super") {
                    here.pop();
                    rest = &rest[1..];
                }
            }
            Some(first) => {
                let child = [module.as_slice(), &[first.to_owned()]].concat();
                sources.contains_key(&child).then_some(())?;
            }
            None => return None,
        }
        here.extend_from_slice(rest);
        Some(here)
    };
    let mut exports: BTreeMap<Module, Module> = BTreeMap::new();
    // What another crate has, under the name that a module gives it.
    let mut foreign: BTreeSet<Module> = BTreeSet::new();
    let mut paths: BTreeMap<&Module, Vec<Module>> = BTreeMap::new();
    for (module, text) in sources {
        let (uses, rest) = statements(text);
        let own = paths.entry(module).or_default();
        for (is_visible, tree) in uses {
            let mut flat = Vec::new();
            flatten("", &tree, &mut flat);
            for (path, name) in flat {
                let Some(target) = absolute(module, &path) else {
                    if is_visible {
                        foreign.insert([module.as_slice(), &[name]].concat());
                    }
                    continue;
                };
                if is_visible {
                    exports.insert([module.as_slice(), &[name]].concat(), target.clone());
                }
                own.push(target);
            }
        }
        own.extend(inline_paths(&rest).iter().filter_map(|path| absolute(module, path)));
    }
    let resolve = |mut path: Module| -> Option<Module> {
        for _ in 0..8 {
            let exported = (1..=path.len()).rev().find(|&end| {
                !sources.contains_key(&path[..end].to_vec()) && exports.contains_key(&path[..end])
            });
            let Some(end) = exported else { break };
            path = [exports[&path[..end]].as_slice(), &path[end..]].concat();
        }
        if (1..=path.len()).any(|end| foreign.contains(&path[..end])) {
            return None;
        }
        (0..=path.len()).rev().map(|end| path[..end].to_vec()).find(|module| sources.contains_key(module))
    };
    paths
        .into_iter()
        .map(|(module, targets)| {
            let found = targets.into_iter().filter_map(resolve).filter(|target| target != module);
            (module.clone(), found.collect())
        })
        .collect()
}

/// The modules of a circle, if there is one.
fn circle(imports: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    fn visit(
        module: &Module,
        imports: &BTreeMap<Module, BTreeSet<Module>>,
        way: &mut Vec<Module>,
        done: &mut BTreeSet<Module>,
    ) -> Option<Vec<Module>> {
        if let Some(place) = way.iter().position(|one| one == module) {
            return Some(way[place..].to_vec());
        }
        if !done.insert(module.clone()) {
            return None;
        }
        way.push(module.clone());
        let found =
            imports.get(module).into_iter().flatten().find_map(|next| visit(next, imports, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|module| visit(module, imports, &mut Vec::new(), &mut done))
}

/// Imports from a higher layer, in words.
fn upward(imports: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<String> {
    let layer = |module: &Module| {
        let first = module.first()?;
        LAYERS.iter().position(|layer| layer.contains(&first.as_str()))
    };
    let mut found = Vec::new();
    for (module, targets) in imports {
        for target in targets {
            if let (Some(own), Some(other)) = (layer(module), layer(target))
                && other > own
            {
                found.push(format!("{} imports {}", module.join("::"), target.join("::")));
            }
        }
    }
    found
}

/// The modules of the crate in a folder of `crates/`.
fn of_crate(name: &str) -> BTreeMap<Module, String> {
    let sources = modules(&repository().join("crates").join(name).join("src"));
    assert!(sources.len() > 5, "the sources of {name} were not found");
    sources
}

fn driver() -> BTreeMap<Module, String> {
    let sources = of_crate("geodyssey");
    assert!(sources.len() > 100, "the sources were not found");
    sources
}

#[test]
fn no_files_are_in_a_circle() {
    for name in WITHOUT_CIRCLES {
        let found = circle(&imports(&of_crate(name)));
        assert!(found.is_none(), "a circle in {name}: {found:?}");
    }
}

/// In every crate, where a file imports from its importer too.
#[test]
fn a_circle_in_any_crate_is_found() {
    for name in WITHOUT_CIRCLES {
        let mut sources = of_crate(name);
        let arrows = imports(&sources);
        let (from, to) = arrows
            .iter()
            .filter(|(from, _)| !from.is_empty())
            .find_map(|(from, targets)| Some((from, targets.iter().find(|to| !to.is_empty())?)))
            .unwrap_or_else(|| panic!("{name} has no arrows"));
        let line = format!("use crate::{}::*;\n", from.join("::"));
        sources.get_mut(to).unwrap_or_else(|| panic!("{to:?} has no source")).push_str(&line);
        let found = circle(&imports(&sources)).unwrap_or_else(|| panic!("no circle in {name} after {line}"));
        assert!(found.contains(from) && found.contains(to), "{name}: {found:?}");
    }
}

/// Tests are no part of a source, and what a module inside of a file names by `super` is the file's own.
#[test]
fn modules_inside_of_a_file_belong_to_it() {
    let text = "mod fast {\n    use super::super::a::A;\n    use super::B;\n}\n\n#[cfg(test)]\npub(crate) mod tests {\n    use super::*;\n}\nfn f() {}\n";
    assert_eq!(bare(text), "    use super::a::A;\n    use self::B;\n\n#[cfg(test)]\nfn f() {}\n");
}

#[test]
fn the_driver_is_built_in_layers() {
    let sources = driver();
    for module in sources.keys().filter_map(|module| module.first()) {
        assert!(LAYERS.iter().any(|layer| layer.contains(&module.as_str())), "{module} belongs to no layer");
    }
    let found = upward(&imports(&sources));
    assert!(found.is_empty(), "{found:?}");
}

/// What the tests of the driver would say of it with one import more.
#[test]
fn a_circle_and_an_import_of_a_caller_are_found() {
    let module = |path: &str| -> Module { path.split("::").map(str::to_owned).collect() };
    let with = |path: &str, line: &str| {
        let mut sources = driver();
        let text = sources.get_mut(&module(path)).unwrap_or_else(|| panic!("there is no {path}"));
        text.push_str(line);
        imports(&sources)
    };
    // Through a re-export, through a list with another name, and in the middle of an expression.
    for line in [
        "use crate::problem::Problem;\n",
        "use crate::problem::{cautions::{self as other}};\n",
        "fn f() { crate::problem::scales::Scales::one() }\n",
    ] {
        assert!(!upward(&with("progress", line)).is_empty(), "{line}");
    }
    let found = circle(&with("artifacts::curve", "use crate::stages::geodesic::Solve;\n"));
    assert!(found.is_some_and(|circle| circle.contains(&module("artifacts::curve"))));
    assert!(circle(&with("stages::paths::moments", "use super::statistics::record;\n")).is_some());
    // A file that calls `child::function(…)` of a child that imports something of its own.
    let found = circle(&with("stages::training::neural", "use super::LearnedDenoiser;\n"));
    assert!(found.is_some_and(|circle| circle.contains(&module("stages::training"))));
}
