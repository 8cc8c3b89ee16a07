//! The tables of a comparison for the terminal and for a page.

use super::{ComparisonGroup, ComparisonRow, RowRole};
use crate::{Column, MaxEnergy, ReportError, Table, decimals, grouped, with_error};

/// What stands where there is no value.
const NONE: &str = "–";

/// A table with what it is about.
pub(super) struct Titled {
    pub(super) title: &'static str,
    pub(super) table: Table,
}

impl ComparisonGroup {
    /// The tables for the terminal: how high, with how much work, through which regions, at what cost.
    ///
    /// # Errors
    /// None, as long as every row has a cell a column.
    pub fn to_text(&self) -> Result<String, ReportError> {
        let mut text = String::new();
        for titled in self.tables()? {
            text.push_str(&format!("{}\n{}\n", titled.title, titled.table));
        }
        Ok(text)
    }

    pub(super) fn tables(&self) -> Result<Vec<Titled>, ReportError> {
        let mut tables = vec![self.barriers()?];
        tables.extend(self.atoms()?);
        tables.push(self.work()?);
        tables.extend(self.avoided()?);
        tables.push(self.cost()?);
        Ok(tables)
    }

    fn rows_of(
        &self,
        columns: impl IntoIterator<Item = Column>,
        cells: impl Fn(&ComparisonRow) -> Vec<String>,
    ) -> Result<Table, ReportError> {
        let mut table = Table::new(std::iter::once(Column::text("path")).chain(columns));
        for row in &self.rows {
            table.row(std::iter::once(row.label()).chain(cells(row)))?;
        }
        Ok(table)
    }

    fn barriers(&self) -> Result<Titled, ReportError> {
        let columns = [
            Column::text("curve"),
            Column::number("reached, back", "%"),
            Column::number("MaxEnergy", "kJ/mol"),
            Column::number("std", ""),
            Column::text("like"),
            Column::number("lower bound", "kJ/mol"),
            Column::number("lag", ""),
        ];
        let table = self.rows_of(columns, |row| {
            let energy = row.summary.max_energy.as_ref().and_then(|energies| energies.landscape.as_ref());
            let lag = row.summary.sampling.as_ref().and_then(|paths| paths.lag);
            vec![
                row.curve.clone(),
                row.reached(),
                mean(energy),
                spread(energy),
                row.max_energy_letters.clone(),
                optional(row.summary.landscape.lower_bound_kj_mol, 2),
                optional(lag, 2),
            ]
        })?;
        Ok(Titled { title: "How high: highest landscape energy, mean ± standard error", table })
    }

    /// Only where there are atoms.
    fn atoms(&self) -> Result<Option<Titled>, ReportError> {
        let atoms = |row: &ComparisonRow| row.summary.max_energy.as_ref()?.atoms.clone();
        if self.rows.iter().all(|row| atoms(row).is_none()) {
            return Ok(None);
        }
        let columns = [
            Column::number("reached, back", "%"),
            Column::number("MaxEnergy", "kJ/mol"),
            Column::number("std", ""),
            Column::number("above start", "kJ/mol"),
            Column::number("THP", "%"),
            Column::number("ETS", "kJ/mol"),
            Column::number("std", ""),
            Column::number("RMSD", "nm"),
            Column::number("std", ""),
        ];
        let table = self.rows_of(columns, |row| {
            let energy = atoms(row);
            let above = energy.as_ref().and_then(|energy| energy.above_start_mean_kj_mol);
            let transition = row.summary.transition.as_ref();
            let (ets, rmsd) = (
                transition.and_then(|metrics| metrics.energy.as_ref()),
                transition.map(|metrics| &metrics.rmsd),
            );
            vec![
                row.reached(),
                mean(energy.as_ref()),
                spread(energy.as_ref()),
                optional(above, 1),
                optional(transition.map(|metrics| 100.0 * metrics.target_hit_share), 0),
                mean(ets),
                spread(ets),
                rmsd.map_or_else(none, |rmsd| with_error(rmsd.mean_nm, rmsd.standard_error_nm, 3)),
                optional(rmsd.and_then(|rmsd| rmsd.std_nm), 3),
            ]
        })?;
        let title = "All-atom: highest potential energy, thermal energy included, and the metrics of transition path sampling, mean \
                     ± standard error";
        Ok(Some(Titled { title, table }))
    }

