//! Files in and out.

mod foreign_readers;
mod one_parse;
mod readers;
mod structures;
mod superposition;
mod support;
mod writers;
