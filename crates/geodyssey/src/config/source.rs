//! A configuration's text with the changes of the command line, and the place of every value in it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml_edit::{DocumentMut, Item};

use super::error::{InputError, Place};
use super::key_path::{KeyPath, Segment};
use crate::text_file::read_text;

/// The text of a configuration file, as it stands in the file and as changed by `--set`, and what else no longer is as it stands there.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    path: PathBuf,
    original: String,
    effective: String,
    /// What is not from the file, with the words that say so.
    overrides: Vec<(KeyPath, String)>,
}

impl Source {
    /// Reads a file and applies `KEY=VALUE` changes.
    ///
    /// A value that is not valid TOML is taken as a string, so that quotes can be left out.
    pub(crate) fn read(path: &Path, changes: &[String]) -> Result<Self, InputError> {
        let original = read_text(path)
            .map_err(|why| InputError::new(format!("the configuration {} {why}", path.display())))?;
        let mut source =
            Self { path: path.to_owned(), effective: original.clone(), original, overrides: Vec::new() };
        // Wrong syntax is reported with its place before any change is tried.
        DeTable::parse(&source.effective).map_err(|error| source.syntax_error(&error))?;
        if !changes.is_empty() {
            source.change(changes)?;
        }
        Ok(source)
    }

    fn change(&mut self, changes: &[String]) -> Result<(), InputError> {
        let mut document: DocumentMut = self
            .original
            .parse()
            .map_err(|error| InputError::new(format!("{}: {error}", self.path.display())))?;
        for change in changes {
            let wrong = |why: &str| InputError::new(format!("--set {change}: {why}"));
            let (key, value) = change.split_once('=').ok_or_else(|| wrong("expected KEY=VALUE"))?;
            let path = KeyPath::parse(key).ok_or_else(|| wrong("expected a key such as `sampling.paths`"))?;
            let value = value.trim();
            let value: toml_edit::Value = value.parse().unwrap_or_else(|_| value.into());
            set(document.as_item_mut(), path.segments(), value).map_err(|why| wrong(&why))?;
            self.overrides.push((path, format!("given by --set {change}")));
        }
        self.effective = document.to_string();
        Ok(())
    }

    /// Errors about a key of the top level name no place in the file any more, but why it is not what stands there.
    pub(crate) fn supersede(&mut self, key: &str, note: &str) {
        self.overrides.push((KeyPath::default().key(key), note.to_owned()));
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The text with all changes.
    pub(crate) fn text(&self) -> &str {
        &self.effective
    }

    /// A path as the configuration means it: relative to the configuration's own folder.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        folder.join(path)
    }

    /// An error about the value at `path`, or about what holds it where it is missing.
    pub(crate) fn error(&self, path: &KeyPath, message: impl Into<String>) -> InputError {
        self.error_at(path, Mark::Value, message)
    }

    fn error_at(&self, path: &KeyPath, mark: Mark, message: impl Into<String>) -> InputError {
        let error = InputError::new(message);
        if let Some((_, note)) = self.overrides.iter().rev().find(|(changed, _)| changed.holds(path)) {
            return error.note(note.clone());
        }
        let Ok(root) = DeTable::parse(&self.original) else { return error };
        let mut path = path.clone();
        loop {
            if let Some(span) = span_of(root.get_ref(), path.segments(), mark) {
                return error.at(Place::of_span(self.path.clone(), &self.original, span));
            }
            match path.parent() {
                Some(parent) if !parent.segments().is_empty() => path = parent,
                _ => return error.note(format!("in {}", self.path.display())),
            }
        }
    }

    /// The error of a text that is not TOML.
    pub(crate) fn syntax_error(&self, error: &toml::de::Error) -> InputError {
        let place = Place::of_span(self.path.clone(), &self.effective, error.span().unwrap_or(0..0));
        InputError::new(format!("not valid TOML: {}", error.message())).at(place)
    }

    /// The error of a value that does not fit, in this program's words.
    ///
    /// `taken` are the names of the section's keys that were read one by one before.
    fn type_error(&self, error: &toml::de::Error, section: &KeyPath, taken: &[String]) -> InputError {
        let path =
            error.span().and_then(|span| path_at(&self.effective, &span)).filter(|path| section.holds(path));
        let path = path.unwrap_or_else(|| section.clone());
        let message = error.message();
        let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        if message.starts_with("unknown field") {
            let (unknown, valid) =
                names.split_first().map_or(("", [].as_slice()), |(first, rest)| (*first, rest));
            let holder = path.parent().unwrap_or_default();
            let taken = if holder == *section { taken } else { &[] };
            let valid = taken.iter().map(String::as_str).chain(valid.iter().copied());
            return self
                .error_at(&path, Mark::Key, format!("unknown key `{unknown}` in {}", holder.heading()))
                .valid_names(unknown, valid);
        }
        if message.starts_with("unknown variant") {
            let (unknown, valid) =
                names.split_first().map_or(("", [].as_slice()), |(first, rest)| (*first, rest));
            return self
                .error(&path, format!("unknown value `{unknown}` for `{path}`"))
                .valid_names(unknown, valid.iter().copied());
        }
        if message.starts_with("missing field") {
            let missing = names.first().copied().unwrap_or("");
            return self.error(&path, format!("{} needs the key `{missing}`", path.heading()));
        }
        let plain = [
            ("expected f64", "expected a number"),
            ("expected i64", "expected a whole number"),
            ("expected u64", "expected a whole number, not negative"),
            ("expected usize", "expected a whole number, not negative"),
            ("expected a sequence", "expected a list in brackets"),
        ];
        let message = plain.iter().fold(message.to_owned(), |text, (from, to)| text.replace(from, to));
        self.error(&path, format!("`{path}`: {message}"))
    }
}

