//! What the page's program reads: the figures' axes, and the paths in a compact form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};

use super::RunPage;
use crate::ReportError;
use crate::plots::{PlotFrame, drawn_variable};

/// Most bytes of paths in a page, before they are written in base64: with NGL and the figures a page stays below 5 MiB.
pub const EMBEDDED_BYTES: usize = 1_900_000;
/// Least positions that a page keeps, nm: the precision of XTC.
const RESOLUTION_NM: f64 = 0.001;
/// Frames are left out of a path as long as this many stay.
const LEAST_FRAMES: usize = 48;
/// Columns that every path has, those of the variables left out.
const FIXED_COLUMNS: usize = 6;

/// One path of the page: some of its frames.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PagePath {
    /// Name of its files, e.g. `path-0000`.
    pub name: String,
    /// Whether it arrived; none where that is not known.
    pub reached: Option<bool>,
    /// Its name with what is known of it as a whole: whether it arrived, how high it went, its work.
    pub label: String,
    /// Numbers of the frames in the trajectory.
    pub frames: Vec<usize>,
    /// Share of the geodesic's length at each frame.
    pub arc_share: Vec<f64>,
    /// logSNR at each frame.
    pub log_snr: Vec<f64>,
    /// Values of the variables, one entry a frame, in their units.
    pub variables: Vec<Vec<f64>>,
    /// Landscape energy in kJ/mol; may be empty.
    pub landscape_energy_kj_mol: Vec<f64>,
    /// All-atom potential energy in kJ/mol; may be empty.
    pub potential_energy_kj_mol: Vec<f64>,
    /// Work since the path's first frame in kJ/mol.
    pub work_kj_mol: Vec<f64>,
    /// Positions of the atoms in nm, one entry a frame; empty without a molecule.
    pub positions_nm: Vec<Vec<[f64; 3]>>,
    /// The frame of highest energy, counted in this page's frames.
    pub highest: usize,
}

impl PagePath {
    /// How it is listed: short enough for a narrow list, with what is unusual.
    pub(super) fn short_label(&self) -> String {
        let fate = if self.reached == Some(false) { " · not reached" } else { "" };
        format!("{}{fate}", self.name)
    }
}

/// Which paths and frames of a run its page holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Indices of the paths.
    pub paths: Vec<usize>,
    /// Every n-th frame of each path, and its last.
    pub stride: usize,
    /// Whether the atoms' positions have room.
    pub with_positions: bool,
}

impl Selection {
    /// The frames of a path that are taken.
    #[must_use]
    pub fn frames(&self, count: usize) -> Vec<usize> {
        let mut frames: Vec<usize> = (0..count).step_by(self.stride.max(1)).collect();
        if let Some(last) = count.checked_sub(1).filter(|last| frames.last() != Some(last)) {
            frames.push(last);
        }
        frames
    }
}

/// Chooses what has room in [`EMBEDDED_BYTES`]: frames are left out first, down to about 48 a path, then paths, as many of
/// each direction in proportion; where not one path fits, its atoms are left out.
///
/// `paths` holds for each whether it runs forward and how many frames it has.
#[must_use]
pub fn select_paths(paths: &[(bool, usize)], atoms: usize, variables: usize) -> Selection {
    let usable: Vec<usize> = (0..paths.len()).filter(|path| paths[*path].1 > 0).collect();
    let longest = usable.iter().map(|path| paths[*path].1).max().unwrap_or(0);
    let mut with_positions = atoms > 0;
    loop {
        let per_frame = 4 * (FIXED_COLUMNS + variables) + if with_positions { 6 * atoms } else { 0 };
        let bytes = |chosen: &[usize], stride: usize| -> usize {
            chosen.iter().map(|path| (paths[*path].1.div_ceil(stride) + 1) * per_frame).sum()
        };
        let mut stride = 1;
        while bytes(&usable, stride) > EMBEDDED_BYTES && longest.div_ceil(stride + 1) >= LEAST_FRAMES {
            stride += 1;
        }
        let of = |forward: bool| usable.iter().copied().filter(move |path| paths[*path].0 == forward);
        for percent in (1..=100).rev() {
            let take = |forward: bool| {
                let count = of(forward).count();
                of(forward).take((count * percent).div_ceil(100))
            };
            let chosen: Vec<usize> = take(true).chain(take(false)).collect();
            if bytes(&chosen, stride) <= EMBEDDED_BYTES {
                return Selection { paths: chosen, stride, with_positions };
            }
        }
        let one: Vec<usize> = usable.first().copied().into_iter().collect();
        if !with_positions || bytes(&one, stride) <= EMBEDDED_BYTES {
            return Selection { paths: one, stride, with_positions };
        }
        with_positions = false;
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_run_is_held_whole() {
        let paths: Vec<(bool, usize)> = (0..64).map(|path| (path < 32, 128)).collect();
        let selection = select_paths(&paths, 22, 2);
        assert_eq!((selection.paths.len(), selection.stride, selection.with_positions), (64, 1, true));
    }

    #[test]
    fn larger_runs_lose_frames_then_paths_then_atoms() {
        let paths: Vec<(bool, usize)> = (0..64).map(|path| (path < 32, 128)).collect();
        let frames = select_paths(&paths, 50, 2);
        assert!(frames.paths.len() == 64 && frames.stride == 2, "{frames:?}");
        let fewer = select_paths(&paths, 600, 2);
        let forward = fewer.paths.iter().filter(|path| **path < 32).count();
        assert!(forward > 0 && forward * 2 == fewer.paths.len() && forward < 32, "{fewer:?}");
        let none = select_paths(&paths, 100_000, 2);
        assert!(!none.with_positions && none.paths.len() == 64, "{none:?}");
        let many: Vec<(bool, usize)> = (0..20_000).map(|_| (true, 512)).collect();
        let many = select_paths(&many, 0, 2);
        assert!(many.paths.len() > 100 && many.paths.len() < 20_000, "{many:?}");
    }

    #[test]
    fn the_last_frame_is_always_taken() {
        let selection = Selection { paths: vec![0], stride: 3, with_positions: true };
        assert_eq!(selection.frames(7), [0, 3, 6]);
        assert_eq!(selection.frames(8), [0, 3, 6, 7]);
        assert!(selection.frames(0).is_empty());
    }
}
