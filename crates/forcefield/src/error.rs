//! Errors of force-field files and of evaluations.

use thiserror::Error;

/// Why a force-field file cannot be used. Every message gives the place and what to do.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ForceFieldError {
    /// The text is not well-formed XML, or ends too early.
    #[error("line {line}: the XML is malformed: {message}")]
    Xml {
        /// Line of the text, from 1.
        line: usize,
        /// The parser's message.
        message: String,
    },
    /// The XML is not an OpenMM System.
    #[error(
        "line {line}: expected an OpenMM <System>, found <{found}>; \
         write the file with openmm.XmlSerializer.serialize(system)"
    )]
    NotASystem {
        /// Line of the text, from 1.
        line: usize,
        /// Name of the outermost element.
        found: String,
    },
    /// A force, or one of its options, that is not supported.
    #[error("{force}, line {line}: {reason}; {remedy}")]
    Unsupported {
        /// OpenMM's name of the force, or `System`.
        force: String,
        /// Line of the text, from 1.
        line: usize,
        /// Why it cannot be used.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// A missing or invalid entry.
    #[error("{force}, line {line}, <{element}>: {message}")]
    Invalid {
        /// OpenMM's name of the force, or `System`.
        force: String,
        /// Line of the text, from 1.
        line: usize,
        /// Name of the XML element.
        element: String,
        /// What is wrong with it.
        message: String,
    },
}

/// Why a potential energy could not be computed at all.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{potential} could not compute the energy: {message}")]
pub struct PotentialError {
    /// What computes it.
    pub potential: String,
    /// Its message.
    pub message: String,
}