/// A table of the configuration that is being read.
#[derive(Clone)]
pub(crate) struct Section<'s> {
    source: &'s Source,
    path: KeyPath,
    span: Range<usize>,
    table: DeTable<'s>,
    /// Names that were taken out, whether or not they were there.
    taken: Vec<String>,
}

impl<'s> Section<'s> {
    /// The whole configuration.
    pub(crate) fn root(source: &'s Source) -> Result<Self, InputError> {
        let root = DeTable::parse(source.text()).map_err(|error| source.syntax_error(&error))?;
        Ok(Self::new(source, KeyPath::default(), root.span(), root.into_inner()))
    }

    fn new(source: &'s Source, path: KeyPath, span: Range<usize>, table: DeTable<'s>) -> Self {
        Self { source, path, span, table, taken: Vec::new() }
    }

    /// An error about one key of this table.
    pub(crate) fn error(&self, key: &str, message: impl Into<String>) -> InputError {
        self.source.error(&self.path.key(key), message)
    }

    /// Fails on a key that is none of `names`.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), InputError> {
        match self.table.keys().find(|key| !names.contains(&key.get_ref().as_ref())) {
            Some(key) => {
                let name = key.get_ref();
                let path = self.path.key(name);
                Err(self
                    .source
                    .error_at(&path, Mark::Key, format!("unknown key `{name}`"))
                    .valid_names(name, names.iter().copied()))
            }
            None => Ok(()),
        }
    }

    /// The table `[name]`, if there is one.
    pub(crate) fn table(&self, name: &str) -> Result<Option<Self>, InputError> {
        let Some(value) = self.table.get(name) else { return Ok(None) };
        let path = self.path.key(name);
        match value.get_ref() {
            DeValue::Table(table) => Ok(Some(Self::new(self.source, path, value.span(), table.clone()))),
            _ => Err(self.source.error(&path, format!("`{path}` must be a table: [{path}]"))),
        }
    }

    /// Takes out the table `[name]`, if there is one.
    pub(crate) fn take_table(&mut self, name: &str) -> Result<Option<Self>, InputError> {
        let table = self.table(name)?;
        self.remove(name);
        Ok(table)
    }

    /// The tables `[[name]]`.
    pub(crate) fn tables(&self, name: &str) -> Result<Vec<Self>, InputError> {
        let Some(value) = self.table.get(name) else { return Ok(Vec::new()) };
        let path = self.path.key(name);
        let wrong = |path: &KeyPath| {
            self.source.error(
                path,
                format!("`{name}` must be a list of tables, each headed [[{name}]] with two brackets"),
            )
        };
        let DeValue::Array(values) = value.get_ref() else { return Err(wrong(&path)) };
        values
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let path = path.index(index);
                match value.get_ref() {
                    DeValue::Table(table) => Ok(Self::new(self.source, path, value.span(), table.clone())),
                    _ => Err(wrong(&path)),
                }
            })
            .collect()
    }

    /// Takes out the key that says which kind of thing this table describes.
    pub(crate) fn take_kind(
        &mut self,
        key: &str,
        default: Option<&str>,
        names: &[&str],
    ) -> Result<String, InputError> {
        let path = self.path.key(key);
        let Some(value) = self.remove(key) else {
            return default.map(str::to_owned).ok_or_else(|| {
                self.source
                    .error(&self.path, format!("{} needs the key `{key}`", self.path.heading()))
                    .valid_names("", names.iter().copied())
            });
        };
        let kind = value.get_ref().as_str().ok_or_else(|| {
            self.source
                .error(&path, format!("`{path}` must be a name in quotes"))
                .valid_names("", names.iter().copied())
        })?;
        if names.contains(&kind) {
            Ok(kind.to_owned())
        } else {
            Err(self
                .source
                .error(&path, format!("unknown value `{kind}` for `{path}`"))
                .valid_names(kind, names.iter().copied()))
        }
    }

    /// Reads one key of this table and leaves the rest.
    pub(crate) fn value<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, InputError> {
        self.table.get(key).map(|value| self.deserialize(value.clone(), &self.path.key(key))).transpose()
    }

    /// Reads one key of this table and takes it out.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, InputError> {
        let value = self.value(key)?;
        self.remove(key);
        Ok(value)
    }

    fn remove(&mut self, name: &str) -> Option<Spanned<DeValue<'s>>> {
        self.taken.push(name.to_owned());
        self.table.remove(name)
    }

    /// Reads the whole table.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, InputError> {
        let value = Spanned::new(self.span.clone(), DeValue::Table(self.table.clone()));
        self.deserialize(value, &self.path)
    }

    fn deserialize<T: DeserializeOwned>(
        &self,
        value: Spanned<DeValue<'s>>,
        path: &KeyPath,
    ) -> Result<T, InputError> {
        T::deserialize(ValueDeserializer::from(value))
            .map_err(|error| self.source.type_error(&error, path, &self.taken))
    }
}

