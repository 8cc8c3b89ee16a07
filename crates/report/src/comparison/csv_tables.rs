//! `compare.csv`: one row a path; `compare-differences.csv`: one row a pair.

use super::{Comparison, ComparisonRow, RowRole};
use crate::ReportError;

/// A column: its head, and its cell of one row. An empty cell is a value that does not exist.
type Cell = (String, String);

impl Comparison {
    /// `compare.csv`: one row a path, with everything that the tables show and more, units in the heads.
    ///
    /// # Errors
    /// [`ReportError::Csv`] where the table cannot be written.
    pub fn to_csv(&self) -> Result<String, ReportError> {
        let regions = self.groups.iter().map(|group| group.regions.len()).max().unwrap_or(0);
        let rows = self.groups.iter().flat_map(|group| {
            group.rows.iter().map(|row| {
                let mut cells = vec![cell("group", &group.name)];
                cells.extend(row_cells(row));
                cells.extend(transition_cells(row));
                cells.extend(region_cells(row, regions));
                cells.extend(cost_cells(row));
                cells
            })
        });
        write(rows)
    }

    /// `compare-differences.csv`: every pair of rows of a group in every measure that both have.
    ///
    /// # Errors
    /// [`ReportError::Csv`] where the table cannot be written.
    pub fn differences_to_csv(&self) -> Result<String, ReportError> {
        let rows = self.groups.iter().flat_map(|group| {
            group.differences.iter().map(|difference| {
                vec![
                    cell("group", &group.name),
                    cell("measure", difference.measure.name()),
                    cell("unit", difference.measure.unit()),
                    cell("first", &difference.first),
                    cell("second", &difference.second),
                    cell("difference", difference.difference),
                    cell("standard_error", difference.standard_error),
                    cell("p_value", difference.p_value),
                    cell("corrected_p_value", difference.corrected_p_value),
                    cell("real", u8::from(difference.real)),
                ]
            })
        });
        write(rows)
    }
}

fn cell(head: &str, value: impl ToString) -> Cell {
    (head.to_owned(), value.to_string())
}

fn optional(head: &str, value: Option<impl ToString>) -> Cell {
    (head.to_owned(), value.map_or_else(String::new, |value| value.to_string()))
}

