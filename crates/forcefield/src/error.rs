//! What can be wrong with a force-field file, or with an evaluation.

use thiserror::Error;

/// Why a force-field file cannot be used. Every message names the place and what to do.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ForceFieldError {
    /// The text is not well-formed XML, or ends too early.
    #[error("line {line}: the XML is broken: {message}")]
    Xml {
        /// Line of the text, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// The XML is something else than an OpenMM System.
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
    /// A force, or one of its options, that this program does not compute.
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
    /// A missing or senseless entry.
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
    /// What it says.
    pub message: String,
}
