//! The part of a PDB file that means something here, in a form that chemfiles reads without surprises.
//!
//! chemfiles takes records after the last `ENDMDL` (such as `CONECT`) for one more frame, loses the bonds they state,
//! and counts atoms in `CONECT` records instead of looking their serial numbers up. So frames are cut out here and
//! `CONECT` is read here; the columns of `ATOM` records are left to chemfiles.

use std::collections::HashMap;

/// Frames and explicit bonds of a PDB file.
pub(crate) struct PdbText {
    /// `ATOM`, `HETATM` and `TER` records, each frame closed by `END`.
    pub(crate) frames: String,
    /// Bonds of the `CONECT` records between atoms of the first frame.
    pub(crate) bonds: Vec<[usize; 2]>,
}

/// Cuts a PDB file into frames (at `ENDMDL` or `END`), the first one only if `first_only`.
///
/// # Errors
/// A `CONECT` record names a serial number that two atoms have.
pub(crate) fn parse(text: &str, first_only: bool) -> Result<PdbText, String> {
    let mut frames = String::with_capacity(text.len());
    let mut serials: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut conect = Vec::new();
    let (mut frame, mut atoms) = (0, 0);
    for line in text.lines() {
        match line.get(..6).unwrap_or(line).trim_end() {
            "ATOM" | "HETATM" => {
                if frame == 0 {
                    serials.entry(line.get(6..11).unwrap_or("").trim()).or_default().push(atoms);
                }
                atoms += 1;
                push_line(&mut frames, line, frame == 0 || !first_only);
            }
            "TER" => push_line(&mut frames, "TER", atoms > 0 && (frame == 0 || !first_only)),
            "ENDMDL" | "END" if atoms > 0 => {
                push_line(&mut frames, "END", frame == 0 || !first_only);
                (frame, atoms) = (frame + 1, 0);
            }
            "CONECT" => conect.push(line),
            _ => {}
        }
    }
    push_line(&mut frames, "END", atoms > 0 && (frame == 0 || !first_only));
    let mut bonds = Vec::new();
    for line in conect {
        let fields: Vec<&str> = (1..6).filter_map(|field| serial_field(line, field)).collect();
        let Some((first, partners)) = fields.split_first() else { continue };
        for partner in partners {
            if let (Some(i), Some(j)) = (lookup(&serials, first)?, lookup(&serials, partner)?)
                && i != j
            {
                bonds.push([i, j]);
            }
        }
    }
    Ok(PdbText { frames, bonds })
}

fn push_line(text: &mut String, line: &str, wanted: bool) {
    if wanted {
        text.push_str(line);
        text.push('\n');
    }
}

/// The n-th serial number of a `CONECT` record: columns 7–11, 12–16, …
fn serial_field(line: &str, field: usize) -> Option<&str> {
    let start = 1 + 5 * field;
    let text = line.get(start..line.len().min(start + 5))?.trim();
    (!text.is_empty()).then_some(text)
}

/// The atom with a serial number; none if it was left out of the file.
fn lookup(serials: &HashMap<&str, Vec<usize>>, serial: &str) -> Result<Option<usize>, String> {
    match serials.get(serial).map(Vec::as_slice) {
        None | Some([]) => Ok(None),
        Some([atom]) => Ok(Some(*atom)),
        Some(several) => Err(format!(
            "a CONECT record names atom {serial}, but {} atoms have this serial number",
            several.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATOM: &str = "      C   MOL A   1       0.000   0.000   0.000  1.00  0.00           C";

    fn atom(serial: &str) -> String {
        format!("ATOM  {serial:>5}{}\n", &ATOM[5..])
    }

    #[test]
    fn frames_end_once_and_serials_are_looked_up() {
        let model = |n| format!("MODEL     {n}\n{}{}TER\nENDMDL\n", atom("7"), atom("A000"));
        let text = format!("REMARK\n{}{}CONECT    7 A000\nCONECT    7   99\nEND\n", model(1), model(2));
        let all = parse(&text, false).unwrap();
        assert_eq!(all.frames.matches("END\n").count(), 2);
        assert_eq!(all.frames.matches("ATOM").count(), 4);
        assert_eq!(all.bonds, [[0, 1]]);
        let first = parse(&text, true).unwrap();
        assert_eq!(first.frames, format!("{}{}TER\nEND\n", atom("7"), atom("A000")));
        assert_eq!(first.bonds, [[0, 1]]);
    }

    #[test]
    fn a_file_without_an_end_has_its_frame() {
        assert_eq!(parse(&atom("1"), false).unwrap().frames.matches("END\n").count(), 1);
        assert_eq!(parse("", false).unwrap().frames, "");
    }

    #[test]
    fn doubtful_serials_are_refused_only_where_they_matter() {
        let twice = format!("{}{}", atom("1"), atom("1"));
        assert!(parse(&twice, false).is_ok());
        assert!(parse(&format!("{twice}{}CONECT    1    2\n", atom("2")), false).is_err());
    }
}
