//! Text files given by the user, with the reason if one is not text.

use std::path::Path;

/// First bytes of compressed files, what made them and what undoes it.
const COMPRESSED: [(&[u8], &str, &str); 5] = [
    (b"\x1f\x8b", "gzip", "gunzip"),
    (b"BZh", "bzip2", "bunzip2"),
    (b"\xfd7zXZ\0", "xz", "unxz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard", "unzstd"),
    (b"PK\x03\x04", "zip", "unzip"),
];
/// First bytes of text in two-byte units, either way round.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// A whole file as text.
///
/// # Errors
/// Why it cannot be read as such, in words that follow the file's name.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    text(std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?)
}

/// The content of a file as text, a byte order mark left out.
///
/// # Errors
/// Why it is not text, in words that follow the file's name.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, String> {
    if let Some((_, name, undo)) = COMPRESSED.iter().find(|(start, ..)| bytes.starts_with(start)) {
        return Err(format!("is compressed ({name}): unpack it first, for example with `{undo}`"));
    }
    if UTF_16.iter().any(|start| bytes.starts_with(start)) {
        return Err("is text in UTF-16: save it as UTF-8".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let end = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count();
        format!("is not text in UTF-8: line {line} holds the byte {:#04x}", error.as_bytes()[end])
    })?;
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_named() {
        assert_eq!(text(b"\xef\xbb\xbfa = 1\n".to_vec()), Ok("a = 1\n".to_owned()));
        for (bytes, said) in [
            (
                b"\x1f\x8b\x08\x00".as_slice(),
                "is compressed (gzip): unpack it first, for example with `gunzip`",
            ),
            (b"\xff\xfea\0", "is text in UTF-16: save it as UTF-8"),
            (b"one\ntw\xe4", "is not text in UTF-8: line 2 holds the byte 0xe4"),
        ] {
            assert_eq!(text(bytes.to_vec()), Err(said.to_owned()));
        }
    }
}