/// Sets one value in a document, making the tables on the way to it.
fn set(item: &mut Item, path: &[Segment], value: toml_edit::Value) -> Result<(), String> {
    let Some((segment, rest)) = path.split_first() else {
        *item = Item::Value(value);
        return Ok(());
    };
    match segment {
        Segment::Key(key) => {
            if item.is_none() {
                *item = Item::Table(toml_edit::Table::new());
            }
            let table = item.as_table_like_mut().ok_or_else(|| format!("`{key}`: expected a table here"))?;
            if !table.contains_key(key) {
                table.insert(key, Item::None);
            }
            let entry = table.entry(key).or_insert(Item::None);
            set(entry, rest, value)
        }
        Segment::Index(index) => {
            if item.is_none() && (!rest.is_empty() || value.is_inline_table()) {
                *item = Item::ArrayOfTables(toml_edit::ArrayOfTables::new());
            }
            if let Some(tables) = item.as_array_of_tables_mut() {
                if *index == tables.len() {
                    tables.push(toml_edit::Table::new());
                }
                let count = tables.len();
                let table = tables
                    .get_mut(*index)
                    .ok_or_else(|| format!("there are {count} tables, counted from 0"))?;
                let mut inner = Item::Table(std::mem::take(table));
                set(&mut inner, rest, value)?;
                *table = inner
                    .into_table()
                    .map_err(|_| format!("number {index} must be a table: {{ key = … }}"))?;
                Ok(())
            } else if let Some(array) = item.as_array_mut() {
                let count = array.len();
                let element = array
                    .get_mut(*index)
                    .ok_or_else(|| format!("there are {count} elements, counted from 0"))?;
                let mut inner = Item::Value(element.clone());
                set(&mut inner, rest, value)?;
                *element = inner.into_value().map_err(|_| "cannot be changed".to_owned())?;
                Ok(())
            } else {
                Err(format!("{index}: expected a list here"))
            }
        }
    }
}

/// What of a value is marked in an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Its key.
    Key,
    /// The value itself, but its key where it is a table.
    Value,
}

/// The place of a value.
fn span_of(table: &DeTable<'_>, path: &[Segment], mark: Mark) -> Option<Range<usize>> {
    let (first, mut rest) = path.split_first()?;
    let Segment::Key(key) = first else { return None };
    let (name, mut value) = table.get_key_value(key.as_str())?;
    let mut name_span = name.span();
    while let Some((segment, after)) = rest.split_first() {
        match (segment, value.get_ref()) {
            (Segment::Key(key), DeValue::Table(table)) => {
                let (name, inner) = table.get_key_value(key.as_str())?;
                name_span = name.span();
                value = inner;
            }
            (Segment::Index(index), DeValue::Array(array)) => {
                value = array.get(*index)?;
                name_span = value.span();
            }
            _ => return None,
        }
        rest = after;
    }
    Some(if mark == Mark::Key || value.get_ref().is_table() { name_span } else { value.span() })
}

/// The deepest value whose key or value covers a range of the text.
fn path_at(text: &str, span: &Range<usize>) -> Option<KeyPath> {
    fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
        outer.start <= inner.start && inner.end <= outer.end
    }
    fn within(value: &Spanned<DeValue<'_>>, path: KeyPath, span: &Range<usize>) -> Option<KeyPath> {
        let deeper = match value.get_ref() {
            DeValue::Table(table) => in_table(table, &path, span),
            DeValue::Array(array) => {
                array.iter().enumerate().find_map(|(index, element)| within(element, path.index(index), span))
            }
            _ => None,
        };
        deeper.or_else(|| covers(&value.span(), span).then_some(path))
    }
    fn in_table(table: &DeTable<'_>, path: &KeyPath, span: &Range<usize>) -> Option<KeyPath> {
        table.iter().find_map(|(key, value)| {
            let path = path.key(key.get_ref());
            within(value, path.clone(), span).or_else(|| covers(&key.span(), span).then_some(path))
        })
    }
    let root = DeTable::parse(text).ok()?;
    in_table(root.get_ref(), &KeyPath::default(), span)
}
