//! The values of every frame of a path, as formats and tables store them.

use geodyssey_report::NumericColumns;
use geodyssey_trajectory::FrameProperty;

use super::path_table::{FRAME, POINT, POTENTIAL_ENERGY};

/// eV in a kJ/mol: extended XYZ has its `energy` in eV. `1000 / (N_A e)`, both exact in the SI of 2019.
const EV_PER_KJ_MOL: f64 = 1.0 / 96.485_332_123_310_02;

/// The values of one frame: `energy`, the all-atom potential energy in eV as in extended XYZ, if known; the path; and the columns of
/// the path's table.
pub(crate) fn frame_values(path: &str, table: &NumericColumns, row: usize) -> Vec<(String, FrameProperty)> {
    let cell = |column: &str| table.column(column).ok().and_then(|values| values.get(row)).copied();
    let mut values = Vec::new();
    if let Some(energy) = cell(POTENTIAL_ENERGY) {
        values.push(("energy".to_owned(), FrameProperty::Number(energy * EV_PER_KJ_MOL)));
    }
    values.push(("path".to_owned(), FrameProperty::Text(path.to_owned())));
    for column in table.names() {
        let Some(value) = cell(column) else { continue };
        let value = match column.as_str() {
            FRAME | POINT => FrameProperty::Integer(value as u64),
            _ => FrameProperty::Number(value),
        };
        values.push((column.clone(), value));
    }
    values
}

/// The values of all frames of a file as a table, one row per frame.
pub(crate) fn frame_table(values: &[Vec<(String, FrameProperty)>]) -> String {
    let shown = |(key, _): &&(String, FrameProperty)| key != "energy";
    let heads = values.first().map_or_else(Vec::new, |row| {
        row.iter().filter(shown).map(|(key, _)| if key == FRAME { "frame_of_path" } else { key }).collect()
    });
    let mut text = format!("frame,{}\n", heads.join(","));
    for (number, row) in values.iter().enumerate() {
        let cells = row.iter().filter(shown).map(|(_, value)| match value {
            FrameProperty::Number(number) if number.is_finite() => number.to_string(),
            FrameProperty::Number(_) => String::new(),
            FrameProperty::Integer(number) => number.to_string(),
            FrameProperty::Text(text) => text.clone(),
        });
        text.push_str(&format!("{number},{}\n", cells.collect::<Vec<_>>().join(",")));
    }
    text
}