fn write(rows: impl Iterator<Item = Vec<Cell>>) -> Result<String, ReportError> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    for (number, row) in rows.enumerate() {
        if number == 0 {
            writer.write_record(row.iter().map(|(head, _)| head))?;
        }
        writer.write_record(row.iter().map(|(_, value)| value))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn row_cells(row: &ComparisonRow) -> Vec<Cell> {
    let summary = &row.summary;
    let (geodesic, sampling) = (summary.geodesic.as_ref(), summary.sampling.as_ref());
    let energies = summary.max_energy.as_ref();
    let landscape = energies.and_then(|energies| energies.landscape.as_ref());
    let atoms = energies.and_then(|energies| energies.atoms.as_ref());
    let work = summary.work.as_ref();
    let forward = work.and_then(|work| work.forward.as_ref());
    let backward = work.and_then(|work| work.backward.as_ref());
    let role = match row.role {
        RowRole::Given => "given",
        RowRole::Baseline => "baseline",
    };
    vec![
        cell("path", &row.name),
        cell("curve", &row.curve),
        cell("role", role),
        optional("remark", row.remark.as_ref()),
        cell("directory", &row.directory),
        cell("seed", summary.seed),
        optional("length", geodesic.map(|curve| curve.length)),
        optional("min_log_snr", geodesic.map(|curve| curve.min_log_snr)),
        optional("paths", sampling.map(|paths| paths.paths)),
        optional("reached", sampling.map(|paths| paths.reached)),
        optional("backward_paths", sampling.map(|paths| paths.backward_paths)),
        optional("reached_backward", sampling.and_then(|paths| paths.reached_backward)),
        optional("failed", sampling.map(|paths| paths.failed.len())),
        optional("max_landscape_energy_mean_kj_mol", landscape.map(|energy| energy.mean_kj_mol)),
        optional("max_landscape_energy_std_kj_mol", landscape.and_then(|energy| energy.std_kj_mol)),
        optional(
            "max_landscape_energy_standard_error_kj_mol",
            landscape.and_then(|energy| energy.standard_error_kj_mol),
        ),
        cell("max_landscape_energy_letters", &row.max_energy_letters),
        optional("lower_bound_kj_mol", summary.landscape.lower_bound_kj_mol),
        optional("max_potential_energy_mean_kj_mol", atoms.map(|energy| energy.mean_kj_mol)),
        optional("max_potential_energy_std_kj_mol", atoms.and_then(|energy| energy.std_kj_mol)),
        optional(
            "max_potential_energy_standard_error_kj_mol",
            atoms.and_then(|energy| energy.standard_error_kj_mol),
        ),
        optional(
            "max_potential_energy_above_start_kj_mol",
            atoms.and_then(|energy| energy.above_start_mean_kj_mol),
        ),
        optional("work_forward_mean_kj_mol", forward.map(|work| work.mean_kj_mol)),
        optional("work_forward_std_kj_mol", forward.and_then(|work| work.std_kj_mol)),
        optional("work_forward_standard_error_kj_mol", forward.and_then(|work| work.standard_error_kj_mol)),
        optional("work_backward_mean_kj_mol", backward.map(|work| work.mean_kj_mol)),
        optional("work_backward_std_kj_mol", backward.and_then(|work| work.std_kj_mol)),
        optional("work_backward_standard_error_kj_mol", backward.and_then(|work| work.standard_error_kj_mol)),
        optional("dissipated_forward_kt", forward.and_then(|work| work.dissipated_kt)),
        optional("dissipated_forward_standard_error_kt", forward.and_then(|work| work.dissipated_error_kt)),
        optional("dissipated_backward_kt", backward.and_then(|work| work.dissipated_kt)),
        optional("dissipated_backward_standard_error_kt", backward.and_then(|work| work.dissipated_error_kt)),
        cell("dissipated_work_letters", &row.dissipated_work_letters),
        optional("delta_f_kj_mol", work.and_then(|work| work.delta_f_kj_mol)),
        optional("delta_f_standard_error_kj_mol", work.and_then(|work| work.delta_f_error_kj_mol)),
        optional("landscape_delta_f_kj_mol", work.and_then(|work| work.landscape_delta_f_kj_mol)),
        optional("work_overlap", work.and_then(|work| work.overlap)),
        optional("lag", sampling.and_then(|paths| paths.lag)),
    ]
}

/// THP, ETS and RMSD.
fn transition_cells(row: &ComparisonRow) -> [Cell; 7] {
    let transition = row.summary.transition.as_ref();
    let energy = transition.and_then(|metrics| metrics.energy.as_ref());
    let rmsd = transition.map(|metrics| &metrics.rmsd);
    [
        optional("target_hit_share", transition.map(|metrics| metrics.target_hit_share)),
        optional("transition_state_energy_mean_kj_mol", energy.map(|energy| energy.mean_kj_mol)),
        optional("transition_state_energy_std_kj_mol", energy.and_then(|energy| energy.std_kj_mol)),
        optional(
            "transition_state_energy_standard_error_kj_mol",
            energy.and_then(|energy| energy.standard_error_kj_mol),
        ),
        optional("rmsd_mean_nm", rmsd.map(|rmsd| rmsd.mean_nm)),
        optional("rmsd_std_nm", rmsd.and_then(|rmsd| rmsd.std_nm)),
        optional("rmsd_standard_error_nm", rmsd.and_then(|rmsd| rmsd.standard_error_nm)),
    ]
}

fn region_cells(row: &ComparisonRow, regions: usize) -> Vec<Cell> {
    let cells = (0..regions).flat_map(|index| {
        let region = row.regions.get(index);
        let head = |name: &str| format!("region_{}_{name}", index + 1);
        [
            optional(&head("share_of_frames_inside"), region.map(|region| region.share_of_frames_inside)),
            optional(&head("paths_inside"), region.map(|region| region.paths_inside)),
            optional(&head("least_kl_nat"), region.and_then(|region| region.least_kl_nat)),
        ]
    });
    cells.collect()
}

fn cost_cells(row: &ComparisonRow) -> [Cell; 4] {
    let sampling = row.summary.sampling.as_ref();
    [
        optional("energy_evaluations_sampling", sampling.map(|paths| paths.energy_evaluations)),
        cell("energy_evaluations_preparation", row.summary.landscape.energy_evaluations),
        optional("seconds_sampling", row.seconds.map(|seconds| seconds.sampling)),
        optional("seconds_preparation", row.seconds.map(|seconds| seconds.preparation)),
    ]
}
