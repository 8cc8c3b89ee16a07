//! Records as JSON.

use serde::Serialize;

use crate::error::Error;

/// A record as JSON with a newline at the end.
pub(crate) fn json(record: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes =
        serde_json::to_vec_pretty(record).map_err(|error| Error::failed("writing JSON", error))?;
    bytes.push(b'\n');
    Ok(bytes)
}
