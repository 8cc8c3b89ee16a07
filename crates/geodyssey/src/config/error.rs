//! Errors in what the user wrote, shown with the place.

use std::fmt;
use std::path::PathBuf;

/// Where in a file an error is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The file.
    pub(crate) file: PathBuf,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in characters, from 1.
    pub(crate) column: usize,
    /// How many characters to mark.
    pub(crate) width: usize,
    /// The whole line.
    pub(crate) text: String,
}

impl Place {
    /// The place of a range of bytes in a text. A range over several lines is cut at the end of its first.
    pub(crate) fn of_span(file: PathBuf, text: &str, span: std::ops::Range<usize>) -> Self {
        let start = span.start.min(text.len());
        let line_start = text[..start].rfind('\n').map_or(0, |position| position + 1);
        let line_text = text[line_start..].lines().next().unwrap_or("");
        let line_end = line_start + line_text.len();
        let end = span.end.clamp(start, line_end.max(start));
        Self {
            file,
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            width: text[start..end].chars().count().max(1),
            text: line_text.to_owned(),
        }
    }
}

/// Wrong input: what is wrong, where, and what would be right.
#[derive(Clone, Debug)]
pub struct InputError {
    message: String,
    place: Option<Place>,
    notes: Vec<String>,
}

impl InputError {
    /// An error without a place yet.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, notes: Vec::new() }
    }

    /// The place.
    #[must_use]
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// One more line that helps.
    #[must_use]
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Names the nearest of the valid names, and all of them.
    #[must_use]
    pub(crate) fn valid_names<'n>(self, given: &str, names: impl IntoIterator<Item = &'n str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        let listed = format!("valid names: {}", names.join(", "));
        match nearest(given, &names) {
            Some(name) => self.note(format!("did you mean `{name}`?")).note(listed),
            None => self.note(listed),
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.message)?;
        if let Some(place) = &self.place {
            let gutter = place.line.to_string().len();
            let blank = " ".repeat(gutter);
            write!(formatter, "\n{blank}--> {}:{}:{}", place.file.display(), place.line, place.column)?;
            write!(formatter, "\n{blank} |\n{} | {}", place.line, place.text)?;
            let indent: String = place
                .text
                .chars()
                .take(place.column - 1)
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            write!(formatter, "\n{blank} | {indent}{}", "^".repeat(place.width))?;
            for note in &self.notes {
                write!(formatter, "\n{blank} = {note}")?;
            }
        } else {
            for note in &self.notes {
                write!(formatter, "\n  = {note}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for InputError {}

/// The name most similar to the given one, if any is similar enough.
pub(crate) fn nearest<'n>(given: &str, names: &[&'n str]) -> Option<&'n str> {
    names
        .iter()
        .map(|name| (strsim::jaro_winkler(&given.to_lowercase(), &name.to_lowercase()), *name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_its_line_and_marks_it() {
        let text = "first = 1\nradius = 0.0  # here\nlast = 2\n";
        let start = text.find("0.0").expect("the text holds it");
        let place = Place::of_span("run.toml".into(), text, start..start + 3);
        let shown = InputError::new("not positive").at(place).note("a positive number").to_string();
        assert_eq!(
            shown,
            "not positive\n --> run.toml:2:10\n  |\n2 | radius = 0.0  # here\n  |          ^^^\n  = a positive number"
        );
    }

    #[test]
    fn a_span_at_the_end_of_the_text_is_shown() {
        let place = Place::of_span("empty.toml".into(), "", 0..0);
        assert_eq!((place.line, place.column, place.width), (1, 1, 1));
    }

    #[test]
    fn the_nearest_name_is_found_and_far_ones_are_not() {
        assert_eq!(nearest("tempratur", &["topology", "temperature"]), Some("temperature"));
        assert_eq!(nearest("zzz", &["topology", "temperature"]), None);
    }
}
