//! Tables of energies and of variables, CSV and PLUMED's.
#![no_main]

use geodyssey_landscape::table_file::read_grid;
use geodyssey_landscape::text_table::{TableUnit, TableVariable, TextTable};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let torsion = |name| TableVariable { name, unit: TableUnit::Radian, period: Some(std::f64::consts::TAU), bounded: true };
    let _ = TextTable::read(text).and_then(|table| table.points(&[torsion("phi")]));
    let _ = read_grid(text, &[TableVariable::own("x", None), TableVariable::own("y", Some(2.0))]);
});
