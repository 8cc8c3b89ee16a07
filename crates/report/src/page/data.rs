//! What the page's program reads: the figures' axes, and the paths in a compact form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};

use super::content::RunPage;
use super::paths::PagePath;
use crate::ReportError;
use crate::plots::{PlotFrame, drawn_variable};

/// Least positions that a page keeps, nm: the precision of XTC.
const RESOLUTION_NM: f64 = 0.001;

/// A column of the paths as the page's script uses it.
#[derive(Serialize)]
struct PageColumn {
    name: String,
    label: String,
    unit: String,
    /// Factor to what is shown.
    scale: f64,
    decimals: usize,
    shown: bool,
}

impl PageColumn {
    fn new(name: &str, label: &str, unit: &str, decimals: usize) -> Self {
        let unit = if unit.is_empty() || unit == "°" { unit.to_owned() } else { format!(" {unit}") };
        Self { name: name.to_owned(), label: label.to_owned(), unit, scale: 1.0, decimals, shown: true }
    }
}

/// The script element with the data.
pub(super) fn script(page: &RunPage<'_>) -> Result<String, ReportError> {
    let figures: serde_json::Map<String, Value> =
        page.figures.iter().map(|figure| (figure.name.to_owned(), frames(&figure.frames))).collect();
    let columns = columns(page);
    let paths = page.paths.iter().map(|path| embedded(path, &columns, page.structure.is_some()));
    let data = json!({
        "figures": figures,
        "columns": columns,
        "paths": paths.collect::<Result<Vec<_>, _>>()?,
        "structure": page.structure,
    });
    // JSON inside of a script element must not hold what could end it.
    let text = serde_json::to_string(&data)?.replace('<', "\\u003c");
    Ok(format!("<script type=\"application/json\" id=\"report-data\">{text}</script>\n"))
}

fn frames(frames: &[PlotFrame]) -> Value {
    json!(frames)
}

fn columns(page: &RunPage<'_>) -> Vec<PageColumn> {
    let has = |energies: fn(&PagePath) -> &Vec<f64>| page.paths.iter().any(|path| !energies(path).is_empty());
    let mut columns = vec![
        PageColumn::new("frame", "frame", "", 0),
        PageColumn::new("arc_share", "share of arc", "", 2),
        PageColumn::new("log_snr", "logSNR", "", 2),
    ];
    for (index, variable) in page.summary.system.variables.iter().enumerate() {
        let (label, scale, unit) = drawn_variable(&variable.name, &variable.unit);
        let decimals = if unit == "°" { 1 } else { 3 };
        let column = PageColumn::new(&format!("variable_{index}"), &label, unit, decimals);
        columns.push(PageColumn { scale, ..column });
    }
    if has(|path| &path.landscape_energy_kj_mol) {
        columns.push(PageColumn::new("landscape_energy_kj_mol", "landscape energy", "kJ/mol", 1));
    }
    if has(|path| &path.potential_energy_kj_mol) {
        columns.push(PageColumn::new("potential_energy_kj_mol", "potential energy", "kJ/mol", 1));
    }
    columns.push(PageColumn::new("work_kj_mol", "work so far", "kJ/mol", 1));
    columns
}

/// Columns in single precision one after the other, positions as whole numbers of the resolution.
fn embedded(path: &PagePath, columns: &[PageColumn], with_positions: bool) -> Result<Value, ReportError> {
    let count = path.frames.len();
    let mut table = Vec::with_capacity(4 * columns.len() * count);
    for column in columns {
        let values: Vec<f64> = match column.name.as_str() {
            "frame" => path.frames.iter().map(|frame| *frame as f64).collect(),
            "arc_share" => path.arc_share.clone(),
            "log_snr" => path.log_snr.clone(),
            "landscape_energy_kj_mol" => path.landscape_energy_kj_mol.clone(),
            "potential_energy_kj_mol" => path.potential_energy_kj_mol.clone(),
            "work_kj_mol" => path.work_kj_mol.clone(),
            name => {
                let index = name.rsplit('_').next().and_then(|digits| digits.parse::<usize>().ok());
                let value =
                    |row: &Vec<f64>| index.and_then(|index| row.get(index)).copied().unwrap_or(f64::NAN);
                path.variables.iter().map(value).collect()
            }
        };
        if values.len() != count {
            let place = format!("{} of {}", column.name, path.name);
            return Err(ReportError::Length { place, expected: count, found: values.len() });
        }
        table.extend(values.iter().flat_map(|value| (*value as f32).to_le_bytes()));
    }
    let mut entry = json!({
        "name": path.name,
        "label": path.label,
        "frames": count,
        "highest": path.highest,
        "table": STANDARD.encode(&table),
    });
    if with_positions {
        if path.positions_nm.len() != count {
            let place = format!("positions of {}", path.name);
            return Err(ReportError::Length { place, expected: count, found: path.positions_nm.len() });
        }
        let numbers = || path.positions_nm.iter().flatten().flatten();
        let largest = numbers().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        let resolution = RESOLUTION_NM.max(largest / f64::from(i16::MAX));
        let bytes: Vec<u8> =
            numbers().flat_map(|x| ((x / resolution).round() as i16).to_le_bytes()).collect();
        entry["positions"] = json!(STANDARD.encode(&bytes));
        entry["resolution_nm"] = json!(resolution);
    }
    Ok(entry)
}
