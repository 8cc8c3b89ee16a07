//! Words of a command line that a person can paste into a shell.

use std::path::Path;

/// A file's name as one word of a POSIX shell: as it is, or between single quotes where a letter means something to the shell.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_take_apart_is_quoted() {
        for (name, word) in [
            ("runs/alanine-dipeptide/view.vmd", "runs/alanine-dipeptide/view.vmd"),
            ("runs/my run/view.vmd", "'runs/my run/view.vmd'"),
            ("runs/Ann's $HOME", r"'runs/Ann'\''s $HOME'"),
        ] {
            assert_eq!(quoted(Path::new(name)), word);
        }
    }
}
