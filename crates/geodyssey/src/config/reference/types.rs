//! The types of a configuration as their sources have them, and the rows of the page that they make.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::{Attribute, Fields, GenericArgument, Item, PathArguments, Type};

/// Units of keys that do not end in one. `1` is a number without one; `own` the unit of a
/// variable: degrees for torsions and angles, nm for distances, that of the table or formula for others.
const UNITS: [(&str, &str); 47] = [
    ("range", "own"),
    ("ranges", "own"),
    ("interfaces", "own"),
    ("mass", "kJ/mol·time²/own²"),
    ("arc_place", "1"),
    ("arc_width", "1"),
    ("kept_velocities", "1"),
    ("spring_strength", "1/frame"),
    ("exchange_share", "1"),
    ("inside_share", "1"),
    ("period", "own"),
    ("scale", "own"),
    ("center", "own"),
    ("radius", "own"),
    ("hill_width", "own"),
    ("bandwidth", "own"),
    ("step_size", "scale²"),
    ("variance_ceiling", "own²"),
    ("thermal_energy", "kJ/mol"),
    ("temperature", "K"),
    ("least_kl_nats", "nat"),
    ("smoothing_in_hill_widths", "1"),
    ("log_snr", "1"),
    ("log_snr_min", "1"),
    ("log_snr_range", "1"),
    ("log_snr_schedule", "1"),
    ("log_snr_floor", "1"),
    ("tent_log_snr", "1"),
    ("latent_log_snr", "1"),
    ("tolerance", "1"),
    ("recrossing_share", "1"),
    ("bias_factor", "1"),
    ("broadening", "1"),
    ("learning_rate", "1"),
    ("adam_decay", "1"),
    ("gradient_clip", "1"),
    ("average_decay", "1"),
    ("uniform_share", "1"),
    ("divergence_weight", "1"),
    ("displacement_weight", "1"),
    ("largest_harmonic", "1"),
    ("frequency_scale", "1"),
    ("level_frequency", "1"),
    ("damping", "1"),
    ("ridge", "1"),
    ("training_time", "1"),
    ("winding", "1"),
];
/// Ends of keys that say a unit, the longer ones first.
const ENDINGS: [(&str, &str); 7] = [
    ("_kj_mol_nm", "kJ/mol/nm"),
    ("_kj_mol", "kJ/mol"),
    ("_per_ps", "1/ps"),
    ("_ps", "ps"),
    ("_rad", "rad"),
    ("_degrees", "°"),
    ("_k", "K"),
];
/// One row of a table.
pub(super) struct Row {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) unit: String,
    pub(super) default: String,
    pub(super) meaning: String,
}

/// The structures and enumerations of the workspace's sources, by name. Those of the configuration come before others of the same name.
pub(super) struct Types(BTreeMap<String, Item>);

impl Types {
    pub(super) fn read() -> Self {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut types = BTreeMap::new();
        let folders = ["constraints", "denoiser", "landscape"].map(|name| crates.join(name).join("src"));
        for folder in folders.into_iter().chain([crates.join("geodyssey/src/config")]) {
            for file in rust_files(&folder) {
                let text = std::fs::read_to_string(&file).expect("a source");
                for item in syn::parse_file(&text).expect("Rust").items {
                    let name = match &item {
                        Item::Struct(item) => item.ident.to_string(),
                        Item::Enum(item) => item.ident.to_string(),
                        _ => continue,
                    };
                    types.insert(name, item);
                }
            }
        }
        Self(types)
    }

    /// The rows of a structure; `defaults` is what it comes to where only the required keys are given.
    pub(super) fn rows(&self, name: &str, defaults: &toml::Table) -> Vec<Row> {
        let Some(Item::Struct(item)) = self.0.get(name) else { panic!("no structure {name}") };
        let Fields::Named(fields) = &item.fields else { panic!("{name} has no named fields") };
        let mut rows = Vec::new();
        for field in &fields.named {
            let serde = serde_attributes(&field.attrs);
            let (inner, _) = within(&field.ty, "Option");
            if serde.contains("flatten") {
                rows.extend(self.flattened(&type_name(inner), defaults));
                continue;
            }
            if serde.contains("skip_deserializing") || serde.split([',', ' ']).any(|word| word == "skip") {
                continue;
            }
            let own = field.ident.as_ref().expect("a name").to_string();
            let key = renamed(&serde).unwrap_or(own);
            if self.is_section(inner) {
                continue;
            }
            let is_optional = within(&field.ty, "Option").1.is_some()
                || serde.contains("skip_serializing_if")
                || serde_attributes(&item.attrs).contains("default");
            let is_required = defaults.get(&key).is_some_and(|value| value.as_str() == Some(REQUIRED))
                || (!is_optional && !defaults.contains_key(&key));
            rows.push(self.row(key, inner, &comment(&field.attrs), defaults, is_required));
        }
        rows
    }

    fn flattened(&self, name: &str, defaults: &toml::Table) -> Vec<Row> {
        match self.0.get(name) {
            Some(Item::Enum(item)) => {
                let named = item.variants.iter().flat_map(|variant| match &variant.fields {
                    Fields::Named(fields) => fields.named.iter().collect::<Vec<_>>(),
                    _ => Vec::new(),
                });
                let row = |field: &syn::Field| {
                    let key = field.ident.as_ref().expect("a name").to_string();
                    self.row(key, &field.ty, &comment(&field.attrs), defaults, false)
                };
                named.map(row).collect()
            }
            _ => self.rows(name, defaults),
        }
    }