    fn work(&self) -> Result<Titled, ReportError> {
        let columns = [
            Column::number("length", ""),
            Column::number("least logSNR", ""),
            Column::number("forward", "kT"),
            Column::number("backward", "kT"),
            Column::text("like"),
            Column::number("ΔF", "kJ/mol"),
            Column::number("overlap", "%"),
            Column::number("ΔF landscape", "kJ/mol"),
        ];
        let table = self.rows_of(columns, |row| {
            let curve = row.summary.geodesic.as_ref();
            let work = row.summary.work.as_ref();
            let directions =
                [work.and_then(|work| work.forward.as_ref()), work.and_then(|work| work.backward.as_ref())];
            let [forward, backward] = directions.map(|direction| {
                direction
                    .and_then(|work| Some(with_error(work.dissipated_kt?, work.dissipated_error_kt, 1)))
                    .unwrap_or_else(none)
            });
            let delta_f =
                work.and_then(|work| Some(with_error(work.delta_f_kj_mol?, work.delta_f_error_kj_mol, 1)));
            vec![
                optional(curve.map(|curve| curve.length), 2),
                optional(curve.map(|curve| curve.min_log_snr), 1),
                forward,
                backward,
                row.dissipated_work_letters.clone(),
                delta_f.unwrap_or_else(none),
                optional(work.and_then(|work| work.overlap).map(|share| 100.0 * share), 0),
                optional(work.and_then(|work| work.landscape_delta_f_kj_mol), 1),
            ]
        })?;
        Ok(Titled {
            title: "With how much work: dissipated work, and ΔF of the tethered ends, ± standard error",
            table,
        })
    }

    /// Only where a region is known.
    fn avoided(&self) -> Result<Option<Titled>, ReportError> {
        if self.regions.is_empty() {
            return Ok(None);
        }
        let columns = (1..=self.regions.len()).flat_map(|number| {
            let name = if self.regions.len() == 1 { String::new() } else { format!(" {number}") };
            [
                Column::number(&format!("frames inside{name}"), "%"),
                Column::number(&format!("paths inside{name}"), ""),
                Column::number(&format!("least KL{name}"), "nat"),
            ]
        });
        let table = self.rows_of(columns, |row| {
            let cells = row.regions.iter().flat_map(|region| {
                [
                    decimals(100.0 * region.share_of_frames_inside, 1),
                    region.paths_inside.to_string(),
                    optional(region.least_kl_nat, 2),
                ]
            });
            cells.collect()
        })?;
        Ok(Some(Titled { title: "Through which regions", table }))
    }

    fn cost(&self) -> Result<Titled, ReportError> {
        let columns = [
            Column::number("energy evaluations", ""),
            Column::number("to prepare", ""),
            Column::number("seconds", "s"),
            Column::number("to prepare", "s"),
        ];
        let table = self.rows_of(columns, |row| {
            let evaluations = row.summary.sampling.as_ref().map(|paths| grouped(paths.energy_evaluations));
            vec![
                evaluations.unwrap_or_else(none),
                format!("({})", grouped(row.summary.landscape.energy_evaluations)),
                optional(row.seconds.map(|seconds| seconds.sampling), 1),
                row.seconds.map_or_else(none, |seconds| format!("({:.1})", seconds.preparation)),
            ]
        })?;
        Ok(Titled {
            title: "At what cost: to sample, and (in brackets) to prepare landscape, denoiser and curve",
            table,
        })
    }
}

impl ComparisonRow {
    /// Its name, with a sign where the comparison added it.
    pub(super) fn label(&self) -> String {
        match self.role {
            RowRole::Given => self.name.clone(),
            RowRole::Baseline => format!("· {}", self.name),
        }
    }

    fn reached(&self) -> String {
        let Some(paths) = &self.summary.sampling else { return none() };
        let back = paths.reached_backward.map_or_else(none, |share| format!("{:.0}", 100.0 * share));
        format!("{:.0}, {back}", 100.0 * paths.reached)
    }
}

fn none() -> String {
    NONE.to_owned()
}

fn optional(value: Option<f64>, count: usize) -> String {
    value.map_or_else(none, |value| decimals(value, count))
}

fn mean(energy: Option<&MaxEnergy>) -> String {
    energy.map_or_else(none, |energy| with_error(energy.mean_kj_mol, energy.standard_error_kj_mol, 2))
}

fn spread(energy: Option<&MaxEnergy>) -> String {
    optional(energy.and_then(|energy| energy.std_kj_mol), 2)
}
