//! Tables of words and numbers as CSV.

use crate::error::Error;

/// Rows as CSV, with cells quoted where necessary; `what` names the table in errors.
pub(crate) fn csv_of(what: &str, rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::failed(what, error);
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let rows: [Vec<String>; 2] = [row(&["path", "failure"]), row(&["path-0000", "\"x\", at 3"])];
        let bytes = csv_of("a table", rows).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        assert_eq!(bytes.as_deref(), Some("path,failure\npath-0000,\"\"\"x\"\", at 3\"\n"));
        let bytes = csv_of("a table", [row(&["path-0000", "", "-1.5e-7", "energy is not finite"])]).ok();
        assert_eq!(bytes.as_deref(), Some(&b"path-0000,,-1.5e-7,energy is not finite\n"[..]));
    }
}