    fn row(&self, key: String, kind: &Type, meaning: &str, defaults: &toml::Table, is_required: bool) -> Row {
        let (value, further, is_real) = self.value(kind);
        let unit = if is_real { unit(&key, meaning) } else { String::new() };
        let default = match defaults.get(&key) {
            _ if is_required => "*required*".to_owned(),
            Some(value) => format!("`{value}`"),
            None => String::new(),
        };
        let meaning = if further.is_empty() { meaning.to_owned() } else { format!("{meaning} {further}") };
        Row { key, value, unit, default, meaning }
    }

    /// Whether a field is a table of its own.
    fn is_section(&self, kind: &Type) -> bool {
        let (inner, _) = within(kind, "Vec");
        let name = type_name(inner);
        name.ends_with("Config") && self.0.contains_key(&name)
    }

    /// What a key takes, what its words mean, and whether it is a number with a unit.
    fn value(&self, kind: &Type) -> (String, String, bool) {
        if let Type::Array(array) = kind {
            let (of, _, is_real) = self.value(&array.elem);
            return (format!("two of: {of}"), String::new(), is_real);
        }
        if let Type::Tuple(tuple) = kind {
            let (of, _, is_real) = self.value(&tuple.elems[0]);
            return (format!("two of: {of}"), String::new(), is_real);
        }
        if let (inner, Some(())) = within(kind, "Vec") {
            let (of, further, is_real) = self.value(inner);
            return (format!("list of: {of}"), further, is_real);
        }
        let name = type_name(kind);
        let known = match name.as_str() {
            "PositiveReal" => ("number > 0", true),
            "Real" | "f64" => ("number", true),
            "Count" => ("whole number ≥ 1", false),
            "usize" | "u32" | "u64" | "i32" => ("whole number", false),
            "bool" => ("`true` or `false`", false),
            "String" => ("text", false),
            "PathBuf" => ("file or folder", false),
            "PerVariable" => ("number > 0, or one for each variable", true),
            "Ends" => ("number, or `{ start = …, end = … }`", true),
            "StateRanges" => ("`{ NAME = [low, high], … }`, or a list of these", true),
            "Interfaces" => ("whole number ≥ 1, or list of numbers", true),
            "Bandwidth" => ("`\"held-out\"`, or number > 0, or one for each variable", true),
            _ => ("", false),
        };
        if !known.0.is_empty() {
            return (known.0.to_owned(), String::new(), known.1);
        }
        let Some(Item::Enum(item)) = self.0.get(&name) else { panic!("no type {name}") };
        let kebab = serde_attributes(&item.attrs).contains("kebab-case");
        let lower = serde_attributes(&item.attrs).contains("lowercase");
        let words = item.variants.iter().map(|variant| {
            let ident = variant.ident.to_string();
            let own = if kebab || lower { kebab_case(&ident, kebab) } else { ident };
            (renamed(&serde_attributes(&variant.attrs)).unwrap_or(own), comment(&variant.attrs))
        });
        let words: Vec<(String, String)> = words.collect();
        let value = words.iter().map(|(word, _)| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", ");
        let further =
            words.iter().map(|(word, meaning)| format!("*{word}*: {meaning}")).collect::<Vec<_>>().join(" ");
        (value, further, false)
    }
}

/// What stands for the value of a required key.
pub(super) const REQUIRED: &str = "__required__";

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The type inside `Option<…>` or `Vec<…>`, or the type itself.
fn within<'t>(kind: &'t Type, outer: &str) -> (&'t Type, Option<()>) {
    if let Type::Path(path) = kind
        && let Some(last) = path.path.segments.last()
        && last.ident == outer
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return (inner, Some(()));
    }
    (kind, None)
}

fn type_name(kind: &Type) -> String {
    match kind {
        Type::Path(path) => path.path.segments.last().map_or_else(String::new, |last| last.ident.to_string()),
        _ => String::new(),
    }
}

/// The text of all `#[serde(…)]`.
fn serde_attributes(attributes: &[Attribute]) -> String {
    let lists = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    lists
        .filter_map(|attribute| Some(attribute.meta.require_list().ok()?.tokens.to_string()))
        .collect::<Vec<_>>()
        .join(", ")
}

fn renamed(serde: &str) -> Option<String> {
    let rest = serde.split("rename = \"").nth(1)?;
    Some(rest.split('"').next()?.to_owned())
}

/// The doc comment on one line.
fn comment(attributes: &[Attribute]) -> String {
    let lines =
        attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
            let syn::Expr::Lit(text) = &attribute.meta.require_name_value().ok()?.value else { return None };
            let syn::Lit::Str(text) = &text.lit else { return None };
            Some(text.value().trim().to_owned())
        });
    // Links are for those who read the sources.
    lines
        .collect::<Vec<_>>()
        .join(" ")
        .replace("; see [`RandomFeatureDenoiser`](crate::RandomFeatureDenoiser)", "")
}

fn kebab_case(ident: &str, dashes: bool) -> String {
    let mut text = String::new();
    for letter in ident.chars() {
        if letter.is_uppercase() && !text.is_empty() && dashes {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// The unit of a number, by the key's end or the list.
fn unit(key: &str, meaning: &str) -> String {
    if let Some((_, unit)) = ENDINGS.iter().find(|(ending, _)| key.ends_with(ending)) {
        return (*unit).to_owned();
    }
    let known = UNITS.iter().find(|(name, _)| *name == key);
    known.map_or_else(
        || panic!("the unit of `{key}` is not known ({meaning})"),
        |(_, unit)| (*unit).to_owned(),
    )
}
