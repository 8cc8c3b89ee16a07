//! The XML text as a tree whose elements know their line and the force to which they belong.

use std::borrow::Cow;
use std::rc::Rc;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::error::ForceFieldError;

/// One XML element.
pub(crate) struct Element {
    pub(crate) name: String,
    /// Type of the enclosing `<Force>`, or `System`.
    pub(crate) force: Rc<str>,
    /// Line of its start, from 1.
    pub(crate) line: usize,
    pub(crate) children: Vec<Element>,
    attributes: Vec<(String, String)>,
}

/// Largest depth of nested elements; those of a System are nested five deep. Without a limit a tree could overflow the stack.
const DEEPEST: usize = 64;

/// Reads the whole text; returns its outermost element.
pub(crate) fn parse(text: &str) -> Result<Element, ForceFieldError> {
    let mut reader = Reader::from_str(text);
    let (mut line, mut counted) = (1, 0);
    let mut open: Vec<Element> = Vec::new();
    let system: Rc<str> = Rc::from("System");
    loop {
        let start = (reader.buffer_position() as usize).min(text.len());
        line += text.as_bytes()[counted..start].iter().filter(|&&byte| byte == b'\n').count();
        counted = start;
        let event = reader.read_event().map_err(|error| {
            let end = (reader.error_position() as usize).clamp(start, text.len());
            let skipped = text.as_bytes()[start..end].iter().filter(|&&byte| byte == b'\n').count();
            ForceFieldError::Xml { line: line + skipped, message: error.to_string() }
        })?;
        let force = open.last().map_or(&system, |parent| &parent.force);
        let closed = match event {
            Event::Start(tag) => {
                if open.len() >= DEEPEST {
                    let message = format!("elements are nested more than {DEEPEST} deep");
                    return Err(ForceFieldError::Xml { line, message });
                }
                open.push(element(&tag, line, force)?);
                continue;
            }
            Event::Empty(tag) => element(&tag, line, force)?,
            // The reader has checked that the names match.
            Event::End(_) => match open.pop() {
                Some(element) => element,
                None => continue,
            },
            Event::Eof => {
                let message = match open.last() {
                    Some(inside) => format!("the text ends inside <{}> (line {})", inside.name, inside.line),
                    None => "it contains no element".to_owned(),
                };
                return Err(ForceFieldError::Xml { line, message });
            }
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => return Ok(closed),
        }
    }
}

/// An element without its children.
fn element(tag: &BytesStart<'_>, line: usize, force: &Rc<str>) -> Result<Element, ForceFieldError> {
    let broken = |message: String| ForceFieldError::Xml { line, message };
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| broken(error.to_string()))?;
        let value: Cow<'_, str> =
            attribute.normalized_value(XmlVersion::default()).map_err(|error| broken(error.to_string()))?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    let mut result = Element {
        name: tag.name().as_ref().to_owned(),
        force: Rc::clone(force),
        line,
        children: Vec::new(),
        attributes,
    };
    if result.name == "Force" {
        result.force = Rc::from(result.text("type")?);
    }
    Ok(result)
}

impl Element {
    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Result<&Element, ForceFieldError> {
        self.optional_child(name).ok_or_else(|| self.invalid(format!("it contains no <{name}>")))
    }

    /// The first child of that name, if there is one.
    pub(crate) fn optional_child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// An attribute as text.
    pub(crate) fn text(&self, name: &str) -> Result<&str, ForceFieldError> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .ok_or_else(|| self.invalid(format!("the attribute {name} is missing")))
    }

    /// An attribute that is a finite number.
    pub(crate) fn number(&self, name: &str) -> Result<f64, ForceFieldError> {
        let text = self.text(name)?;
        match text.trim().parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(self.invalid(format!("{name}=\"{text}\" is not a finite number"))),
        }
    }

    /// An attribute that is a finite number, zero or greater.
    pub(crate) fn non_negative(&self, name: &str) -> Result<f64, ForceFieldError> {
        let value = self.number(name)?;
        if value < 0.0 {
            return Err(self.invalid(format!("{name}={value} is negative")));
        }
        Ok(value)
    }

    /// An attribute that is a whole number, zero or greater.
    pub(crate) fn integer(&self, name: &str) -> Result<usize, ForceFieldError> {
        let text = self.text(name)?;
        text.trim()
            .parse()
            .map_err(|_| self.invalid(format!("{name}=\"{text}\" is not a whole number of at least 0")))
    }

    /// Attributes that are indices of different atoms.
    pub(crate) fn atoms<const N: usize>(
        &self,
        names: [&str; N],
        atoms: usize,
    ) -> Result<[usize; N], ForceFieldError> {
        let mut result = [0; N];
        for (rank, name) in names.into_iter().enumerate() {
            let atom = self.integer(name)?;
            if atom >= atoms {
                return Err(
                    self.invalid(format!("{name}={atom}, but the atoms are numbered 0 to {}", atoms - 1))
                );
            }
            if result[..rank].contains(&atom) {
                return Err(self.invalid(format!("{name}={atom}: the same atom occurs twice")));
            }
            result[rank] = atom;
        }
        Ok(result)
    }

    /// Fails unless the element's version is between 1 and the highest supported one: the meaning of others is unknown.
    pub(crate) fn known_version(&self, highest: usize) -> Result<(), ForceFieldError> {
        let version = self.integer("version")?;
        if (1..=highest).contains(&version) {
            return Ok(());
        }
        Err(self.unsupported(
            &format!("its version is {version}, but only versions up to {highest} are supported"),
            "write the System with OpenMM 8.6 or older",
        ))
    }

    /// Fails if the element uses periodic boundaries.
    pub(crate) fn without_periodic_boundaries(&self, attribute: &str) -> Result<(), ForceFieldError> {
        if self.text(attribute).is_ok_and(|value| value.trim() != "0") {
            return Err(self.unsupported(
                "it uses periodic boundary conditions",
                "the native engine does not support explicit solvent: create the System for the molecule alone, without a periodic box \
                 (nonbondedMethod=NoCutoff)",
            ));
        }
        Ok(())
    }

    /// Fails unless the child of that name is missing or empty.
    pub(crate) fn without(&self, child: &str, remedy: &str) -> Result<(), ForceFieldError> {
        match self.optional_child(child) {
            Some(found) if !found.children.is_empty() => {
                Err(found.unsupported(&format!("{child} are not supported"), remedy))
            }
            _ => Ok(()),
        }
    }

    /// Error about this element.
    pub(crate) fn invalid(&self, message: impl Into<String>) -> ForceFieldError {
        ForceFieldError::Invalid {
            force: self.force.to_string(),
            line: self.line,
            element: self.name.clone(),
            message: message.into(),
        }
    }

    /// Error about an unsupported feature of this element.
    pub(crate) fn unsupported(&self, reason: &str, remedy: &str) -> ForceFieldError {
        ForceFieldError::Unsupported {
            force: self.force.to_string(),
            line: self.line,
            reason: reason.to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}
